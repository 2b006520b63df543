package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// quantizedKernels emits the kernels that sum quantized rows.
func quantizedKernels(a *isa) {
	a.stepSum("byteSum", 8)
	a.stepSum("halfByteSum", 4)
}

// quantizedRow runs body with the address of column off, in bytes of code, of the row of each id,
// and its scale and weight in all lanes of vectors from vec.
func quantizedRow(label string, off reg.Register, vec func() reg.VecVirtual, body func(p reg.Register, scale, weight reg.VecVirtual)) {
	ids, weights := Load(Param("ids"), GP64()), Load(Param("weights"), GP64())
	scales, mapping := Load(Param("scales"), GP64()), Load(Param("mapping"), GP64())
	i, p, base := GP64(), GP64(), Load(Param("codes"), GP64())
	ADDQ(off, base)
	XORQ(i, i)
	Label(label)
	MOVLQSX(Mem{Base: ids, Index: i, Scale: 4}, p)
	scale, weight := vec(), vec()
	VBROADCASTSS(Mem{Base: scales, Index: p, Scale: 4}, scale)
	VBROADCASTSS(Mem{Base: weights, Index: i, Scale: 4}, weight)
	TESTQ(mapping, mapping)
	JE(LabelRef(label + "_own"))
	MOVLQSX(Mem{Base: mapping, Index: p, Scale: 4}, p)
	Label(label + "_own")
	IMULQ(param("width"), p)
	ADDQ(base, p)
	body(p, scale, weight)
	INCQ(i)
	CMPQ(i, param("count"))
	JNE(LabelRef(label))
}

// stepSum sums rows of whole steps.
func (a *isa) stepSum(name string, bits int) {
	name += a.name
	TEXT(name, NOSPLIT, "func(dst *float32, codes *byte, scales *float32, mapping, ids *int32, weights *float32, count, stride, width int)")
	Pragma("noescape")
	Doc(name+" sets stride bytes of dst to the sum of weights[i] times row ids[i], of width bytes, of codes,",
		"times its scale. count is at least 1.")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	var levels, low, eight reg.VecVirtual
	if bits == 4 {
		levels, low, eight = a.halfByteConstants()
	}
	a.blocks(stride, 8, func(label string, off reg.Register, n int) {
		at4 := GP64()
		MOVQ(off, at4)
		SHRQ(Imm(uint64(map[int]int{8: 2, 4: 3}[bits])), at4) // a code has a 4th or an 8th of the bytes
		acc := a.zeros(n)
		quantizedRow(label, at4, a.vec, func(p reg.Register, scale, weight reg.VecVirtual) {
			if bits == 4 && a.bytes == 64 {
				VMULPS(levels, scale, scale) // the value of each step
			}
			for k, sum := range acc {
				v := a.vec()
				m := at(p, k*a.floats()*bits/8)
				switch {
				case bits == 8:
					VPMOVSXBD(m, v)
					VCVTDQ2PS(v, v)
					VMULPS(scale, v, v)
				case a.bytes == 64:
					a.spreadHalfBytes(m, v)
					VPERMPS(scale, v, v) // looks at 4 bits only
				default:
					if a.neon {
						operation("HALFBYTES", m, low, eight, v)
					} else {
						a.spreadHalfBytes(m, v)
						VPAND(low, v, v)
						VPSUBD(eight, v, v)
					}
					VCVTDQ2PS(v, v)
					VMULPS(scale, v, v)
				}
				VFMADD231PS(v, weight, sum)
			}
		})
		for k, v := range acc {
			VMOVUPS(v, Mem{Base: dst, Index: off, Scale: 1, Disp: k * a.bytes})
		}
	})
	VZEROUPPER()
	RET()
}

// halfByteConstants returns the values of half bytes, for AVX-512, or 15 and 8 in all lanes.
func (a *isa) halfByteConstants() (levels, low, eight reg.VecVirtual) {
	if a.bytes == 64 {
		m := GLOBL("halfByteLevels", RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, F32(i-8))
		}
		levels = a.vec()
		VMOVUPS(m, levels)
		return levels, nil, nil
	}
	if a.neon {
		low, eight = a.vec(), a.vec()
		operation("FILLBYTES", U8(15), low)
		operation("FILLBYTES", U8(8), eight)
		return nil, low, eight
	}
	return nil, a.broadcastInt(15), a.broadcastInt(8)
}

// spreadHalfBytes sets the low 4 bits of each lane of v to the half bytes at m, in order.
func (a *isa) spreadHalfBytes(m Mem, v reg.VecVirtual) {
	high := a.vec()
	VPMOVZXBQ(m, v)
	VPSLLQ(Imm(28), v, high) // the high half to the low bits of the second lane
	if a.bytes == 64 {
		VPORD(high, v, v)
	} else {
		VPOR(high, v, v)
	}
}

// partSum sums rows of numbers of vectors of 4 values.
func partSum(a *isa) {
	name := "partSum" + a.name
	TEXT(name, NOSPLIT, "func(dst *float32, codes *byte, book, scales *float32, mapping, ids *int32, weights *float32, count, stride, width int)")
	Pragma("noescape")
	Doc(name+" sets stride bytes of dst to the sum of weights[i] times row ids[i], of width bytes, of codes,",
		"each byte of which stands for 4 of 1024 values of book, times its scale. count is at least 1.")
	dst, stride := Load(Param("dst"), GP64()), Load(Param("stride"), GP64())
	off, end, book := GP64(), GP64(), Load(Param("book"), GP64())
	part := GP64()
	XORQ(off, off)
	XORQ(part, part)
	for _, n := range []int{8, 4, 2, 1} {
		block, done := fmt.Sprintf("block_%d", n), fmt.Sprintf("block_%d_done", n)
		Label(block)
		LEAQ(at(off, 16*n), end)
		CMPQ(end, stride)
		JGT(LabelRef(done))
		acc := make([]reg.VecVirtual, n)
		for k := range acc {
			acc[k] = XMM()
			VXORPS(acc[k], acc[k], acc[k])
		}
		quantizedRow(fmt.Sprintf("rows_%d", n), part, XMM, func(p reg.Register, scale, weight reg.VecVirtual) {
			for k, sum := range acc {
				c, v := GP64(), XMM()
				MOVBLZX(at(p, k), c.As32())
				SHLQ(Imm(4), c)
				VMULPS(Mem{Base: book, Index: c, Scale: 1, Disp: 4096 * k}, scale, v)
				VFMADD231PS(v, weight, sum)
			}
		})
		for k, v := range acc {
			VMOVUPS(v, Mem{Base: dst, Index: off, Scale: 1, Disp: 16 * k})
		}
		ADDQ(imm(16*n), off)
		ADDQ(imm(n), part)
		ADDQ(U32(4096*n), book)
		if n == 8 {
			JMP(LabelRef(block))
		}
		Label(done)
	}
	RET()
}
