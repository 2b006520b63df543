package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// tables is a pair of tables, padded like real ones, with a guard row before and after
// each.
type tables struct {
	in, out       []float32
	inAll, outAll []float32
}

func newTables(r *rand.Rand, inRows, outRows, dim int, scale float64) *tables {
	stride := Stride(dim)
	make := func(rows int) (all, table []float32) {
		all = Aligned((rows + 2) * stride)
		for i := range stride {
			all[i], all[(rows+1)*stride+i] = guard, guard
		}
		table = all[stride : (rows+1)*stride : (rows+1)*stride]
		for i := range rows {
			for k := range dim {
				table[i*stride+k] = float32(scale * r.NormFloat64())
			}
		}
		return all, table
	}
	t := &tables{}
	t.inAll, t.in = make(inRows)
	t.outAll, t.out = make(outRows)
	return t
}

func (t *tables) clone(stride int) *tables {
	c := &tables{inAll: Aligned(len(t.inAll)), outAll: Aligned(len(t.outAll))}
	copy(c.inAll, t.inAll)
	copy(c.outAll, t.outAll)
	c.in, c.out = c.inAll[stride:len(c.inAll)-stride], c.outAll[stride:len(c.outAll)-stride]
	return c
}

// randomWindow appends a window. Ids repeat unless distinct is set.
func randomWindow(batch []int32, r *rand.Rand, m, n, inRows, outRows int, distinct bool) []int32 {
	batch = append(batch, int32(m))
	draw := func(count, rows int) {
		p := r.Perm(rows)
		for i := range count {
			if distinct {
				batch = append(batch, int32(p[i]))
			} else {
				batch = append(batch, int32(r.IntN(rows)))
			}
		}
	}
	draw(m, inRows)
	draw(n, outRows)
	return batch
}

type windowKernel func(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (float64, float64)

var windowCases = []struct {
	name      string
	kernel    windowKernel
	reference func(in, out []float64, stride int, batch []int32, outputs int, alpha float64) (loss, targets float64)
}{
	{"SkipGram", SkipGram, skipGramReference},
	{"CBOW", CBOW, cbowReference(true)},
	{"CBOWSum", CBOWSum, cbowReference(false)},
}

// largestDifference compares rows of tables.
func largestDifference(got []float32, want []float64) (worst float64) {
	for i := range got {
		worst = max(worst, math.Abs(float64(got[i])-want[i]))
	}
	return worst
}

// TestWindows compares the kernels with the definition on random batches. If no id repeats
// in a window, they agree except for rounding; otherwise up to second-order terms in
// alpha, which a lost update would exceed by far.
func TestWindows(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(7, 8))
		for _, c := range windowCases {
			for n := 2; n <= 21; n++ {
				for _, dim := range []int{1, 16, 30, 100, 300} {
					for _, distinct := range []bool{true, false} {
						const maxContext = 22
						alpha, tolerance, lossTolerance := float32(0.05), 2e-6, 5e-7
						rows := 40
						if !distinct {
							alpha, tolerance, lossTolerance, rows = 1e-4, 1e-5, 1e-5, 5
						}
						stride := Stride(dim)
						tab := newTables(r, rows, rows+3, dim, 0.5/math.Sqrt(math.Sqrt(float64(dim))))
						in, out := widen(tab.in), widen(tab.out)
						var batch []int32
						for range 3 {
							batch = randomWindow(batch, r, 1+r.IntN(maxContext), n, rows, rows+3, distinct)
						}
						s := NewWindowScratch(maxContext, n, stride)
						what := fmt.Sprintf("%s: %s n %d dim %d distinct %v batch %v", name, c.name, n, dim, distinct, batch)
						wantLoss, wantTargets := c.reference(in, out, stride, batch, n, float64(alpha))
						loss, targets := c.kernel(tab.in, tab.out, stride, batch, n, alpha, s)
						if math.Abs(loss-wantLoss) > lossTolerance*wantLoss {
							t.Fatalf("%s: loss %.9g, want %.9g", what, loss, wantLoss)
						}
						if targets != wantTargets {
							t.Fatalf("%s: %g targets, want %g", what, targets, wantTargets)
						}
						if d := largestDifference(tab.in, in); d > tolerance {
							t.Fatalf("%s: input rows differ by %g", what, d)
						}
						if d := largestDifference(tab.out, out); d > tolerance {
							t.Fatalf("%s: output rows differ by %g", what, d)
						}
						checkTables(t, what, tab, dim)
					}
				}
			}
		}
	})
}

