//go:build !amd64 || noasm

package kernel

// Level names the instruction set that the kernels use: "avx512", "avx2" or
// "go".
func Level() string { return "go" }

func dot(x, y []float32) float32                     { return dotGo(x, y) }
func squaredDistance(x, y []float32) float32         { return squaredDistanceGo(x, y) }
func axpy(dst []float32, alpha float32, x []float32) { axpyGo(dst, alpha, x) }
func scale(dst []float32, alpha float32)             { scaleGo(dst, alpha) }
func dots(dst, q, rows []float32, stride int)        { dotsGo(dst, q, rows, stride) }

type assemblyScratch struct{}

func newAssemblyScratch(maxContext, outputs int) assemblyScratch { return assemblyScratch{} }

func skipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	return skipGramGo(in, out, stride, batch, outputs, alpha, s)
}

func cbow(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	return cbowGo(in, out, stride, batch, outputs, alpha, s)
}
