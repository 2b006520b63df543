package layout

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/index"
)

// Four points around the mean (1, 1, 5): ±2 along (0.6, 0.8, 0) and ±1 along (−0.8, 0.6, 0). The
// variances are 2·4/4 = 2 and 2·1/4 = 0.5, so the shares are 0.8 and 0.2.
func TestPCA(t *testing.T) {
	vectors := []float32{
		1 + 1.2, 1 + 1.6, 5,
		1 - 1.2, 1 - 1.6, 5,
		1 - 0.8, 1 + 0.6, 5,
		1 + 0.8, 1 - 0.6, 5,
	}
	m, err := Compute(context.Background(), vectors, 3, Options{Method: PCA, Metric: index.Euclidean})
	if err != nil {
		t.Fatal(err)
	}
	// The second axis is turned so that its largest value, 0.8, is positive: (0.8, −0.6, 0).
	near(t, "x", m.X, 2, -2, 0, 0)
	near(t, "y", m.Y, 0, 0, -1, 1)
	near(t, "explained", []float32{float32(m.Explained[0]), float32(m.Explained[1])}, 0.8, 0.2)
	// 1·(0.6, 0.8) + 2·(0.8, −0.6) from the mean; the third value is not of a shown axis.
	x, y, err := m.Locate([]float32{1 + 0.6 + 1.6, 1 + 0.8 - 1.2, -7})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "located", []float32{x, y}, 1, 2)
}

// waves are vectors of 20 values that are easy to compute elsewhere.
func waves(n int) []float32 {
	v := make([]float32, 20*n)
	for i := range n {
		for j := range 20 {
			v[20*i+j] = float32(math.Sin(1+0.7*float64(i*(j+1))+0.3*float64(j*j)) / (1 + 0.5*float64(j)))
		}
	}
	return v
}

// The values are those of NumPy's SVD of the vectors divided by their lengths, less their mean.
func TestPCAIsSVD(t *testing.T) {
	for _, threads := range []int{1, 3} {
		m, err := Compute(context.Background(), waves(40), 20, Options{Method: PCA, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "x", append(m.X[:4:4], m.X[39]), 0.589583, 0.70375, 0.662404, 0.039622, -0.064915)
		near(t, "y", append(m.Y[:4:4], m.Y[39]), 0.439832, 0.472059, -0.42824, -0.77277, -0.749091)
		near(t, "explained", []float32{float32(m.Explained[0]), float32(m.Explained[1])}, 0.39211649, 0.22819964)
		x, y, err := m.Locate(waves(40)[39*20:])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "located", []float32{x, y}, -0.064915, -0.749091)
	}
}

// Degenerate input has finite positions, or an error that names the vector.
func TestDegenerate(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, method := range Methods() {
		for name, c := range map[string]struct {
			vectors []float32
			dim     int
		}{
			"none": {nil, 3}, "one": {[]float32{1, 2, 3}, 3}, "two": {[]float32{1, 2, 3, 4, 5, 7}, 3},
			"equal": {slices.Repeat([]float32{1, 2}, 50), 2}, "zero": {make([]float32, 60), 3},
			"one value": {[]float32{1, -2, 3, 4, 5}, 1}, "some zero": {append(make([]float32, 40), waves(2)...), 20},
			"huge": {slices.Repeat([]float32{1e18, -1e18, 3e17, 1e-30}, 5), 2},
		} {
			for _, metric := range []index.Metric{index.Cosine, index.Euclidean} {
				m, err := Compute(context.Background(), c.vectors, c.dim, Options{Method: method, Metric: metric})
				if err != nil {
					t.Errorf("%s, %s: %v", method, name, err)
					continue
				}
				if m.Len() != len(c.vectors)/c.dim {
					t.Errorf("%s, %s: %d points", method, name, m.Len())
				}
				for i := range m.X {
					if d := m.X[i] - m.X[i] + m.Y[i] - m.Y[i]; d != 0 {
						t.Errorf("%s, %s, %s: (%g, %g)", method, name, metric, m.X[i], m.Y[i])
					}
				}
				if x, y, err := m.Locate(make([]float32, c.dim)); err != nil || x-x+y-y != 0 {
					t.Errorf("%s, %s: located at (%g, %g): %v", method, name, x, y, err)
				}
			}
		}
		for _, v := range []float32{nan, inf, -inf} {
			_, err := Compute(context.Background(), []float32{1, 2, 3, v}, 2, Options{Method: method})
			if err == nil || err.Error() != "vector 1 contains NaN or an infinity" {
				t.Errorf("%g: %v", v, err)
			}
		}
	}
	for _, o := range []Options{{Method: "tsne"}, {Neighbors: 1}, {Neighbors: -3}, {MinDist: -1}, {MinDist: 2}, {MinDist: math.NaN()}, {Epochs: -1}, {Threads: -1}} {
		if _, err := Compute(context.Background(), waves(3), 20, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Compute(ctx, waves(30), 20, Options{Method: PCA}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func near(t *testing.T, name string, got []float32, want ...float32) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 2e-5 }) {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}
