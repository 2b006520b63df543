package index

import (
	"slices"

	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/internal/fault"
)

// Quantization selects what the walk of an HNSW index, or the scan of a flat one, compares first. The
// vectors that may be among the results are always compared themselves, so that scores are exact.
//
// Codes are rotated at random and relative to a center, which is taken of the vectors and taken again as
// their number grows, so that they suit any finite data. See docs/index-tuning.md.
type Quantization string

const (
	// AutoQuantization is Int4 for vectors of 64 values or more, except for LSH, and otherwise none.
	AutoQuantization Quantization = "auto"
	// NoQuantization compares the vectors themselves.
	NoQuantization Quantization = "none"
	// Int8 compares codes of 8 bits per value. HNSW stores them beside the links of each node. A flat
	// index compares the signs of all values first, then the codes of the vectors that the bound on
	// the error of the signs does not exclude, and the vectors that that of the codes does not; the
	// results are those of a scan without codes, but for a chance of 1e-9 for each.
	Int8 Quantization = "int8"
	// Int4 compares codes of 4 bits per value in the same way, Int2 and Int1 codes of 2 bits and 1.
	Int4 Quantization = "int4"
	Int2 Quantization = "int2"
	Int1 Quantization = "int1"
	// Edges compares codes of 1 bit per value, stored for each neighbor beside the links of a node
	// and relative to it, and then the nodes on the way by their vectors.
	Edges Quantization = "edges"
)

// quantizations lists the quantizations by their numbers in a file, and the one that is never in a file.
var quantizations = []Quantization{NoQuantization, Int8, Int4, Int2, Int1, Edges, AutoQuantization}

// Quantizations returns all quantizations.
func Quantizations() []Quantization { return slices.Clone(quantizations) }

// Summary describes the quantization in a few words. It is empty for an unknown one.
func (q Quantization) Summary() string {
	return map[Quantization]string{
		AutoQuantization: "int4 for vectors of 64 values or more, otherwise none",
		NoQuantization:   "the vectors",
		Int8:             "codes of 8 bits per value",
		Int4:             "codes of 4 bits per value: smaller, and faster with equal recall for several dozen values or more",
		Int2:             "codes of 2 bits per value: smaller and faster still, with slightly lower recall",
		Int1:             "codes of 1 bit per value: the smallest, with lower recall of an hnsw index",
		Edges:            "codes of 1 bit per value for each link of an hnsw index: the fastest, and twice the memory",
	}[q]
}

// autoFrom is the number of values in a vector from which AutoQuantization selects codes.
const autoFrom = 64

// resolve returns the quantization that is selected.
func (q Quantization) resolve(kind Kind, dim int, keep KeepVectors) Quantization {
	switch s, _ := kind.spec(); {
	case q != AutoQuantization:
		return q
	case s.quantizes && dim >= autoFrom:
		return Int4
	case s.quantizes && keep == KeepNone:
		return Int8
	}
	return NoQuantization
}

// Limits of the options. They are generous, and exist only so that a damaged file or a typing
// error cannot cause absurd memory allocations.
const (
	MaxDim     = 1 << 16
	MaxM       = 1 << 8
	MaxEf      = 1 << 20
	MaxThreads = 1 << 12
	MaxTables  = 1 << 8
)

// Options describes an index. The options are fixed when it is created, and saved with it.
type Options struct {
	// Dim is the number of values in a vector, 1 to MaxDim. Required.
	Dim int
	// Metric defines which vectors are near each other. Default Cosine.
	Metric Metric
	// Kind is the kind of index, or Auto. Default HNSW; of Fill and FillLabeled, which know the number of vectors, Auto.
	Kind Kind
	// M is the number of links a new node makes on each level, 2 to MaxM; level 0
	// holds up to 2M. Default 16.
	M int
	// EfConstruction is the width of the beam that searches for these links, 1 to MaxEf.
	// Default 200.
	EfConstruction int
	// EfSearch is the default width of the beam of a search, 1 to MaxEf; for LSH, the
	// default number of buckets probed in each table. Default 100.
	EfSearch int
	// Quantization is what the walk of an HNSW index or the scan of a flat one compares first.
	// Scores are exact in any case. LSH supports only none. Default AutoQuantization.
	Quantization Quantization
	// KeepVectors is what is kept of the vectors when the index is saved. LSH supports only float32.
	// Default KeepAuto: with codes, which vectors of 64 values or more have by default, numbers of 16 bits.
	KeepVectors KeepVectors
	// Tables is the number of hash tables of an LSH index, 1 to MaxTables. Default 8.
	Tables int
	// Bits is the length of a hash in an LSH index, 1 to 32. Default 0: chosen by the number
	// of vectors.
	Bits int
	// Seed determines the levels of the nodes (HNSW) or the hash functions (LSH). Default 1.
	Seed uint64
	// Threads is the number of workers of AddBatch and SearchBatch. With 1, the graph
	// is reproducible; other kinds always are. It is not saved with an index that is the
	// same with any number. Default 0: GOMAXPROCS.
	Threads int
	// Deterministic makes AddBatch build the same graph with any number of threads, provided
	// that nothing else changes the index meanwhile. Other changes then wait for up to 256
	// vectors of a batch. Default false.
	Deterministic bool
}

func (o Options) withDefaults() Options {
	if o.Kind == "" {
		o.Kind = HNSW
	}
	if o.Kind == Auto && o.Quantization == Edges {
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
		o.Quantization = AutoQuantization
	}
	if o.KeepVectors == "" {
		o.KeepVectors = KeepAuto
	}
	o.Quantization = o.Quantization.resolve(o.Kind, o.Dim, o.KeepVectors)
	if o.KeepVectors == KeepAuto {
		switch o.KeepVectors = KeepFloat32; {
		case o.Quantization == NoQuantization || o.Dim < autoFrom:
		case o.Quantization == Edges: // whose codes of 8 bits are enough
			o.KeepVectors = KeepNone
		default:
			o.KeepVectors = KeepFloat16
		}
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

// bits returns the number of bits per value in the codes, 0 without codes.
func (q Quantization) bits() int {
	switch q {
	case Int8, Edges:
		return 8
	case Int4:
		return 4
	case Int2:
		return 2
	case Int1:
		return 1
	}
	return 0
}

// Validate returns an error that names the first option out of range. Zero options count as
// their defaults.
func (o Options) Validate() error {
	o = o.withDefaults()
	for _, f := range []struct {
		name          string
		value, lo, hi int
	}{
		{"Dim", o.Dim, 1, MaxDim},
		{"M", o.M, 2, MaxM},
		{"EfConstruction", o.EfConstruction, 1, MaxEf},
		{"EfSearch", o.EfSearch, 1, MaxEf},
		{"Threads", o.Threads, 0, MaxThreads},
		{"Tables", o.Tables, 1, MaxTables},
		{"Bits", o.Bits, 0, hashing.MaxBits},
	} {
		if f.value < f.lo || f.value > f.hi {
			return fault.Field(f.name, "", "must be from %d to %d, got %d", f.lo, f.hi, f.value)
		}
	}
	if o.Metric < Cosine || o.Metric > Euclidean {
		return fault.Field("Metric", metricHint, "has the unknown value %d", int(o.Metric))
	}
	if !slices.Contains(quantizations, o.Quantization) {
		return fault.Field("Quantization", "", "must be %s, got %q", fault.OneOf(quantizations), string(o.Quantization))
	}
	if err := o.Kind.validate(o.Quantization); err != nil {
		return err
	}
	return o.KeepVectors.validate(o)
}
