package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sumRows computes the sums of the floats of up to eight registers in each row, all at
// once by a transposing tree, so that a sum costs about three instructions instead of a
// chain of ten. rows has one row or, for AVX-512, up to two. Sum j of row i goes to lane
// 8i+j; lanes without a register hold arbitrary numbers. The registers are overwritten.
func (a *isa) sumRows(rows [][]reg.VecVirtual) reg.VecVirtual {
	if a.neon {
		sums := YMM()
		var ops []Op
		for _, v := range rows[0] {
			ops = append(ops, v)
		}
		operation("SUMS", append(ops, sums)...)
		return sums
	}
	halves := make([]reg.VecVirtual, 0, 2)
	for _, r := range rows {
		low := sumFour(r[:min(4, len(r))])
		high := low
		if len(r) > 4 {
			high = sumFour(r[4:])
		}
		halves = append(halves, a.crossLanes(low, high))
	}
	if a.bytes == 32 {
		return halves[0]
	}
	if len(halves) == 1 {
		halves = append(halves, halves[0])
	}
	return a.crossLanes(halves[0], halves[1])
}

// sumFour stores in every 128-bit lane the four sums of up to four registers over that
// lane.
func sumFour(v []reg.VecVirtual) reg.VecVirtual {
	pick := func(i int) reg.VecVirtual { return v[min(i, len(v)-1)] }
	low := interleave(pick(0), pick(1), VUNPCKLPS, VUNPCKHPS)
	high := low
	if len(v) > 2 {
		high = interleave(pick(2), pick(3), VUNPCKLPS, VUNPCKHPS)
	}
	return interleave(low, high, VUNPCKLPD, VUNPCKHPD)
}

// interleave adds the low and the high interleaving of x and y.
func interleave(x, y reg.VecVirtual, low, high func(...Op)) reg.VecVirtual {
	t, u := like(x), like(x)
	low(y, x, t)
	high(y, x, u)
	VADDPS(u, t, t)
	return t
}

func like(v reg.VecVirtual) reg.VecVirtual {
	if v.Size() == 64 {
		return ZMM()
	}
	return YMM()
}

// crossLanes adds neighboring 128-bit lanes of x, then of y, halving their
// number: (x0+x1, x2+x3, y0+y1, y2+y3), or (x0+x1, y0+y1) for AVX2.
func (a *isa) crossLanes(x, y reg.VecVirtual) reg.VecVirtual {
	t, u := a.vec(), a.vec()
	if a.bytes == 64 {
		VSHUFF64X2(Imm(0x88), y, x, t)
		VSHUFF64X2(Imm(0xdd), y, x, u)
	} else {
		VPERM2F128(Imm(0x20), y, x, t)
		VPERM2F128(Imm(0x31), y, x, u)
	}
	VADDPS(u, t, t)
	return t
}
