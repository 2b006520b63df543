package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// codeDistances processes four codes at a time, which share the loads of the query and
// the final sums, then the rest one by one. The codes are independent, so the processor
// can load many of them at the same time.
func codeDistances(a *isa, bits int) {
	name := fmt.Sprintf("code%dDistances%s", bits, a.name)
	TEXT(name, NOSPLIT, "func(dst *float32, query *int8, stride int, scale float32, sum int32, "+
		"chunks *[]float32, shift, width, head int, ids *int32, count int)")
	Pragma("noescape")
	Doc(name+" sets dst[i] to the distance of the query to the code of record ids[i]",
		"of chunks of 1<<shift records of width bytes, head bytes from the record's start.")
	dst, query, stride := Load(Param("dst"), GP64()), Load(Param("query"), GP64()), Load(Param("stride"), GP64())
	chunks := Load(Param("chunks"), GP64())
	ids, count := Load(Param("ids"), GP64()), Load(Param("count"), GP64())
	scale, sum := XMM(), XMM()
	VBROADCASTSS(param("scale"), scale)
	VMOVD(Load(Param("sum"), GP32()), sum) // go vet mistakes a broadcast from memory for one of 8 bytes
	VPBROADCASTD(sum, sum)
	shift := Load(Param("shift"), GP64())

	for _, n := range []int{4, 1} {
		loop, done := fmt.Sprintf("codes_%d", n), fmt.Sprintf("codes_%d_done", n)
		SUBQ(Imm(uint64(n)), count)
		JLT(LabelRef(done))
		Label(loop)
		p := make([]reg.Register, n)
		for i := range p {
			p[i] = codeAt(at(ids, 4*i), chunks, shift)
		}
		ints := a.codeSums(fmt.Sprintf("lines_%d", n), bits, query, stride, p)
		VPSUBD(sum, ints, ints)
		VCVTDQ2PS(ints, ints)
		VMULPS(scale, ints, ints)
		// The trailers: the factor and the bias of each code.
		trailer := func(i int) Mem { return Mem{Base: p[i%n], Index: stride, Scale: 1, Disp: -8} }
		t, u := XMM(), XMM()
		VMOVSD(trailer(0), t)
		if n == 1 {
			VMULPS(t, ints, ints)
			VPSHUFD(Imm(1), t, u)
			VADDSS(u, ints, ints)
			VMOVSS(ints, at(dst, 0))
		} else {
			VMOVHPS(trailer(1), t, t)
			VMOVSD(trailer(2), u)
			VMOVHPS(trailer(3), u, u)
			factors, biases := XMM(), XMM()
			VSHUFPS(Imm(0x88), u, t, factors)
			VSHUFPS(Imm(0xdd), u, t, biases)
			VMULPS(factors, ints, ints)
			VADDPS(biases, ints, ints)
			VMOVUPS(ints, at(dst, 0))
		}
		ADDQ(Imm(uint64(4*n)), dst)
		ADDQ(Imm(uint64(4*n)), ids)
		SUBQ(Imm(uint64(n)), count)
		JGE(LabelRef(loop))
		Label(done)
		ADDQ(Imm(uint64(n)), count)
	}
	VZEROUPPER()
	RET()
}

// prefetchCodes emits a kernel that prefetches all cache lines of codes: the processor, which fetches what follows on its
// own, begins too late.
func prefetchCodes() {
	TEXT("prefetchCodes", NOSPLIT, "func(stride int, chunks *[]float32, shift, width, head int, ids *int32, count int)")
	Pragma("noescape")
	Doc("prefetchCodes prefetches the codes of the records ids",
		"of chunks of 1<<shift records of width bytes, head bytes from the record's start.")
	stride, chunks := Load(Param("stride"), GP64()), Load(Param("chunks"), GP64())
	ids, count := Load(Param("ids"), GP64()), Load(Param("count"), GP64())
	shift := Load(Param("shift"), GP64())
	Label("records")
	p, left := codeAt(at(ids, 0), chunks, shift), GP64()
	MOVQ(stride, left) // a multiple of 64
	Label("lines")
	PREFETCHT0(at(p, 0))
	ADDQ(Imm(64), p)
	SUBQ(Imm(64), left)
	JNE(LabelRef("lines"))
	ADDQ(Imm(4), ids)
	DECQ(count)
	JNE(LabelRef("records"))
	RET()
}

func param(name string) Mem {
	m, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return m.Addr
}

// codeAt returns the address of the code of the record whose id is at m.
func codeAt(m Mem, chunks, shift reg.Register) reg.Register {
	p, chunk := GP64(), GP64()
	MOVL(m, p.As32())
	SHRXQ(shift, p, chunk)
	BZHIQ(shift, p, p)
	IMULQ(param("width"), p)
	LEAQ(Mem{Base: chunk, Index: chunk, Scale: 2}, chunk) // a slice is three words
	ADDQ(Mem{Base: chunks, Index: chunk, Scale: 8}, p)
	ADDQ(param("head"), p)
	return p
}

