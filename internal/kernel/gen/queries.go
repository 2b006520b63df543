package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// queryKernels emits the passes that round a query for the comparison with codes.
func queryKernels(a *isa) {
	a.largest("largest", 1, "the largest absolute value of x")
	a.largest("largestFour", 4, "the largest sum of the absolute values of four values of x")
	a.queryBytes()
	a.queryTables()
	a.signs()
	a.signSums()
}

// largest finds the largest sum of n absolute values, 1 or 4.
func (a *isa) largest(name string, n int, what string) {
	name += a.name
	TEXT(name, NOSPLIT, "func(x *float32, n int) float32")
	Pragma("noescape")
	Doc(name + " returns " + what + ", of n, a multiple of 16.")
	x, left := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	positive, most := a.broadcastInt(1<<31-1), a.zeros(1)[0]
	Label("values")
	for i := 0; i < 64; i += a.bytes {
		v, t := a.vec(), a.vec()
		VMOVUPS(at(x, i), v)
		a.and(positive, v)
		if n == 4 {
			VPERMILPS(Imm(0b10110001), v, t)
			VADDPS(t, v, v)
			VPERMILPS(Imm(0b01001110), v, t)
			VADDPS(t, v, v)
		}
		VMAXPS(v, most, most)
	}
	ADDQ(Imm(64), x)
	SUBQ(Imm(16), left)
	JNE(LabelRef("values"))
	top := a.maximum(most)
	VZEROUPPER()
	Store(top, ReturnIndex(0))
	RET()
}

// maximum finds the largest float of v, which is overwritten.
func (a *isa) maximum(v reg.VecVirtual) reg.Register {
	y, t := v.AsY(), XMM()
	if a.neon {
		operation("MAXIMUM", v)
		return v.AsX()
	}
	if a.bytes == 64 {
		h := YMM()
		VEXTRACTF64X4(Imm(1), v, h)
		VMAXPS(h, y, y)
	}
	VEXTRACTF128(Imm(1), y, t)
	m := v.AsX()
	VMAXPS(t, m, m)
	VPERMILPS(Imm(0b1110), m, t)
	VMAXPS(t, m, m)
	VPERMILPS(Imm(1), m, t)
	VMAXPS(t, m, m)
	return m
}

// broadcastInt returns a register of the same 32 bits.
func (a *isa) broadcastInt(bits uint32) reg.VecVirtual {
	r, x, v := GP32(), XMM(), a.vec()
	MOVL(U32(bits), r)
	VMOVD(r, x)
	VPBROADCASTD(x, v)
	return v
}

// rounded holds sums of what rounding yields.
type rounded struct{ inverse, half, whole, sum, rest reg.VecVirtual }

// rounding prepares for values of at least -least.
func (a *isa) rounding(half float32, least uint32) rounded {
	z := a.zeros(2)
	return rounded{a.broadcastParam("inverse"), a.broadcastInt(math.Float32bits(half)), a.broadcastInt(least), z[0], z[1]}
}

// round returns the integers nearest to the values at m, times inverse.
func (a *isa) round(r rounded, m Mem) reg.VecVirtual {
	v, c, f := a.vec(), a.vec(), a.vec()
	VMULPS(m, r.inverse, v)
	VADDPS(r.half, v, c)
	VCVTTPS2DQ(c, c)
	VPSUBD(r.whole, c, c)
	VPADDD(c, r.sum, r.sum)
	VCVTDQ2PS(c, f)
	VSUBPS(f, v, v)
	VFMADD231PS(v, v, r.rest)
	return c
}

// toBytes returns the 16 integers of v as bytes.
func (a *isa) toBytes(v []reg.VecVirtual) reg.VecVirtual {
	x := XMM()
	if a.neon {
		operation("LOWBYTES", v[0], v[1], x)
		return x.(reg.VecVirtual)
	}
	if a.bytes == 64 {
		VPMOVDB(v[0], x)
		return x.(reg.VecVirtual)
	}
	y, low, mask := YMM(), YMM(), a.broadcastInt(255) // the low bytes, so that nothing saturates
	for _, i := range v {
		VPAND(mask, i, i)
	}
	VPACKUSDW(v[1], v[0], y)
	VPERMQ(Imm(0xd8), y, low)
	VEXTRACTI128(Imm(1), low, x)
	VPACKUSWB(x, low.AsX(), x)
	return x.(reg.VecVirtual)
}

func (a *isa) queryBytes() {
	name := "queryBytes" + a.name
	TEXT(name, NOSPLIT, "func(dst *int8, x *float32, lines, step int, inverse float32) (sum int32, rest float32)")
	Pragma("noescape")
	Doc(name+" rounds lines of 64 values, times inverse, to bytes, which it stores step bytes apart. It returns their",
		"sum and the squared length of what rounding took, in steps.")
	dst, x := Load(Param("dst"), GP64()), Load(Param("x"), GP64())
	lines, step := Load(Param("lines"), GP64()), Load(Param("step"), GP64())
	r := a.rounding(128.5, 128)
	Label("line")
	for i := 0; i < 4; i++ {
		var v []reg.VecVirtual
		for j := 0; j < 64; j += a.bytes {
			v = append(v, a.round(r, at(x, 64*i+j)))
		}
		VMOVDQU(a.toBytes(v), at(dst, 16*i))
	}
	ADDQ(imm(256), x)
	ADDQ(step, dst)
	DECQ(lines)
	JNE(LabelRef("line"))
	a.storeRounded(r, r.sum)
}

// storeRounded returns the sums of ints and of what rounding took.
func (a *isa) storeRounded(r rounded, ints ...reg.VecVirtual) {
	for i, v := range ints {
		Store(a.sumInts(v), ReturnIndex(i))
	}
	Store(a.sumTo(r.rest), ReturnIndex(len(ints)))
	VZEROUPPER()
	RET()
}

