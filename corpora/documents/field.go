package documents

import (
	"strconv"
	"strings"
	"time"
)

// typed returns the value that a text is written as: a number, true or false, a date or, if it is
// none of these, the text. Numbers that do not read back as they are written, such as 007, are texts.
func typed(s string) any {
	switch s {
	case "":
		return s
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	if c := s[0]; c == '-' || c >= '0' && c <= '9' {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
			return n
		}
		if t, ok := date(s); ok {
			return t
		}
		whole, _, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
		if point && whole != "" && (whole == "0" || whole[0] != '0') && strings.Trim(s, "-.0123456789") == "" {
			if x, err := strconv.ParseFloat(s, 64); err == nil {
				return x
			}
		}
	}
	return s
}

// date reads a date of RFC 3339, with or without its time.
func date(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
