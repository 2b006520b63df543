package index

import (
	"fmt"
	"io"
	"slices"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/internal/fault"
)

// Kind is a kind of index, which determines how it searches.
type Kind string

// The kinds of index. [Kinds] lists all of them.
const (
	// Flat compares the query with every vector: exact.
	Flat Kind = "flat"
	// HNSW walks a hierarchical navigable small world graph: approximate, fast.
	HNSW Kind = "hnsw"
	// LSH probes buckets of hash tables: approximate, instant build, lower recall.
	LSH Kind = "lsh"
)

// kindSpec describes a kind. To add one, implement kindIndex in a file of its own and
// call register in its init function; everything else uses the registry.
type kindSpec struct {
	kind      Kind
	number    uint32 // identifies the kind in files: never change or reuse it
	summary   string // a few words for help texts
	quantizes bool   // whether it can compare codes (Options.Quantization)
	create    func(Options) kindIndex
}

// kindIndex is the interface that a kind implements. The embedded store does most of it.
type kindIndex interface {
	Index

	// base returns the embedded store.
	base() *store

	// write implements Save for a caller that holds Gate exclusively.
	write(w io.Writer) error

	// load reads the sections after the options into an empty index.
	load(r *container.Reader) error

	// open makes an empty index use the sections after the options where they are. It
	// returns errMustLoad if the kind cannot do that.
	open(m *container.Image) error
}

// kinds holds the registered kinds, sorted by number.
var kinds []kindSpec

// register adds a kind to the registry.
func register(s kindSpec) {
	for _, other := range kinds {
		if other.kind == s.kind || other.number == s.number {
			panic(fmt.Sprintf("index: kinds %s and %s have the same name or number", s.kind, other.kind))
		}
	}
	kinds = append(kinds, s)
	slices.SortFunc(kinds, func(a, b kindSpec) int { return int(a.number) - int(b.number) })
}

// Kinds returns all kinds of index.
func Kinds() []Kind {
	list := make([]Kind, len(kinds))
	for i, s := range kinds {
		list[i] = s.kind
	}
	return list
}

// Summary describes the kind in a few words. It is empty for an unknown kind.
func (k Kind) Summary() string {
	if k == Auto {
		return autoSummary
	}
	s, _ := k.spec()
	return s.summary
}

// spec returns the registered description of k.
func (k Kind) spec() (kindSpec, bool) {
	if k == Auto {
		k = Flat
	}
	for _, s := range kinds {
		if s.kind == k {
			return s, true
		}
	}
	return kindSpec{}, false
}

// validate returns an error if k is unknown, or cannot be combined with q.
func (k Kind) validate(q Quantization) error {
	s, ok := k.spec()
	if !ok {
		return fault.Field("Kind", "", "must be %s, got %q", fault.OneOf(append(Kinds(), Auto)), string(k))
	}
	if q != NoQuantization && !s.quantizes {
		return fault.Field("Quantization", "choose another kind or no quantization", "must be %s for Kind %s, got %s", NoQuantization, k, q)
	}
	if q == Edges && k != HNSW {
		return fault.Field("Quantization", "", "must not be %s for Kind %s", q, k)
	}
	return nil
}
