package fault

import (
	"fmt"
	"runtime"
	"strings"
)

// Recovered returns the error for the value of a recovered panic: the first line of its text or,
// for an error of Go's runtime, whose text is about pointers and indices, "internal error".
func Recovered(v any) error {
	err, ok := v.(error)
	if !ok {
		err = fmt.Errorf("%v", v)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = strings.TrimPrefix(text, "panic: ") // of a goroutine of package conc
	if _, ok := err.(runtime.Error); ok || strings.Contains(text, "runtime error") || strings.Contains(text, "interface conversion") {
		text = "internal error"
	}
	return &recovered{text, err}
}

type recovered struct {
	text string
	err  error
}

func (r *recovered) Error() string { return r.text }
func (r *recovered) Unwrap() error { return r.err }
