package index

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/index/internal/vectors"
	"github.com/luminavec/luminavec/internal/fault"
)

// A lengths is the range of the lengths of stored vectors, other than zero, as far as it exceeds that from MinLength to
// MaxLength.
type lengths struct{ least, most float64 }

var usualLengths = lengths{MinLength, MaxLength}

// wideBytes is what a file of version Wide has at the end of its options: whether codes can be shorter (uint32), and
// the lengths (float64 each).
const wideBytes = 4 + 2*8

// lengths returns the range.
func (s *store) lengths() lengths {
	if l := s.reach.Load(); l != nil {
		return *l
	}
	return usualLengths
}

// isWideIndex reports whether there is, or was, a vector that float32 arithmetic does not suit.
func (s *store) isWideIndex() bool { return s.lengths() != usualLengths }

// representable returns an error if only codes are kept, and they cannot represent a vector of a length.
func (s *store) representable(length float64) error {
	if s.options.KeepVectors == KeepNone && s.options.Metric != Cosine && length > 0 && !(length >= MinLength && length <= MaxLength) {
		return fault.Mention("keep the vectors, or scale them", "KeepVectors %s needs vectors from %.3g to %.3g long, but the length of this one is %.3g",
			KeepNone, float64(MinLength), float64(MaxLength), length)
	}
	return nil
}

// extend extends the range by the length of a prepared vector. The caller holds Mu.
func (s *store) extend(vector []float32) {
	if s.options.Metric == Cosine {
		return
	}
	length, l := vectors.Length(vector), s.lengths()
	if wide := (lengths{min(l.least, length), max(l.most, length)}); length > 0 && wide != l {
		s.reach.Store(&wide)
	}
}

// narrow takes the range of the vectors of ids, which are all, after some may have been deleted. The caller holds Gate
// exclusively.
func (s *store) narrow(ids []id) {
	if !s.isWideIndex() {
		return
	}
	l := usualLengths
	for _, n := range ids {
		if length := vectors.Length(s.Arena.Vector(n)[:s.options.Dim]); length > 0 {
			l = lengths{min(l.least, length), max(l.most, length)}
		}
	}
	s.reach.Store(&l)
}

// longer returns the number of vectors that are longer than MaxLength.
func (s *store) longer() (count int) {
	if s.lengths().most <= MaxLength || s.complete() != nil {
		return 0
	}
	s.recoding.RLock()
	defer s.recoding.RUnlock()
	w := s.Pool.Get() // so that no id is used again meanwhile
	defer s.Pool.Put(w)
	for i := range int(s.Reserved.Load()) {
		if n := id(i); s.Visible(n) && vectors.Length(s.Read(w, n)[:s.options.Dim]) > MaxLength {
			count++
		}
	}
	return count
}

// isWide reports whether distances from a query of length q must be computed in float64, because they, or the products
// that they consist of, would be too great or too small for float32.
func (s *store) isWide(q float64) bool {
	if s.options.Metric == Cosine {
		return false
	}
	l := s.lengths()
	if q > MaxLength || l.most > MaxLength {
		return true
	}
	if s.options.Metric == Euclidean {
		return false // but see tooNear
	}
	const product = 1e-35 // its precision is still that of float32
	return q > 0 && q*l.least < product
}

// tooNear reports whether a squared distance in hits is too small for float32, and not that of the query itself. The
// caller has lent a scratch, so that ids are not used again.
func (s *store) tooNear(query []float32, hits []hit) bool {
	if s.options.Metric != Euclidean {
		return false
	}
	for _, h := range hits {
		if h.Distance >= MinLength*MinLength {
			continue
		}
		s.Mu.RLock()
		find := s.IDOf
		if s.Unchecked.Load() { // the table of labels is empty
			find = s.Find
		}
		n := find(h.Label)
		s.Mu.RUnlock()
		if n != none && s.options.Metric.wideDistance(query, s.Arena.Vector(n)) > 0 {
			return true
		}
	}
	return false
}

