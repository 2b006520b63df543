package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// codeTable returns a table of the codes of packed vectors of length dim, surrounded by
// guard values.
func codeTable(vectors []float32, dim, bits, head int, shift uint, squared bool) *CodeTable {
	words := CodeStride(dim, bits) / 4
	t := &CodeTable{Shift: shift, Head: head, Width: head + words + 3}
	for i := 0; i*dim < len(vectors); i++ {
		if i&(1<<shift-1) == 0 {
			chunk := Aligned(t.Width << shift)
			for j := range chunk {
				chunk[j] = guard
			}
			t.Chunks = append(t.Chunks, chunk)
		}
		x := vectors[i*dim : (i+1)*dim]
		code := t.record(int32(i))[head:]
		along, _ := EncodeCode(code, x, bits)
		var factor, bias float32
		if along > 0 {
			square := -codeDistance(x, x, false)
			factor = float32(-square / along)
			if squared {
				factor, bias = 2*factor, float32(square)
			}
		}
		SetCodeTerms(code, dim, bits, 7, factor, bias)
		if CodeBound(code, dim, bits) != 7 {
			panic("bound")
		}
	}
	return t
}

// At every length the distances have the bits of the definition and are close to those of
// the vectors, and neither kernel nor encoder writes outside its output.
func TestCodes(t *testing.T) {
	const rows, shift = 23, 2
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(41, 42))
		for dim := 1; dim <= longest; dim++ {
			vectors := make([]float32, rows*dim)
			for i := range vectors {
				vectors[i] = float32(r.NormFloat64())
			}
			x := vectors[3*dim : 4*dim]
			squared := dim%2 == 0
			bits := []int{8, 4, 2, 1}[dim/2%4]
			table := codeTable(vectors, dim, bits, dim%3*16, shift, squared)
			for i := range rows {
				rec := table.record(int32(i))
				if slices.ContainsFunc(rec[:table.Head], differs) || slices.ContainsFunc(rec[table.Width-3:], differs) {
					t.Fatalf("dim %d: the encoder wrote outside code %d", dim, i)
				}
			}
			var q CodeQuery
			q.Encode(x, bits)
			for count := range 14 {
				ids := make([]int32, count)
				for i := range ids {
					ids[i] = int32(r.IntN(rows))
				}
				all, dst := guarded(r, count, dim%16)
				want := make([]float32, count)
				table.Distances(dst, &q, ids)
				checkGuards(t, name, all, count)
				table.distancesGo(want, &q, ids)
				for i, id := range ids {
					if dst[i] != want[i] {
						t.Fatalf("%s: dim %d: distance %d of %d is %g, want %g", name, dim, i, count, dst[i], want[i])
					}
					exact := codeDistance(x, vectors[int(id)*dim:][:dim], squared)
					if slack := map[int]float64{8: 0.15, 4: 1.5, 2: 6, 1: 12}[bits] * math.Sqrt(float64(dim)); math.Abs(exact-float64(want[i])) > slack {
						t.Fatalf("dim %d: distance %g, want about %g as between the vectors", dim, want[i], exact)
					}
				}
			}
		}
	})
}

func differs(v float32) bool { return v != guard }

// codeDistance is the distance that the codes approximate, in float64.
func codeDistance(x, y []float32, squared bool) float64 {
	var inner, square float64
	for i := range x {
		inner += float64(x[i]) * float64(y[i])
		square += float64(y[i]) * float64(y[i])
	}
	if squared {
		return square - 2*inner
	}
	return -inner
}

// The largest possible sums, zeros, and numbers at the limits of float32.
func TestCodeExtremes(t *testing.T) {
	eachLevel(t, func(name string) {
		for _, v := range []float32{0, 1, -1, 1e-44, 1e16, -1e16} {
			const dim = 1 << 16
			x := slices.Repeat([]float32{v}, dim)
			for form := range 8 {
				squared, bits := form%2 == 1, 1<<(form/2)
				table := codeTable(x, dim, bits, 16, 0, squared)
				var q CodeQuery
				q.Encode(x, bits)
				var d [1]float32
				table.Distances(d[:], &q, []int32{0})
				want := codeDistance(x, x, squared)
				if v == 1e-44 {
					want = 0
				}
				if math.Abs(float64(d[0])-want) > 1e-4*math.Abs(want) {
					t.Errorf("%s: distance of %g to itself (squared %v, %d bits): %g, want %g", name, v, squared, bits, d[0], want)
				}
			}
		}
	})
}

