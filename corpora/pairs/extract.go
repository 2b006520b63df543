package pairs

import (
	"math"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// extract returns the example of a row.
func (l *layout) extract(row *text.Record, scores [2]float64) (textRow, *badRow) {
	if !l.named {
		need := 0
		for _, c := range l.columns() {
			need = max(need, c.at+1)
		}
		if n := len(row.Fields); n < need || l.width > 0 && n != l.width {
			hint := "name the columns by their numbers if only later columns differ"
			if l.format == text.CSV {
				hint = "quote a field that holds the separator or a line break"
			}
			return textRow{}, bad(badColumns, row.Position, hint, "expected %s but found %d", fault.Count(max(need, l.width), "column"), n)
		}
	}
	out := textRow{at: row.Position, texts: make([]string, len(l.texts))}
	for i, c := range l.texts {
		text, problem := l.text(row, c)
		if problem != nil {
			return textRow{}, problem
		}
		if strings.TrimSpace(text) == "" {
			return textRow{}, bad(badEmpty, row.Position, "a pair needs both texts", "text %d is empty", i+1)
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
func (l *layout) text(row *text.Record, c column) (string, *badRow) {
	if !l.named {
		return row.Fields[c.at], nil
	}
	value, problem := l.member(row, c)
	if problem != nil {
		return "", problem
	}
	content, ok := value.Text()
	if !ok {
		return "", bad(badField, row.Position, "a text must be a JSON string", "field %q is %s, not a string", c.path, value.Kind())
	}
	return content, nil
}

// member returns a named field.
func (l *layout) member(row *text.Record, c column) (text.Value, *badRow) {
	value, err := row.Member(c.path)
	if err != nil {
		return value, bad(badField, row.Position, "each record needs the field: add it, or remove the records without it", "the record has no field %q", c.path)
	}
	return value, nil
}

// lastText returns the score or label of a row as it is written.
func (l *layout) lastText(row *text.Record) (string, *badRow) {
	if !l.named {
		return strings.TrimSpace(row.Fields[l.last.at]), nil
	}
	value, problem := l.member(row, l.last)
	if problem != nil {
		return "", problem
	}
	return strings.TrimSpace(value.Literal()), nil
}

// number returns the score or label of a row.
func (l *layout) number(row *text.Record, scores [2]float64) (float64, *badRow) {
	what := "score"
	if l.kind == Labelled {
		what = "label"
	}
	text, problem := l.lastText(row)
	if problem != nil {
		return 0, problem
	}
	if l.kind == Labelled {
		l.counts.Add(text)
		v, ok := l.labels.Value(text)
		switch {
		case !ok && l.labels != nil:
			return 0, bad(badLabel, row.Position, "add it to Labels to use its pairs", "%s %.40q is not among those given", what, text)
		case !ok && !scale.IsNumber(text):
			return 0, bad(badLabel, row.Position, hintNames, "%s %.40q has no known meaning", what, text)
		case !ok:
			return 0, bad(badLabel, row.Position, hintMeaning, "%s %.40q is not 0 or 1", what, text)
		}
		return v, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil && isNumber(strings.Replace(text, ",", ".", 1)):
		return 0, bad(badScore, row.Position, scale.DecimalComma, "%s %.40q is not a number", what, text)
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
		return 0, bad(badScore, row.Position, "if the first row is a header, name the columns as it does", "%s %.40q is not a number", what, text)
	case scores != [2]float64{} && !scale.Range(scores).Holds(v):
		return 0, bad(badRange, row.Position, "set ScoreRange to the range of the scores, or leave it unset", "%s %v is not between %v and %v", what, v, scores[0], scores[1])
	case math.Abs(v) > math.MaxFloat32:
		return 0, bad(badRange, row.Position, "scores must fit in 32-bit floating point", "%s %v is too large", what, v)
	}
	return v, nil
}
