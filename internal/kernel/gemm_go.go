package kernel

// The tile of the plain Go version is small: its sums and what they are made of fit in
// 16 registers.
const tileHeightGo, tileWidthGo = 4, 2

// gemmTileGo takes packed panels only.
func gemmTileGo(c []float32, ldc int, a, b []float32, alpha, beta float32) {
	var s00, s01, s10, s11, s20, s21, s30, s31 float32
	for len(a) >= tileHeightGo && len(b) >= tileWidthGo {
		b0, b1 := b[0], b[1]
		s00 += a[0] * b0
		s01 += a[0] * b1
		s10 += a[1] * b0
		s11 += a[1] * b1
		s20 += a[2] * b0
		s21 += a[2] * b1
		s30 += a[3] * b0
		s31 += a[3] * b1
		a, b = a[tileHeightGo:], b[tileWidthGo:]
	}
	for r, s := range [tileHeightGo][tileWidthGo]float32{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}} {
		at := c[r*ldc : r*ldc+tileWidthGo]
		if beta == 0 {
			at[0], at[1] = alpha*s[0], alpha*s[1]
		} else {
			at[0], at[1] = beta*at[0]+alpha*s[0], beta*at[1]+alpha*s[1]
		}
	}
}

// packRowsGo copies n rows of lanes values, ld apart, to rows width apart, and fills
// them up with zeros.
func packRowsGo(dst []float32, width int, src []float32, ld, n, lanes int) {
	for p := range n {
		row := dst[p*width : (p+1)*width]
		clear(row[copy(row, src[p*ld:p*ld+lanes]):])
	}
}

// packColumnsGo copies n columns of lanes values, which are rows ld apart, to rows
// width apart, and fills them up with zeros.
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
