package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// The second back end. A kernel is described once, in the instructions of avo. For amd64,
// avo assigns the registers and prints. For arm64, this file and its neighbors take the same
// description before that, with its unlimited virtual registers, and translate it:
//
//	avo's instructions ──translate──► arm64 instructions ──webs, coloring──► text
//	(neon.go, neonops.go,             on virtual registers   (neonregs.go)    (neonwords.go)
//	neonints.go)
//
// A vector of eight floats becomes a pair of NEON registers. There are 32, so that as many
// pairs fit as AVX2 has registers. A vector whose lanes are all equal takes one register, and
// if it is only ever a factor, one lane: NEON multiplies by a lane.
//
// Where NEON differs (tails, sums over lanes, products of bytes), the descriptions use
// operations of their own, which are written in capitals here as if avo had them (neonisa.go).

// translateTo makes avo's build.Generate write arm64 assembly and stubs to the two files.
func translateTo(assembly, stubs string) {
	pass.Compile = pass.Func(func(f *ir.File) error {
		var out bytes.Buffer
		cfg := printer.NewGoRunConfig()
		cfg.Pkg = flag.Lookup("pkg").Value.String()
		fmt.Fprintf(&out, "// %s\n\n//go:build !noasm\n\n#include \"textflag.h\"\n", cfg.GeneratedWarning())
		globals := map[string]*ir.Global{}
		for _, g := range []*ir.Global{laneMasks(), laneBits()} {
			globals[g.Symbol.Name] = g
		}
		for _, s := range f.Sections {
			if g, ok := s.(*ir.Global); ok {
				globals[g.Symbol.Name] = g
			}
		}
		used := map[string]bool{}
		for _, fn := range f.Functions() {
			t := &translation{fn: fn, globals: globals, pairs: map[reg.ID][2]value{}, ints: map[reg.ID]value{}, bases: map[string]value{}}
			if err := t.translate(); err != nil {
				return fmt.Errorf("%s: %w", fn.Name, err)
			}
			if err := t.print(&out); err != nil {
				return fmt.Errorf("%s: %w", fn.Name, err)
			}
			for name := range t.bases {
				used[name] = true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(used)) {
			printGlobal(&out, globals[name])
		}
		text, err := printer.NewStubs(cfg).Print(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(stubs, text, 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(assembly, out.Bytes(), 0o644); err != nil {
			return err
		}
		os.Exit(0)
		return nil
	})
}

// laneMasks holds for n from 1 to 3 the mask of the first n of four lanes, at 16(n-1).
func laneMasks() *ir.Global {
	g := ir.NewGlobal(operand.NewStaticSymbol("laneMasks"))
	for n := 1; n < 4; n++ {
		for i := range 4 {
			v := uint32(0)
			if i < n {
				v = 0xffffffff
			}
			g.AddDatum(ir.NewDatum(16*(n-1)+4*i, operand.U32(v)))
		}
	}
	return g
}

// laneBits holds a bit for each of eight lanes.
func laneBits() *ir.Global {
	g := ir.NewGlobal(operand.NewStaticSymbol("laneBits"))
	for i := range 8 {
		g.AddDatum(ir.NewDatum(4*i, operand.U32(1<<i)))
	}
	return g
}

func printGlobal(out *bytes.Buffer, g *ir.Global) {
	fmt.Fprintln(out)
	size := 0
	for _, d := range g.Data {
		fmt.Fprintf(out, "DATA %s<>+%d(SB)/%d, %s\n", g.Symbol.Name, d.Offset, d.Value.Bytes(), d.Value.Asm())
		size = max(size, d.Offset+d.Value.Bytes())
	}
	fmt.Fprintf(out, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", g.Symbol.Name, size)
}

// value is a virtual register of the translation.
type value int

// inst is an arm64 instruction on virtual registers.
type inst struct {
	text       string // {0}, {1} … are the registers' numbers, those of defs first, then those of uses
	word       func(r []int) (uint32, string)
	defs, uses []value
	tied       bool   // what is in both defs and uses is one register
	move       bool   // copies uses[0] to defs[0]
	label      string // a label, no instruction
	target     string // the label that a branch goes to
	end        bool   // execution does not go on with the next instruction
}

type translation struct {
	fn      *ir.Function
	globals map[string]*ir.Global
	code    []inst
	vector  []bool // by value: a vector register
	pairs   map[reg.ID][2]value
	ints    map[reg.ID]value
	bases   map[string]value // the addresses of constants, loaded at the start
	splat   map[reg.ID]splatKind
	number  map[reg.ID]bool // never NaN
	mask    map[reg.ID]bool // every lane all ones or all zeros
	sums    map[sumKey]value
	labels  int
}

// sumKey is an address that has been computed in the block.
type sumKey struct {
	base, index reg.ID
	scale       uint8
}

// splatKind says how a vector with equal lanes is held.
type splatKind int

const (
	noSplat splatKind = iota
	wholeSplat
	laneSplat // in lane 0 of a register; the others are undefined
)

func (t *translation) fresh(vector bool) value {
	t.vector = append(t.vector, vector)
	return value(len(t.vector) - 1)
}

func (t *translation) translate() error {
	t.classify()
	t.sums = map[sumKey]value{}
	for k, n := range t.fn.Nodes {
		switch n := n.(type) {
		case ir.Label:
			clear(t.sums)
			t.code = append(t.code, inst{label: string(n)})
		case *ir.Comment:
		case *ir.Instruction:
			if err := t.instruction(n, t.flagsRead(k)); err != nil {
				return fmt.Errorf("%s: %w", n.Opcode, err)
			}
			for _, o := range n.Outputs {
				if r, ok := o.(reg.Register); ok {
					t.forget(r.ID())
				}
			}
		}
	}
	var start []inst
	for _, name := range slices.Sorted(maps.Keys(t.bases)) {
		start = append(start, inst{text: "MOVD $" + name + "<>(SB), R{0}", defs: []value{t.bases[name]}})
	}
	t.code = append(start, t.code...)
	return nil
}

// forget drops the addresses that depend on a register that has changed.
func (t *translation) forget(id reg.ID) {
	for key := range t.sums {
		if key.base == id || key.index == id {
			delete(t.sums, key)
		}
	}
}

// classify decides which registers hold a splat, which are masks, and which are never NaN.
func (t *translation) classify() {
	defs := map[reg.ID][]*ir.Instruction{}
	factor := map[reg.ID]bool{}
	for _, n := range t.fn.Instructions() {
		if len(n.Operands) == 0 {
			continue
		}
		if r, ok := n.Operands[len(n.Operands)-1].(reg.Register); ok && r.Kind() == reg.KindVector {
			defs[r.ID()] = append(defs[r.ID()], n)
		}
	}
	broadcast := func(id reg.ID) bool {
		return len(defs[id]) > 0 && !slices.ContainsFunc(defs[id], func(n *ir.Instruction) bool { return n.Opcode != "VBROADCASTSS" })
	}
	for id := range defs {
		factor[id] = broadcast(id)
	}
	for _, n := range t.fn.Instructions() {
		ops := n.Operands
		for i, o := range ops {
			r, ok := o.(reg.Register)
			if !ok || r.Kind() != reg.KindVector {
				continue
			}
			other := 1 - i // of the two factors
			switch n.Opcode {
			case "VFMADD231PS", "VFNMADD231PS", "VMULPS":
				if i < 2 && !isBroadcast(ops[other], broadcast) {
					continue
				}
			case "VFMADD213PS":
				if i == 1 {
					continue
				}
			case "VBROADCASTSS":
				if i == 1 {
					continue
				}
			}
			factor[r.ID()] = false
		}
	}
	t.splat, t.number, t.mask = map[reg.ID]splatKind{}, map[reg.ID]bool{}, map[reg.ID]bool{}
	for id, ds := range defs {
		if factor[id] {
			t.splat[id] = laneSplat
		} else if broadcast(id) {
			t.splat[id] = wholeSplat
		}
		// The first definition decides about both; the others only change a minimum or
		// maximum with it, or combine masks.
		first := ds[0]
		t.mask[id] = first.Opcode == "VCMPPS"
		switch first.Opcode {
		case "VXORPS":
			t.number[id] = isZeroing(first)
		case "VMOVUPS":
			m, ok := first.Operands[0].(operand.Mem)
			t.number[id] = ok && m.Base == reg.StaticBase
		}
	}
}

func isBroadcast(o operand.Op, broadcast func(reg.ID) bool) bool {
	r, ok := o.(reg.Register)
	return ok && broadcast(r.ID())
}

// isZeroing reports whether n clears its register.
func isZeroing(n *ir.Instruction) bool {
	switch n.Opcode {
	case "VXORPS", "VPXOR", "VPXORD", "XORQ":
	default:
		return false
	}
	first, ok := n.Operands[0].(reg.Register)
	if !ok {
		return false
	}
	for _, o := range n.Operands[1:] {
		if r, ok := o.(reg.Register); !ok || r.ID() != first.ID() {
			return false
		}
	}
	return true
}

// flagsRead reports whether the flags that node k sets are read.
func (t *translation) flagsRead(k int) bool {
	for _, n := range t.fn.Nodes[k+1:] {
		i, ok := n.(*ir.Instruction)
		if !ok {
			return false
		}
		switch {
		case strings.HasPrefix(i.Opcode, "J") && i.Opcode != "JMP", strings.HasPrefix(i.Opcode, "CMOV"):
			return true
		case i.Opcode == "JMP", setsFlags(i.Opcode):
			return false
		}
	}
	return false
}

func setsFlags(opcode string) bool {
	switch opcode {
	case "ADDQ", "SUBQ", "INCQ", "DECQ", "NEGQ", "XORQ", "ANDQ", "CMPQ", "TESTQ", "TESTL", "ADDL", "ORL", "SHLL", "SHLQ", "SARQ", "IMULQ":
		return true
	}
	return false
}

// emit appends an instruction.
func (t *translation) emit(text string, defs, uses []value) {
	t.code = append(t.code, inst{text: text, defs: defs, uses: uses})
}

// words appends an instruction that Go's assembler lacks.
func (t *translation) word(w func(r []int) (uint32, string), defs, uses []value) {
	t.code = append(t.code, inst{word: w, defs: defs, uses: uses})
}

func (t *translation) tie() { t.code[len(t.code)-1].tied = true }

func (t *translation) move(dst, src value) {
	text := "MOVD R{1}, R{0}"
	if t.vector[dst] {
		text = "VMOV V{1}.B16, V{0}.B16"
	}
	t.code = append(t.code, inst{text: text, defs: []value{dst}, uses: []value{src}, move: true})
}

func (t *translation) branch(text, target string, end bool, uses ...value) {
	t.code = append(t.code, inst{text: text + target, uses: uses, target: target, end: end})
}

func (t *translation) newLabel(name string) string {
	t.labels++
	return fmt.Sprintf("%s_%d", name, t.labels)
}

func (t *translation) label(name string) { t.code = append(t.code, inst{label: name}) }

// int returns the value of a general register.
func (t *translation) int(r reg.Register) value {
	v, ok := t.ints[r.ID()]
	if !ok {
		v = t.fresh(false)
		t.ints[r.ID()] = v
	}
	return v
}

// halves returns the values of a vector register; a splat has one.
func (t *translation) halves(r reg.Register) [2]value {
	p, ok := t.pairs[r.ID()]
	if !ok {
		p[0] = t.fresh(true)
		p[1] = p[0]
		if t.splat[r.ID()] == noSplat {
			p[1] = t.fresh(true)
		}
		t.pairs[r.ID()] = p
	}
	return p
}

// address returns a register and a displacement from it.
func (t *translation) address(m operand.Mem) (value, int) {
	if m.Base == reg.StaticBase {
		v, ok := t.bases[m.Symbol.Name]
		if !ok {
			v = t.fresh(false)
			t.bases[m.Symbol.Name] = v
		}
		return v, m.Disp
	}
	base := t.int(m.Base)
	if m.Index == nil {
		return base, m.Disp
	}
	key := sumKey{m.Base.ID(), m.Index.ID(), m.Scale}
	if v, ok := t.sums[key]; ok {
		return v, m.Disp
	}
	v := t.fresh(false)
	if m.Scale == 1 {
		t.emit("ADD R{2}, R{1}, R{0}", []value{v}, []value{base, t.int(m.Index)})
	} else {
		t.emit(fmt.Sprintf("ADD R{2}<<%d, R{1}, R{0}", shiftOf(m.Scale)), []value{v}, []value{base, t.int(m.Index)})
	}
	t.sums[key] = v
	return v, m.Disp
}

// plain returns a register with the address.
func (t *translation) plain(m operand.Mem) value {
	base, disp := t.address(m)
	return t.plainOf(base, disp)
}

func shiftOf(scale uint8) int {
	n := 0
	for ; scale > 1; scale /= 2 {
		n++
	}
	return n
}

// loadPair loads 32 bytes.
func (t *translation) loadPair(m operand.Mem, dst [2]value) {
	if t.isSplatConstant(m) {
		base, disp := t.address(m)
		t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", disp), []value{dst[0]}, []value{base})
		if dst[1] != dst[0] {
			t.move(dst[1], dst[0])
		}
		return
	}
	base, disp := t.pairAddress(m)
	t.emit(fmt.Sprintf("FLDPQ %d(R{2}), (F{0}, F{1})", disp), dst[:], []value{base})
}

func (t *translation) storePair(m operand.Mem, src [2]value) {
	base, disp := t.pairAddress(m)
	t.emit(fmt.Sprintf("FSTPQ (F{1}, F{2}), %d(R{0})", disp), nil, []value{base, src[0], src[1]})
}

// pairAddress is address with a displacement that an instruction on a pair can hold.
func (t *translation) pairAddress(m operand.Mem) (value, int) {
	base, disp := t.address(m)
	if disp%16 == 0 && -1024 <= disp && disp < 1024 {
		return base, disp
	}
	return t.plainOf(base, disp), 0
}

// isSplatConstant reports whether m is a constant that repeats every four bytes.
func (t *translation) isSplatConstant(m operand.Mem) bool {
	if m.Base != reg.StaticBase || m.Index != nil {
		return false
	}
	first, n := "", 0
	for _, d := range t.globals[m.Symbol.Name].Data {
		if d.Offset < m.Disp || d.Offset >= m.Disp+32 {
			continue
		}
		if v := d.Value.Asm(); first == "" {
			first = v
		} else if v != first {
			return false
		}
		n++
	}
	return n == 8
}

// source returns the halves of an operand, which it loads if necessary.
func (t *translation) source(o operand.Op) [2]value {
	switch o := o.(type) {
	case operand.Mem:
		p := [2]value{t.fresh(true)}
		p[1] = p[0]
		if !t.isSplatConstant(o) {
			p[1] = t.fresh(true)
		}
		t.loadPair(o, p)
		return p
	case reg.Register:
		return t.halves(o)
	}
	panic(fmt.Sprintf("operand %v", o))
}

// lanesOf returns the number of halves that an instruction on r works on.
func lanesOfRegister(o operand.Op) int {
	if r, ok := o.(reg.Register); ok && r.Size() == 16 {
		return 1
	}
	return 2
}
