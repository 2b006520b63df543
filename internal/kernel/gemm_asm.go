//go:build (amd64 || arm64) && !noasm

package kernel

// zeroRow replaces the missing rows of a panel.
var zeroRow [gemmDepth]float32

// packColumns may write past the last row of dst, by less than a cache line.
func packColumns(dst []float32, width int, src []float32, ld, n, lanes int) {
	if level == levelGo {
		packColumnsGo(dst, width, src, ld, n, lanes)
		return
	}
	// Eight columns are written even if fewer are left, so the last ones are written first:
	// the surplus values are then overwritten by the start of the next row.
	whole := n &^ 7
	for first := (width - 1) &^ 7; first >= 0 && whole > 0; first -= 8 {
		var rows [8]*float32
		for i := range rows {
			rows[i] = &zeroRow[0]
			if first+i < lanes {
				rows[i] = &src[(first+i)*ld]
			}
		}
		transposeAssembly(&dst[first], 4*width, &rows, whole)
	}
	if whole < n {
		packColumnsGo(dst[whole*width:], width, src[whole:], ld, n-whole, lanes)
	}
}