// checkTables checks the guard rows and the padding, which must stay zero.
func checkTables(t *testing.T, what string, tab *tables, dim int) {
	t.Helper()
	stride := Stride(dim)
	for _, all := range [][]float32{tab.inAll, tab.outAll} {
		for i := range stride {
			if all[i] != guard || all[len(all)-stride+i] != guard {
				t.Fatalf("%s: guard row overwritten", what)
			}
		}
		for i := stride; i < len(all)-stride; i++ {
			if i%stride >= dim && all[i] != 0 {
				t.Fatalf("%s: padding of row %d is %g, want 0", what, i/stride-1, all[i])
			}
		}
	}
}

// TestWindowsTwin compares the assembly with the Go twin on long batches of the default
// shape, in which later windows see the updates of earlier ones.
func TestWindowsTwin(t *testing.T) {
	const dim, rows, n, maxContext = 100, 300, 6, 10
	stride := Stride(dim)
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(9, 10))
		start := newTables(r, rows, rows, dim, 0.2)
		var batch []int32
		for range 1000 {
			batch = randomWindow(batch, r, 1+r.IntN(maxContext), n, rows, rows, true)
		}
		s := NewWindowScratch(maxContext, n, stride)
		for _, c := range windowCases {
			got, want := start.clone(stride), start.clone(stride)
			loss, _ := c.kernel(got.in, got.out, stride, batch, n, 0.025, s)
			twin := skipGramGo
			if c.name != "SkipGram" {
				twin = func(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
					return cbowGo(in, out, stride, batch, outputs, alpha, c.name == "CBOW", s)
				}
			}
			wantLoss := twin(want.in, want.out, stride, batch, n, 0.025, s)
			if math.Abs(loss-wantLoss) > 1e-6*wantLoss {
				t.Errorf("%s: %s: loss %.9g, want %.9g as the twin", name, c.name, loss, wantLoss)
			}
			if d := largestDifference(got.in, widen(want.in)); d > 1e-5 {
				t.Errorf("%s: %s: input rows differ by %g", name, c.name, d)
			}
			if d := largestDifference(got.out, widen(want.out)); d > 1e-5 {
				t.Errorf("%s: %s: output rows differ by %g", name, c.name, d)
			}
		}
	})
}