// sumInts returns the sum of the integers of v.
func (a *isa) sumInts(v reg.VecVirtual) reg.Register {
	y := v.AsY()
	if a.neon {
		sum := GP32()
		operation("SUMINT", v, sum)
		return sum
	}
	if a.bytes == 64 {
		h := YMM()
		VEXTRACTI64X4(Imm(1), v, h)
		VPADDD(h, y, y)
	}
	x, t, sum := v.AsX(), XMM(), GP32()
	VEXTRACTI128(Imm(1), y, t)
	VPADDD(t, x, x)
	VPSHUFD(Imm(0b1110), x, t)
	VPADDD(t, x, x)
	VPSHUFD(Imm(1), x, t)
	VPADDD(t, x, x)
	VMOVD(x, sum)
	return sum
}

var tableBytes Mem

// queryTables writes what a nibble stands for: entry n of a table has for each of four values what it is
// above 0, if its bit is set in n, and otherwise what it is below 0.
func (a *isa) queryTables() {
	if tableBytes.Symbol.Name == "" {
		// For each of four values: which bytes go to the entries with its bit, then to those without.
		tableBytes = GLOBL("queryTableBytes", RODATA|NOPTR)
		for value := range 4 {
			for set := range 2 {
				for i := range 64 {
					from := uint8(0x80)
					if i>>value&1 == 1-set {
						from = uint8(i/16*4 + value)
					}
					DATA(128*value+64*set+i, U8(from))
				}
			}
		}
	}
	name := "queryTables" + a.name
	TEXT(name, NOSPLIT, "func(tables *uint8, x *float32, n int, inverse float32) (sum, below int32, rest float32)")
	Pragma("noescape")
	Doc(name+" rounds n values, a multiple of 16, times inverse to integers, and writes a table for each four. It returns the",
		"sums of the integers and of what they are below 0, and the squared length of what rounding took, in steps.")
	tables, x, n := Load(Param("tables"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	lanes := GP64()
	LEAQ(tableBytes, lanes)
	r := a.rounding(256.5, 256)
	zero, below := a.zeros(1)[0], a.zeros(1)[0]
	Label("values")
	var high, low []reg.VecVirtual
	for j := 0; j < 64; j += a.bytes {
		c, h := a.round(r, at(x, j)), a.vec()
		VPMAXSD(zero, c, h)
		VPSUBD(c, h, c)
		VPADDD(c, below, below)
		high, low = append(high, h), append(low, c)
	}
	spread := func(v []reg.VecVirtual) reg.VecVirtual {
		x, all := a.toBytes(v), a.vec()
		switch {
		case a.neon:
			operation("BOTH", x, all)
		case a.bytes == 64:
			VSHUFI32X4(Imm(0), x.AsZ(), x.AsZ(), all)
		default:
			VPERMQ(Imm(0x44), x.AsY(), all)
		}
		return all
	}
	h, l := spread(high), spread(low)
	for part := 0; part < 64; part += a.bytes {
		sum := a.vec()
		for value := range 4 {
			for i, v := range []reg.VecVirtual{h, l} {
				t := a.vec()
				if value+i == 0 {
					t = sum
				}
				VPSHUFB(at(lanes, 128*value+64*i+part), v, t)
				if value+i > 0 {
					VPADDB(t, sum, sum)
				}
			}
		}
		if a.bytes == 64 {
			VMOVDQU8(sum, at(tables, part))
		} else {
			VMOVDQU(sum, at(tables, part))
		}
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), tables)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	a.storeRounded(r, r.sum, below)
}

// signs compares values with 0.
func (a *isa) signs() {
	name := "signs" + a.name
	TEXT(name, NOSPLIT, "func(dst *uint64, x *float32, n int)")
	Pragma("noescape")
	Doc(name + " sets bit i of dst unless x[i] is negative, for i < n, a multiple of 16.")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	zero := a.zeros(1)[0]
	notLess := Imm(0x1d)
	Label("values")
	for i := 0; i < 64; i += a.bytes {
		v, bits := a.vec(), GP32()
		VMOVUPS(at(x, i), v)
		if a.bytes == 64 {
			k := K()
			VCMPPS(notLess, zero, v, k)
			KMOVW(k, bits)
			MOVW(bits.As16(), at(dst, 0))
			continue
		}
		VCMPPS(notLess, zero, v, v)
		VMOVMSKPS(v, bits)
		MOVB(bits.As8(), at(dst, i/32))
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(2), dst)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	VZEROUPPER()
	RET()
}

func (a *isa) signSums() {
	name := "signSums" + a.name
	TEXT(name, NOSPLIT, "func(x, y *float32, n int) (length, along float32)")
	Pragma("noescape")
	Doc(name + " returns the sum of the absolute values of x and that of y with the signs of x, of n values, a multiple of 16.")
	x, y, n := Load(Param("x"), GP64()), Load(Param("y"), GP64()), Load(Param("n"), GP64())
	sign, sums := a.broadcastInt(1<<31), a.zeros(2)
	Label("values")
	for i := 0; i < 64; i += a.bytes {
		v, t := a.vec(), a.vec()
		VMOVUPS(at(x, i), v)
		if a.bytes == 64 {
			VPANDD(sign, v, t)
			VPXORD(t, v, v)
			VPXORD(at(y, i), t, t)
		} else {
			VPAND(sign, v, t)
			VPXOR(t, v, v)
			VPXOR(at(y, i), t, t)
		}
		VADDPS(v, sums[0], sums[0])
		VADDPS(t, sums[1], sums[1])
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), y)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	for i, v := range sums {
		Store(a.sumTo(v), ReturnIndex(i))
	}
	VZEROUPPER()
	RET()
}
