package index

import (
	"context"
	"io"
)

// Index is a set of vectors, each under its own label, that can be searched.
// Every method may be called from several goroutines at once.
type Index interface {
	// Add stores vector under label. A label that is taken, a vector of the
	// wrong length, one that holds NaN or an infinity, or (dot, euclidean) one
	// longer than MaxLength is an error that names the label and leaves the
	// index as it was. The vector is copied.
	Add(label int64, vector []float32) error

	// AddBatch stores len(labels) vectors, given packed one after another, with
	// Options.Threads workers. The whole batch is checked first, so a bad
	// vector in it leaves the index as it was. When ctx ends, the vectors added
	// so far stay, complete and searchable, and the error wraps ctx.Err().
	AddBatch(ctx context.Context, labels []int64, vectors []float32) error

	// Delete takes vectors away. When a label is not in the index the error
	// names it, and nothing is deleted. A search that begins after Delete has
	// returned does not find them, and their room goes to vectors added later.
	Delete(labels ...int64) error

	// Update stores vector under a label in place of the one that is there:
	// every search finds the one or the other, never both. The errors are those
	// of Add, and that the label is not in the index.
	Update(label int64, vector []float32) error

	// Search returns the k vectors nearest to query, best first, equal scores
	// by label; all of them when the index, or what the options allow, holds
	// fewer than k.
	Search(query []float32, k int, o SearchOptions) ([]Result, error)

	// SearchInto is Search that appends to dst, and allocates nothing when there
	// is room in it, but for a few words with SearchOptions.Allowed. After an
	// error dst is returned as it was.
	SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error)

	// SearchBatch searches for each of the queries, given packed one after
	// another, with Options.Threads workers, and returns a result for each. When
	// ctx ends, the error wraps ctx.Err().
	SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error)

	// SearchRange returns all vectors whose score is threshold or nearer, best
	// first. An HNSW index widens its beam until it reaches past the threshold,
	// and may miss some; the others compare the query with every vector.
	// SearchOptions.Threshold is not used.
	SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error)

	// Vector returns a copy of what is stored under label: under Cosine, the
	// vector that was added divided by its length.
	Vector(label int64) ([]float32, bool)

	// Len is the number of vectors that a search can find.
	Len() int

	// Options returns the options with the defaults filled in.
	Options() Options

	// Stats describes the index. It looks at every link.
	Stats() Stats

	// Verify checks all that can be checked: that every label leads to its
	// vector and every vector is one that the metric stores; that every link
	// leads to a node of its level, no node has too many, and a walk from the
	// entry point reaches every node. An error lists what is wrong. Changes wait
	// until it is done, searches do not.
	Verify(ctx context.Context) (Report, error)

	// Save writes the index in the format that Load reads. Changes wait until
	// it is done, searches do not.
	Save(w io.Writer) error
}

// Result is one vector found. For Cosine and Dot the score is the similarity,
// larger is nearer; for Euclidean it is the distance, smaller is nearer.
type Result struct {
	Label int64
	Score float32
}

// Stats describes an index.
type Stats struct {
	Kind    Kind
	Vectors int // as Len

	// Copies is how many vectors share the graph node of an equal vector. The
	// graph has Vectors - Copies nodes.
	Copies int

	// Deleted is how many deleted vectors the graph still leads through. They
	// are removed little by little, by the changes that follow, and by Save.
	Deleted int

	// Levels is how many nodes are on each level of the graph, level 0 first.
	Levels []int

	// Edges is the number of links on all levels, each direction counted.
	Edges int

	// Unreachable is how many nodes no path of level 0 leads to from the
	// entry point. It is 0; anything else is a fault of this package.
	Unreachable int

	// Bytes is the memory held, close to what the allocator gave: vectors,
	// links, labels and the two maps.
	Bytes int64

	// Distances is how many vectors searches have been compared with since the
	// index was made or loaded; additions are not counted.
	Distances int64
}

// New makes an empty index.
func New(o Options) (Index, error) {
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	switch o.Kind {
	case Flat:
		return newFlat(o), nil
	case LSH:
		return newLSH(o), nil
	}
	return newGraph(o), nil
}