// isWideBatch reports isWide of any of the packed queries.
func (s *store) isWideBatch(queries []float32) bool {
	for at, dim := 0, s.options.Dim; at < len(queries) && s.options.Metric != Cosine; at += dim {
		if s.isWide(vectors.Length(queries[at : at+dim])) {
			return true
		}
	}
	return false
}

// wideDistance is Rows.Distance in float64: the negated inner product or the distance, not squared.
func (m Metric) wideDistance(x, y []float32) float64 {
	sum := 0.0
	y = y[:len(x)]
	if m != Euclidean {
		for i, v := range x {
			sum -= float64(v) * float64(y[i])
		}
		return sum
	}
	for i, v := range x {
		d := float64(v) - float64(y[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

// wideScore converts a wideDistance to a score. One beyond the range of float32 becomes the limit of the range.
func (m Metric) wideScore(d float64) float32 {
	if m != Euclidean {
		d = 0 - d
	}
	return float32(max(-math.MaxFloat32, min(d, math.MaxFloat32)))
}

// scoreOf returns the score of a vector for a prepared query; wide is what isWide reports.
func (s *store) scoreOf(query, x []float32, wide bool) float32 {
	if wide {
		return s.options.Metric.wideScore(s.options.Metric.wideDistance(query, x))
	}
	d := s.Distance(query, x)
	if s.options.Metric == Euclidean && d < MinLength*MinLength {
		return s.scoreOf(query, x, true)
	}
	return s.options.Metric.score(d)
}

// wideHit is a hit of searchWide.
type wideHit struct {
	distance float64
	label    int64
}

// searchWide is exact search in float64 for w.Query. It appends up to r.k results, best first, to dst.
func (s *store) searchWide(dst []Result, w *scratch, r request) []Result {
	s.Shown.RLock()
	defer s.Shown.RUnlock()
	var hits []wideHit
	best := func() {
		slices.SortFunc(hits, func(a, b wideHit) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.label, b.label))
		})
		hits = hits[:min(r.k, len(hits))]
	}
	m, total := s.options.Metric, int(s.Reserved.Load())
	worst := math.Inf(1)
	for at := 0; at < total; {
		labels, n := s.Labels.Run(at, min(rows.BlockRows, total-at))
		labels, n = s.candidatesAmong(w, r.allow, at, labels[:n])
		s.TouchVectors(at, n)
		for _, i := range w.Fresh {
			d := m.wideDistance(w.Query, s.Read(w, id(at)+i))
			if d <= worst && (r.within == nil || m.reaches(m.wideScore(d), *r.within)) {
				hits = append(hits, wideHit{d, labels[i]})
			}
		}
		if len(hits)/2 >= r.k {
			best()
			worst = hits[r.k-1].distance
		}
		s.distances.Add(int64(len(w.Fresh)))
		at += n
	}
	best()
	for _, h := range hits {
		dst = append(dst, Result{Label: h.label, Score: m.wideScore(h.distance)})
	}
	return dst
}

// appendLengths appends the end of the options of a file of version Wide.
func appendLengths(p []byte, short bool, l lengths) []byte {
	flag := uint32(0)
	if short {
		flag = 1
	}
	p = binary.LittleEndian.AppendUint32(p, flag)
	p = binary.LittleEndian.AppendUint64(p, math.Float64bits(l.least))
	return binary.LittleEndian.AppendUint64(p, math.Float64bits(l.most))
}

// decodeLengths is the inverse of appendLengths. It reports false if the values are not what it could have written.
func decodeLengths(p []byte) (short bool, l lengths, ok bool) {
	flag := binary.LittleEndian.Uint32(p)
	l.least = math.Float64frombits(binary.LittleEndian.Uint64(p[4:]))
	l.most = math.Float64frombits(binary.LittleEndian.Uint64(p[12:]))
	ok = flag <= 1 && l.least > 0 && l.least <= MinLength && l.most >= MaxLength && l.most <= math.MaxFloat64
	return flag == 1, l, ok
}
