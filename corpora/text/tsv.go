package text

import (
	"bytes"
	"strings"
)

// TSV is the media type text/tab-separated-values: fields contain no tabs or line breaks, and
// quotes are ordinary text. Because programs that write CSV quote the fields of TSV too, a
// field that is quoted as a whole, with every quote in it doubled, is read without its quotes.
// Blank lines are skipped.
var TSV = Register(&Format{Name: "TSV", Detect: detectTSV, Open: openTSV})

// detectTSV requires the extension or a tab in the first line for pairs, and two tabs for sets,
// which have three columns. For ForColumn such files are read as CSV with tabs.
func detectTSV(h Head) Confidence {
	line, _ := h.Line()
	switch ext := h.Ext(); {
	case h.Use == ForPairs && (ext == ".tsv" || ext != ".csv" && bytes.IndexByte(line, '\t') >= 0),
		h.Use == ForSets && bytes.Count(line, []byte{'\t'}) >= 2:
		return Likely
	}
	return No
}

func openTSV(f *File) (RecordReader, error) {
	return &tsvRecords{newLineReader(f, "a record is one line: check that the file has line breaks")}, nil
}

type tsvRecords struct{ lines *lineReader }

func (t *tsvRecords) Next(r *Record) error {
	for {
		line, err := t.lines.next()
		if err != nil {
			return err
		}
		if len(bytes.Trim(line, " \r")) == 0 { // a tab makes a row
			continue
		}
		*r = Record{Position: t.lines.at, Raw: line, Fields: r.Fields[:0], Separator: '\t'}
		for rest, more := string(line), true; more; {
			var field string
			field, rest, more = strings.Cut(rest, "\t")
			r.Fields = append(r.Fields, unquoted(field))
		}
		return nil
	}
}

// unquoted removes the quotes of a field that is quoted as in CSV: with a quote at each end,
// and only doubled quotes in between.
func unquoted(field string) string {
	if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
		return field
	}
	inner := strings.ReplaceAll(field[1:len(field)-1], `""`, "\x00") // text holds no NUL
	if strings.ContainsRune(inner, '"') {
		return field
	}
	return strings.ReplaceAll(inner, "\x00", `"`)
}
