package index

import (
	"math"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Metric says which vectors are near each other.
type Metric int

const (
	// Cosine is the cosine of the angle, from -1 to 1; larger is nearer.
	Cosine Metric = iota
	// Dot is the inner product; larger is nearer.
	Dot
	// Euclidean is the length of the difference; smaller is nearer.
	Euclidean
)

var metricNames = [...]string{Cosine: "cosine", Dot: "dot", Euclidean: "euclidean"}

// String returns "cosine", "dot" or "euclidean".
func (m Metric) String() string {
	if m < 0 || int(m) >= len(metricNames) {
		return "unknown"
	}
	return metricNames[m]
}

// ParseMetric returns the metric named s, whatever its case; "ip" and "l2" are
// understood too.
func ParseMetric(s string) (Metric, error) {
	switch strings.ToLower(s) {
	case "cosine":
		return Cosine, nil
	case "dot", "ip":
		return Dot, nil
	case "euclidean", "l2":
		return Euclidean, nil
	}
	return 0, fault.New("the metrics are cosine, dot and euclidean", "unknown metric %q", s)
}

// MaxLength is the greatest Euclidean length of a vector under Dot and
// Euclidean. Up to it neither an inner product, which is at most |x||y|, nor a
// squared distance, at most (|x|+|y|)², nor any partial sum of them leaves
// float32, so no distance is ever infinite or NaN.
const MaxLength = 9e18

// A distance is what the graph and the heaps see in place of a metric: smaller
// is nearer. It is the inner product negated, or the squared difference.
type distance func(x, y []float32) float32

func (m Metric) distance() distance {
	if m == Euclidean {
		return kernel.SquaredDistance
	}
	return func(x, y []float32) float32 { return -kernel.Dot(x, y) }
}

// score turns a distance into the score that people see.
func (m Metric) score(d float32) float32 {
	switch m {
	case Euclidean:
		return float32(math.Sqrt(float64(d)))
	case Cosine:
		// Rounding can leave the inner product of unit vectors just above 1.
		return min(max(0-d, -1), 1)
	}
	return 0 - d // not -d: a zero has no sign here
}

// prepare writes to dst what is stored, or asked for, in place of vector:
// under Cosine the vector of length one in its direction. The sum is in float64,
// where no finite float32 overflows or vanishes. The caller has checked the
// length; a value that cannot be stored is described in the error.
func (m Metric) prepare(dst, vector []float32) error {
	var sum float64
	for i, v := range vector {
		// The one test for NaN and both infinities: each minus itself is NaN.
		if v-v != 0 {
			return fault.New("every value must be a finite number", "value %d is %v", i, v)
		}
		sum += float64(v) * float64(v)
	}
	length := math.Sqrt(sum)
	if m != Cosine {
		if length > MaxLength {
			return fault.New("scale the vectors down", "its length %.3g is above %.3g", length, float64(MaxLength))
		}
		copy(dst, vector)
		return nil
	}
	if sum == 0 {
		clear(dst[:len(vector)])
		return nil
	}
	for i, v := range vector {
		dst[i] = float32(float64(v) / length)
	}
	return nil
}
