package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// general translates an instruction on general registers.
func (t *translation) general(n *ir.Instruction, flags bool) error {
	ops := n.Operands
	s := ""
	if flags {
		s = "S"
	}
	last := ops[len(ops)-1]
	switch n.Opcode {
	case "MOVQ", "MOVL", "MOVLQSX", "MOVB", "MOVBLZX":
		return t.moveInteger(n.Opcode, ops[0], last)
	case "LEAQ":
		m := ops[0].(operand.Mem)
		base, disp := t.address(m)
		dst := t.int(last.(reg.Register))
		if disp == 0 {
			t.move(dst, base)
		} else {
			t.emit(fmt.Sprintf("ADD $%d, R{1}, R{0}", disp), []value{dst}, []value{base})
		}
	case "ADDQ", "SUBQ", "ANDQ", "XORQ", "IMULQ", "ADDL":
		if isZeroing(n) {
			t.emit("MOVD ZR, R{0}", []value{t.int(last.(reg.Register))}, nil)
			return nil
		}
		name := map[string]string{"ADDQ": "ADD" + s, "SUBQ": "SUB" + s, "ANDQ": "AND" + s, "XORQ": "EOR", "IMULQ": "MUL", "ADDL": "ADD" + s + "W"}[n.Opcode]
		t.update(last, func(dst, old value) {
			if v, ok := immediate(ops[0]); ok {
				t.emit(fmt.Sprintf("%s $%d, R{1}, R{0}", name, v), []value{dst}, []value{old})
			} else {
				src := t.integer(ops[0])
				t.emit(name+" R{2}, R{1}, R{0}", []value{dst}, []value{old, src})
			}
		})
	case "ORL":
		dst := t.int(last.(reg.Register))
		t.emit("ORRW R{2}, R{1}, R{0}", []value{dst}, []value{dst, t.integer(ops[0])})
	case "INCQ", "DECQ":
		name := map[string]string{"INCQ": "ADD", "DECQ": "SUB"}[n.Opcode] + s
		t.update(last, func(dst, old value) { t.emit(name+" $1, R{1}, R{0}", []value{dst}, []value{old}) })
	case "NEGQ":
		t.update(last, func(dst, old value) { t.emit("NEG"+s+" R{1}, R{0}", []value{dst}, []value{old}) })
	case "SHLQ", "SHLL", "SARQ", "SHRQ":
		v, _ := immediate(ops[0])
		name := map[string]string{"SHLQ": "LSL", "SHLL": "LSLW", "SARQ": "ASR", "SHRQ": "LSR"}[n.Opcode]
		t.update(last, func(dst, old value) {
			t.emit(fmt.Sprintf("%s $%d, R{1}, R{0}", name, v), []value{dst}, []value{old})
		})
	case "SHRXQ": // by, source, destination
		t.emit("LSR R{1}, R{2}, R{0}", []value{t.int(last.(reg.Register))}, []value{t.integer(ops[0]), t.integer(ops[1])})
	case "BZHIQ": // count, source, destination
		mask := t.fresh(false)
		t.emit("MOVD $-1, R{0}", []value{mask}, nil)
		high := t.fresh(false)
		t.emit("LSL R{1}, R{2}, R{0}", []value{high}, []value{t.integer(ops[0]), mask})
		t.emit("BIC R{2}, R{1}, R{0}", []value{t.int(last.(reg.Register))}, []value{t.integer(ops[1]), high})
	case "CMPQ": // Go's arm64 assembler names the right operand first
		left := t.integer(ops[0])
		if v, ok := immediate(ops[1]); ok {
			t.emit(fmt.Sprintf("CMP $%d, R{0}", v), nil, []value{left})
		} else {
			t.emit("CMP R{1}, R{0}", nil, []value{left, t.integer(ops[1])})
		}
	case "TESTQ", "TESTL":
		w := map[string]string{"TESTQ": "", "TESTL": "W"}[n.Opcode]
		if v, ok := immediate(ops[0]); ok {
			t.emit(fmt.Sprintf("TST%s $%d, R{0}", w, v), nil, []value{t.integer(ops[1])})
		} else {
			t.emit("TST"+w+" R{1}, R{0}", nil, []value{t.integer(ops[1]), t.integer(ops[0])})
		}
	case "CMOVQCC", "CMOVQNE", "CMOVQGT":
		condition := map[string]string{"CMOVQCC": "HS", "CMOVQNE": "NE", "CMOVQGT": "GT"}[n.Opcode]
		dst := t.int(last.(reg.Register))
		t.emit("CSEL "+condition+", R{1}, R{2}, R{0}", []value{dst}, []value{t.integer(ops[0]), dst})
	default:
		return fmt.Errorf("no translation")
	}
	return nil
}

