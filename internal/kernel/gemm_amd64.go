//go:build amd64 && !noasm

package kernel

// tileShape returns the height and width of the tiles of C, and whether A and B may be
// read in place.
func tileShape() (height, width int, anywhere bool) {
	switch level {
	case levelAVX512:
		return 12, 32, true
	case levelAVX2:
		return 6, 16, true
	}
	return tileHeightGo, tileWidthGo, false
}

func gemmTile(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	switch level {
	case levelAVX512:
		gemmTileAVX512(&c[0], 4*ldc, &a.x[0], 4*a.off, 4*a.step, &b.x[0], 4*b.step, depth, alpha, beta)
	case levelAVX2:
		gemmTileAVX2(&c[0], 4*ldc, &a.x[0], 4*a.off, 4*a.step, &b.x[0], 4*b.step, depth, alpha, beta)
	default:
		gemmTileGo(c, ldc, a.x[:depth*tileHeightGo], b.x[:depth*tileWidthGo], alpha, beta)
	}
}

func packRows(dst []float32, width int, src []float32, ld, n, lanes int) {
	// The kernels write whole registers, and thus over the start of the next row. They must
	// not write the last row, because the next panel follows it.
	switch {
	case level == levelGo:
		packRowsGo(dst, width, src, ld, n, lanes)
		return
	case level == levelAVX512:
		packRowsAVX512(&dst[0], 4*width, &src[0], 4*ld, n-1, lanes)
	default:
		packRowsAVX2(&dst[0], 4*width, &src[0], 4*ld, n-1, lanes)
	}
	packRowsGo(dst[(n-1)*width:], width, src[(n-1)*ld:], ld, 1, lanes)
}
