//go:build arm64 && !noasm

package kernel

import (
	"os"
	"runtime"

	"golang.org/x/sys/cpu"
)

// The levels, in increasing order, so that the environment can only lower the choice.
const (
	levelGo = iota
	levelNEON
	levelDotProd
)

var levelNames = [...]string{levelGo: "go", levelNEON: "neon", levelDotProd: "dotprod"}

// level is set once, at startup. Tests change it.
var level = chooseLevel(supportedLevel(), os.Getenv("LUMINAVEC_CPU"))

// Level names the instruction set that the kernels use: "dotprod" (NEON and its products of
// bytes), "neon" or "go"; on amd64 "avx512", "avx2" or "go".
func Level() string { return levelNames[level] }

// supportedLevel knows that all of Apple's processors with 64 bits that macOS runs on have the
// products of bytes: package cpu does not ask there.
func supportedLevel() int {
	if cpu.ARM64.HasASIMDDP || runtime.GOOS == "darwin" {
		return levelDotProd
	}
	return levelNEON
}

func dot(x, y []float32) float32 {
	if level == levelGo {
		return dotGo(x, y)
	}
	return dotNEON(x, y)
}

func squaredDistance(x, y []float32) float32 {
	if level == levelGo {
		return squaredDistanceGo(x, y)
	}
	return squaredDistanceNEON(x, y)
}

func axpy(dst []float32, alpha float32, x []float32) {
	if level == levelGo {
		axpyGo(dst, alpha, x)
		return
	}
	axpyNEON(dst, alpha, x)
}

func scale(dst []float32, alpha float32) {
	if level == levelGo {
		scaleGo(dst, alpha)
		return
	}
	scaleNEON(dst, alpha)
}

func dots(dst, q, rows []float32, stride int) {
	if level == levelGo {
		dotsBlocked(dst, q, rows, stride)
		return
	}
	dotsNEON(dst, q, rows, stride)
	// The assembly takes eight rows at a time; the rest is done here.
	for i := len(dst) &^ 7; i < len(dst); i++ {
		dst[i] = dot(q, rows[i*stride:i*stride+len(q)])
	}
}

func dotScan(dst, q, rows []float32, stride int) {
	if level == levelGo {
		dotScanGo(dst, q, rows, stride)
		return
	}
	dotScanNEON(dst, q, rows, stride)
}

func squaredDistanceScan(dst, q, rows []float32, stride int) {
	if level == levelGo {
		squaredDistanceScanGo(dst, q, rows, stride)
		return
	}
	squaredDistanceScanNEON(dst, q, rows, stride)
}

func firstAbove(x []float32, bound float32) int {
	at := 0
	if level != levelGo {
		at = firstAboveNEON(x, bound) // the eight values that the first is among
	}
	return at + firstAboveGo(x[at:], bound)
}
