package rounded

import (
	"math"

	"github.com/luminavec/luminavec/internal/kernel"
)

// A BrainFactor is the right factor of products, rounded to bfloat16 ("brain floating point"): the upper half of a
// float32, with 8 significant bits. The rows of the left factor are rounded in the same way when they are multiplied,
// and the sums are float32.
type BrainFactor struct {
	n, k, pairs int
	panels      []uint16 // of 32 columns: for each 2 values of k, 2 numbers of each column
}

// Tiles of a product of bfloat16 numbers.
const (
	brainHeight = 12
	brainWidth  = 32
)

// BrainFast reports whether products of bfloat16 numbers are computed by instructions of the processor (AVX512-BF16).
// Otherwise they are slower than those of float32.
func BrainFast() bool { return brainFast() }

// NewBrainFactor rounds the factor whose columns are the n rows of b, of k values, ldb values apart.
func NewBrainFactor(n, k int, b []float32, ldb int) *BrainFactor {
	if !fits(b, n, k, ldb) || k < 1 {
		panic(kernel.PanicMatrix)
	}
	f := &BrainFactor{n: n, k: k, pairs: (k + 1) / 2}
	padded := (n + brainWidth - 1) / brainWidth * brainWidth
	f.panels = make([]uint16, padded*2*f.pairs)
	row := make([]uint16, k)
	for j := range n {
		roundBrains(row, b[j*ldb:j*ldb+k])
		panel := f.panels[j/brainWidth*brainWidth*2*f.pairs:]
		for p, v := range row {
			panel[(p/2*brainWidth+j%brainWidth)*2+p%2] = v
		}
	}
	return f
}

// BrainRows is the working memory of products of bfloat16 numbers. It grows as needed.
type BrainRows struct {
	rounded []uint16
	tile    []float32
}

// Gemm sets C to A·B + bias, plus C if add is set, where A is m×k and C m×n; a nil bias is zero. It
// panics with kernel.PanicMatrix if a slice ends within its matrix.
func (f *BrainFactor) Gemm(s *BrainRows, m int, a []float32, lda int, bias []float32, add bool, c []float32, ldc int) {
	if !fits(a, m, f.k, lda) || !fits(c, m, f.n, ldc) || bias != nil && len(bias) != f.n {
		panic(kernel.PanicMatrix)
	}
	stride := 2 * f.pairs
	s.round(m, f.k, stride, a, lda)
	plus := 0
	if add {
		plus = 1
	}
	var shift [brainWidth]float32
	for j := 0; j < f.n; j += brainWidth {
		columns := min(brainWidth, f.n-j)
		if bias != nil {
			copy(shift[:], bias[j:])
		}
		for i := 0; i < m; i += brainHeight {
			rows := min(brainHeight, m-i)
			if rows == brainHeight && columns == brainWidth {
				brainTile(c[i*ldc+j:], ldc, s.rounded[i*stride:], stride, f.panels[j*stride:], f.pairs, shift[:], plus)
				continue
			}
			for r := range rows {
				copy(s.tile[r*brainWidth:r*brainWidth+columns], c[(i+r)*ldc+j:])
			}
			brainTile(s.tile, brainWidth, s.rounded[i*stride:], stride, f.panels[j*stride:], f.pairs, shift[:], plus)
			for r := range rows {
				copy(c[(i+r)*ldc+j:(i+r)*ldc+j+columns], s.tile[r*brainWidth:])
			}
		}
	}
}

// round rounds the rows of a matrix of k columns, and pads them with zeros to stride.
func (s *BrainRows) round(m, k, stride int, a []float32, lda int) {
	padded := (m + brainHeight - 1) / brainHeight * brainHeight
	if len(s.rounded) < padded*stride {
		s.rounded = make([]uint16, padded*stride)
	}
	if s.tile == nil {
		s.tile = kernel.Aligned(brainHeight * brainWidth)
	}
	for i := range m {
		row := s.rounded[i*stride : (i+1)*stride]
		roundBrains(row[:k], a[i*lda:i*lda+k])
		clear(row[k:])
	}
}

func roundBrainsGo(dst []uint16, x []float32) {
	for i, v := range x {
		b := math.Float32bits(v)
		dst[i] = uint16((b + 0x7fff + b>>16&1) >> 16)
	}
}

func brainTileGo(dst []float32, ldd int, a []uint16, lda int, b []uint16, pairs int, bias []float32, add int) {
	number := func(v uint16) float32 { return math.Float32frombits(uint32(v) << 16) }
	for i := range brainHeight {
		for j := range brainWidth {
			sum := float32(0)
			for p := range 2 * pairs {
				sum += number(a[i*lda+p]) * number(b[(p/2*brainWidth+j)*2+p%2])
			}
			sum += bias[j]
			if add != 0 {
				sum += dst[i*ldd+j]
			}
			dst[i*ldd+j] = sum
		}
	}
}
