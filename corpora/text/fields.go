package text

import (
	"strconv"
	"strings"
)

// Unquoted takes the quotes off a field if it is quoted as in CSV: at both ends,
// and in it only twice.
func Unquoted(field string) string {
	if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
		return field
	}
	inner := strings.ReplaceAll(field[1:len(field)-1], `""`, "\x00") // NUL is in no text
	if strings.ContainsRune(inner, '"') {
		return field
	}
	return strings.ReplaceAll(inner, "\x00", `"`)
}

// IsNumber reports whether s is a number.
func IsNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
