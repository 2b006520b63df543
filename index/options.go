package index

import (
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// Kind names the way an index searches.
type Kind string

const (
	// Flat compares the query with every vector: exact.
	Flat Kind = "flat"
	// HNSW walks a hierarchical navigable small world graph: approximate, fast.
	HNSW Kind = "hnsw"
	// LSH looks into buckets of hash tables: approximate.
	LSH Kind = "lsh"
)

// Quantization names what the walk of an HNSW index compares.
type Quantization string

const (
	// NoQuantization compares the vectors themselves.
	NoQuantization Quantization = "none"
	// Int8 compares codes of 8 bits a value, kept beside the links of each node,
	// and then the best that the walk has found by their vectors.
	Int8 Quantization = "int8"
	// Int4 compares codes of 4 bits a value, in the same way.
	Int4 Quantization = "int4"
)

// quantizations number the quantizations in a file.
var quantizations = []Quantization{NoQuantization, Int8, Int4}

// Limits of the options. They are wide; their purpose is that no file and no
// slip of the finger can ask for absurd amounts of memory.
const (
	MaxDim     = 1 << 16
	MaxM       = 1 << 8
	MaxEf      = 1 << 20
	MaxThreads = 1 << 12
	MaxTables  = 1 << 8
)

// Options describe an index. They are fixed when it is made, and saved with it.
type Options struct {
	// Dim is the number of values in a vector, 1 to MaxDim. It has no default.
	Dim int
	// Metric says what near means. Default Cosine.
	Metric Metric
	// Kind is the way of searching. Default HNSW.
	Kind Kind
	// M is how many links a new node makes on a level, 2 to MaxM; level 0 holds
	// up to 2M. Default 16.
	M int
	// EfConstruction is the width of the beam that looks for them, 1 to MaxEf.
	// Default 200.
	EfConstruction int
	// EfSearch is the width of the beam of a search that names none, 1 to
	// MaxEf; for LSH, how many buckets of a table it looks into. Default 100.
	EfSearch int
	// Quantization is what the walk compares: none, int8 or int4. Scores are exact
	// all the same. Codes are faster and find as much where the values of a vector
	// spread round zero; see the package comment for where they do not. Only an
	// HNSW index has one. Default none.
	Quantization Quantization
	// Tables is how many hash tables an LSH index has, 1 to MaxTables. Default 8.
	Tables int
	// Bits is the length of a hash, 1 to 32. Default 0: it follows from the
	// number of vectors.
	Bits int
	// Seed draws the levels of the nodes, or the hash functions. Default 1.
	Seed uint64
	// Threads is how many workers AddBatch and SearchBatch use. Default 0: one for each
	// processor that Go may use. 1 makes the graph reproducible.
	Threads int
	// Deterministic makes the graph that a batch makes the same for any number
	// of threads, as long as nothing else uses the index meanwhile. Other
	// changes then wait for up to 256 vectors of a batch. Default false.
	Deterministic bool
}

func (o Options) withDefaults() Options {
	if o.Kind == "" {
		o.Kind = HNSW
	}
	if o.M == 0 {
		o.M = 16
	}
	if o.EfConstruction == 0 {
		o.EfConstruction = 200
	}
	if o.EfSearch == 0 {
		o.EfSearch = 100
	}
	if o.Tables == 0 {
		o.Tables = 8
	}
	if o.Quantization == "" {
		o.Quantization = NoQuantization
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

// bits is how many a value has in the codes, 0 without codes.
func (q Quantization) bits() int {
	switch q {
	case Int8:
		return 8
	case Int4:
		return 4
	}
	return 0
}

// Validate returns an error that names the first option out of its range.
// Options left at zero count as their defaults.
func (o Options) Validate() error {
	o = o.withDefaults()
	for _, f := range []struct {
		name          string
		value, lo, hi int
	}{
		{"dim", o.Dim, 1, MaxDim},
		{"m", o.M, 2, MaxM},
		{"efConstruction", o.EfConstruction, 1, MaxEf},
		{"efSearch", o.EfSearch, 1, MaxEf},
		{"threads", o.Threads, 0, MaxThreads},
		{"tables", o.Tables, 1, MaxTables},
		{"bits", o.Bits, 0, maxBits},
	} {
		if f.value < f.lo || f.value > f.hi {
			return fault.New(fmt.Sprintf("give a value from %d to %d", f.lo, f.hi),
				"index option %s: %d is out of range", f.name, f.value)
		}
	}
	if o.Metric < Cosine || o.Metric > Euclidean {
		return fault.New("the metrics are cosine, dot and euclidean", "index option metric: %d is unknown", int(o.Metric))
	}
	if !slices.Contains(kinds, o.Kind) {
		return fault.New("the kinds are flat, hnsw and lsh", "index option kind: %q is unknown", string(o.Kind))
	}
	if !slices.Contains(quantizations, o.Quantization) {
		return fault.New("the quantizations are none, int8 and int4", "index option quantization: %q is unknown", string(o.Quantization))
	}
	if o.Kind != HNSW && o.Quantization != NoQuantization {
		return fault.New("leave it out, or make the kind hnsw", "index option quantization: a %s index has none, not %s", o.Kind, o.Quantization)
	}
	return nil
}
