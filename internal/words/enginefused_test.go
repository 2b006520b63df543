package words_test

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"

	. "github.com/luminavec/luminavec/internal/words"
)

// countingVM counts what goes through a machine of gorgonia's.
type countingVM struct {
	G.VM
	runs, closed int
}

func (c *countingVM) RunAll() error { c.runs++; return c.VM.RunAll() }
func (c *countingVM) Close() error  { c.closed++; return c.VM.Close() }

// A step of the fused engine is one run of gorgonia's tape machine, in which the
// tables change; closing the engine closes the machine.
func TestFusedRunsTapeMachine(t *testing.T) {
	tables := randomTables(t, 10, 4, 0.1)
	e, err := NewFused(SkipGram(), tables, 4, 3, 100)
	if err != nil {
		t.Fatal(err)
	}
	program := FusedProgram(e)
	if name := fmt.Sprintf("%T", program.VM); name != "*gorgonia.tapeMachine" {
		t.Errorf("the machine is a %s", name)
	}
	vm := &countingVM{VM: program.VM}
	program.VM = vm
	batch := AppendWindow(AppendWindow(nil, []int32{1, 2}, []int32{3, 4, 5}), []int32{6}, []int32{7, 8, 9})
	for n := 1; n <= 3; n++ {
		before := clone(tables)
		if _, targets, err := e.Step(batch, 0.1); err != nil || targets != 3 || vm.runs != n {
			t.Errorf("step %d: %d runs, %g targets, %v", n, vm.runs, targets, err)
		}
		if maxDifference(before.In, tables.In) == 0 || maxDifference(before.Out, tables.Out) == 0 {
			t.Errorf("step %d: the tables have not changed", n)
		}
	}
	if err := e.Close(); err != nil || vm.closed != 1 {
		t.Errorf("closed %d times, %v", vm.closed, err)
	}
}
