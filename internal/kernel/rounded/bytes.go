// Package rounded multiplies matrices of rounded numbers: whole numbers of 8 bits, and bfloat16. The left factor is
// rounded when it is multiplied, the right one once for all.
package rounded

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// A ByteFactor is the right factor of products, rounded to 8 bits: each of its columns has a scale, and
// a value is a whole number from -127 to 127 times it. The rows of the left factor are rounded in the
// same way when they are multiplied, and the sums are exact.
type ByteFactor struct {
	n, k   int
	panels []uint8   // of 32 columns: for each 4 values of k, 4 bytes of each column; 128 is 0
	words  *words    // instead of panels, for processors that add products in words of 16 bits
	scale  []float32 // of each column, padded to whole panels
	shift  []float32 // of each column, added to the bias: what the middles contribute
	by     []float32 // what values of a row of the left factor are multiplied with before they are rounded
	middle []float32 // what is then subtracted from them
}

// Tiles of a product of bytes, and the largest k of one, whose sums stay below 2³¹.
const (
	byteHeight = 12
	byteWidth  = 32
	byteDepth  = 4
	maxByteK   = 1 << 15
)

// BytesFast reports whether products of bytes are computed by instructions of the processor
// (AVX512-VNNI, AVX2, or NEON's products of bytes). Otherwise they are slower than those of float32.
func BytesFast() bool { return bytesFast() }

// NewByteFactor rounds the factor whose columns are the n rows of b, of k values, ldb values apart. It
// returns nil if k is not a multiple of 4, or above 32,768.
//
// middle, unless it is nil, has the usual values of the k columns of the left factor, and size the usual largest
// distances from them. The middle is subtracted before a row is rounded, and what it contributes to the product is
// added exactly. If the sizes differ much, rounding a row would lose the small ones; so a part of the
// difference is moved to the right factor, whose columns are divided by what the left ones are multiplied with
// (Xiao et al. 2023, arXiv:2211.10438).
func NewByteFactor(n, k int, b []float32, ldb int, middle, size []float32) *ByteFactor {
	if !fits(b, n, k, ldb) {
		panic(kernel.PanicMatrix)
	}
	if k < 1 || k%byteDepth != 0 || k > maxByteK {
		return nil
	}
	padded := (n + byteWidth - 1) / byteWidth * byteWidth
	f := &ByteFactor{n: n, k: k, scale: make([]float32, padded), shift: make([]float32, padded), middle: make([]float32, k)}
	copy(f.middle, middle)
	f.by = balance(n, k, b, ldb, size)
	for j := range n {
		var sum float64
		for p, v := range b[j*ldb : j*ldb+k] {
			sum += float64(v) * float64(f.middle[p])
		}
		f.shift[j] = float32(sum)
	}
	for p, v := range f.by {
		f.middle[p] *= v
	}
	row := make([]float32, k)
	column := func(j int) []float32 {
		for p, v := range b[j*ldb : j*ldb+k] {
			row[p] = v / f.by[p]
		}
		return row
	}
	if wordsFast() {
		f.words = newWords(n, k, f.scale, column)
		return f
	}
	f.panels = make([]uint8, padded*k)
	for j := range padded {
		panel := f.panels[j/byteWidth*byteWidth*k:]
		at := func(p int) *uint8 { return &panel[(p/byteDepth*byteWidth+j%byteWidth)*byteDepth+p%byteDepth] }
		if j >= n {
			for p := range k {
				*at(p) = 128
			}
			continue
		}
		row := column(j)
		f.scale[j] = largest(row) / 127
		inverse := inverseOf(f.scale[j])
		for p, v := range row {
			*at(p) = uint8(128 + int(roundEven(v*inverse)))
		}
	}
	return f
}

// balance returns w^0.45/size^0.55 for each value of a row, where w is the largest value of the right factor that
// it is multiplied with. The exponents are chosen by the cosines of all-MiniLM-L6-v2 to its exact vectors.
func balance(n, k int, b []float32, ldb int, size []float32) []float32 {
	by := make([]float32, k)
	for p := range by {
		by[p] = 1
		if size == nil {
			continue
		}
		w := float32(0)
		for j := range n {
			w = max(w, b[j*ldb+p], -b[j*ldb+p])
		}
		if v := float32(math.Pow(float64(w), 0.45) / math.Pow(float64(size[p]), 0.55)); v > 1e-6 && v < 1e6 {
			by[p] = v
		}
	}
	return by
}

func inverseOf(scale float32) float32 {
	if scale > 0 && !math.IsInf(float64(1/scale), 0) {
		return 1 / scale
	}
	return 0
}

func roundEven(v float32) float32 { return float32(math.RoundToEven(float64(v))) }

