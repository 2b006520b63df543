package number

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// List are the numbers of an array.
type List []float32

// UnmarshalJSON reads an array of numbers and nothing else; package json would ignore a null.
func (v *List) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); b[0] != '[' {
		return fmt.Errorf("%.40q is not an array of numbers", b)
	}
	if len(*v) > 0 {
		return errors.New("a second array of numbers in the same object")
	}
	b = bytes.TrimSpace(b[1 : len(b)-1])
	for more := len(b) > 0; more; {
		var number []byte
		number, b, more = bytes.Cut(b, []byte(","))
		number = bytes.TrimSpace(number)
		x, n, err := Scan(number)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("value %d, %.40q, is out of range", len(*v)+1, number)
		case err != nil || n != len(number):
			return fmt.Errorf("value %d, %.40q, is not a number", len(*v)+1, number)
		}
		*v = append(*v, x)
	}
	return nil
}

// Parse reads numbers in brackets or braces, separated by commas or, as NumPy prints them, white
// space.
func (v *List) Parse(s string) error {
	open, end := s[0], s[len(s)-1]
	if len(s) < 2 || !(open == '[' && end == ']' || open == '{' && end == '}' || open == '(' && end == ')') {
		return fmt.Errorf("%.40q is not a vector", s)
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, ",") {
		s = strings.Join(strings.Fields(s), ",")
	}
	if strings.Contains(s, "...") {
		return fault.New("NumPy shortens long arrays when it prints them: write each vector whole, as a list", "the vector %.60q is not complete", s)
	}
	return v.UnmarshalJSON([]byte("[" + s + "]"))
}
