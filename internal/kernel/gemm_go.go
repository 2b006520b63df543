package kernel

// The tile of the plain Go version is small: its sums and their operands fit in the 15 registers that
// the compiler has for floats on amd64. With 4×2 or 3×3 sums it computes fewer products a cycle.
const tileHeightGo, tileWidthGo = 3, 2

// gemmTileGo accepts packed panels only.
func gemmTileGo(c []float32, ldc int, a, b []float32, alpha, beta float32) {
	var sums [tileHeightGo][tileWidthGo]float32
	tileSums(&sums, a, b)
	for r, s := range sums {
		at := c[r*ldc : r*ldc+tileWidthGo]
		if beta == 0 {
			at[0], at[1] = alpha*s[0], alpha*s[1]
		} else {
			at[0], at[1] = beta*at[0]+alpha*s[0], beta*at[1]+alpha*s[1]
		}
	}
}

// tileSums is a separate function so that it has all registers to itself.
//
//go:noinline
//go:norace
func tileSums(sums *[tileHeightGo][tileWidthGo]float32, a, b []float32) {
	var s00, s01, s10, s11, s20, s21 float32
	for len(a) >= 4*tileHeightGo && len(b) >= 4*tileWidthGo {
		p, q := (*[4 * tileHeightGo]float32)(a), (*[4 * tileWidthGo]float32)(b)
		b0, b1 := q[0], q[1]
		s00, s01 = s00+p[0]*b0, s01+p[0]*b1
		s10, s11 = s10+p[1]*b0, s11+p[1]*b1
		s20, s21 = s20+p[2]*b0, s21+p[2]*b1
		b0, b1 = q[2], q[3]
		s00, s01 = s00+p[3]*b0, s01+p[3]*b1
		s10, s11 = s10+p[4]*b0, s11+p[4]*b1
		s20, s21 = s20+p[5]*b0, s21+p[5]*b1
		b0, b1 = q[4], q[5]
		s00, s01 = s00+p[6]*b0, s01+p[6]*b1
		s10, s11 = s10+p[7]*b0, s11+p[7]*b1
		s20, s21 = s20+p[8]*b0, s21+p[8]*b1
		b0, b1 = q[6], q[7]
		s00, s01 = s00+p[9]*b0, s01+p[9]*b1
		s10, s11 = s10+p[10]*b0, s11+p[10]*b1
		s20, s21 = s20+p[11]*b0, s21+p[11]*b1
		a, b = a[4*tileHeightGo:], b[4*tileWidthGo:]
	}
	for len(a) >= tileHeightGo && len(b) >= tileWidthGo {
		b0, b1 := b[0], b[1]
		s00, s01 = s00+a[0]*b0, s01+a[0]*b1
		s10, s11 = s10+a[1]*b0, s11+a[1]*b1
		s20, s21 = s20+a[2]*b0, s21+a[2]*b1
		a, b = a[tileHeightGo:], b[tileWidthGo:]
	}
	*sums = [tileHeightGo][tileWidthGo]float32{{s00, s01}, {s10, s11}, {s20, s21}}
}

// packRowsGo copies n rows of lanes values, ld apart, to rows width apart, and pads
// them with zeros.
//
//go:norace
func packRowsGo(dst []float32, width int, src []float32, ld, n, lanes int) {
	for p := range n {
		row := dst[p*width : (p+1)*width]
		clear(row[copy(row, src[p*ld:p*ld+lanes]):])
	}
}

// packColumnsGo copies n columns of lanes values, which are rows ld apart, to rows
// width apart, and pads them with zeros.
//
//go:norace
func packColumnsGo(dst []float32, width int, src []float32, ld, n, lanes int) {
	for i := range width {
		if i >= lanes {
			for p := range n {
				dst[p*width+i] = 0
			}
			continue
		}
		for p, v := range src[i*ld : i*ld+n] {
			dst[p*width+i] = v
		}
	}
}
