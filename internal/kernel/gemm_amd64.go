//go:build amd64 && !noasm

package kernel

// tileSize is the height and width of the tiles of C.
func tileSize() (height, width int) {
	switch level {
	case levelAVX512:
		return 12, 32
	case levelAVX2:
		return 6, 16
	}
	return tileHeightGo, tileWidthGo
}

func gemmTile(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	switch level {
	case levelAVX512:
		gemmTileAVX512(&c[0], 4*ldc, &a.x[0], 4*a.off, 4*a.step, &b.x[0], 4*b.step, depth, alpha, beta)
	case levelAVX2:
		gemmTileAVX2(&c[0], 4*ldc, &a.x[0], 4*a.off, 4*a.step, &b.x[0], 4*b.step, depth, alpha, beta)
	default:
		gemmTileGo(c, ldc, a, b, depth, alpha, beta)
	}
}

// packRows may write a line behind the last row of dst.
func packRows(dst []float32, width int, src []float32, ld, n, lanes int) {
	switch level {
	case levelAVX512:
		packRowsAVX512(&dst[0], 4*width, &src[0], 4*ld, n, lanes)
	case levelAVX2:
		packRowsAVX2(&dst[0], 4*width, &src[0], 4*ld, n, lanes)
	default:
		packRowsGo(dst, width, src, ld, n, lanes)
	}
}

// zeroRow stands for the rows that a panel lacks.
var zeroRow [gemmDepth]float32

// packColumns may write a line behind the last row of dst.
func packColumns(dst []float32, width int, src []float32, ld, n, lanes int) {
	if level == levelGo {
		packColumnsGo(dst, width, src, ld, n, lanes)
		return
	}
	// Eight columns are written even where fewer are left. So the last ones go first:
	// what they write too much is the beginning of the next row.
	whole := n &^ 7
	for first := (width - 1) &^ 7; first >= 0 && whole > 0; first -= 8 {
		var rows [8]*float32
		for i := range rows {
			rows[i] = &zeroRow[0]
			if first+i < lanes {
				rows[i] = &src[(first+i)*ld]
			}
		}
		transposeX86(&dst[first], 4*width, &rows, whole)
	}
	if whole < n {
		packColumnsGo(dst[whole*width:], width, src[whole:], ld, n-whole, lanes)
	}
}