// ByteRows is the working memory of products of bytes. It grows as needed.
type ByteRows struct {
	rounded []int8
	raised  []uint8   // the same plus 128
	start   []int32   // -128 times the sum of a row
	scale   []float32 // of a row
	tile    []float32
}

// Gemm sets C to A·B + bias, plus C if add is set, where A is m×k and C m×n; a nil bias is zero. It
// panics with kernel.PanicMatrix if a slice ends within its matrix.
func (f *ByteFactor) Gemm(s *ByteRows, m int, a []float32, lda int, bias []float32, add bool, c []float32, ldc int) {
	if !fits(a, m, f.k, lda) || !fits(c, m, f.n, ldc) || bias != nil && len(bias) != f.n {
		panic(kernel.PanicMatrix)
	}
	groups, plus := f.k/byteDepth, 0
	if add {
		plus = 1
	}
	if f.words != nil {
		f.wordGemm(s, m, a, lda, bias, plus, c, ldc)
		return
	}
	s.round(m, a, lda, f.by, f.middle)
	var shift [byteWidth]float32
	for j := 0; j < f.n; j += byteWidth {
		b := f.panels[j*f.k:]
		columns := min(byteWidth, f.n-j)
		f.bias(shift[:columns], bias, j)
		for i := 0; i < m; i += byteHeight {
			rows := min(byteHeight, m-i)
			if rows == byteHeight && columns == byteWidth {
				byteTile(c[i*ldc+j:], ldc, s.rounded[i*f.k:], f.k, b, groups, s.start[i:], s.scale[i:], f.scale[j:], shift[:], plus)
				continue
			}
			byteTile(s.tile, byteWidth, s.rounded[i*f.k:], f.k, b, groups, s.start[i:], s.scale[i:], f.scale[j:], shift[:], 0)
			for r := range rows {
				for t, v := range s.tile[r*byteWidth : r*byteWidth+columns] {
					if add {
						v += c[(i+r)*ldc+j+t]
					}
					c[(i+r)*ldc+j+t] = v
				}
			}
		}
	}
}

// bias writes to dst what is added to the columns from j on.
func (f *ByteFactor) bias(dst, bias []float32, j int) {
	copy(dst, f.shift[j:])
	if bias != nil {
		kernel.Axpy(dst, 1, bias[j:j+len(dst)])
	}
}

// round rounds the rows of a matrix.
func (s *ByteRows) round(m int, a []float32, lda int, by, middle []float32) {
	k := len(by)
	padded := (m + byteHeight - 1) / byteHeight * byteHeight
	if len(s.rounded) < padded*k {
		s.rounded = make([]int8, padded*k)
	}
	if len(s.start) < padded {
		s.start, s.scale = make([]int32, padded), make([]float32, padded)
	}
	if s.tile == nil {
		s.tile = kernel.Aligned(byteHeight * byteWidth)
	}
	for i := range m {
		row := a[i*lda : i*lda+k]
		s.scale[i] = largestProduct(row, by, middle) / 127
		s.start[i] = -128 * roundBytes(s.rounded[i*k:(i+1)*k], row, by, middle, inverseOf(s.scale[i]))
	}
}

func largestProductGo(x, by, middle []float32) (top float32) {
	for i, v := range x {
		v = float32(v*by[i]) - middle[i]
		top = max(top, v, -v)
	}
	return top
}

func roundBytesGo(dst []int8, x, by, middle []float32, scale float32) (sum int32) {
	for i, v := range x {
		v = float32(v*by[i]) - middle[i]
		dst[i] = int8(min(max(roundEven(v*scale), -128), 127))
		sum += int32(dst[i])
	}
	return sum
}

func byteTileGo(dst []float32, ldd int, a []int8, lda int, b []uint8, groups int, start []int32, rowScale, scale, bias []float32, add int) {
	for i := range byteHeight {
		for j := range byteWidth {
			sum := start[i]
			for p := range groups * byteDepth {
				sum += int32(a[i*lda+p]) * int32(b[(p/byteDepth*byteWidth+j)*byteDepth+p%byteDepth])
			}
			v := float32(sum)*rowScale[i]*scale[j] + bias[j]
			if add != 0 {
				v += dst[i*ldd+j]
			}
			dst[i*ldd+j] = v
		}
	}
}

// fits reports whether x holds a matrix of rows that are ld values apart.
func fits(x []float32, rows, columns, ld int) bool {
	return rows >= 0 && columns >= 0 && ld >= columns && (rows == 0 || columns == 0 || len(x) >= (rows-1)*ld+columns)
}

// largest returns the largest |x[i]|.
func largest(x []float32) (most float32) {
	for _, v := range x {
		most = max(most, v, -v)
	}
	return most
}
