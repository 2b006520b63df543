package index

import (
	"context"
	"fmt"
	"io"
)

// Index is a set of vectors with unique labels that can be searched. All methods are safe for
// concurrent use.
type Index interface {
	// Add stores vector under label. It returns an error that names the label, and
	// leaves the index unchanged, if the label is already in the index, or the vector
	// has the wrong number of values, or contains NaN or an infinity. With KeepNone and
	// Dot or Euclidean, it must also be zero or from MinLength to MaxLength long. The vector is copied.
	Add(label int64, vector []float32) error

	// AddBatch stores len(labels) vectors, packed one after another, with
	// Options.Threads workers. It checks the whole batch first, so that an invalid
	// vector leaves the index unchanged. If ctx ends, the vectors added so far remain,
	// complete and searchable, and the error wraps ctx.Err().
	AddBatch(ctx context.Context, labels []int64, vectors []float32) error

	// Delete removes vectors. If a label is not in the index, the error names it, and
	// nothing is deleted. A search that begins after Delete has returned does not find
	// the vectors, and their memory is reused for vectors added later.
	Delete(labels ...int64) error

	// Update replaces the vector of a label: every search finds either the old or the
	// new one. It fails for the same reasons as Add, and if the label is not in the
	// index.
	Update(label int64, vector []float32) error

	// Search returns the k vectors nearest to query, best first and by label if scores
	// are equal. If the index, or the part of it that the options allow, has fewer than
	// k vectors, it returns all of them.
	Search(query []float32, k int, o SearchOptions) ([]Result, error)

	// SearchInto is like Search, but appends to dst. If dst has room, it does not allocate,
	// except for a few words with SearchOptions.Allowed. If there is an error, it returns dst
	// unchanged.
	SearchInto(dst []Result, query []float32, k int, o SearchOptions) ([]Result, error)

	// SearchBatch searches for several queries, packed one after another, with
	// Options.Threads workers, and returns the results of each. If ctx ends, the error
	// wraps ctx.Err().
	SearchBatch(ctx context.Context, queries []float32, k int, o SearchOptions) ([][]Result, error)

	// SearchRange returns all vectors whose score is threshold or nearer, best first.
	// An HNSW index widens its beam until it reaches beyond the threshold, and may miss
	// some; other kinds compare the query with every vector. It ignores
	// SearchOptions.Threshold.
	SearchRange(query []float32, threshold float32, o SearchOptions) ([]Result, error)

	// Vector returns a copy of the vector stored under label: for Cosine, the vector
	// that was added divided by its length. If Rounded reports true, it is what has been kept of that.
	Vector(label int64) ([]float32, bool)

	// Len returns the number of vectors that a search can find.
	Len() int

	// Options returns the options with their defaults filled in.
	Options() Options

	// Stats describes the index. It reads every link.
	Stats() Stats

	// Verify checks the whole index: that every label leads to its vector and every
	// vector is valid for the metric; that every link leads to a node of its level, no
	// node has too many, and a walk from the entry point reaches every node. The error
	// lists the problems. Changes wait until it is done; searches do not.
	Verify(ctx context.Context) (Report, error)

	// Save writes the index in the format that Load reads. Changes wait until it is
	// done; searches do not.
	Save(w io.Writer) error
}

// Result is a vector found by a search. For Cosine and Dot the score is the similarity: larger is
// nearer. For Euclidean it is the distance: smaller is nearer. A score beyond the range of float32 is the greatest or
// least finite number, or 0; the order of the results is right nevertheless.
type Result struct {
	Label int64
	Score float32
}

// Stats describes an index.
type Stats struct {
	Kind    Kind
	Vectors int // the result of Len

	// Copies is the number of vectors that share the graph node of an equal vector. The
	// graph has Vectors - Copies nodes.
	Copies int

	// Deleted is the number of deleted vectors that are still nodes of the graph. Later
	// changes and Save remove them.
	Deleted int

	// Levels is the number of nodes on each level of the graph, from level 0.
	Levels []int

	// Edges is the number of links on all levels, each direction counted separately.
	Edges int

	// Unreachable is the number of nodes that no path on level 0 reaches from the entry
	// point. It is 0 unless this package has a bug.
	Unreachable int

	// Bytes is the memory allocated for vectors, links, labels and tables.
	Bytes int64

	// Recall is what Calibrate measured, or saving an index that does not keep its vectors (see
	// KeepVectors); zero if neither did.
	Recall Measured

	// Longer is the number of vectors that are longer than MaxLength. While there is one, every search compares all
	// vectors in float64, which is exact but slow; deleting them ends that when the index is saved. It is 0 for Cosine.
	Longer int

	// Distances is the number of vectors that searches have compared with their queries
	// since the index was created or loaded. Comparisons during additions are not counted.
	Distances int64
}

// Warning returns a sentence if some vectors make all searches slow, and "" otherwise.
func (s Stats) Warning() string {
	if s.Longer == 0 {
		return ""
	}
	are := "are"
	if s.Longer == 1 {
		are = "is"
	}
	return fmt.Sprintf("%d of %d vectors %s longer than %.0g, so every search compares all vectors in float64: scale the vectors, or compare them by cosine",
		s.Longer, s.Vectors, are, float64(MaxLength))
}

// New returns an empty index.
func New(o Options) (Index, error) {
	o = o.withDefaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Kind == Auto {
		o.Kind = Flat
	}
	s, _ := o.Kind.spec()
	return s.create(o), nil
}
