package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/internal/fault"
)

// KeepVectors selects what remains of the vectors once the index has been saved. What a file no longer
// has cannot be restored, so it is decided when the index is created.
//
// Until it is saved for the first time, an index has all vectors in float32: the graph is built with them, and
// the codes are centered on them. Saving it replaces them, in memory too, and measures how many of the
// nearest by the original vectors a search still finds (see [Stats].Recall). From then on the
// index is one of the rounded vectors: Vector returns them, scores are those of them, and a flat index is
// exact for them. What is added later is rounded at once.
type KeepVectors string

const (
	// KeepFloat32 keeps the vectors as they are.
	KeepFloat32 KeepVectors = "float32"
	// KeepFloat16 keeps numbers of 16 bits, relative to a power of two for each vector, and for Dot and
	// Euclidean with codes relative to their center. The results are nearly the same.
	KeepFloat16 KeepVectors = "float16"
	// KeepNone keeps only the codes of the quantization, which must not be none. AutoQuantization
	// is then Int8 for vectors of less than 64 values.
	KeepNone KeepVectors = "none"
	// KeepAuto is KeepFloat16 with codes of 64 values or more, KeepNone with Edges, which has
	// codes of 8 bits, and otherwise KeepFloat32.
	KeepAuto KeepVectors = "auto"
)

// keeps lists the values by their numbers in a file, and the one that is never in a file.
var keeps = []KeepVectors{KeepFloat32, KeepFloat16, KeepNone, KeepAuto}

// KeptVectors returns all values of Options.KeepVectors.
func KeptVectors() []KeepVectors { return slices.Clone(keeps) }

// Summary describes what is kept in a few words. It is empty for an unknown value.
func (k KeepVectors) Summary() string {
	return map[KeepVectors]string{
		KeepAuto:    "with codes of 64 values or more float16, with edges none; otherwise float32",
		KeepFloat32: "the vectors as they are",
		KeepFloat16: "vectors of half the size; nearly the same results",
		KeepNone:    "only their codes: the smallest, with a lower recall, which is reported",
	}[k]
}

func (k KeepVectors) validate(o Options) error {
	switch {
	case !slices.Contains(keeps, k):
		return fault.Field("KeepVectors", "", "must be %s, got %q", fault.OneOf(keeps), string(k))
	case k == KeepNone && o.Quantization == NoQuantization:
		return fault.Mention("choose a Quantization, or keep the vectors", "KeepVectors %s needs codes, but Quantization is %s", k, o.Quantization)
	case k != KeepFloat32 && o.Kind == LSH:
		return fault.Field("KeepVectors", "choose another kind, or keep the vectors", "must be %s for Kind %s, got %s", KeepFloat32, o.Kind, k)
	}
	return nil
}

func (k KeepVectors) form() arena.Form { return arena.Form(slices.Index(keeps, k)) }

// Rounded reports whether the vectors of ix are not those that were added, but what has been kept of
// them (see [KeepVectors]).
func Rounded(ix Index) bool {
	of, ok := ix.(interface{ base() *store })
	if !ok {
		return false
	}
	s := of.base()
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	return s.Arena.Form != arena.Full
}

// recodes reports whether the codes or the form of vectors can change.
func (s *store) recodes() bool {
	return s.options.Quantization != NoQuantization || s.options.KeepVectors != KeepFloat32
}

// reduce replaces the vectors by what is kept of them, unless that has been done. The caller holds
// Gate exclusively.
func (s *store) reduce() error {
	form := s.options.KeepVectors.form()
	if s.Arena.Form == form || s.Len() == 0 {
		return nil
	}
	queries, given := s.held, s.held != nil
	if !given {
		queries = s.sampleQueries(sampleWith)
	}
	truth, err := s.truth(context.Background(), queries)
	if err != nil {
		return fmt.Errorf("index: measuring the recall of vectors of %s: %w", s.options.KeepVectors, err)
	}
	s.replaceVectors(form)
	s.widths.Store(nil)
	if s.stale() {
		s.measureWidths(s.held)
	}
	s.noteRecall(queries, truth, given)
	s.held = nil
	return nil
}

// replaceVectors does the work of reduce.
func (s *store) replaceVectors(form arena.Form) {
	s.recoding.Lock()
	defer s.recoding.Unlock()
	n := int(s.Reserved.Load())
	if s.Arena.Space != nil { // a center for good
		s.Arena.Space = codes.NewSpace(s.Arena.Space.Rotation, s.goodCenter(n), s.options.Metric == Euclidean)
	}
	s.Arena.Reduce(form, n)
	if s.recoded != nil {
		s.recoded(n)
	}
}

// valid reports whether the metric could have stored the vector of n.
func (s *store) valid(n id) bool {
	if s.Arena.Form != arena.Full {
		return s.Arena.Valid(n)
	}
	x, dim := s.Arena.Vector(n), s.options.Dim
	return s.options.Metric.storable(x[:dim], s.lengths().most) && zero(x[dim:])
}
