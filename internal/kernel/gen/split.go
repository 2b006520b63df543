package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// joinCode emits a kernel that puts split codes together, 32 values at a time.
func joinCode() {
	TEXT("joinCodeAVX2", NOSPLIT, "func(code, split, signs, picks, masks *uint8, bits, count int)")
	Pragma("noescape")
	Doc("joinCodeAVX2 sets 32·count values of code to those of a split code and the nibbles of signs, 16 bytes apart.",
		"picks are for VPSHUFB, masks those of the steps; the lowest byte of bits is the lowest bit of a nibble.")
	code, split, signs := Load(Param("code"), GP64()), Load(Param("split"), GP64()), Load(Param("signs"), GP64())
	picks, masks := Load(Param("picks"), GP64()), Load(Param("masks"), GP64())
	bits, count := YMM(), Load(Param("count"), GP64())
	VMOVD(Load(Param("bits"), GP64()).(reg.GPVirtual).As32(), bits.AsX())
	VPBROADCASTD(bits.AsX(), bits)
	spread, top := YMM(), YMM()
	VMOVDQU(at(masks, 6*32), spread)
	VMOVDQU(at(masks, 7*32), top)
	pick := make([]reg.VecVirtual, 4)
	for i := range pick {
		pick[i] = YMM()
		VMOVDQU(at(picks, 32*i), pick[i])
	}
	Label("values")
	// In each half of a register, four nibbles fill four bytes each.
	sum := YMM()
	for i, p := range pick {
		v := YMM()
		VMOVDQU(at(signs, 16*i), v.AsX())
		VINSERTI128(Imm(1), at(signs, 16*(i+4)), v, v)
		if i == 0 {
			VPSHUFB(p, v, sum)
			continue
		}
		VPSHUFB(p, v, v)
		VPOR(v, sum, sum)
	}
	VPAND(bits, sum, sum)
	VPCMPEQB(bits, sum, sum)
	VPAND(top, sum, sum)
	// Seven bytes become eight: 28 bits each become two of 14, and these four of 7.
	x := YMM()
	VMOVDQU(at(split, 0), x.AsX())
	VINSERTI128(Imm(1), at(split, 14), x, x)
	VPSHUFB(spread, x, x)
	for i, shift := range []uint64{4, 2, 1} {
		t := YMM()
		VPSLLQ(Imm(shift), x, t)
		VPAND(at(masks, 64*i), x, x)
		VPAND(at(masks, 64*i+32), t, t)
		VPOR(t, x, x)
	}
	VPOR(sum, x, x)
	VMOVDQU(x, at(code, 0))
	ADDQ(Imm(32), code)
	ADDQ(Imm(28), split)
	SUBQ(I8(-128), signs)
	DECQ(count)
	JNE(LabelRef("values"))
	VZEROUPPER()
	RET()
}
