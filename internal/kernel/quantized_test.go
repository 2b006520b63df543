package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// quantizedRows returns a random table of rows rows, with a mapping to half as many codes if
// mapped is set. The codes end where the memory of the slice ends.
func quantizedRows(r *rand.Rand, bits, cols, rows int, mapped bool) *QuantizedRows {
	t := &QuantizedRows{Bits: bits, Cols: cols, Scales: make([]float32, rows)}
	clusters := rows
	if mapped {
		clusters = (rows + 1) / 2
		t.Mapping = make([]int32, rows)
		for i := range t.Mapping {
			t.Mapping[i] = int32(r.IntN(clusters))
		}
	}
	for i := range t.Scales {
		t.Scales[i] = float32(r.NormFloat64())
	}
	t.Codes = make([]byte, clusters*t.width())
	for i := range t.Codes {
		t.Codes[i] = byte(r.Uint32())
	}
	if bits == 2 {
		t.Codebook = make([]float32, 1024*t.width())
		for i := range t.Codebook {
			t.Codebook[i] = float32(r.NormFloat64())
		}
	}
	return t
}

// value is value j of a row, from the comment of QuantizedRows.
func (t *QuantizedRows) value(id int32, j int) float64 {
	scale := float64(t.Scales[id])
	if t.Mapping != nil {
		id = t.Mapping[id]
	}
	code := t.Codes[int(id)*t.width():][:t.width()]
	switch t.Bits {
	case 8:
		return scale * float64(int8(code[j]))
	case 4:
		if j%2 == 0 {
			return scale * float64(int(code[j/2]%16)-8)
		}
		return scale * float64(int(code[j/2]/16)-8)
	}
	return scale * float64(t.Codebook[j/4*1024+int(code[j/4])*4+j%4])
}

// Sums agree with the definition for every length of a row, and nothing is written after it but
// zeros in the padding.
func TestQuantizedSum(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(81, 82))
		for _, bits := range []int{8, 4, 2} {
			for cols := 1; cols <= 300; cols++ {
				if cols > 70 && cols%16 > 3 && cols%16 < 13 {
					continue
				}
				for _, mapped := range []bool{false, true} {
					rows := 1 + r.IntN(9)
					table := quantizedRows(r, bits, cols, rows, mapped)
					for _, count := range []int{0, 1, 2, 7} {
						what := fmt.Sprintf("%s: %d bits, %d columns, %d of %d rows, mapped %v", name, bits, cols, count, rows, mapped)
						all, dst := guarded(r, Stride(cols), r.IntN(16))
						ids, weights := make([]int32, count), make([]float32, count)
						for i := range ids {
							ids[i], weights[i] = int32(r.IntN(rows)), float32(r.NormFloat64())
						}
						want := make([]float64, Stride(cols))
						for i, id := range ids {
							for j := range cols {
								want[j] += float64(weights[i]) * table.value(id, j)
							}
						}
						codes := slices.Clone(table.Codes)
						table.Sum(dst, ids, weights)
						if d := largestDifference(dst, want); d > 2e-4 {
							t.Fatalf("%s: differs by %g", what, d)
						}
						for j, v := range dst[cols:] {
							if v != 0 {
								t.Fatalf("%s: padding %d is %g", what, j, v)
							}
						}
						checkGuards(t, what, all, Stride(cols))
						if !slices.Equal(codes, table.Codes) {
							t.Fatalf("%s: the codes have changed", what)
						}
					}
				}
			}
		}
	})
}

// The sum has the bits that Axpy gives with decoded rows.
func TestQuantizedSumIsAxpy(t *testing.T) {
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(83, 84))
		for _, bits := range []int{8, 4, 2} {
			for _, cols := range []int{3, 16, 100, 256, 257} {
				table := quantizedRows(r, bits, cols, 10, true)
				ids, weights := []int32{3, 9, 3, 0}, []float32{1, 0.3, -2, 7.7}
				dst, want := Aligned(Stride(cols)), Aligned(Stride(cols))
				for i, id := range ids {
					row := Aligned(Stride(cols))
					for j := range cols {
						row[j] = float32(table.value(id, j))
					}
					Axpy(want, weights[i], row)
				}
				table.Sum(dst, ids, weights)
				if cols >= Lanes && !slices.Equal(dst, want) {
					t.Errorf("%s: %d bits, %d columns: differs", name, bits, cols)
				}
			}
		}
	})
}

func TestQuantizedPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(85, 86))
	table, dst, one := quantizedRows(r, 8, 20, 4, true), Aligned(32), []float32{1}
	panics(t, "dst", PanicLength, func() { table.Sum(dst[1:], []int32{0}, one) })
	panics(t, "weights", PanicLength, func() { table.Sum(dst, []int32{0, 1}, one) })
	panics(t, "id", PanicID, func() { table.Sum(dst, []int32{4}, one) })
	panics(t, "negative id", PanicID, func() { table.Sum(dst, []int32{-1}, one) })
	table.Mapping[2] = 2
	panics(t, "mapping", PanicID, func() { table.Sum(dst, []int32{2}, one) })
	table.Bits = 3
	panics(t, "bits", PanicCodes, func() { table.Sum(dst, []int32{0}, one) })
	book := quantizedRows(r, 2, 20, 4, false)
	book.Codebook = book.Codebook[1:]
	panics(t, "codebook", PanicLength, func() { book.Sum(dst, []int32{0}, one) })
}

// Bags of 20 out of 30,000 tokens with 256 dimensions; see BenchmarkBags.
func BenchmarkQuantizedSum(b *testing.B) {
	const rows, bag, cols = 30000, 20, 256
	r := rand.New(rand.NewPCG(73, 74))
	row, bags, weights := Aligned(cols), make([]int32, 1000*bag), make([]float32, bag)
	for i := range bags {
		bags[i] = int32(r.IntN(rows))
	}
	at := 0
	for _, bits := range []int{8, 4, 2} {
		table := quantizedRows(r, bits, cols, rows, false)
		benchmarkLevels(b, fmt.Sprintf("%dbits", bits), bag*cols, func() {
			at = (at + bag) % len(bags)
			table.Sum(row, bags[at:at+bag], weights)
		})
	}
}
