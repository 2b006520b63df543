package index

import (
	"math"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/index/internal/vectors"
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

// prepare writes to dst the form of vector that is stored or searched for (see vectors.Prepare). least is
// MinLength or minQuery. The caller has checked the number of values.
func (m Metric) prepare(dst, vector []float32, least float64) error {
	return vectors.Prepare(dst, vector, m == Cosine, least, MaxLength)
}

// storable reports whether prepare could have returned vector.
func (m Metric) storable(vector []float32) bool {
	return vectors.Storable(vector, m == Cosine, MaxLength)
}
