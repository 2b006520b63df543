package layout

import (
	"context"
	"math"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

// embed sets the positions by UMAP, starting from those of PCA.
func (m *Map) embed(ctx context.Context, r rows, o Options) error {
	return fault.Field("Method", "use pca", "umap is not available yet")
}

// between returns the mean of the positions of neighbors, with weights that fall from 1 at the nearest.
func (m *Map) between(found []index.Result) (x, y float32, err error) {
	if len(found) == 0 {
		return 0, 0, nil
	}
	var sx, sy, sum float64
	far := make([]float64, len(found))
	mean := 0.0
	for i, f := range found {
		far[i] = m.distance(f.Score) - m.distance(found[0].Score)
		mean += far[i] / float64(len(found))
	}
	for i, f := range found {
		w := 1.0
		if mean > 0 {
			w = math.Exp(-far[i] / mean * 2)
		}
		sx, sy, sum = sx+w*float64(m.X[f.Label]), sy+w*float64(m.Y[f.Label]), sum+w
	}
	return float32(sx / sum), float32(sy / sum), nil
}

// distance returns the distance that a score means.
func (m *Map) distance(score float32) float64 {
	switch m.Metric {
	case index.Euclidean:
		return math.Max(0, float64(score))
	case index.Dot:
		return -float64(score)
	}
	return math.Max(0, 1-float64(score))
}
