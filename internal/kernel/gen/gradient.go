package main

import (
	"fmt"
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exp2 holds the coefficients of 2^f for |f| ≤ 1/2 in rising powers: the
// interpolation at the Chebyshev nodes, relative error 1.6e-7 in float32.
var exp2 = []float32{1.00000008, 0.693147188, 0.240221075, 0.0555035711, 0.00967603192, 0.00133908634}

// log1p holds the coefficients of log(1+e)/e for 0 ≤ e ≤ 1 in rising powers: the
// interpolation at the Chebyshev nodes, relative error 2.0e-7 in float32.
var log1p = []float32{0.99999994, -0.49999446, 0.3331812, -0.24835399, 0.19076881, -0.13602248, 0.07751609, -0.029074065, 0.0051261023}

const (
	// signBit is the float32 -0.
	signBit = 0x80000000
	// leastExponent keeps exp(-|t|) a normal number: exp(-87) is 1.6e-38.
	leastExponent = -87
)

// constantsData holds every constant eight times, so that AVX2, which cannot broadcast
// from memory, can use it as an operand.
var (
	constantsData Mem
	constantsAt   = map[uint32]int{}
)

func constants() {
	constantsData = GLOBL("windowConstants", RODATA|NOPTR)
	floats := slices.Concat([]float32{1, math.Log2E, leastExponent}, exp2, log1p)
	bits := []uint32{signBit, 0x007fffff, 127}
	for _, f := range floats {
		bits = append(bits, math.Float32bits(f))
	}
	for i, b := range bits {
		constantsAt[b] = 32 * i
		for k := range 8 {
			DATA(32*i+4*k, U32(b))
		}
	}
}

func constant(f float32) Mem { return constantBits(math.Float32bits(f)) }

func constantBits(b uint32) Mem {
	disp, ok := constantsAt[b]
	if !ok {
		panic(fmt.Sprintf("gen: no constant %#x", b))
	}
	return constantsData.Offset(disp)
}

// gradient512 turns scores s into weight·σ(t), where t is s with its sign flipped if the
// label is 1, and adds log(1+exp(t)) to the loss. Both σ and the loss are computed from
// e = exp(-|t|), which never overflows:
//
//	σ(t) = (t < 0 ? e : 1) / (1 + e)
//	log(1+exp(t)) = max(t, 0) + log(1 + e)
//
// The logarithms are deferred: the factors 1+e are multiplied, and each time the exponent
// of the product is moved into an integer.
//
// In placed windows by holds the weight of each row, which scales the gradient and the
// loss; log(1+e) is then a polynomial.
func (w *window) gradient512(s reg.VecVirtual, rows int, by reg.VecVirtual) reg.VecVirtual {
	k := w.kept
	used := k.used[rows-1]
	t, a, z, e, d := ZMM(), ZMM(), ZMM(), ZMM(), ZMM()
	VPXORD(k.sign, s, t)
	VPORD_BCST(constantBits(signBit), t, a)
	VMAXPS_BCST(constant(leastExponent), a, a)
	VMULPS_BCST(constant(math.Log2E), a, z)
	VRNDSCALEPS(Imm(0), z, z)
	VFMSUB132PS_BCST(constant(math.Log2E), z, a)
	VBROADCASTSS(constant(exp2[5]), e)
	for i := 4; i >= 0; i-- {
		VFMADD213PS_BCST(constant(exp2[i]), a, e)
	}
	VSCALEFPS(z, e, e)
	VADDPS_BCST(constant(1), e, d)

	negative := K()
	VPMOVD2M(t, negative)
	g := ZMM()
	VMOVAPS(k.weight, g)
	VMULPS(e, g, negative, g)
	VDIVPS(d, g, g)

	largest := ZMM()
	w.zero(largest)
	VMAXPS(t, largest, largest) // for NaN and a number the first operand, so that the loss shows it
	if w.placed {
		VMULPS(by, g, g)
		log := ZMM()
		VBROADCASTSS(constant(log1p[len(log1p)-1]), log)
		for i := len(log1p) - 2; i >= 0; i-- {
			VFMADD213PS_BCST(constant(log1p[i]), e, log)
		}
		VFMADD231PS(e, log, largest)
		VFMADD231PS(by, largest, used, k.max)
		return g
	}
	VADDPS(largest, k.max, used, k.max)
	exponent := ZMM()
	VMULPS(d, k.product, used, k.product)
	VPSRLD(Imm(23), k.product, exponent)
	VPSUBD_BCST(constantBits(127), exponent, exponent)
	VPADDD(exponent, k.exponent, k.exponent)
	VPANDD_BCST(constantBits(0x007fffff), k.product, k.product)
	VPORD_BCST(constant(1), k.product, k.product)
	return g
}

// gradient256 is gradient512 for the eight lanes of one context row.
func (w *window) gradient256(s, by reg.VecVirtual) reg.VecVirtual {
	t, a, z, e, d := YMM(), YMM(), YMM(), YMM(), YMM()
	VXORPS(at(w.call, callSign), s, t)
	VORPS(constantBits(signBit), t, a)
	VMAXPS(constant(leastExponent), a, a)
	VMULPS(constant(math.Log2E), a, z)
	VROUNDPS(Imm(0), z, z)
	VFMSUB132PS(constant(math.Log2E), z, a)
	VMOVUPS(constant(exp2[5]), e)
	for i := 4; i >= 0; i-- {
		VFMADD213PS(constant(exp2[i]), a, e)
	}
	// e·2^z by adding z to the exponent field.
	VCVTPS2DQ(z, z)
	VPSLLD(Imm(23), z, z)
	VPADDD(z, e, e)
	VADDPS(constant(1), e, d)

	g := YMM()
	VMOVUPS(constant(1), g)
	VBLENDVPS(t, e, g, g)
	VMULPS(at(w.call, callWeight), g, g)
	VDIVPS(d, g, g)

	// Lanes without an output: t and d are replaced by 0 and 1.
	lanes := Imm(uint64(1)<<w.n - 1)
	largest := YMM()
	VXORPS(largest, largest, largest)
	VBLENDPS(lanes, t, largest, t) // largest is 0
	if w.placed {
		VMULPS(by, g, g)
		VXORPS(a, a, a)
		VBLENDPS(lanes, e, a, e) // a lane without an output loses log(1+0)
		log := YMM()
		VMOVUPS(constant(log1p[len(log1p)-1]), log)
		for i := len(log1p) - 2; i >= 0; i-- {
			VFMADD213PS(constant(log1p[i]), e, log)
		}
		VMAXPS(t, largest, t)
		VFMADD231PS(e, log, t)
		VFMADD213PS(at(w.call, callMax), by, t)
		VMOVUPS(t, at(w.call, callMax))
		return g
	}
	VMAXPS(t, largest, t)
	VADDPS(at(w.call, callMax), t, t)
	VMOVUPS(t, at(w.call, callMax))
	product, exponent := YMM(), YMM()
	VMOVUPS(constant(1), product)
	VBLENDPS(lanes, d, product, product)
	VMULPS(at(w.call, callProd), product, product)
	VPSRLD(Imm(23), product, exponent)
	VPSUBD(constantBits(127), exponent, exponent)
	VPADDD(at(w.call, callExp), exponent, exponent)
	VMOVDQU(exponent, at(w.call, callExp))
	VANDPS(constantBits(0x007fffff), product, product)
	VORPS(constant(1), product, product)
	VMOVUPS(product, at(w.call, callProd))
	return g
}
