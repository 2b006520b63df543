package index

import (
	"context"
	"encoding/binary"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/hashing"
	"github.com/luminavec/luminavec/index/internal/sample"
)

// widths are the widths of the beam with which searches reach the recalls of calibrated.
type widths struct {
	vectors int // in the index when they were measured
	of      [len(calibrated)]int
}

// calibrated are the recalls for which widths are measured.
var calibrated = [...]float64{0.9, 0.95, 0.98, 0.99, 0.995}

// unmeasured are the widths of a small index, or one opened from a file without widths.
var unmeasured = widths{of: [...]int{40, 64, 120, 180, 300}}

const (
	calibrateFrom = 1 << 10 // vectors from which widths are measured
	calibrateWith = 200     // queries
	calibrateK    = 10
	// blend is the part of another vector in a query, so that queries are not vectors of the index,
	// which a search finds too easily.
	blend = 0.3
)

// width returns the width of the beam for k results.
func (w *widths) width(recall float64, k int) int {
	if w == nil {
		w = &unmeasured
	}
	if recall >= 1 {
		return math.MaxInt32
	}
	at := 0
	for at < len(calibrated)-1 && calibrated[at] < recall {
		at++
	}
	width := float64(w.of[at])
	if recall > calibrated[at] { // what is missed halves when the width doubles
		width *= (1 - calibrated[at]) / (1 - recall)
	}
	return min(int(width)+2*max(0, k-calibrateK), MaxEf)
}

// stale reports whether the index has grown, or shrunk, so much that the widths may be wrong.
func (s *store) stale() bool {
	n, w := s.Len(), s.widths.Load()
	return s.options.Kind == HNSW && n >= calibrateFrom && (w == nil || n > 2*w.vectors || n < w.vectors/2)
}

// prepareWidths measures the widths if a search with these options needs them. An index that was opened but
// not checked keeps those of its file. The caller holds no lock.
func (s *store) prepareWidths(o SearchOptions) {
	if o.Ef > 0 || o.Recall <= 0 || o.Recall >= 1 || s.unchecked.Load() || s.measuring == nil || !s.stale() {
		return
	}
	s.calibrate.Lock()
	defer s.calibrate.Unlock()
	if s.stale() {
		s.measuring()
	}
}

// measureWidths measures the widths of the graph: with what width searches for mixtures of
// its vectors find the given shares of what exact search finds.
func (g *graph) measureWidths() {
	dim := g.options.Dim
	draw := func(i int) (uint64, bool) {
		return hashing.Mix(g.options.Seed ^ labelHash(g.label(id(i)))), g.visible(id(i))
	}
	w := &widths{vectors: g.Len()}
	drawn := sample.Draw(int(g.reserved.Load()), calibrateWith+1, draw)
	queries := make([]float32, 0, calibrateWith*dim)
	for i := range len(drawn) - 1 {
		x, y := g.arena.Vector(id(drawn[i])), g.arena.Vector(id(drawn[i+1]))
		for j := range dim {
			queries = append(queries, float32((1-blend)*x[j])+float32(blend*y[j]))
		}
	}
	ctx := context.Background()
	truth, err := g.scanBatch(ctx, queries, calibrateK, SearchOptions{}, func(w *scratch, r request) {
		g.shown.RLock()
		defer g.shown.RUnlock()
		g.scan(w, r)
	})
	if err != nil {
		return
	}
	at := 0
	for width := calibrateK; at < len(calibrated); width = max(width+1, width*5/4) {
		found := 1.0
		if width < g.Len() && width < MaxEf/2 {
			found = g.found(queries, truth, width)
		}
		for ; at < len(calibrated) && found >= calibrated[at]; at++ {
			w.of[at] = width
		}
	}
	g.widths.Store(w)
}

// found returns the share of truth that searches of a width, which they may widen, find.
func (g *graph) found(queries []float32, truth [][]Result, width int) float64 {
	all, near, dim := 0, 0, g.options.Dim
	var rs []Result
	for i, want := range truth {
		rs, _ = g.searchInto(rs[:0], queries[i*dim:(i+1)*dim], calibrateK, SearchOptions{}, func(w *scratch, r request) {
			r.ef, r.widen = max(width, r.k), true
			g.find(w, r)
		})
		for _, r := range want {
			all++
			if slices.ContainsFunc(rs, func(f Result) bool { return f.Label == r.Label }) {
				near++
			}
		}
	}
	return float64(near) / float64(max(all, 1))
}

// begunBest begins a walk whose beam may grow.
func (w *scratch) begunBest() { w.best = w.best[:0] }

// better reports whether k is among the best w.widen so far.
func (w *scratch) better(k key) bool {
	if len(w.best) < w.widen {
		w.best.Push(k)
		return true
	}
	if k >= w.best[0] {
		return false
	}
	w.best.Replace(k)
	return true
}

// saveWidths writes the section widths: the vectors when they were measured, or 0, and a width for each of
// calibrated (uint32).
func (s *store) saveWidths(w *container.Writer) {
	known := s.widths.Load()
	if known == nil {
		known = new(widths)
	}
	w.Section("widths", 4+4*len(calibrated))
	w.Uint32(uint32(known.vectors))
	for _, v := range known.of {
		w.Uint32(uint32(v))
	}
	w.End()
}

// adoptWidths uses the payload of the section widths.
func (s *store) adoptWidths(p []byte) error {
	if len(p) != 4+4*len(calibrated) {
		return container.Damaged("widths", "it has %d bytes, expected %d", len(p), 4+4*len(calibrated))
	}
	w := &widths{vectors: int(binary.LittleEndian.Uint32(p))}
	if w.vectors == 0 {
		return nil
	}
	for i := range w.of {
		v := binary.LittleEndian.Uint32(p[4+4*i:])
		if v == 0 || v > MaxEf {
			return container.Damaged("widths", "width %d is %d", i, v)
		}
		w.of[i] = int(v)
	}
	s.widths.Store(w)
	return nil
}
