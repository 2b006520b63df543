//go:build (!amd64 && !arm64) || noasm

package kernel

// Level names the instruction set that the kernels use: "avx512", "avx2", "dotprod", "neon"
// or "go".
func Level() string { return "go" }

// Levels returns the names of the levels of this build, best first.
func Levels() []string { return []string{"go"} }

func dot(x, y []float32) float32                     { return dotGo(x, y) }
func squaredDistance(x, y []float32) float32         { return squaredDistanceGo(x, y) }
func axpy(dst []float32, alpha float32, x []float32) { axpyGo(dst, alpha, x) }
func scale(dst []float32, alpha float32)             { scaleGo(dst, alpha) }
func dots(dst, q, rows []float32, stride int)        { dotsBlocked(dst, q, rows, stride) }

func gatherRows(dst, own, table []float32, stride int, ids []int32, scale float32) {
	gatherRowsGo(dst, own, table, stride, ids, scale)
}

func scatterRows(table []float32, stride int, ids []int32, delta []float32) {
	scatterRowsGo(table, stride, ids, delta)
}

func multiplyAdd(dst []float32, alpha float32, x, y []float32) { multiplyAddGo(dst, alpha, x, y) }

func dotScan(dst, q, rows []float32, stride int) { dotScanGo(dst, q, rows, stride) }

func squaredDistanceScan(dst, q, rows []float32, stride int) {
	squaredDistanceScanGo(dst, q, rows, stride)
}

func firstAbove(x []float32, bound float32) int { return firstAboveGo(x, bound) }

func (t *CodeTable) distances(dst []float32, q *CodeQuery, ids []int32) { t.distancesWide(dst, q, ids) }
func (t *CodeTable) prefetch(stride int, ids []int32)                   {}

func tileShape() (height, width int, anywhere bool) { return tileHeightGo, tileWidthGo, false }

func gemmTile(c []float32, ldc int, a, b panel, depth int, alpha, beta float32) {
	gemmTileGo(c, ldc, a.x[:depth*tileHeightGo], b.x[:depth*tileWidthGo], alpha, beta)
}

func packRows(dst []float32, width int, src []float32, ld, n, lanes int) {
	packRowsGo(dst, width, src, ld, n, lanes)
}

func packColumns(dst []float32, width int, src []float32, ld, n, lanes int) {
	packColumnsGo(dst, width, src, ld, n, lanes)
}

func expSum(dst, x []float32, scale, shift float32) float32 { return expSumGo(dst, x, scale, shift) }

func maximum(x []float32) float32 { return maximumGo(x) }

func expSumColumns(dst, columns, x []float32, scale, shift float32) float32 {
	return expSumColumnsGo(dst, columns, x, scale, shift)
}

func softmaxGradient(dst, e, columns []float32, row float32) { softmaxGradientGo(dst, e, columns, row) }

func bagSum(dst, table []float32, stride int, ids []int32, weights []float32) {
	bagSumGo(dst, table, stride, ids, weights)
}

func bagMax(dst []float32, argmax []int32, table []float32, stride int, ids []int32) {
	bagMaxGo(dst, argmax, table, stride, ids)
}

func biasReLU(dst, x, bias []float32) { biasReLUGo(dst, x, bias) }

func reluGradient(dst, bias, y, dy []float32) { reluGradientGo(dst, bias, y, dy) }

func biasGELU(dst, x, bias []float32) { biasGELUGo(dst, x, bias) }

func deviations(x []float32, mean float32) (sum, squares float32) { return deviationsGo(x, mean) }

func standardize(dst, x, gain, bias []float32, mean, inverse float32) {
	standardizeGo(dst, x, gain, bias, mean, inverse)
}

func momentumStep(w, velocity, g []float32, lr, momentum float32) {
	momentumStepGo(w, velocity, g, lr, momentum)
}

func adaGradStep(w, squares, g []float32, lr, epsilon float32) {
	adaGradStepGo(w, squares, g, lr, epsilon)
}

func adamStep(w, m, v, g []float32, s *AdamStep) { adamStepGo(w, m, v, g, s) }

func prefetch([]float32) {}

func prefetchRows([]float32, int, []int32) {}

type assemblyScratch struct{}

func newAssemblyScratch(maxContext, outputs int) assemblyScratch { return assemblyScratch{} }

func (assemblyScratch) place([]float32) {}

func skipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	return skipGramBlocked(in, out, stride, batch, outputs, alpha, s)
}

func cbow(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) float64 {
	return cbowBlocked(in, out, stride, batch, outputs, alpha, average, s)
}

func labelledSkipGram(in, out []float32, batch []int32, alpha float32, s *WindowScratch) float64 {
	return labelledSkipGramGo(in, out, batch, alpha, s)
}

func labelledCBOW(in, out, position []float32, batch []int32, alpha float32, average bool, s *WindowScratch) float64 {
	return labelledCBOWGo(in, out, position, batch, alpha, average, s)
}

// EachLevel calls f at each level, of which there is one. It is for the tests of kernels in packages of their own.
func EachLevel(f func(name string)) { f(Level()) }
