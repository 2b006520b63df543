package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// halvesKernels emits the conversion of float16 numbers. Their scale is a power of two, so all
// versions return the same bits.
func halvesKernels(a *isa) {
	name := "decodeHalves" + a.name
	TEXT(name, NOSPLIT, "func(x, h *float32, scale float32, n int)")
	Pragma("noescape")
	Doc(name + " writes n halves times scale to x, a multiple of 16.")
	x, h, n := Load(Param("x"), GP64()), Load(Param("h"), GP64()), Load(Param("n"), GP64())
	scale := a.vec()
	s, err := Param("scale").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(s.Addr, scale)
	Label("decode")
	for i := 0; i < 64; i += a.bytes {
		v := a.vec()
		VCVTPH2PS(at(h, i/2), v)
		VMULPS(scale, v, v)
		VMOVUPS(v, at(x, i))
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(32), h)
	SUBQ(Imm(16), n)
	JNE(LabelRef("decode"))
	VZEROUPPER()
	RET()
}
