package evaluate

import (
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

// ANNOptions controls how an index is measured on a table of vectors.
type ANNOptions struct {
	Index   index.Options // options of the approximate index; the table sets Dim, and Seed also draws the queries
	Queries int           // number of rows used as queries instead of being indexed, at most a tenth of all
	K       int           // number of results per query
	Efs     []int         // search widths

	// OnProgress, if set, is called while the index is built, with the number of vectors
	// added so far and the total.
	OnProgress func(done, total int64)
}

// ANNReport is the result of MeasureANN. Its JSON form also has the fields of one point: the
// point at the default width or, if that width was not measured, the last one.
type ANNReport struct {
	Vectors        int                `json:"vectors"` // number of vectors in the index
	Queries        int                `json:"queries"`
	Dimensions     int                `json:"dimensions"`
	Index          index.Kind         `json:"index"`
	Metric         string             `json:"metric"`
	M              int                `json:"m"`
	EfConstruction int                `json:"ef_construction"`
	Quantization   index.Quantization `json:"quantization"`
	BuildSeconds   float64            `json:"build_seconds"`
	Points         []ANNPoint         `json:"points"`

	defaultEf int
}

// MarshalJSON writes the fields of the report together with those of one point.
func (r *ANNReport) MarshalJSON() ([]byte, error) {
	type plain ANNReport // does not have this method
	merged := map[string]any{}
	chosen := r.Points[len(r.Points)-1]
	for _, p := range r.Points {
		if p.Ef == r.defaultEf {
			chosen = p
		}
	}
	for _, part := range []any{chosen, (*plain)(r)} {
		data, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &merged); err != nil {
			return nil, err
		}
	}
	return json.Marshal(merged)
}

// maxEf is the maximum search width of an index.
const maxEf = 1 << 20

// MeasureANN draws some rows of table as queries, builds an approximate index of the others,
// and compares it with exact search at each width.
func MeasureANN(ctx context.Context, table checkpoints.Tensor, o ANNOptions) (*ANNReport, error) {
	base, queries, err := splitRows(table, o.Queries, o.Index.Seed)
	if err != nil {
		return nil, err
	}
	o.Index.Dim = table.Shape[1]
	if n := len(base) / o.Index.Dim; o.K > n {
		return nil, fault.Field("K", "", "must not exceed the %d vectors of the index, got %d", n, o.K)
	}
	for _, ef := range o.Efs {
		if ef > maxEf {
			return nil, fault.Field("Efs", "", "must not exceed %d, got %d", maxEf, ef)
		}
	}
	labels := make([]int64, len(base)/o.Index.Dim)
	for i := range labels {
		labels[i] = int64(i)
	}
	flat := o.Index
	flat.Kind, flat.Quantization, flat.KeepVectors = index.Flat, index.NoQuantization, index.KeepFloat32
	exact, err := buildIndex(ctx, flat, labels, base, nil)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	approx, err := buildIndex(ctx, o.Index, labels, base, o.OnProgress)
	if err == nil && o.Index.Kind == index.Auto {
		approx, err = index.Settle(ctx, approx, o.OnProgress)
	}
	if err == nil {
		err = approx.Save(io.Discard) // which drops the vectors, unless they are kept
	}
	if err != nil {
		return nil, err
	}
	seconds := time.Since(began).Seconds()
	points, err := ANN(ctx, exact, approx, queries, o.K, o.Efs)
	if err != nil {
		return nil, err
	}
	options := approx.Options()
	return &ANNReport{Vectors: approx.Len(), Queries: len(queries) / o.Index.Dim, Dimensions: options.Dim,
		Index: options.Kind, Metric: options.Metric.String(), M: options.M, EfConstruction: options.EfConstruction, Quantization: options.Quantization,
		BuildSeconds: seconds, Points: points, defaultEf: options.EfSearch}, nil
}

// buildIndex builds an index of packed vectors, in portions so that progress can be reported.
func buildIndex(ctx context.Context, o index.Options, labels []int64, vectors []float32, progress func(done, total int64)) (index.Index, error) {
	ix, err := index.New(o)
	if err != nil {
		return nil, err
	}
	const portion = 2048
	for from := 0; from < len(labels); from += portion {
		to := min(from+portion, len(labels))
		if err := ix.AddBatch(ctx, labels[from:to], vectors[from*o.Dim:to*o.Dim]); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(int64(to), int64(len(labels)))
		}
	}
	return ix, nil
}

// splitRows draws up to n rows of the table, at most a tenth, as queries, and returns the
// others as the base. Both are packed.
func splitRows(t checkpoints.Tensor, n int, seed uint64) (base, queries []float32, err error) {
	rows, dim := t.Shape[0], t.Shape[1]
	n = min(n, rows/10)
	if n < 1 {
		return nil, nil, fault.New("measure on a larger vocabulary or file", "measuring an index needs at least 10 vectors, got %d", rows)
	}
	order := rand.New(rand.NewPCG(seed, 0)).Perm(rows)
	chosen := make([]bool, rows)
	for _, row := range order[:n] {
		chosen[row] = true
	}
	base = make([]float32, 0, (rows-n)*dim)
	queries = make([]float32, 0, n*dim)
	for row := range rows {
		v := t.Row(row)
		if chosen[row] {
			queries = append(queries, v...)
		} else {
			base = append(base, v...)
		}
	}
	return base, queries, nil
}
