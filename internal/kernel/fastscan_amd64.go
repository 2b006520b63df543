//go:build amd64 && !noasm

package kernel

func (q *ScanQuery) scan(dst []float32, masks []uint32, blocks, ahead []float32, bounded bool, slack, limit float32) {
	dim, bounds := len(q.tables)/4, 0 // without bounds, slack is 0 and the factors are as good
	if bounded {
		bounds = 2 * 4 * ScanCodes
	}
	width := 4 * ScanWidth(dim, bounded)
	switch level { // no variable holds the function, so that masks can be on the stack
	case levelAVX512:
		fastScanAVX512(&dst[0], &masks[0], &blocks[0], &ahead[0], &q.tables[0], 4*dim, width, bounds, len(masks), q.scale, q.offset, slack, limit)
	case levelAVX2:
		fastScanAVX2(&dst[0], &masks[0], &blocks[0], &ahead[0], &q.tables[0], 4*dim, width, bounds, len(masks), q.scale, q.offset, slack, limit)
	default:
		q.scanWide(dst, masks, blocks, bounded, slack, limit)
	}
}
