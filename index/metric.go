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

// MinLength and MaxLength are the lengths of vectors, other than zero, with which Dot and Euclidean always compute in
// float32. Up to MaxLength, inner products, which are at most |x||y|, squared distances, at most (|x|+|y|)², and all
// their partial sums fit into float32; the products of shorter vectors than MinLength, and the squares of shorter
// distances, can be too small for it. Where these would matter, a search compares all vectors in float64.
const (
	MinLength = 1e-15
	MaxLength = 9e18
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

// prepare writes to dst the form of vector that is stored or searched for, and returns the length of vector (see
// vectors.Prepare). The caller has checked the number of values.
func (m Metric) prepare(dst, vector []float32) (length float64, err error) {
	return vectors.Prepare(dst, vector, m == Cosine)
}

// storable reports whether prepare could have written vector, which is at most so long.
func (m Metric) storable(vector []float32, most float64) bool {
	return vectors.Storable(vector, m == Cosine, most)
}
