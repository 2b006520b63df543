package mining

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Format is the format of a file of examples.
type Format string

const (
	TSV   Format = "tsv"
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// Formats returns all formats.
func Formats() []Format { return []Format{TSV, CSV, JSONL} }

// Summary describes the format in a few words. It is empty for an unknown one.
func (f Format) Summary() string {
	return map[Format]string{TSV: "tab-separated values", CSV: "comma-separated values", JSONL: "JSON Lines"}[f]
}

// endings are the formats by the extension of a file. Readers of pairs use the same extensions.
var endings = map[string]Format{".tsv": TSV, ".txt": TSV, ".csv": CSV, ".jsonl": JSONL, ".ndjson": JSONL, ".json": JSONL}

// FormatOf returns the format for the extension of a file, TSV if the name is "" or "-" or has
// no extension. An unknown one is an error that lists the known ones.
func FormatOf(file string) (Format, error) {
	ending := strings.ToLower(filepath.Ext(file))
	format, ok := endings[ending]
	if ok || len(ending) < 2 {
		return cmp.Or(format, TSV), nil
	}
	return "", fault.Mention("use the ending "+fault.OneOf(slices.Sorted(maps.Keys(endings)))+", or choose Format",
		"no format has the ending %q of %s", filepath.Ext(file), file)
}

// Writer writes examples with the columns anchor, positive, negative_1, negative_2 and so on,
// which training on pairs and pairs.Each detect.
//
// CSV and JSON Lines preserve every text, except for CRLF, which becomes LF in CSV. TSV
// cannot hold tabs, line breaks and NUL, so each becomes a space, and a text in quotes is
// quoted once more.
type Writer struct {
	out      io.Writer
	format   Format
	names    []string
	triplets bool
	csv      *csv.Writer
	json     *json.Encoder // encodes into value
	value    bytes.Buffer
	line     []byte
	row      []string
	started  bool
	Rows     int64 // number of rows written, without the header
}

// NewWriter returns a writer of examples with the given number of negatives. With triplets, it
// writes a row for each negative, and the columns are anchor, positive and negative.
func NewWriter(w io.Writer, format Format, negatives int, triplets bool) (*Writer, error) {
	if format != TSV && format != CSV && format != JSONL {
		return nil, fault.New("choose tsv, csv or jsonl", "unknown format %q", string(format))
	}
	if negatives < 1 || negatives > MaxNegatives {
		return nil, fmt.Errorf("the number of negatives must be from 1 to %d, got %d", MaxNegatives, negatives)
	}
	o := &Writer{out: w, format: format, triplets: triplets, csv: csv.NewWriter(w), names: []string{"anchor", "positive"}}
	o.json = json.NewEncoder(&o.value)
	o.json.SetEscapeHTML(false)
	if triplets || negatives == 1 {
		o.names = append(o.names, "negative")
		return o, nil
	}
	for i := range negatives {
		o.names = append(o.names, "negative_"+strconv.Itoa(i+1))
	}
	return o, nil
}

// Write writes an example.
func (w *Writer) Write(e Example) error {
	if !w.started {
		w.started = true
		if w.format != JSONL {
			if err := w.put(w.names); err != nil {
				return err
			}
		}
	}
	w.row = append(w.row[:0], e.Anchor, e.Positive)
	if !w.triplets {
		w.row = append(w.row, e.Negatives...)
		return w.example()
	}
	for _, negative := range e.Negatives {
		w.row = append(w.row[:2], negative)
		if err := w.example(); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) example() error {
	if len(w.row) != len(w.names) {
		return fmt.Errorf("the example has %d texts, expected %d", len(w.row), len(w.names))
	}
	w.Rows++
	return w.put(w.row)
}

// put writes a row.
func (w *Writer) put(row []string) error {
	switch w.format {
	case CSV:
		// The buffer is written when it is full, and by Flush.
		return w.csv.Write(row)
	case TSV:
		w.line = w.line[:0]
		for i, field := range row {
			if i > 0 {
				w.line = append(w.line, '\t')
			}
			w.line = append(w.line, tsvField(field)...)
		}
	default:
		w.line = append(w.line[:0], '{')
		for i, field := range row {
			if i > 0 {
				w.line = append(w.line, ',')
			}
			w.value.Reset()
			if err := w.json.Encode(field); err != nil {
				return err
			}
			w.line = append(strconv.AppendQuote(w.line, w.names[i]), ':')
			w.line = append(w.line, bytes.TrimSuffix(w.value.Bytes(), []byte("\n"))...)
		}
		w.line = append(w.line, '}')
	}
	w.line = append(w.line, '\n')
	_, err := w.out.Write(w.line)
	return err
}

// Flush writes the buffer.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

var tsvSpaces = strings.NewReplacer("\t", " ", "\r\n", " ", "\n", " ", "\r", " ", "\x00", " ")

// tsvField returns a text as a TSV field. Readers unquote a field that starts and ends with a
// quote.
func tsvField(text string) string {
	text = tsvSpaces.Replace(text)
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}
