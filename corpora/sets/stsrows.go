package sets

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// recogniseRows says how the records of a set of sentences lie, by its first
// line: '{' for JSON, else what separates the fields.
func recogniseRows(first []byte) rune {
	if end := bytes.IndexByte(first, '\n'); end >= 0 {
		first = first[:end]
	}
	first = bytes.TrimSpace(first)
	switch {
	case len(first) > 0 && first[0] == '{':
		return '{'
	case bytes.Count(first, []byte{'\t'}) >= 2:
		return '\t'
	case bytes.IndexByte(first, ',') < 0 && bytes.IndexByte(first, ';') >= 0:
		return ';'
	}
	return ','
}

func (p *stsParser) parseCSV(r *bufio.Reader, comma rune) error {
	first := true
	return p.EachCSV(r, comma, func(in *csv.Reader, record []string) error {
		line, _ := in.FieldPos(0)
		err := p.addRow(int64(line), record, first)
		first = false
		return err
	})
}

// parseTSV reads a pair a line. Quotes are text, as in the file of the STS
// benchmark, unless the whole field is quoted as CSV would have it.
func (p *stsParser) parseTSV(r *bufio.Reader) error {
	first := true
	return p.EachLine(r, hintSTS, func(line []byte, number int64) error {
		fields := strings.Split(string(line), "\t")
		for i, f := range fields {
			fields[i] = text.Unquoted(f)
		}
		err := p.addRow(number, fields, first)
		first = false
		return err
	})
}

// addRow adds the pair of a record of separated values; the first may be a
// header.
func (p *stsParser) addRow(line int64, record []string, first bool) error {
	record = trimmed(record)
	if first {
		var header bool
		if p.columns, header = recogniseSTS(record); header {
			return nil
		}
	}
	c := p.columns
	if n := c.least(); len(record) < n {
		return fault.New(hintSTS, "%s:%d: %d columns in %.80q, not %d or more", text.Describe(p.File), line, len(record), strings.Join(record, " | "), n)
	}
	score, err := p.score(line, record[c.score])
	if err != nil {
		return err
	}
	pair := STSPair{A: strings.Clone(record[c.a]), B: strings.Clone(record[c.b]), Score: score}
	if c.subset >= 0 && c.subset < len(record) {
		pair.Subset = strings.Clone(record[c.subset])
	}
	return p.add(line, pair)
}

func (p *stsParser) score(line int64, content string) (float64, error) {
	score, err := strconv.ParseFloat(content, 64)
	if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
		return 0, fault.New(hintSTS, "%s:%d: score %.40q is no number", text.Describe(p.File), line, content)
	}
	return score, nil
}

func (p *stsParser) parseJSON(r *bufio.Reader) error {
	const hint = "each line is one JSON object with sentence1, sentence2 and score"
	return p.EachLine(r, text.HintJSONLines, func(line []byte, number int64) error {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(line, &members); err != nil {
			return fault.New(hint, "%s:%d: the line is no JSON object: %w", text.Describe(p.File), number, err)
		}
		names, values := make([]string, 0, len(members)), make([]string, 0, len(members))
		for _, name := range slices.Sorted(maps.Keys(members)) {
			value := members[name]
			content := string(value)
			if text.KindOf(value) == "a string" {
				if err := json.Unmarshal(value, &content); err != nil {
					return fault.New(hint, "%s:%d: field %.60q: %w", text.Describe(p.File), number, name, err)
				}
			} else if text.KindOf(value) != "a number" {
				continue // no part of a pair
			}
			names, values = append(names, name), append(values, strings.TrimSpace(content))
		}
		c, ok := namedSTS(names)
		if !ok {
			return fault.New(hint, "%s:%d: the record has no two sentences and a score, but %s", text.Describe(p.File), number, text.Listed(slices.Sorted(maps.Keys(members))))
		}
		for _, i := range []int{c.a, c.b} {
			if text.KindOf(members[names[i]]) != "a string" {
				return fault.New(hint, "%s:%d: field %q is a number, not a sentence", text.Describe(p.File), number, names[i])
			}
		}
		score, err := p.score(number, values[c.score])
		if err != nil {
			return err
		}
		pair := STSPair{A: values[c.a], B: values[c.b], Score: score}
		if c.subset >= 0 {
			pair.Subset = values[c.subset]
		}
		return p.add(number, pair)
	})
}
