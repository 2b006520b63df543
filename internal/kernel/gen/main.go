// Command gen writes the assembly of internal/kernel with avo, for arm64 too. Run it through
// go generate in internal/kernel:
//
//	gen [-arch arm64] -part PART -out FILE.s -stubs FILE.go -pkg kernel
//
// It is a separate module so that LuminaVec does not depend on avo.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

func main() {
	part := flag.String("part", "", "vector, rows, codes, fastscan, queries, sorted, split, hadamard, halves, bytes, brain, quantized, gemm, exp, layers, optimizers, or windows: avx512, avx2 or neon")
	arch := flag.String("arch", "amd64", "amd64 or arm64")
	flag.Parse()
	sets, smallest := []*isa{avx512, avx2}, avx2
	if *arch == "arm64" {
		sets, smallest = []*isa{neon}, neon
		translateTo(flag.Lookup("out").Value.String(), flag.Lookup("stubs").Value.String())
	}
	ConstraintExpr("!noasm")
	each := func(kernels ...func(a *isa)) {
		for _, f := range kernels {
			for _, a := range sets {
				f(a)
			}
		}
	}
	switch *part {
	case "vector":
		each(vectorKernels)
		firstAbove(smallest)
	case "rows":
		each(rowKernels)
		prefetch()
		prefetchRows()
	case "gemm":
		each(gemmKernels)
		transpose()
	case "exp":
		each(expKernels)
	case "layers":
		each(bagKernels, reluKernels, attentionKernels)
	case "quantized":
		each(quantizedKernels)
		partSum(smallest)
	case "optimizers":
		each(optimizerKernels)
	case "codes":
		if *arch == "arm64" {
			sets = []*isa{neonDot, neon}
		}
		for _, bits := range []int{8, 4, 2, 1} {
			each(func(a *isa) { codeDistances(a, bits) })
		}
		prefetchCodes()
	case "bytes":
		each(byteKernels)
	case "brain":
		brainKernels(avx512)
	case "hadamard":
		each(hadamardKernels)
	case "halves":
		each(halvesKernels)
	case "sorted":
		insertSorted()
		keysUpTo()
	case "split":
		joinCode()
	case "queries":
		each(queryKernels)
	case "fastscan":
		each(fastScan)
	case "avx512":
		windowKernels(avx512)
	case "avx2":
		windowKernels(avx2)
	case "neon":
		windowKernels(neon)
	default:
		log.Fatalf("gen: unknown part %q", *part)
	}
	Generate()
}

// isa holds the differences between the two instruction sets. The rest of the code is
// shared: most instructions take either register size.
type isa struct {
	name  string
	bytes int // size of a vector register
	vec   func() reg.VecVirtual
	// chunk is the largest number of output rows that the window kernels keep in
	// registers: two registers for a row (the row and its update), and three to work with.
	chunk int
	// neon marks the translation to arm64; dot, that the products of bytes are one instruction.
	neon, dot bool
}

var (
	avx512 = &isa{name: "AVX512", bytes: 64, vec: ZMM, chunk: 8}
	avx2   = &isa{name: "AVX2", bytes: 32, vec: YMM, chunk: 6}
)

func (a *isa) floats() int { return a.bytes / 4 }

// zero clears v by the zeroing idiom, which costs nothing.
func (a *isa) zero(v reg.VecVirtual) {
	if a.bytes == 64 {
		// avo does not know that this instruction reads nothing.
		i, err := x86.VPXORD(v, v, v)
		if err != nil {
			panic(err)
		}
		i.CancellingInputs = true
		Instruction(i)
		return
	}
	VXORPS(v, v, v)
}

func (a *isa) zeros(n int) []reg.VecVirtual {
	vs := make([]reg.VecVirtual, n)
	for i := range vs {
		vs[i] = a.vec()
		a.zero(vs[i])
	}
	return vs
}

// sumTo adds the floats of v into the lowest lane; v is overwritten.
func (a *isa) sumTo(v reg.VecVirtual) reg.Register {
	y := v.AsY()
	if a.neon {
		operation("SUM", v)
		return v.AsX()
	}
	if a.bytes == 64 {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		VADDPS(h, y, y)
	}
	x, t := v.AsX(), XMM()
	VEXTRACTF128(Imm(1), y, t)
	VADDPS(t, x, x)
	VPERMILPS(Imm(0b1110), x, t)
	VADDPS(t, x, x)
	VPERMILPS(Imm(1), x, t)
	VADDSS(t, x, x)
	return x
}

// at returns the operand disp bytes from p.
func at(p reg.Register, disp int) Mem { return Mem{Base: p, Disp: disp} }

// plus returns the operand at p + i.
func plus(p, i reg.Register) Mem { return Mem{Base: p, Index: i, Scale: 1} }

// align places the next instruction, the start of a loop, at a multiple of 32 bytes.
func align() {
	Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []Op{Imm(32)}})
}

// imm returns an immediate of one of the two sizes that arithmetic instructions accept;
// Imm of avo would make 256 a 16-bit one.
func imm(v int) Op {
	if v < 128 {
		return U8(v)
	}
	return U32(v)
}
