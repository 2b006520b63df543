package index

import (
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Metric defines which vectors are near each other.
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

// MetricNames returns the names of the metrics.
func MetricNames() []string { return slices.Clone(metricNames[:]) }

// metricHint lists the metrics.
const metricHint = "the metrics are cosine, dot and euclidean"

// ParseMetric returns the metric named s, in any case. It also accepts "ip" and "l2".
func ParseMetric(s string) (Metric, error) {
	switch strings.ToLower(s) {
	case "cosine":
		return Cosine, nil
	case "dot", "ip":
		return Dot, nil
	case "euclidean", "l2":
		return Euclidean, nil
	}
	return 0, fault.New(metricHint, "unknown metric %q", s)
}

// MaxLength is the maximum Euclidean length of a vector for Dot and Euclidean. Up to it,
// inner products, which are at most |x||y|, squared distances, at most (|x|+|y|)², and
// all their partial sums fit into float32, so that no distance is infinite or NaN.
const MaxLength = 9e18

// MinLength is the minimum Euclidean length, except 0, of a vector that is stored for Dot and
// Euclidean: the squared distance of shorter vectors can be too small for float32. Queries may be
// as short as minQuery: inner products with stored vectors still fit.
const (
	MinLength = 1e-15
	minQuery  = 1e-20
)

// A distance is what the graph and the heaps use instead of a metric: smaller is nearer.
// It is the negated inner product or the squared distance.
type distance func(x, y []float32) float32

func (m Metric) distance() distance {
	if m == Euclidean {
		return kernel.SquaredDistance
	}
	return func(x, y []float32) float32 { return -kernel.Dot(x, y) }
}

// score converts a distance to the score of a Result.
func (m Metric) score(d float32) float32 {
	switch m {
	case Euclidean:
		return float32(math.Sqrt(float64(d)))
	case Cosine:
		// Because of rounding, the inner product of unit vectors can be just above 1.
		return min(max(0-d, -1), 1)
	}
	return 0 - d // not -d, which would turn 0 into -0
}

// prepare writes to dst the form of vector that is stored or searched for: for Cosine, the
// vector divided by its length. It sums in float64, in which no finite float32 overflows or
// underflows. least is MinLength or minQuery. The caller has checked the number of values; the error
// describes a value that cannot be stored.
func (m Metric) prepare(dst, vector []float32, least float64) error {
	var sum float64
	for i, v := range vector {
		// True for NaN and both infinities, each of which minus itself is NaN.
		if v-v != 0 {
			return fault.New("every value must be a finite number", "value %d is %v", i, v)
		}
		sum += float64(v) * float64(v)
	}
	length := math.Sqrt(sum)
	if m != Cosine {
		if length > MaxLength {
			return fault.New("scale the vectors down", "the length of the vector is %.3g, more than %.3g", length, float64(MaxLength))
		}
		if sum > 0 && length < least {
			return fault.New("scale the vectors up, or set this one to zero", "the length of the vector is %.3g, less than %.3g", length, least)
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
