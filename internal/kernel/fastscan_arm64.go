//go:build arm64 && !noasm

package kernel

func (q *ScanQuery) scan(dst []float32, masks []uint32, blocks, ahead []float32, bounded bool, slack, limit float32) {
	if level == levelGo {
		q.scanWide(dst, masks, blocks, bounded, slack, limit)
		return
	}
	dim, bounds := len(q.tables)/4, 0 // without bounds, slack is 0 and the factors are as good
	if bounded {
		bounds = 2 * 4 * ScanCodes
	}
	fastScanNEON(&dst[0], &masks[0], &blocks[0], &ahead[0], &q.tables[0], 4*dim, 4*ScanWidth(dim, bounded), bounds, len(masks),
		q.scale, q.offset, slack, limit)
}
