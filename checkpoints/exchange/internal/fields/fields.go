// Package fields reads and writes the fields of lines: of CSV (RFC 4180), if they are separated by
// commas, or of the text format of PostgreSQL's COPY, if by tabs.
package fields

import (
	"bytes"
	"fmt"
	"strings"
)

// Append appends a field. In CSV an empty field is quoted, because PostgreSQL
// takes one without quotes for a missing value.
func Append(b []byte, field string, separator byte) []byte {
	if separator == '\t' {
		return append(b, tabEscapes.Replace(field)...)
	}
	if field != "" && field != `\.` && !strings.ContainsAny(field, ",\"\r\n") && strings.TrimSpace(field) == field {
		return append(b, field...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(field, `"`, `""`)...)
	return append(b, '"')
}

var tabEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// Split splits a record without its line break.
func Split(list []string, record []byte, separator byte) ([]string, error) {
	for more := true; more; {
		if separator == ',' && bytes.HasPrefix(record, []byte{'"'}) {
			var field []byte
			for record = record[1:]; ; {
				end := bytes.IndexByte(record, '"')
				if end < 0 {
					return nil, fmt.Errorf("a quote is not closed")
				}
				field = append(field, record[:end]...)
				if record = record[end+1:]; len(record) == 0 || record[0] != '"' {
					break
				}
				field, record = append(field, '"'), record[1:]
			}
			if len(record) > 0 && record[0] != separator {
				return nil, fmt.Errorf("expected %q after a quoted field but found %q", separator, record[0])
			}
			list = append(list, string(field))
			if more = len(record) > 0; more {
				record = record[1:]
			}
			continue
		}
		var field []byte
		field, record, more = bytes.Cut(record, []byte{separator})
		if separator == '\t' {
			list = append(list, Unescape(string(field)))
			continue
		}
		if bytes.IndexByte(field, '"') >= 0 {
			return nil, fmt.Errorf("a quote inside the field %.40q, which is not quoted", field)
		}
		list = append(list, string(field))
	}
	return list, nil
}

// Unescape reads a field of the text format of PostgreSQL's COPY.
func Unescape(field string) string {
	if !strings.Contains(field, `\`) {
		return field
	}
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+1 < len(field) {
			i++
			switch field[i] {
			case 't':
				b.WriteByte('\t')
				continue
			case 'n':
				b.WriteByte('\n')
				continue
			case 'r':
				b.WriteByte('\r')
				continue
			}
		}
		b.WriteByte(field[i])
	}
	return b.String()
}