// codeSums computes the sum of the products of the query and each code in p; the lanes
// of the result are in the order of p. A byte of a code holds 8/bits values, and 64 bytes of it
// are multiplied by as many lines of the query.
func (a *isa) codeSums(label string, bits int, query, stride reg.Register, p []reg.Register) reg.VecVirtual {
	acc := a.zeros(len(p))
	multiply := a.multiplyBytes()
	fields := 8 / bits
	var low, flip reg.VecVirtual
	if a.neon {
		low, flip = a.vec(), a.vec()
		operation("FILLBYTES", U8(1<<bits-1), low)
		operation("FILLBYTES", U8(0x80), flip)
	} else if bits < 8 {
		low = a.vec()
		mask, x := GP32(), XMM()
		MOVL(U32(0x01010101*(1<<bits-1)), mask)
		VMOVD(mask, x)
		VPBROADCASTD(x, low)
	}
	at0, off := GP64(), GP64()
	MOVQ(query, at0)
	XORQ(off, off)
	Label(label)
	for half := 0; half < 64; half += a.bytes {
		load := func(f int) reg.VecVirtual {
			q := a.vec()
			a.move(at(at0, 64*f+half), q)
			return q
		}
		if a.neon && bits < 8 {
			// There are registers for the codes, so that each field of the query is loaded once.
			codes := make([]reg.VecVirtual, len(p))
			for i := range p {
				codes[i] = a.vec()
				a.move(Mem{Base: p[i], Index: off, Scale: 1, Disp: half}, codes[i])
			}
			for f := range fields {
				q := []reg.VecVirtual{load(f)}
				for i, c := range codes {
					multiply(acc[i], q, func(int) reg.VecVirtual { return a.byteField(bits, f, c, low) }, 1)
				}
			}
			continue
		}
		var q []reg.VecVirtual
		if a.bytes == 64 || fields <= 2 { // there are registers for all
			for f := range fields {
				q = append(q, load(f))
			}
		}
		for i := range p {
			c := a.vec()
			a.move(Mem{Base: p[i], Index: off, Scale: 1, Disp: half}, c)
			if bits == 8 {
				if a.neon { // b-128, a signed byte
					VXORPS(flip, c, c)
				}
				multiply(acc[i], q, func(int) reg.VecVirtual { return c }, 1)
				continue
			}
			queries := q
			if queries == nil {
				queries = make([]reg.VecVirtual, fields)
			}
			multiply(acc[i], queries, func(f int) reg.VecVirtual {
				if queries[f] == nil {
					queries[f] = load(f)
				}
				v := c
				if f < fields-1 {
					v = a.vec()
				}
				src := c
				if f > 0 {
					VPSRLW(Imm(uint64(bits*f)), c, v)
					src = v
				}
				if a.bytes == 64 {
					VPANDD(low, src, v)
				} else {
					VPAND(low, src, v)
				}
				return v
			}, fields)
		}
	}
	ADDQ(imm(64*fields), at0)
	ADDQ(Imm(64), off)
	CMPQ(off, stride)
	JLT(LabelRef(label))

	if a.neon {
		x := XMM()
		var ops []Op
		for i := range 4 {
			ops = append(ops, acc[i%len(p)])
		}
		operation("SUMINTS", append(ops, x)...)
		return x.(reg.VecVirtual)
	}
	halves := make([]reg.Register, len(p))
	for i, v := range acc {
		halves[i] = v.AsY()
		if a.bytes == 64 {
			h := YMM()
			VEXTRACTI64X4(Imm(1), v, h)
			VPADDD(h, halves[i], halves[i])
		}
	}
	pick := func(i int) reg.Register { return halves[i%len(p)] }
	low, high := YMM(), YMM()
	VPHADDD(pick(1), pick(0), low)
	VPHADDD(pick(3), pick(2), high)
	VPHADDD(high, low, low)
	x := XMM()
	VEXTRACTI128(Imm(1), low, x)
	VPADDD(low.AsX(), x, x)
	return x
}

// byteField returns field f of each byte of c, for NEON.
func (a *isa) byteField(bits, f int, c, low reg.VecVirtual) reg.VecVirtual {
	v := a.vec()
	if f == 0 {
		VPAND(low, c, v)
		return v
	}
	operation("SHIFTBYTES", U8(bits*f), c, v)
	if f < 8/bits-1 {
		a.and(low, v)
	}
	return v
}

// multiplyBytes returns a function that adds the products of signed and unsigned bytes, q
// and the fields of a code, to the 32-bit lanes of acc. It asks for the fields in turn, and reads
// q[f] afterwards; both may be overwritten.
func (a *isa) multiplyBytes() func(acc reg.VecVirtual, q []reg.VecVirtual, field func(int) reg.VecVirtual, fields int) {
	if a.neon || a.bytes == 64 {
		return func(acc reg.VecVirtual, q []reg.VecVirtual, field func(int) reg.VecVirtual, fields int) {
			for f := range fields {
				switch c := field(f); {
				case a.dot:
					operation("DOTBYTES", q[f], c, acc)
				case a.neon:
					operation("MULBYTES", q[f], c, acc)
				default:
					VPDPBUSD(q[f], c, acc)
				}
			}
		}
	}
	// Pairs of products are summed in 16 bits. They fit: a byte is at most 255 and a value
	// of the query then at most 64. With several fields, their largest values add up to at most
	// 30 and a value of the query is at most 127.
	ones := YMM()
	VPCMPEQW(ones, ones, ones)
	VPSRLW(Imm(15), ones, ones)
	return func(acc reg.VecVirtual, q []reg.VecVirtual, field func(int) reg.VecVirtual, fields int) {
		var sum reg.VecVirtual
		for f := range fields {
			c := field(f)
			VPMADDUBSW(q[f], c, c)
			if f == 0 {
				sum = c
				continue
			}
			VPADDW(c, sum, sum)
		}
		VPMADDWD(ones, sum, sum)
		VPADDD(sum, acc, acc)
	}
}

// move loads a register of bytes.
func (a *isa) move(m Mem, v reg.VecVirtual) {
	if a.bytes == 64 {
		VMOVDQU8(m, v)
		return
	}
	VMOVDQU(m, v)
}

// and leaves in v the bits that are in mask too.
func (a *isa) and(mask, v reg.VecVirtual) {
	if a.bytes == 64 {
		VPANDD(mask, v, v)
		return
	}
	VPAND(mask, v, v)
}
