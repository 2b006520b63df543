package text

import (
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Selection names the part of structured input that is the text. At most one of Field
// and Column is set; the zero Selection takes every line as it is.
type Selection struct {
	// Field selects a member of each object in JSON Lines: a string, or an array of strings,
	// each of which starts a new line. A dot selects a member of a nested object, as in
	// "meta.title"; \. is a dot in a name. Blank lines are skipped.
	Field string
	// Column selects a column of CSV (RFC 4180): by its name in the header, which is then the
	// first record of each file, or by its number, from 1, in files without a header. Blank
	// lines are skipped. Fields are separated by tabs in a file named .tsv. In other files the
	// separator depends on the first line, outside quotes: in a file named .csv it is a comma,
	// else a semicolon, else a tab; otherwise a tab, else a comma, else a semicolon.
	Column string
	// OneLine turns each record into one line, with a space for each line break of its text.
	// Use it when each record gets one vector. Default: line breaks of the text end lines.
	OneLine bool
}

// Select makes Read return a part of structured input, in all files of the source. If a
// selected text has several lines, each keeps its line number in the file; in JSON, where a
// line break is written \n, all have the line number of their record.
//
// A record that does not match the selection ends Read with a *BadRecord, unless SkipBad was called.
func (s *Source) Select(sel Selection) error {
	if sel.Field != "" && sel.Column != "" {
		return fault.Mention("Field is for JSON Lines and Column for CSV: read one kind of file at a time",
			"Field %q and Column %q are both set", sel.Field, sel.Column)
	}
	if sel.Field != "" {
		for _, name := range ParsePath(sel.Field) {
			if name == "" {
				return fault.Mention(`names are joined by single dots: meta.title; \. is a dot in a name`, "Field %q has an empty name", sel.Field)
			}
		}
	}
	if n, numbered := sel.number(); numbered && n < 1 {
		return fault.Field("Column", "columns are counted from 1", "must be at least 1, got %s", sel.Column)
	}
	s.selection = sel
	return nil
}

// SkipBad makes Read and Texts skip the records that do not match the selection, such as one that
// lacks the field, and those that are not records at all, such as a line that is not JSON; of
// Documents, the files that are not text. Skipped counts them. Call it after Select or Documents;
// without either it returns an error.
func (s *Source) SkipBad() error {
	if !s.selection.structured() && !s.documents {
		return fault.Field("SkipBad", "every line of plain text is a text", "needs Field or Column")
	}
	s.skipBad = true
	return nil
}

func (sel Selection) structured() bool { return sel.Field != "" || sel.Column != "" }

// number returns Column as a number, if it is one.
func (sel Selection) number() (n int, ok bool) {
	if sel.Column == "" || strings.Trim(sel.Column, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(sel.Column)
	return n, err == nil
}
