//go:build arm64 && !noasm

package kernel

// tileShape returns the height and width of the tiles of C, and whether A and B may be
// read in place.
func tileShape() (height, width int, anywhere bool) {
	if level != levelGo {
		return 6, 16, true
	}
	return tileHeightGo, tileWidthGo, false
}

func gemmTile(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	if level != levelGo {
		gemmTileNEON(&c[0], 4*ldc, &a.x[0], 4*a.off, 4*a.step, &b.x[0], 4*b.step, depth, alpha, beta)
	} else {
		gemmTileGo(c, ldc, a.x[:depth*tileHeightGo], b.x[:depth*tileWidthGo], alpha, beta)
	}
}

func packRows(dst []float32, width int, src []float32, ld, n, lanes int) {
	// The kernel writes whole registers, and thus over the start of the next row. It must not
	// write the last row, because the next panel follows it.
	if level != levelGo {
		packRowsNEON(&dst[0], 4*width, &src[0], 4*ld, n-1, lanes)
		dst, src, n = dst[(n-1)*width:], src[(n-1)*ld:], 1
	}
	packRowsGo(dst, width, src, ld, n, lanes)
}
