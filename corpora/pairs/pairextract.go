package pairs

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
)

// extract makes an example of a row.
func (l *pairLayout) extract(row pairRow, scores [2]float64) (textRow, *badRow) {
	if l.format != jsonFormat {
		need := 0
		for _, c := range l.columns() {
			need = max(need, c.at+1)
		}
		if n := len(row.fields); n < need || l.width > 0 && n != l.width {
			hint := "give the columns by their numbers if the rows differ in what follows them"
			if l.format == csvFormat {
				hint = "quote a field that holds the separator or a line break"
			}
			return textRow{}, bad(badColumns, row.line, hint, "the row has %d columns, not %d", n, max(need, l.width))
		}
	}
	out := textRow{line: row.line, texts: make([]string, len(l.texts))}
	for i, c := range l.texts {
		text, problem := l.text(row, c)
		if problem != nil {
			return textRow{}, problem
		}
		if strings.TrimSpace(text) == "" {
			return textRow{}, bad(badEmpty, row.line, "both texts of a pair have to say something", "text %d is empty", i+1)
		}
		out.texts[i] = text
	}
	if l.kind == Paired {
		return out, nil
	}
	var problem *badRow
	out.score, problem = l.number(row, scores)
	return out, problem
}

// text returns a field.
func (l *pairLayout) text(row pairRow, c pairColumn) (string, *badRow) {
	if l.format != jsonFormat {
		return row.fields[c.at], nil
	}
	value, problem := l.member(row, c)
	if problem != nil {
		return "", problem
	}
	var content string
	if k := text.KindOf(value); k != "a string" || json.Unmarshal(value, &content) != nil {
		return "", bad(badField, row.line, "a text is a string of JSON", "field %q is %s, not a string", text.Joined(c.path), k)
	}
	return content, nil
}

// member returns a field of a JSON object.
func (l *pairLayout) member(row pairRow, c pairColumn) (json.RawMessage, *badRow) {
	value, ok := row.object[c.path[0]]
	if ok && len(c.path) > 1 {
		var err error
		if value, err = text.Member(value, c.path[1:]); err != nil {
			ok = false
		}
	}
	if !ok {
		return nil, bad(badField, row.line, "each record needs the field, or leave out the records without it", "the record has no field %q", text.Joined(c.path))
	}
	return value, nil
}

// lastText returns the score or label of a row as it is written.
func (l *pairLayout) lastText(row pairRow) (string, *badRow) {
	if l.format != jsonFormat {
		return strings.TrimSpace(row.fields[l.last.at]), nil
	}
	value, problem := l.member(row, l.last)
	if problem != nil {
		return "", problem
	}
	content := string(value)
	if text.KindOf(value) == "a string" && json.Unmarshal(value, &content) != nil {
		content = "" // no number
	}
	return strings.TrimSpace(content), nil
}

// number returns the score or label of a row.
func (l *pairLayout) number(row pairRow, scores [2]float64) (float64, *badRow) {
	what := "score"
	if l.kind == Labelled {
		what = "label"
	}
	text, problem := l.lastText(row)
	if problem != nil {
		return 0, problem
	}
	if l.kind == Labelled {
		switch text {
		case "true":
			return 1, nil
		case "false":
			return 0, nil
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case l.kind == Labelled && (err != nil || v != 0 && v != 1):
		return 0, bad(badLabel, row.line, "a label is 1 (related) or 0; name the column score=NAME if it is a score", "%s %.40q is not 0 or 1", what, text)
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
		return 0, bad(badScore, row.line, "if the first row is a header, name the columns as it does", "%s %.40q is no number", what, text)
	case scores != [2]float64{} && l.kind == Scored && (v < scores[0] || v > scores[1]):
		return 0, bad(badRange, row.line, "give the range of the scores as they are, or leave it out", "%s %v is not from %v to %v", what, v, scores[0], scores[1])
	case math.Abs(v) > math.MaxFloat32:
		return 0, bad(badRange, row.line, "scores have to be ordinary numbers", "%s %v is too large", what, v)
	}
	return v, nil
}

// customaryRange is the narrowest usual range that holds what was seen.
func customaryRange(seen [2]float64) [2]float64 {
	for _, r := range [][2]float64{{0, 1}, {0, 5}, {0, 10}, {0, 100}, {-1, 1}} {
		if seen[0] >= r[0] && seen[1] <= r[1] {
			return r
		}
	}
	if seen[0] == seen[1] { // the one score there is stands for all or nothing
		return [2]float64{min(0, seen[0]), max(0, seen[1])}
	}
	return seen
}
