package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of windowCall in internal/kernel.
const (
	callIn        = 8 * iota // first row of the input table
	callOut                  // first row of the output table
	callStride               // bytes of a row
	callWindow               // m, m context ids, output ids
	callAhead                // a later window to prefetch, or nil
	callGrad                 // m rows of eight floats: scores, then gradients
	callRows                 // m addresses: the ends of the context rows
	callFirst                // four times the number of the chunk's first output
	callOutputs              // outputs of a window, all chunks
	callSum                  // rows of stride bytes: the context's updates, or the hidden row
	callNext                 // room for the addresses of the rows to prefetch: their ends
	callNextCount            // the number of these addresses
	callCount                // windows to apply, one after another
	callEnd                  // end of the batch
	callSign      = 128      // 16 floats: sign bit where the label is 1
	callWeight    = 192      // 16 floats: alpha where the label is 1, -alpha where 0
	callMax       = 256      // 16 floats: sums of max(t, 0) for the loss
	callProd      = 320      // 16 floats: products of 1+exp(-|t|) for the loss, in [1, 2)
	callExp       = 384      // 16 int32: the exponents taken out of the products
	callLanes     = 448      // placed windows: the weights of the places, eight times each
	callPlaces    = 456      // placed CBOW: the weights of the places
	callTotal     = 464      // placed CBOW: float, the sum of the window's weights (1 for the sum of the context)
	callInverse   = 468      // placed CBOW: float, its inverse
	callLane      = 472      // placed windows: the weights of the next context rows, eight times each
)

// Placed windows have a header of two numbers, m and the place of the first context word;
// the other context words have the following places. The weight of a place scales the
// loss and the gradient of the context word there.
const placedHeader = 8

func windowKernels(a *isa) {
	constants()
	for n := 2; n <= a.chunk; n++ {
		for _, placed := range []bool{false, true} {
			skipGram(a, n, placed)
			cbow(a, n, placed)
		}
	}
	for n := 1; n <= a.chunk; n++ { // with even chunks the smallest is (chunk+1)/2; labeled windows may have fewer outputs
		scoresOnly(a, n, false)
		scoresOnly(a, n, true)
		updateOnly(a, n)
	}
}

// window is the kernel of one window under construction, with n outputs in registers.
// Rows are addressed by their ends, with an offset that runs from -stride to 0.
type window struct {
	*isa
	n        int
	header   int  // bytes before the ids of a window
	placed   bool // context words have weights by their places
	outsOnly bool // only the part for one chunk of the outputs: what precedes it is done elsewhere
	call     reg.Register
	outs     []reg.GPVirtual // ends of the output rows
	kept     *kept           // AVX-512 only
}

// kept holds the registers that a kernel keeps from its start to its end.
type kept struct {
	sign, weight           reg.VecVirtual
	max, product, exponent reg.VecVirtual  // the loss
	used                   [2]reg.Register // lanes with an output, for one row and for two
}

func begin(a *isa, name string, n int, doc ...string) *window {
	name = fmt.Sprintf("%s%d%s", name, n, a.name)
	TEXT(name, NOSPLIT, "func(c *byte)")
	Pragma("noescape")
	doc[0] = name + " " + doc[0]
	Doc(doc...)
	return &window{isa: a, n: n, header: 4, call: Load(Param("c"), GP64())}
}

// beginPlaced is begin for a kernel of windows that may be placed.
func beginPlaced(a *isa, placed bool, name string, n int, doc ...string) *window {
	if !placed {
		return begin(a, name, n, doc...)
	}
	w := begin(a, name+"Placed", n, append(doc, "The windows are placed.")...)
	w.placed, w.header = true, placedHeader
	return w
}

// keep loads the kept registers.
func (w *window) keep() {
	if w.bytes < 64 {
		return
	}
	k := &kept{}
	for _, f := range []struct {
		v    *reg.VecVirtual
		disp int
	}{
		{&k.sign, callSign}, {&k.weight, callWeight},
		{&k.max, callMax}, {&k.product, callProd}, {&k.exponent, callExp},
	} {
		if w.placed && f.disp > callMax { // the loss is a single sum
			continue
		}
		*f.v = ZMM()
		VMOVUPS(at(w.call, f.disp), *f.v)
	}
	for i, mask := range []uint32{1<<w.n - 1, (1<<w.n - 1) * 0x101} {
		r := GP32()
		k.used[i] = K()
		MOVL(U32(mask), r)
		KMOVW(r, k.used[i])
	}
	w.kept = k
}

