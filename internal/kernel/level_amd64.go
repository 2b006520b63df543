//go:build amd64 && !noasm

package kernel

import (
	"os"

	"golang.org/x/sys/cpu"
)

// The levels, in increasing order, so that the environment can only lower the choice.
const (
	levelGo = iota
	levelAVX2
	levelAVX512
)

var levelNames = [...]string{levelGo: "go", levelAVX2: "avx2", levelAVX512: "avx512"}

// level is set once, at startup. Tests change it.
var level = chooseLevel(supportedLevel(), os.Getenv("LUMINAVEC_CPU"))

// Level names the instruction set that the kernels use: "avx512", "avx2" or "go"; on arm64
// "dotprod", "neon" or "go".
func Level() string { return levelNames[level] }

func supportedLevel() int {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !x.HasBMI2:
		return levelGo
	case !x.HasAVX512F || !x.HasAVX512VL || !x.HasAVX512BW || !x.HasAVX512DQ:
		return levelAVX2
	}
	return levelAVX512
}

func dot(x, y []float32) float32 {
	switch level {
	case levelAVX512:
		return dotAVX512(x, y)
	case levelAVX2:
		return dotAVX2(x, y)
	}
	return dotGo(x, y)
}

func squaredDistance(x, y []float32) float32 {
	switch level {
	case levelAVX512:
		return squaredDistanceAVX512(x, y)
	case levelAVX2:
		return squaredDistanceAVX2(x, y)
	}
	return squaredDistanceGo(x, y)
}

func axpy(dst []float32, alpha float32, x []float32) {
	switch level {
	case levelAVX512:
		axpyAVX512(dst, alpha, x)
	case levelAVX2:
		axpyAVX2(dst, alpha, x)
	default:
		axpyGo(dst, alpha, x)
	}
}

func scale(dst []float32, alpha float32) {
	switch level {
	case levelAVX512:
		scaleAVX512(dst, alpha)
	case levelAVX2:
		scaleAVX2(dst, alpha)
	default:
		scaleGo(dst, alpha)
	}
}

func dots(dst, q, rows []float32, stride int) {
	switch level {
	case levelAVX512:
		dotsAVX512(dst, q, rows, stride)
	case levelAVX2:
		dotsAVX2(dst, q, rows, stride)
	default:
		dotsBlocked(dst, q, rows, stride)
		return
	}
	// The assembly takes eight rows at a time; the rest is done here.
	for i := len(dst) &^ 7; i < len(dst); i++ {
		dst[i] = dot(q, rows[i*stride:i*stride+len(q)])
	}
}

func dotScan(dst, q, rows []float32, stride int) {
	switch level {
	case levelAVX512:
		dotScanAVX512(dst, q, rows, stride)
	case levelAVX2:
		dotScanAVX2(dst, q, rows, stride)
	default:
		dotScanGo(dst, q, rows, stride)
	}
}

func squaredDistanceScan(dst, q, rows []float32, stride int) {
	switch level {
	case levelAVX512:
		squaredDistanceScanAVX512(dst, q, rows, stride)
	case levelAVX2:
		squaredDistanceScanAVX2(dst, q, rows, stride)
	default:
		squaredDistanceScanGo(dst, q, rows, stride)
	}
}

func firstAbove(x []float32, bound float32) int {
	at := 0
	if level >= levelAVX2 {
		whole := len(x) &^ 7 // the part that the assembly searches
		if at = firstAboveAVX2(x, bound); at < whole {
			return at
		}
	}
	return at + firstAboveGo(x[at:], bound)
}
