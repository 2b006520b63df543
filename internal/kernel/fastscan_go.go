//go:build (!amd64 && !arm64) || noasm

package kernel

func (q *ScanQuery) scan(dst []float32, masks []uint32, blocks, _ []float32, bounded bool, slack, limit float32) {
	q.scanWide(dst, masks, blocks, bounded, slack, limit)
}