// eachWindow wraps body in the loop over callCount windows. The window ahead advances
// with the window until the batch ends.
func (w *window) eachWindow(body func()) {
	Label("window")
	body()
	win, ahead, m := w.field(callWindow), w.field(callAhead), w.count()
	LEAQ(Mem{Base: win, Index: m, Scale: 4, Disp: w.header + 4*w.n}, win)
	MOVQ(win, at(w.call, callWindow))
	TESTQ(ahead, ahead)
	JE(LabelRef("no_ahead"))
	MOVLQSX(at(ahead, 0), m)
	LEAQ(Mem{Base: ahead, Index: m, Scale: 4, Disp: w.header + 4*w.n}, ahead)
	XORQ(m, m)
	CMPQ(ahead, at(w.call, callEnd))
	CMOVQCC(m, ahead)
	MOVQ(ahead, at(w.call, callAhead))
	Label("no_ahead")
	DECQ(at(w.call, callCount))
	JNE(LabelRef("window"))
}

func (w *window) end() {
	if k := w.kept; k != nil {
		VMOVUPS(k.max, at(w.call, callMax))
	}
	if k := w.kept; k != nil && !w.placed {
		VMOVUPS(k.product, at(w.call, callProd))
		VMOVUPS(k.exponent, at(w.call, callExp))
	}
	VZEROUPPER()
	RET()
}

// field loads a field of the call.
func (w *window) field(disp int) reg.GPVirtual {
	r := GP64()
	MOVQ(at(w.call, disp), r)
	return r
}

// contextRows stores the ends of the context rows at callRows.
func (w *window) contextRows() {
	win, base, stride, rows, m, i := w.field(callWindow), w.field(callIn), w.field(callStride), w.field(callRows), GP64(), GP64()
	MOVLQSX(at(win, 0), m)
	ADDQ(stride, base)
	XORQ(i, i)
	Label("rows")
	id := GP64()
	MOVLQSX(Mem{Base: win, Index: i, Scale: 4, Disp: w.header}, id)
	IMULQ(stride, id)
	ADDQ(base, id)
	MOVQ(id, Mem{Base: rows, Index: i, Scale: 8})
	INCQ(i)
	CMPQ(i, m)
	JNE(LabelRef("rows"))
}

// outputRows loads the ends of the output rows.
func (w *window) outputRows() {
	win, base, stride, m := w.field(callWindow), w.field(callOut), w.field(callStride), GP64()
	MOVLQSX(at(win, 0), m)
	LEAQ(Mem{Base: win, Index: m, Scale: 4, Disp: w.header}, win)
	ADDQ(at(w.call, callFirst), win)
	ADDQ(stride, base)
	w.outs = nil
	for j := range w.n {
		r := GP64()
		MOVLQSX(at(win, 4*j), r)
		IMULQ(stride, r)
		ADDQ(base, r)
		w.outs = append(w.outs, r)
	}
}

// count loads m.
func (w *window) count() reg.GPVirtual {
	m := w.field(callWindow)
	MOVLQSX(at(m, 0), m)
	return m
}

// offset returns a register with -stride.
func (w *window) offset() reg.GPVirtual {
	off := w.field(callStride)
	NEGQ(off)
	return off
}

// update adds the contribution of the outputs to the context rows and that of the context
// to the output rows. With sum, the updates of the context go to the rows at callSum.
func (w *window) update(sum bool) {
	off := w.offset()
	align()
	Label("blocks")
	y := make([]reg.VecVirtual, w.n)
	for j := range y {
		y[j] = w.vec()
		VMOVUPS(plus(w.outs[j], off), y[j])
	}
	dy := w.zeros(w.n)
	rows, grad, left := w.field(callRows), w.field(callGrad), w.count()
	var to reg.GPVirtual
	if sum {
		to = w.field(callSum)
		ADDQ(at(w.call, callStride), to)
	}
	align()
	Label("row")
	p, x, acc := GP64(), w.vec(), w.vec()
	MOVQ(at(rows, 0), p)
	VMOVUPS(plus(p, off), x)
	if sum {
		VMOVUPS(plus(to, off), acc)
	} else {
		VMOVAPS(x, acc)
	}
	for j := range y {
		g := w.vec()
		VBROADCASTSS(at(grad, 4*j), g)
		VFMADD231PS(g, y[j], acc)
		VFMADD231PS(g, x, dy[j])
	}
	if sum {
		VMOVUPS(acc, plus(to, off))
		ADDQ(at(w.call, callStride), to)
	} else {
		VMOVUPS(acc, plus(p, off))
	}
	ADDQ(Imm(8), rows)
	ADDQ(Imm(32), grad)
	DECQ(left)
	JNE(LabelRef("row"))
	w.prefetch(off)
	// Load the rows again: a row that two outputs name receives both updates.
	for j := range dy {
		VADDPS(plus(w.outs[j], off), dy[j], dy[j])
		VMOVUPS(dy[j], plus(w.outs[j], off))
	}
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef("blocks"))
}