// Normally distributed values are represented as well as the number of bits allows: the sine of the
// angle between a vector and its code, for the best uniform steps (Max 1960, table 2: the mean
// squared errors 0.3634, 0.1188 and 0.01154); with 8
// bits, steps that reach the largest value, 3.7 here.
func TestCodeFit(t *testing.T) {
	const dim = 4096
	r := rand.New(rand.NewPCG(45, 46))
	x := make([]float32, dim)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for bits, want := range map[int]float64{1: 0.3634, 2: 0.1188, 4: 0.01154, 8: 0.00007} {
		code := Aligned(CodeStride(dim, bits) / 4)
		along, square := EncodeCode(code, x, bits)
		if got := 1 + along*along/square/codeDistance(x, x, false); math.Abs(got-want) > 0.1*want {
			t.Errorf("%d bits: squared sine %.5f, want %.5f", bits, got, want)
		}
	}
}

func TestCodePanics(t *testing.T) {
	table := codeTable(make([]float32, 8*5), 5, 8, 16, 2, false)
	var q, empty CodeQuery
	q.Encode(make([]float32, 5), 8)
	dst := make([]float32, 2)
	panics(t, "short dst", PanicLength, func() { table.Distances(dst[:1], &q, []int32{0, 1}) })
	panics(t, "id", PanicID, func() { table.Distances(dst, &q, []int32{8, 0}) })
	panics(t, "id below", PanicID, func() { table.Distances(dst, &q, []int32{0, -1}) })
	panics(t, "no query", PanicCodes, func() { table.Distances(dst, &empty, []int32{0}) })
	var long CodeQuery
	long.Encode(make([]float32, 100), 8)
	panics(t, "another length", PanicCodes, func() { table.Distances(dst, &long, []int32{0}) })
	panics(t, "short code", PanicLength, func() { EncodeCode(dst, make([]float32, 5), 8) })
	panics(t, "bits", PanicCodes, func() { q.Encode(dst, 5) })
}

func BenchmarkCodes(b *testing.B) {
	const rows, dim, list = 100000, 100, 20
	r := rand.New(rand.NewPCG(43, 44))
	vectors := make([]float32, rows*dim)
	for i := range vectors {
		vectors[i] = float32(r.NormFloat64())
	}
	for _, bits := range []int{8, 4, 2, 1} {
		b.Run(fmt.Sprintf("%d bits", bits), func(b *testing.B) {
			table := codeTable(vectors, dim, bits, 32, 12, false)
			var q CodeQuery
			q.Encode(vectors[:dim], bits)
			ids, dst := make([]int32, 1000*list), make([]float32, list)
			for i := range ids {
				ids[i] = int32(r.IntN(rows))
			}
			at := 0
			for b.Loop() {
				table.Distances(dst, &q, ids[at:at+list])
				at = (at + list) % len(ids)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/list, "ns/code")
		})
	}
}

// The step of codes of 2 bits is about the best of all, also with outliers: those of 2 bits differ only at the sizes of
// the values.
func TestStepOf2(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 48))
	for _, outlier := range []float64{0, 6, 12} {
		x := make([]float32, 512)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		x[100] += float32(outlier)
		best := 0.0
		for _, step := range x {
			inner, square := 0.0, 0.0
			for _, v := range x {
				size, level := math.Abs(float64(v)), 0.5
				if size >= math.Abs(float64(step)) {
					level = 1.5
				}
				inner += size * level
				square += level * level
			}
			best = max(best, inner*inner/square)
		}
		code := Aligned(CodeStride(len(x), 2) / 4)
		if along, square := EncodeCode(code, x, 2); along*along/square < 0.998*best {
			t.Errorf("outlier %g: a squared cosine of %.4f of the best", outlier, along*along/square/best)
		}
	}
}