// update applies f to a register or to a value in memory.
func (t *translation) update(o operand.Op, f func(dst, old value)) {
	switch o := o.(type) {
	case reg.Register:
		v := t.int(o)
		f(v, v)
	case operand.Mem:
		base, disp := t.address(o)
		v := t.fresh(false)
		t.emit(fmt.Sprintf("MOVD %d(R{1}), R{0}", disp), []value{v}, []value{base})
		f(v, v)
		t.emit(fmt.Sprintf("MOVD R{0}, %d(R{1})", disp), nil, []value{v, base})
	}
}

// integer returns the value of a register or loads it.
func (t *translation) integer(o operand.Op) value {
	switch o := o.(type) {
	case reg.Register:
		return t.int(o)
	case operand.Mem:
		v := t.fresh(false)
		t.loadInteger("MOVD", o, v)
		return v
	}
	v := t.fresh(false)
	k, _ := immediate(o)
	t.emit(fmt.Sprintf("MOVD $%d, R{0}", k), []value{v}, nil)
	return v
}

func (t *translation) loadInteger(op string, m operand.Mem, dst value) {
	if m.Base == reg.FramePointer {
		t.emit(fmt.Sprintf("%s %s+%d(FP), R{0}", op, m.Symbol.Name, m.Disp), []value{dst}, nil)
		return
	}
	size := map[string]uint8{"MOVD": 8, "MOVW": 4, "MOVWU": 4}[op]
	if m.Index != nil && m.Disp == 0 && (m.Scale == size || m.Scale == 1) {
		index := "(R{2})"
		if m.Scale > 1 {
			index = fmt.Sprintf("(R{2}<<%d)", shiftOf(m.Scale))
		}
		t.emit(op+" (R{1})"+index+", R{0}", []value{dst}, []value{t.int(m.Base), t.int(m.Index)})
		return
	}
	base, disp := t.address(m)
	t.emit(fmt.Sprintf("%s %d(R{1}), R{0}", op, disp), []value{dst}, []value{base})
}

func (t *translation) moveInteger(opcode string, from, to operand.Op) error {
	op := map[string]string{"MOVQ": "MOVD", "MOVL": "MOVWU", "MOVLQSX": "MOVW", "MOVB": "MOVBU", "MOVBLZX": "MOVBU"}[opcode]
	switch to := to.(type) {
	case reg.Register:
		dst := t.int(to)
		switch from := from.(type) {
		case operand.Mem:
			t.loadInteger(op, from, dst)
		case reg.Register:
			if op == "MOVD" {
				t.move(dst, t.int(from))
			} else {
				t.emit(op+" R{1}, R{0}", []value{dst}, []value{t.int(from)})
			}
		default:
			k, _ := immediate(from)
			t.emit(fmt.Sprintf("MOVD $%d, R{0}", k), []value{dst}, nil)
		}
	case operand.Mem:
		src := t.integer(from)
		op := map[string]string{"MOVQ": "MOVD", "MOVL": "MOVW", "MOVB": "MOVB"}[opcode]
		if to.Base == reg.FramePointer {
			t.emit(fmt.Sprintf("%s R{0}, %s+%d(FP)", op, to.Symbol.Name, to.Disp), nil, []value{src})
		} else if to.Index != nil && to.Disp == 0 && to.Scale == 8 {
			t.emit("MOVD R{0}, (R{1})(R{2}<<3)", nil, []value{src, t.int(to.Base), t.int(to.Index)})
		} else {
			base, disp := t.address(to)
			t.emit(fmt.Sprintf("%s R{0}, %d(R{1})", op, disp), nil, []value{src, base})
		}
	}
	return nil
}

// immediate returns the value of a constant operand.
func immediate(o operand.Op) (int64, bool) {
	c, ok := o.(operand.Constant)
	if !ok {
		return 0, false
	}
	text := strings.TrimPrefix(c.Asm(), "$")
	text = strings.TrimPrefix(text, "+")
	v, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		panic(err)
	}
	return v, true
}

func (t *translation) plainOf(base value, disp int) value {
	if disp == 0 {
		return base
	}
	op := "ADD"
	if disp < 0 {
		op, disp = "SUB", -disp
	}
	v := t.fresh(false)
	t.emit(fmt.Sprintf("%s $%d, R{1}, R{0}", op, disp), []value{v}, []value{base})
	return v
}
