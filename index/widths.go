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
	slack   [len(calibrated)]float32 // with which walks for all vectors reach them (see hnsw.Question), or 0
}

// calibrated are the recalls for which widths are measured.
var calibrated = [...]float64{0.9, 0.95, 0.98, 0.99, 0.995}

// widthsBytes returns the length of the section widths in a file of a version.
func widthsBytes(version int) int {
	if version >= container.Slack {
		return 4 + 8*len(calibrated)
	}
	return 4 + 4*len(calibrated)
}

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

// slackFor returns the slack of a walk for all vectors, or 0 if it ends by the width of its beam. Between and
// beyond those measured it is linear in the logarithm of what is missed.
func (w *widths) slackFor(recall float64) float64 {
	if w == nil || recall >= 1 {
		return 0
	}
	at := 1
	for at < len(calibrated)-1 && calibrated[at] < recall {
		at++
	}
	from, to := float64(w.slack[at-1]), float64(w.slack[at])
	if from == 0 || to == 0 {
		return 0
	}
	missed := math.Log(1 - calibrated[at-1])
	part := (math.Log(1-recall) - missed) / (math.Log(1-calibrated[at]) - missed)
	return max(from+part*(to-from), from/4)
}

// These bound how many nodes a walk expands however far they are.
const (
	fewest = 16
	most   = 64
)

