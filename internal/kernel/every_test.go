package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"unsafe"
)

// An everyKernel is a kernel and its twin in Go on buffers of n floats. Both return what they reduce the
// buffers to. The kernel takes multiples of step floats; finite says that it is only defined for such.
type everyKernel struct {
	assembly string // names of its routines, without the level
	step     int
	buffers  int
	finite   bool
	run      [2]func(b [][]float32) []float32 // the kernel, then its twin
}

// both makes a kernel that returns nothing.
func both(assembly string, step, buffers int, kernel, twin func(b [][]float32)) everyKernel {
	returning := func(f func(b [][]float32)) func(b [][]float32) []float32 {
		return func(b [][]float32) []float32 { f(b); return nil }
	}
	return everyKernel{assembly, step, buffers, false, [2]func(b [][]float32) []float32{returning(kernel), returning(twin)}}
}

// sums makes a kernel that returns numbers.
func sums(assembly string, step, buffers int, kernel, twin func(b [][]float32) []float32) everyKernel {
	return everyKernel{assembly, step, buffers, false, [2]func(b [][]float32) []float32{kernel, twin}}
}

func one(v float32) []float32    { return []float32{v} }
func two(v, w float32) []float32 { return []float32{v, w} }

func int8s(x []float32) []int8 {
	return unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

var adam = NewAdamStep(0.01, 0.9, 0.999, 1e-8, 0.01, 3)

var everyKernels = []everyKernel{
	sums("dot", 1, 2, func(b [][]float32) []float32 { return one(dot(b[0], b[1])) }, func(b [][]float32) []float32 { return one(dotGo(b[0], b[1])) }),
	sums("squaredDistance", 1, 2, func(b [][]float32) []float32 { return one(squaredDistance(b[0], b[1])) }, func(b [][]float32) []float32 { return one(squaredDistanceGo(b[0], b[1])) }),
	both("axpy", 1, 2, func(b [][]float32) { axpy(b[0], 0.7, b[1]) }, func(b [][]float32) { axpyGo(b[0], 0.7, b[1]) }),
	both("scale", 1, 1, func(b [][]float32) { scale(b[0], 0.7) }, func(b [][]float32) { scaleGo(b[0], 0.7) }),
	sums("firstAbove", 1, 1, func(b [][]float32) []float32 { return one(float32(firstAbove(b[0], 3))) }, func(b [][]float32) []float32 { return one(float32(firstAboveGo(b[0], 3))) }),
	sums("dots dotScan", 1, 2, func(b [][]float32) []float32 {
		dst := make([]float32, 9)
		if n := len(b[0]) / 9; n > 0 {
			dots(dst, b[1][:n], b[0], n)
		}
		return dst
	}, rowsOf(dotGo)),
	sums("dotScan", 1, 2, func(b [][]float32) []float32 {
		dst := make([]float32, 9)
		if n := len(b[0]) / 9; n > 0 {
			dotScan(dst, b[1][:n], b[0], n)
		}
		return dst
	}, rowsOf(dotGo)),
	sums("squaredDistanceScan", 1, 2, func(b [][]float32) []float32 {
		dst := make([]float32, 9)
		if n := len(b[0]) / 9; n > 0 {
			squaredDistanceScan(dst, b[1][:n], b[0], n)
		}
		return dst
	}, rowsOf(squaredDistanceGo)),
	both("multiplyAdd", Lanes, 3, func(b [][]float32) { multiplyAdd(b[0], 0.7, b[1], b[2]) }, func(b [][]float32) { multiplyAddGo(b[0], 0.7, b[1], b[2]) }),
	sums("expSum", 1, 2, func(b [][]float32) []float32 { return one(expSum(b[0], b[1], 0.7, -1)) }, func(b [][]float32) []float32 { return one(expSumGo(b[0], b[1], 0.7, -1)) }),
	sums("expSumColumns", 1, 3, func(b [][]float32) []float32 { return one(expSumColumns(b[0], b[1], b[2], 0.7, -1)) }, func(b [][]float32) []float32 { return one(expSumColumnsGo(b[0], b[1], b[2], 0.7, -1)) }),
	both("softmaxGradient", 1, 3, func(b [][]float32) { softmaxGradient(b[0], b[1], b[2], 0.7) }, func(b [][]float32) { softmaxGradientGo(b[0], b[1], b[2], 0.7) }),
	both("biasReLU", 1, 3, func(b [][]float32) { biasReLU(b[0], b[1], b[2]) }, func(b [][]float32) { biasReLUGo(b[0], b[1], b[2]) }),
	both("reluGradient", 1, 4, func(b [][]float32) { reluGradient(b[0], b[1], b[2], b[3]) }, func(b [][]float32) { reluGradientGo(b[0], b[1], b[2], b[3]) }),
	both("biasGELU", 1, 3, func(b [][]float32) { biasGELU(b[0], b[1], b[2]) }, func(b [][]float32) { biasGELUGo(b[0], b[1], b[2]) }),
	sums("deviations", 1, 1, func(b [][]float32) []float32 { return two(deviations(b[0], 0.1)) }, func(b [][]float32) []float32 { return two(deviationsGo(b[0], 0.1)) }),
	both("standardize", 1, 4, func(b [][]float32) { standardize(b[0], b[1], b[2], b[3], 0.1, 0.9) }, func(b [][]float32) { standardizeGo(b[0], b[1], b[2], b[3], 0.1, 0.9) }),
	both("momentumStep", 1, 3, func(b [][]float32) { momentumStep(b[0], b[1], b[2], 0.1, 0.9) }, func(b [][]float32) { momentumStepGo(b[0], b[1], b[2], 0.1, 0.9) }),
	both("adaGradStep", 1, 3, func(b [][]float32) { positive(b[1]); adaGradStep(b[0], b[1], b[2], 0.1, 1e-3) }, func(b [][]float32) { positive(b[1]); adaGradStepGo(b[0], b[1], b[2], 0.1, 1e-3) }),
	both("adamStep", 1, 4, func(b [][]float32) { positive(b[2]); adamStep(b[0], b[1], b[2], b[3], &adam) }, func(b [][]float32) { positive(b[2]); adamStepGo(b[0], b[1], b[2], b[3], &adam) }),
	both("multiply", Lanes, 2, func(b [][]float32) { multiply(b[0], b[1]) }, func(b [][]float32) { multiplyGo(b[0], b[1]) }),
	both("butterflies", Lanes, 2, func(b [][]float32) { butterflies(b[0], b[1]) }, func(b [][]float32) { butterfliesGo(b[0], b[1]) }),
	both("decodeHalves", 1, 2, func(b [][]float32) { halves(b[1]); decodeHalves(b[0], b[1], 0.7) }, func(b [][]float32) { halves(b[1]); decodeHalvesGo(b[0], b[1], 0.7) }),
	sums("largest", 64, 1, func(b [][]float32) []float32 { return one(largest(b[0])) }, func(b [][]float32) []float32 { return one(largestGo(b[0])) }).finiteOnly(),
	sums("largestFour", 64, 1, func(b [][]float32) []float32 { return one(largestFour(b[0])) }, func(b [][]float32) []float32 { return one(largestFourGo(b[0])) }).finiteOnly(),
	sums("queryBytes", 64, 2, func(b [][]float32) []float32 { return bytesAndRest(queryBytes(int8s(b[0]), b[1], 64, 25)) }, func(b [][]float32) []float32 { return bytesAndRest(queryBytesGo(int8s(b[0]), b[1], 64, 25)) }).finiteOnly(),
	sums("queryTables", 64, 2, func(b [][]float32) []float32 {
		s, below, rest := queryTables(asBytes(b[0]), b[1], 5)
		return []float32{float32(s), float32(below), rest}
	}, func(b [][]float32) []float32 {
		s, below, rest := queryTablesGo(asBytes(b[0]), b[1], 5)
		return []float32{float32(s), float32(below), rest}
	}).finiteOnly(),
	sums("signs", 64, 1, func(b [][]float32) []float32 { return words(signs, b[0]) }, func(b [][]float32) []float32 { return words(signsGo, b[0]) }),
	sums("signSums", Lanes, 2, func(b [][]float32) []float32 { return two(SignSums(b[0], b[1])) }, func(b [][]float32) []float32 { return two(signSumsGo(b[0], b[1])) }),
}

func (k everyKernel) finiteOnly() everyKernel {
	k.finite = true
	return k
}

func rowsOf(f func(x, y []float32) float32) func(b [][]float32) []float32 {
	return func(b [][]float32) []float32 {
		dst := make([]float32, 9)
		if n := len(b[0]) / 9; n > 0 {
			for i := range dst {
				dst[i] = f(b[1][:n], b[0][i*n:])
			}
		}
		return dst
	}
}

func positive(x []float32) {
	for i, v := range x {
		x[i] = abs(v)
	}
}

// halves makes x halves that are numbers: EncodeHalves writes no others.
func halves(x []float32) {
	for i, v := range x {
		x[i] = math.Float32frombits(math.Float32bits(v) &^ (1<<30 | 1<<14))
	}
}

func bytesAndRest(sum int32, rest float32) []float32 { return two(float32(sum), rest) }

func words(f func(dst []uint64, x []float32), x []float32) (out []float32) {
	dst := make([]uint64, len(x)/64)
	f(dst, x)
	for _, w := range dst {
		for i := range 4 {
			out = append(out, float32(w>>(16*i)&0xffff))
		}
	}
	return out
}

// testedElsewhere names the tests of the routines whose buffers are not vectors of one length.
var testedElsewhere = map[string]string{
	"skipGram cbow skipGramPlaced cbowPlaced scores scoresPlaced update": "TestWindows",
	"code8Distances code4Distances code2Distances code1Distances":        "TestCodes",
	"gemmTile packRows transposeAssembly":                                "TestGemm",
	"gatherRows scatterRows prefetchAssembly prefetchRowsAssembly":       "TestRows",
	"bagSum bagMax":                "TestBags",
	"byteSum halfByteSum partSum":  "TestQuantizedSum",
	"fastScan":                     "TestFastScan",
	"hadamard":                     "TestHadamard",
	"insertSorted":                 "TestInsertSorted",
	"keysUpTo":                     "TestKeysUpTo",
	"joinCode":                     "TestSplitCode",
	"maximum":                      "TestMaximum",
	"prefetchCodes prefetchCodes8": "TestCodes",
}

// Every kernel does what its twin does at every length and alignment, also with NaN, Inf and denormal numbers at
// any place, and writes nothing beyond its buffers.
func TestEveryKernel(t *testing.T) {
	specials := []float32{1, float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e-45, -3e-39}
	eachLevel(t, func(name string) {
		r := rand.New(rand.NewPCG(91, 92))
		for _, k := range everyKernels {
			first := 0
			if k.step > 1 {
				first = k.step // whole lines: at least one
			}
			for n := first; n <= longest; n += k.step {
				all, got, want := make([][]float32, k.buffers), make([][]float32, k.buffers), make([][]float32, k.buffers)
				for i := range got {
					all[i], got[i] = guarded(r, n, (n+5*i)%16)
				}
				special := specials[r.IntN(len(specials))]
				if k.finite && (special != special || special-special != 0) {
					special = 1e-45
				}
				if n > 0 {
					got[r.IntN(k.buffers)][r.IntN(n)] = special
				}
				for i := range want {
					want[i] = slices.Clone(got[i])
				}
				what := fmt.Sprintf("%s: %s of %d with %g", name, k.assembly, n, special)
				sameNumbers(t, what, k.run[0](got), k.run[1](want), n)
				for i := range got {
					sameNumbers(t, what, got[i], want[i], 1)
					checkGuards(t, what, all[i], n)
				}
			}
		}
	})
}

// sameNumbers fails unless got has the numbers of want, but for rounding in sums of n.
func sameNumbers(t *testing.T, what string, got, want []float32, n int) {
	t.Helper()
	for i, v := range want {
		if math.Float32bits(got[i]) == math.Float32bits(v) || got[i] != got[i] && v != v {
			continue
		}
		if !(math.Abs(float64(got[i]-v)) <= 1e-5*math.Abs(float64(v))+1e-6*float64(10+n)) {
			t.Fatalf("%s: number %d is %g, want %g", what, i, got[i], v)
		}
	}
}

// Every routine in assembly has a test of lengths, alignments and bounds.
func TestEveryKernelIsTested(t *testing.T) {
	tested := map[string]bool{}
	name := regexp.MustCompile(`\w+`)
	for _, k := range everyKernels {
		for _, s := range name.FindAllString(k.assembly, -1) {
			tested[s] = true
		}
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source []byte
	for _, file := range tests {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	for names, test := range testedElsewhere {
		if !regexp.MustCompile(`func ` + test + `\(`).Match(source) {
			t.Errorf("%s: no test is named %s", names, test)
		}
		for _, s := range name.FindAllString(names, -1) {
			tested[s] = true
		}
	}
	stubs, err := filepath.Glob("*_stubs_*.go")
	if err != nil || len(stubs) == 0 {
		t.Fatalf("no routines: %v", err)
	}
	routine := regexp.MustCompile(`(?m)^func (\w+?)[0-9]*(AVX2|AVX512|NEON|DotProd)?\(`)
	for _, file := range stubs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range routine.FindAllSubmatch(text, -1) {
			if !tested[string(m[1])] {
				t.Errorf("%s: add %s to everyKernels, or the test of its lengths and bounds to testedElsewhere", file, m[1])
			}
		}
	}
}
