package compress

import (
	"cmp"
	"math"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/kernel"
)

// rounds is the largest number of rounds of k-means. It ends earlier when fewer than one row in
// settled changes its cluster.
const (
	rounds  = 12
	settled = 1000
)

// cluster returns n directions and which of them is nearest to each row of units, whose rows have
// length 1, by k-means on the sphere (Dhillon and Modha, 2001). It starts from the rows of the most
// frequent tokens, so that these change least.
func (j *job) cluster(units checkpoints.Tensor, n int, counts []float64) (checkpoints.Tensor, []int32, error) {
	rows, cols := units.Rows(), units.Cols()
	order := make([]int32, rows)
	for i := range order {
		order[i] = int32(i)
	}
	if counts != nil {
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(counts[b], counts[a]) })
	}
	centers := checkpoints.NewTensor(n, cols)
	for c := range n {
		copy(centers.Row(c), units.Row(int(order[c])))
	}
	mapping, nearness := make([]int32, rows), make([]float32, rows)
	for i := range mapping {
		mapping[i] = -1
	}
	for round := range rounds {
		j.progress(round)
		changed, err := j.assign(units, centers, mapping, nearness)
		if err != nil {
			return centers, nil, err
		}
		if changed*settled < rows {
			break
		}
		recenter(units, centers, mapping, nearness, counts)
	}
	// The mapping of the last centers.
	_, err := j.assign(units, centers, mapping, nearness)
	return centers, mapping, err
}

// assign sets mapping to the nearest center of each row, the first of equally near ones, and
// nearness to its inner product. It returns how many rows have changed.
func (j *job) assign(units, centers checkpoints.Tensor, mapping []int32, nearness []float32) (changed int, err error) {
	const width = 2048 // centers that are compared at a time
	n, cols := centers.Rows(), units.Cols()
	before := slices.Clone(mapping)
	err = j.each(len(mapping), func(from, to int) error {
		products := make([]float32, (to-from)*width)
		for i := from; i < to; i++ {
			mapping[i], nearness[i] = 0, -2
		}
		for c := 0; c < n; c += width {
			m := min(width, n-c)
			kernel.Gemm(false, true, to-from, m, cols, 1, units.Data[from*units.Stride:], units.Stride,
				centers.Data[c*centers.Stride:], centers.Stride, 0, products, width)
			for i := from; i < to; i++ {
				for k, v := range products[(i-from)*width:][:m] {
					if v > nearness[i] {
						nearness[i], mapping[i] = v, int32(c+k)
					}
				}
			}
			if err := j.ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	for i, to := range mapping {
		if to != before[i] {
			changed++
		}
	}
	return changed, err
}

// recenter sets each center to the direction of the sum of its rows, weighted by the square root of
// their counts. A center without rows gets the row that is farthest from its own.
func recenter(units, centers checkpoints.Tensor, mapping []int32, nearness []float32, counts []float64) {
	n, cols := centers.Rows(), units.Cols()
	sums, sizes := make([]float64, n*cols), make([]int, n)
	for i, c := range mapping {
		weight := weightOf(counts, i)
		sum := sums[int(c)*cols:][:cols]
		for k, v := range units.Row(i) {
			sum[k] += weight * float64(v)
		}
		sizes[c]++
	}
	far := make([]int32, len(mapping))
	for i := range far {
		far[i] = int32(i)
	}
	slices.SortStableFunc(far, func(a, b int32) int { return cmp.Compare(nearness[a], nearness[b]) })
	next := 0
	for c := range n {
		if sizes[c] == 0 {
			for next < len(far) && sizes[mapping[far[next]]] < 2 {
				next++
			}
			if next < len(far) {
				i := far[next]
				sizes[mapping[i]]--
				copy(centers.Row(c), units.Row(int(i)))
				next++
			}
			continue
		}
		unit(centers.Row(c), sums[c*cols:][:cols])
	}
}

// weightOf is the weight of a row in the mean of its cluster.
func weightOf(counts []float64, i int) float64 {
	if counts == nil {
		return 1
	}
	return math.Sqrt(1 + counts[i])
}

// unit sets dst to the direction of sum, unless that is zero.
func unit(dst []float32, sum []float64) {
	square := 0.0
	for _, v := range sum {
		square += v * v
	}
	if square == 0 {
		return
	}
	length := math.Sqrt(square)
	for k, v := range sum {
		dst[k] = float32(v / length)
	}
}
