package compress

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/checkpoints"
)

const (
	partValues  = 4     // values that a byte stands for
	partVectors = 256   // vectors that a byte can name
	partSample  = 65536 // largest number of rows that the vectors are learned from
	partRounds  = 15
)

// parts quantizes the rows of targets by product quantization (Jégou, Douze and Schmid, 2011): 256
// vectors for each 4 columns, by k-means from a random start, and the nearest of them for each row.
func (j *job) parts(q *checkpoints.Quantized, targets checkpoints.Tensor) error {
	rows, n := targets.Rows(), q.CodeBytes()
	q.Codebook = make([]float32, n*partVectors*partValues)
	p := pool.New().WithContext(j.ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(j.Threads)
	for part := range n {
		p.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			book := new([partVectors][partValues]float32)
			points := make([][partValues]float32, rows)
			for i := range points {
				row := targets.Row(i)
				copy(points[i][:], row[part*partValues:min((part+1)*partValues, len(row))])
			}
			r := rand.New(rand.NewPCG(j.Seed, uint64(part)))
			if err := learnVectors(ctx, book, points, r); err != nil {
				return err
			}
			lengths := halfSquares(book)
			for i := range points {
				code, _ := nearest(book, &lengths, &points[i])
				q.Codes[i*n+part] = code
			}
			for c, v := range book {
				copy(q.Codebook[(part*partVectors+c)*partValues:], v[:])
			}
			return nil
		})
	}
	return p.Wait()
}

// learnVectors sets book to the centers of points.
func learnVectors(ctx context.Context, book *[partVectors][partValues]float32, points [][partValues]float32, r *rand.Rand) error {
	order := r.Perm(len(points))
	order = order[:min(len(order), partSample)]
	for c := range book {
		book[c] = points[order[c%len(order)]]
	}
	for range partRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		var sums [partVectors][partValues]float64
		var sizes [partVectors]int
		var farthest [partVectors]int // the point of each center that is farthest from it
		var distance [partVectors]float32
		lengths := halfSquares(book)
		for _, i := range order {
			x := &points[i]
			c, score := nearest(book, &lengths, x)
			for k, v := range x {
				sums[c][k] += float64(v)
			}
			sizes[c]++
			// Half the squared distance.
			if d := (x[0]*x[0]+x[1]*x[1]+x[2]*x[2]+x[3]*x[3])/2 - score; d > distance[c] {
				distance[c], farthest[c] = d, i
			}
		}
		for c := range book {
			if sizes[c] > 0 {
				for k := range book[c] {
					book[c][k] = float32(sums[c][k] / float64(sizes[c]))
				}
				continue
			}
			// A center without points takes the farthest point of all.
			at := 0
			for other, d := range distance {
				if d > distance[at] {
					at = other
				}
			}
			if distance[at] > 0 {
				book[c], distance[at] = points[farthest[at]], 0
			}
		}
	}
	return nil
}

// halfSquares returns half the squared length of each vector.
func halfSquares(book *[partVectors][partValues]float32) (half [partVectors]float32) {
	for c, v := range book {
		half[c] = (v[0]*v[0] + v[1]*v[1] + v[2]*v[2] + v[3]*v[3]) / 2
	}
	return half
}

// nearest returns the vector nearest to x, the first of equally near ones, and its inner product
// with x less half its squared length.
func nearest(book *[partVectors][partValues]float32, half *[partVectors]float32, x *[partValues]float32) (code byte, score float32) {
	score = float32(math.Inf(-1))
	best := 0
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	for c := range book {
		v := &book[c]
		if s := (x0*v[0] + x1*v[1]) + (x2*v[2] + x3*v[3]) - half[c]; s > score {
			score, best = s, c
		}
	}
	return byte(best), score
}