// leastFor returns how many these are for a recall. Vectors that are kept out of an index need more than the queries that are
// made of its vectors if the distances of all are much the same.
func leastFor(recall float64) int {
	return int(max(fewest, min(0.32/(1-recall), most)))
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
		mixtures := s.mixtures()
		near := max(sampleNear, mixtures/4)
		sets = [][]float32{s.sampleQueries(mixtures), s.between(near), s.foreignQueries(near)}
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
func (g *graph) widthsFor(all ...asked) {
	w := &widths{vectors: g.Len()}
	sets, more := all, false
	if len(all) > 1 { // not given ones
		sets = nil
		for i, s := range all {
			few := sampleWith
			if i > 0 {
				few = sampleNear
			}
			few = min(few, len(s.truth))
			more = more || few < len(s.truth)
			sets = append(sets, asked{s.queries[:few*g.options.Dim], s.truth[:few], s.foreign})
		}
	}
	at, before, missed := 0, calibrateK, 1.0
	for width := calibrateK; at < len(calibrated); width = width * 3 / 2 {
		now := 0.0
		if width < g.Len() && width < MaxEf/2 {
			now = 1 - g.found(sets, wide(width))
		}
		for ; at < len(calibrated) && now <= 1-calibrated[at]; at++ {
			w.of[at] = width
			if target := 1 - calibrated[at]; now > 0 && missed > target { // a power of what is missed
				part := math.Log(missed/target) / math.Log(missed/now)
				w.of[at] = int(math.Ceil(float64(before) * math.Pow(float64(width)/float64(before), part)))
			}
		}
		before, missed = width, now
	}
	if g.options.Metric != Dot { // the differences of inner products have no scale
		g.measureSlack(w, sets)
		if more {
			g.refineSlack(w, all)
		}
	}
	g.widths.Store(w)
}

// The slacks that measureSlack tries.
const (
	leastSlack = 0.02
	slackStep  = 1.25
	mostSlack  = 4
)

// heldOut are the parts of what may be missed that the queries of measureSlack miss, for each of calibrated: vectors that are kept
// out of an index are missed more often than queries made of its vectors, 1.3 times at 0.95, 1.1 times at 0.98, and as often at
// 0.99 (GloVe; sentences are not). The recall should rather be greater than what was asked for.
var heldOut = [len(calibrated)]float64{0.75, 0.75, 0.85, 0.9, 0.9}

// mayMiss returns what the queries of measureSlack may miss at one of calibrated.
func mayMiss(at int) float64 { return heldOut[at] * (1 - calibrated[at]) }

// measureSlack measures with what slack walks reach the calibrated recalls.
func (g *graph) measureSlack(w *widths, sets []asked) {
	at, before, missed := 0, 0.0, 1.0
	for slack := leastSlack; at < len(calibrated) && slack < mostSlack; slack *= slackStep {
		now := g.missedWith(sets, slack)
		for ; at < len(calibrated) && now <= mayMiss(at); at++ {
			w.slack[at] = float32(slack)
			if target := mayMiss(at); before > 0 && now > 0 && missed > target {
				w.slack[at] = float32(before + (slack-before)*math.Log(missed/target)/math.Log(missed/now))
			}
		}
		before, missed = slack, now
	}
}

// missedWith returns the share that walks with a slack miss.
func (g *graph) missedWith(sets []asked, slack float64) float64 {
	return 1 - g.found(sets, func(r *request) { r.ef, r.slack, r.least = max(calibrateK, r.k), slack, fewest })
}

// refineFrom is the first of calibrated whose slack refineSlack corrects. With fewer queries, those for lower recalls, at which
// more is missed, are as certain.
const refineFrom = 2

// refineSlack corrects the slacks of w by what walks with them miss of more queries. The logarithm of what is missed is nearly
// linear in the slack.
func (g *graph) refineSlack(w *widths, sets []asked) {
	const corrected = len(calibrated) - refineFrom
	var slack, missed [corrected]float64
	for i := range corrected {
		if slack[i] = float64(w.slack[refineFrom+i]); slack[i] == 0 {
			return // the greatest slack that was tried misses more
		}
		missed[i] = math.Log(max(g.missedWith(sets, slack[i]), 1e-5))
	}
	for i := range corrected {
		from, to := max(0, i-1), min(i+1, corrected-1)
		slope := (missed[to] - missed[from]) / (slack[to] - slack[from])
		if !(slope < 0) {
			continue // equal slacks
		}
		by := (math.Log(mayMiss(refineFrom+i)) - missed[i]) / slope
		w.slack[refineFrom+i] = float32(max(0.7*slack[i], min(slack[i]+by, 1.4*slack[i], mostSlack)))
	}
}

// wide returns a function that makes a search one with a beam of a width, which it may widen.
func wide(width int) func(*request) {
	return func(r *request) { r.ef, r.widen = max(width, r.k), true }
}

// found returns the share of the truth that searches find, as prepared, for the set of queries that is the hardest.
func (g *graph) found(sets []asked, prepare func(*request)) float64 {
	least := 1.0
	for _, s := range sets {
		if len(s.queries) == 0 {
			continue
		}
		share := g.share(s.queries, s.truth, SearchOptions{}, func(w *scratch, r request) {
			prepare(&r)
			g.find(w, r)
		})
		if s.foreign {
			share = (2 + share) / 3
		}
		least = min(least, share)
	}
	return least
}

// saveWidths writes the section widths: the vectors when they were measured, or 0, a width for each of
// calibrated (uint32), and from version Slack on a slack for each (float32).
func (s *store) saveWidths(w *container.Writer, version int) {
	known := s.widths.Load()
	if known == nil {
		known = new(widths)
	}
	w.Section("widths", widthsBytes(version))
	w.Uint32(uint32(known.vectors))
	for _, v := range known.of {
		w.Uint32(uint32(v))
	}
	if version >= container.Slack {
		for _, v := range known.slack {
			w.Uint32(math.Float32bits(v))
		}
	}
	w.End()
}

// adoptWidths uses the payload of the section widths of a file of a version.
func (s *store) adoptWidths(p []byte, version int) error {
	if len(p) != widthsBytes(version) {
		return container.Damaged("widths", "it has %d bytes, expected %d", len(p), widthsBytes(version))
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
	rest := p[4+4*len(w.of):]
	for i := range len(rest) / 4 {
		v := math.Float32frombits(binary.LittleEndian.Uint32(rest[4*i:]))
		if !(v >= 0 && v <= mostSlack) {
			return container.Damaged("widths", "slack %d is %v", i, v)
		}
		w.slack[i] = v
	}
	s.widths.Store(w)
	return nil
}
