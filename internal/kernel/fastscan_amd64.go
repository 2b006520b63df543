//go:build amd64 && !noasm

package kernel

func (q *ScanQuery) scan(dst []float32, masks []uint32, blocks []float32, bounded bool, slack, limit float32) {
	f := fastScanAVX2
	switch level {
	case levelAVX512:
		f = fastScanAVX512
	case levelGo:
		q.scanGo(dst, masks, blocks, bounded, slack, limit)
		return
	}
	dim, bounds := len(q.tables)/4, 0 // without bounds, slack is 0 and the factors are as good
	if bounded {
		bounds = 2 * 4 * ScanCodes
	}
	f(&dst[0], &masks[0], &blocks[0], &q.tables[0], 4*dim, 4*ScanWidth(dim, bounded), bounds, len(masks), q.scale, q.offset, slack, limit)
}
