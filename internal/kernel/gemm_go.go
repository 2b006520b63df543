package kernel

// The tile of the plain Go version: two halves of eight sums, which a processor of 16
// registers holds beside what they are made of.
const tileHeightGo, tileWidthGo = 4, 4

func gemmTileGo(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	for half := 0; half < tileWidthGo; half += 2 {
		var s00, s01, s10, s11, s20, s21, s30, s31 float32
		i0, i1, i2, i3, j := 0, a.off, 2*a.off, 3*a.off, half
		x := a.x
		for range depth {
			b0, b1 := b.x[j], b.x[j+1]
			a0, a1, a2, a3 := x[i0], x[i1], x[i2], x[i3]
			s00 += a0 * b0
			s01 += a0 * b1
			s10 += a1 * b0
			s11 += a1 * b1
			s20 += a2 * b0
			s21 += a2 * b1
			s30 += a3 * b0
			s31 += a3 * b1
			i0, i1, i2, i3, j = i0+a.step, i1+a.step, i2+a.step, i3+a.step, j+b.step
		}
		for r, s := range [tileHeightGo][2]float32{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}} {
			at := c[r*ldc+half : r*ldc+half+2]
			if beta == 0 {
				at[0], at[1] = alpha*s[0], alpha*s[1]
			} else {
				at[0], at[1] = beta*at[0]+alpha*s[0], beta*at[1]+alpha*s[1]
			}
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
