package filter

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/cases"
)

// literal is a value of a condition.
type literal struct {
	text   string
	at     int
	quoted bool
}

// KindOf returns the kind of a field with these values: that which all of them have, or String.
// Empty values are ignored.
func KindOf(values func(yield func(string) bool)) Kind {
	number, date, boolean, any := true, true, true, false
	for v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		any = true
		if number {
			_, number = parseNumber(v)
		}
		if boolean {
			_, boolean = parseBool(v)
		}
		if date {
			_, date = parseDate(v)
		}
		if !number && !boolean && !date {
			return String
		}
	}
	switch {
	case !any:
		return String
	case number: // before date: 2024 is a number
		return Number
	case boolean:
		return Bool
	case date:
		return Date
	}
	return String
}

// number is an integer, exactly, or a float.
type number struct {
	integer int64
	float   float64
	exact   bool
}

func parseNumber(s string) (number, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "xXpP_iInN") { // no hexadecimal numbers, infinities, NaN
		return number{}, false
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{i, float64(i), true}, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return number{}, false
	}
	return number{float: f}, true
}

func (a number) compare(b number) int {
	if a.exact && b.exact {
		return cmp.Compare(a.integer, b.integer)
	}
	return cmp.Compare(a.float, b.float)
}

func parseBool(s string) (bool, bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// period is the time that a date stands for, up to but not including its end.
type period struct{ from, to time.Time }

var dateLayouts = []struct {
	layout string
	end    func(time.Time) time.Time
}{
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	{"2006/01/02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02 15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15:04:05", second},
	{"2006-01-02 15:04:05", second},
	{"2006-01-02T15:04Z07:00", func(t time.Time) time.Time { return t.Add(time.Minute) }},
	{"2006-01-02T15:04:05Z07:00", second},
	{"2006-01-02 15:04:05Z07:00", second},
	{"2006-01-02 15:04:05 -0700", second},
}

// second returns the end of a moment given to the second, or with a fraction.
func second(t time.Time) time.Time {
	if t.Nanosecond() != 0 {
		return t.Add(1)
	}
	return t.Add(time.Second)
}

func parseDate(s string) (period, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 4 || len(s) > 40 || s[0] < '0' || s[0] > '9' {
		return period{}, false
	}
	for _, l := range dateLayouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			return period{t, l.end(t)}, true
		}
	}
	return period{}, false
}

// order returns whether the relation of two values satisfies an operator.
func (op operator) order(c int) bool {
	switch op {
	case equal, in:
		return c == 0
	case differs:
		return c != 0
	case less:
		return c < 0
	case atMost:
		return c <= 0
	case greater:
		return c > 0
	case atLeast:
		return c >= 0
	}
	return false
}

var fold = cases.Fold()

// test returns the function that tells whether a value of a field of the kind satisfies the
// comparison.
func (c *comparison) test(kind Kind) (func(value string) bool, *Error) {
	switch c.op {
	case existing:
		return func(string) bool { return true }, nil
	case contains:
		part := fold.String(c.values[0].text)
		return func(value string) bool { return strings.Contains(fold.String(value), part) }, nil
	}
	var tests []func(value string) bool
	for _, l := range c.values {
		test, err := c.testOne(kind, l)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	if len(tests) == 1 {
		return tests[0], nil
	}
	return func(value string) bool {
		for _, test := range tests {
			if test(value) {
				return true
			}
		}
		return false
	}, nil
}

func (c *comparison) testOne(kind Kind, l literal) (func(value string) bool, *Error) {
	wrong := func(what, example string) *Error {
		return &Error{At: l.at, Message: fmt.Sprintf("%q is not %s, as the values of %s are", l.text, what, c.field), Advice: "for example: " + c.field + " " + string(c.op) + " " + example}
	}
	switch kind {
	case Number:
		want, ok := parseNumber(l.text)
		if !ok {
			return nil, wrong("a number", "2020")
		}
		return func(value string) bool {
			got, ok := parseNumber(value)
			return ok && c.op.order(got.compare(want))
		}, nil
	case Date:
		want, ok := parseDate(l.text)
		if !ok {
			return nil, wrong("a date", "2024-01-31")
		}
		return func(value string) bool {
			got, ok := parseDate(value)
			return ok && c.op.order(got.compare(want))
		}, nil
	case Bool:
		want, ok := parseBool(l.text)
		if !ok {
			return nil, wrong("true or false", "true")
		}
		if c.op != equal && c.op != differs && c.op != in {
			return nil, &Error{At: l.at, Message: fmt.Sprintf("true and false, the values of %s, cannot be compared with %s", c.field, c.op), Advice: "use = or !="}
		}
		return func(value string) bool {
			got, ok := parseBool(value)
			return ok && (got == want) == (c.op != differs)
		}, nil
	}
	if want, ok := parseNumber(l.text); ok && !l.quoted {
		return func(value string) bool {
			got, ok := parseNumber(value)
			if !ok {
				return c.op == differs || c.op.order(strings.Compare(value, l.text)) && (c.op == equal || c.op == in)
			}
			return c.op.order(got.compare(want))
		}, nil
	}
	return func(value string) bool { return c.op.order(strings.Compare(value, l.text)) }, nil
}

// compare returns 0 if the beginning of p is in the period of the condition.
func (p period) compare(want period) int {
	switch {
	case p.from.Before(want.from):
		return -1
	case !p.from.Before(want.to):
		return 1
	}
	return 0
}