// nextRows stores the ends of the rows of the window ahead at callNext.
func (w *window) nextRows() {
	ahead, next, count := w.field(callAhead), w.field(callNext), GP64()
	XORQ(count, count)
	TESTQ(ahead, ahead)
	JE(LabelRef("next_done"))
	stride, base, left := w.field(callStride), w.field(callIn), GP64()
	MOVLQSX(at(ahead, 0), left)
	if w.header > 4 {
		ADDQ(Imm(uint64(w.header-4)), ahead)
	}
	store := func(label string) {
		ADDQ(stride, base)
		Label(label)
		ADDQ(Imm(4), ahead)
		id := GP64()
		MOVLQSX(at(ahead, 0), id)
		IMULQ(stride, id)
		ADDQ(base, id)
		MOVQ(id, Mem{Base: next, Index: count, Scale: 8})
		INCQ(count)
		DECQ(left)
		JNE(LabelRef(label))
	}
	store("next_in")
	MOVQ(at(w.call, callOut), base)
	MOVQ(at(w.call, callOutputs), left)
	store("next_out")
	Label("next_done")
	MOVQ(count, at(w.call, callNextCount))
}

// prefetch prefetches the cache line at off of every row of the window ahead. It is part
// of the loops over blocks, whose arithmetic hides it.
func (w *window) prefetch(off reg.Register) {
	if w.bytes < 64 { // once for each cache line
		TESTQ(U32(32), off)
		JNE(LabelRef("prefetched"))
	}
	next, left := w.field(callNext), w.field(callNextCount)
	TESTQ(left, left)
	JE(LabelRef("prefetched"))
	Label("prefetch")
	if w.neon {
		p := GP64()
		MOVQ(at(next, 0), p)
		PREFETCHT0(plus(p, off))
	} else {
		MOVQ(at(next, 0), reg.RAX)
		ADDQ(off, reg.RAX)
		prefetchW()
	}
	ADDQ(Imm(8), next)
	DECQ(left)
	JNE(LabelRef("prefetch"))
	Label("prefetched")
}

// prefetchW emits PREFETCHW (AX), which Go's assembler lacks. It takes the line for writing, as each row of a
// window is written: if another thread has written it last, a line that is only read would have to
// be asked for twice, and the second time nothing hides the wait. Processors without the
// instruction ignore it.
func prefetchW() {
	for i, b := range []uint8{0x0f, 0x0d, 0x08} {
		n := &ir.Instruction{Opcode: "BYTE", Operands: []Op{Imm(uint64(b))}}
		if i == 0 {
			n.Inputs = []Op{reg.RAX}
		}
		Instruction(n)
	}
}

func skipGram(a *isa, n int, placed bool) {
	w := beginPlaced(a, placed, "skipGram", n, fmt.Sprintf("applies skip-gram windows with %d outputs.", n))
	w.keep()
	w.eachWindow(func() {
		w.contextRows()
		w.nextRows()
		w.outputRows()
		w.scores()
		w.update(false)
	})
	w.end()
}

func scoresOnly(a *isa, n int, placed bool) {
	w := beginPlaced(a, placed, "scores", n, fmt.Sprintf("is the first half of skipGram for one window and a chunk of %d outputs;", n),
		"rows holds the addresses of the context rows.")
	w.header, w.outsOnly = 4, true
	w.keep()
	w.outputRows()
	w.scores()
	w.end()
}

func updateOnly(a *isa, n int) {
	w := begin(a, "update", n, fmt.Sprintf("is the second half of skipGram for one window and a chunk of %d outputs;", n),
		"sum receives the updates of the context rows.")
	w.nextRows()
	w.outputRows()
	w.update(true)
	w.end()
}
