package fault_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// What Go's runtime says of a bug is not shown; what a library says is, without its stack.
func TestRecovered(t *testing.T) {
	for _, c := range []struct {
		panics func()
		want   string
	}{
		{func() { var p *struct{ n int }; p.n = 1 }, "internal error"},
		{func() { var s []int; _ = s[len(s)] }, "internal error"},
		{func() { var v any = 1; _ = v.(string) }, "internal error"},
		{func() { panic("panic: runtime error: invalid memory address or nil pointer dereference\nstack") }, "internal error"},
		{func() { panic("assertion failed: page 3 is of no type\ngoroutine 1") }, "assertion failed: page 3 is of no type"},
		{func() { panic(errors.New("bad header")) }, "bad header"},
	} {
		func() {
			defer func() {
				v := recover()
				err := fault.Recovered(v)
				if err.Error() != c.want {
					t.Errorf("%q, want %q", err, c.want)
				}
				var internal runtime.Error
				if _, ok := v.(runtime.Error); ok != errors.As(err, &internal) {
					t.Errorf("%q does not wrap the value", err)
				}
			}()
			c.panics()
		}()
	}
}