// TestWindowExtremes checks that scores far beyond the overflow of exp give the loss of
// the definition and gradients of 0 or ±alpha.
func TestWindowExtremes(t *testing.T) {
	const n, dim = 6, 16
	eachLevel(t, func(name string) {
		for _, c := range windowCases {
			for _, score := range []float32{0, 1e-4, -0.5, 6, -6, 20, -20, 50, -50, 88, -88, 1e4, -1e4, 1e30, -1e30} {
				for m := 1; m <= 3; m++ {
					in, out := Aligned(m*dim), Aligned(n*dim)
					batch := []int32{int32(m)}
					for i := range m {
						in[i*dim+3] = 1
						batch = append(batch, int32(i))
					}
					for j := range n {
						out[j*dim+3] = score
						batch = append(batch, int32(j))
					}
					wideIn, wideOut := widen(in), widen(out)
					s := NewWindowScratch(m, n, dim)
					want, _ := c.reference(wideIn, wideOut, dim, batch, n, 0.025)
					got, _ := c.kernel(in, out, dim, batch, n, 0.025, s)
					what := fmt.Sprintf("%s: %s, score %g, m %d", name, c.name, score, m)
					if math.Abs(got-want) > 5e-7*want {
						t.Errorf("%s: loss %g, want %g", what, got, want)
					}
					for i := range in {
						if d := math.Abs(float64(in[i]) - wideIn[i]); !(d <= 1e-6*math.Abs(wideIn[i])+1e-7) {
							t.Fatalf("%s: input value %d is %g, want %g", what, i, in[i], wideIn[i])
						}
					}
					for i := range out {
						if d := math.Abs(float64(out[i]) - wideOut[i]); !(d <= 1e-6*math.Abs(wideOut[i])+1e-7) {
							t.Fatalf("%s: output value %d is %g, want %g", what, i, out[i], wideOut[i])
						}
					}
				}
			}
			// A NaN anywhere makes the loss NaN.
			in, out := Aligned(3*dim), Aligned(n*dim)
			in[2*dim+5] = float32(math.NaN())
			loss, _ := c.kernel(in, out, dim, []int32{3, 0, 1, 2, 0, 1, 2, 3, 4, 5}, n, 0.025, NewWindowScratch(3, n, dim))
			if !math.IsNaN(loss) {
				t.Errorf("%s: %s: loss %g hides a NaN", name, c.name, loss)
			}
		}
	})
}

// TestWindowsShared runs several goroutines on the same tables, as Hogwild does: the race
// detector must not report it, and the loss must fall.
func TestWindowsShared(t *testing.T) {
	const dim, rows, n, m, threads = 100, 50, 6, 6, 4
	eachLevel(t, func(name string) {
		for _, c := range windowCases {
			r := rand.New(rand.NewPCG(11, 12))
			tab := newTables(r, rows, rows, dim, 0.1)
			var batch []int32
			for range 50 {
				batch = randomWindow(batch, r, m, n, rows, rows, true)
			}
			first, _ := c.kernel(tab.in, tab.out, Stride(dim), batch, n, 0, NewWindowScratch(m, n, Stride(dim)))
			last := make([]float64, threads)
			var wait sync.WaitGroup
			for k := range threads {
				wait.Go(func() {
					s := NewWindowScratch(m, n, Stride(dim))
					for range 40 {
						last[k], _ = c.kernel(tab.in, tab.out, Stride(dim), batch, n, 0.05, s)
					}
				})
			}
			wait.Wait()
			for _, l := range last {
				if !(l < 0.7*first) {
					t.Errorf("%s: %s: loss %g at first, %g at last", name, c.name, first, l)
				}
			}
			checkTables(t, name+": "+c.name, tab, dim)
		}
	})
}

// TestWindowLoss sums many losses: the products of the assembly must not overflow, and its
// float32 sums must not lose precision on a long batch.
func TestWindowLoss(t *testing.T) {
	const n, dim, m, windows = 6, 16, 64, 2000
	eachLevel(t, func(name string) {
		for _, c := range windowCases {
			in, out := Aligned(m*dim), Aligned(n*dim)
			var batch []int32
			for range windows {
				batch = append(batch, m)
				for i := range int32(m) {
					batch = append(batch, i)
				}
				batch = append(batch, 0, 1, 2, 3, 4, 5)
			}
			for i := range m {
				in[i*dim] = 1
			}
			for j := range n {
				out[j*dim] = 0.1 * float32(j-2)
			}
			s := NewWindowScratch(m, n, dim)
			got, targets := c.kernel(in, out, dim, batch, n, 0, s)
			h := 1.0
			if c.name == "CBOWSum" {
				h = m
			}
			want := softplus(0.2 * h)
			for j := 1; j < n; j++ {
				want += softplus(h * float64(out[j*dim]))
			}
			want *= targets
			if math.Abs(got-want) > 5e-7*want {
				t.Errorf("%s: %s: loss %.10g, want %.10g", name, c.name, got, want)
			}
		}
	})
}
