package rounded

import (
	"encoding/binary"
	"unsafe"
)

// AVX2 multiplies unsigned bytes with signed ones and adds two products in a word of 16 bits, and two such sums are
// added before they are widened. All must fit in the word: so 128 is added to the rounded values of the left factor, and
// the scale of a column of the right one is such that no sum of four products exceeds 32,767.
const (
	wordHeight = 3 // rows of a tile
	wordWidth  = 16
	wordDepth  = 8
	wordSum    = 32767/255 - 2 // of positive or negative values; rounding adds up to 2
)

// words are the columns of a right factor.
type words struct {
	k     int     // padded to whole steps
	x     []int8  // panels of 16 columns: for each 8 values of k, the first 4 of each column, then the last 4
	start []int32 // -128 times the sum of a column
}

// newWords rounds the n columns of k values that column returns, and writes their scales.
func newWords(n, k int, scale []float32, column func(j int) []float32) *words {
	w := &words{k: (k + wordDepth - 1) / wordDepth * wordDepth, start: make([]int32, len(scale))}
	w.x = make([]int8, len(scale)*w.k)
	for j := range n {
		row := column(j)
		scale[j] = max(largest(row)/127, largestWordSum(row)/wordSum)
		inverse := inverseOf(scale[j])
		panel := w.x[j/wordWidth*wordWidth*w.k:]
		for p, v := range row {
			c := int8(roundEven(v * inverse))
			panel[p/4*4*wordWidth+j%wordWidth*4+p%4] = c
			w.start[j] -= 128 * int32(c)
		}
	}
	return w
}

// largestWordSum returns the largest sum of the positive values, or of the negative ones, that are added in a word.
func largestWordSum(row []float32) (top float32) {
	for at := 0; at < len(row); at += wordDepth {
		var up, down [2]float32
		for p, v := range row[at:min(at+wordDepth, len(row))] {
			up[p/2%2] += max(v, 0)
			down[p/2%2] -= min(v, 0)
		}
		top = max(top, up[0], up[1], down[0], down[1])
	}
	return top
}

// wordGemm is Gemm.
func (f *ByteFactor) wordGemm(s *ByteRows, m int, a []float32, lda int, bias []float32, plus int, c []float32, ldc int) {
	w := f.words
	s.round(m, a, lda, f.by, f.middle)
	s.raise(m, f.k, w.k)
	var shift [wordWidth]float32
	for j := 0; j < f.n; j += wordWidth {
		columns := min(wordWidth, f.n-j)
		f.bias(shift[:columns], bias, j)
		for i := 0; i < m; i += byteHeight {
			rows := min(byteHeight, m-i)
			dst, ld := c[i*ldc+j:], ldc
			if part := rows < byteHeight || columns < wordWidth; part {
				dst, ld = s.tile, wordWidth
				for r := range rows {
					copy(dst[r*ld:r*ld+columns], c[(i+r)*ldc+j:])
				}
			}
			wordTile(dst, ld, s.raised[i*w.k:], w.k, w.x[j*w.k:], w.k/wordDepth, w.start[j:], s.scale[i:], f.scale[j:], shift[:], plus, (rows+wordHeight-1)/wordHeight)
			if ld == wordWidth && &dst[0] == &s.tile[0] {
				for r := range rows {
					copy(c[(i+r)*ldc+j:(i+r)*ldc+j+columns], dst[r*ld:])
				}
			}
		}
	}
}

// raise makes unsigned numbers of the rounded rows, of k values, padded with zeros to stride.
func (s *ByteRows) raise(m, k, stride int) {
	padded := (m + byteHeight - 1) / byteHeight * byteHeight
	if len(s.raised) < padded*stride {
		s.raised = make([]uint8, padded*stride)
	}
	for i := range m {
		row, dst := s.rounded[i*k:(i+1)*k], s.raised[i*stride:(i+1)*stride]
		raiseBytes(dst, row)
		clear(dst[k:])
	}
}

// raiseBytes adds 128.
func raiseBytes(dst []uint8, x []int8) {
	b := unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(b)^0x8080808080808080)
		b, dst = b[8:], dst[8:]
	}
	for i, v := range b {
		dst[i] = v ^ 128
	}
}

func wordTileGo(dst []float32, ldd int, a []uint8, lda int, b []int8, octets int, start []int32, rowScale, scale, bias []float32, add, count int) {
	for i := range wordHeight * count {
		for j := range wordWidth {
			sum := start[j]
			for p := range octets * wordDepth {
				sum += int32(a[i*lda+p]) * int32(b[p/4*4*wordWidth+j*4+p%4])
			}
			v := float32(sum)*rowScale[i]*scale[j] + bias[j]
			if add != 0 {
				v += dst[i*ldd+j]
			}
			dst[i*ldd+j] = v
		}
	}
}
