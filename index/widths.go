package index

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/luminavec/luminavec/index/internal/container"
)

// widths are the widths of the beam with which searches reach the recalls of calibrated.
type widths struct {
	vectors int // in the index when they were measured
	of      [len(calibrated)]int
}

// calibrated are the recalls for which widths are measured.
var calibrated = [...]float64{0.9, 0.95, 0.98, 0.99, 0.995}

const widthsBytes = 4 + 4*len(calibrated) // of the section widths

// unmeasured are the widths of a small index, or one opened from a file without widths.
var unmeasured = widths{of: [...]int{40, 64, 120, 180, 300}}

const (
	calibrateFrom = 1 << 10 // vectors from which widths are measured
	calibrateK    = 10
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
	width, missed := float64(w.of[at]), (1-calibrated[at])/(1-recall)
	if at > 0 && missed < 1 { // between two of them, the widths are a power of what is missed
		before := float64(w.of[at-1])
		width *= math.Pow(before/width, math.Log(missed)/math.Log((1-calibrated[at])/(1-calibrated[at-1])))
	} else { // beyond them, what is missed halves when the width doubles
		width *= missed
	}
	return min(int(math.Ceil(width))+2*max(0, k-calibrateK), MaxEf)
}

// stale reports whether the index has grown, or shrunk, so much that the widths may be wrong.
func (s *store) stale() bool {
	n, w := s.Len(), s.widths.Load()
	return s.options.Kind == HNSW && n >= calibrateFrom && (w == nil || n > 2*w.vectors || n < w.vectors/2)
}

// prepareWidths measures the widths if a search with these options needs them. An index that was opened but
// not checked keeps those of its file. The caller holds no lock.
func (s *store) prepareWidths(o SearchOptions) {
	if o.Ef > 0 || o.Recall <= 0 || o.Recall >= 1 || s.Unchecked.Load() || s.measuring == nil || !s.stale() {
		return
	}
	s.calibrate.Lock()
	defer s.calibrate.Unlock()
	if s.stale() {
		s.measureWidths(nil)
	}
}

// measureWidths measures the widths with queries, or with mixtures of vectors of the index.
func (s *store) measureWidths(queries []float32) {
	sets := [][]float32{queries}
	if queries == nil {
		sets = [][]float32{s.sampleQueries(), s.between(), s.foreignQueries()}
	}
	var all []asked
	for i, queries := range sets {
		truth, err := s.truth(context.Background(), queries)
		if err != nil {
			return
		}
		all = append(all, asked{queries, truth, i == 2})
	}
	s.measuring(all...)
}

// widthsFor measures the widths of the graph: with what width searches for queries of each set find
// the given shares of what exact search finds.
func (g *graph) widthsFor(sets ...asked) {
	w := &widths{vectors: g.Len()}
	at, below := 0, calibrateK
	for width := calibrateK; at < len(calibrated); below, width = width+1, width*3/2 {
		found := 1.0
		if width < g.Len() && width < MaxEf/2 {
			found = g.found(sets, width)
		}
		for ; at < len(calibrated) && found >= calibrated[at]; at++ {
			w.of[at] = g.narrowest(sets, calibrated[at], below, width)
			below = w.of[at]
		}
	}
	g.widths.Store(w)
}

// narrowest returns about the smallest width from low to high that finds a share; high does.
func (g *graph) narrowest(sets []asked, share float64, low, high int) int {
	for high-low > max(1, high/32) {
		if middle := (low + high) / 2; g.found(sets, middle) >= share {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// found returns the share of the truth that searches of a width, which they may widen, find for the set of queries that is
// the hardest.
func (g *graph) found(sets []asked, width int) float64 {
	least := 1.0
	for _, s := range sets {
		if len(s.queries) == 0 {
			continue
		}
		share := g.share(s.queries, s.truth, SearchOptions{}, func(w *scratch, r request) {
			r.ef, r.widen = max(width, r.k), true
			g.find(w, r)
		})
		if s.foreign {
			share = (2 + share) / 3
		}
		least = min(least, share)
	}
	return least
}

// saveWidths writes the section widths: the vectors when they were measured, or 0, and a width for each of
// calibrated (uint32).
func (s *store) saveWidths(w *container.Writer) {
	known := s.widths.Load()
	if known == nil {
		known = new(widths)
	}
	w.Section("widths", widthsBytes)
	w.Uint32(uint32(known.vectors))
	for _, v := range known.of {
		w.Uint32(uint32(v))
	}
	w.End()
}

// adoptWidths uses the payload of the section widths.
func (s *store) adoptWidths(p []byte) error {
	if len(p) != widthsBytes {
		return container.Damaged("widths", "it has %d bytes, expected %d", len(p), widthsBytes)
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
