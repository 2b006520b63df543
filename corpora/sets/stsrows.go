package sets

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// row adds the pair of a row of separated values.
func (p *stsParser) row(r *text.Record) error {
	if r.Raw != nil && len(bytes.TrimSpace(r.Raw)) == 0 { // tabs alone
		return nil
	}
	record := trimmed(r.Fields)
	c := p.columns
	if n := c.least(); len(record) < n {
		return r.Errorf(hintSTS, "expected %d columns or more but found %d: %.80q", n, len(record), strings.Join(record, " | "))
	}
	score, used, err := p.score(r, record[c.score])
	if err != nil || !used {
		return err
	}
	pair := STSPair{A: strings.Clone(record[c.a]), B: strings.Clone(record[c.b]), Score: score}
	if c.subset >= 0 && c.subset < len(record) {
		pair.Subset = strings.Clone(record[c.subset])
	}
	return p.add(r, pair)
}

// object adds the pair of a record with named fields.
func (p *stsParser) object(r *text.Record) error {
	const hint = "each line must be one JSON object with sentence1, sentence2 and score"
	members := map[string]text.Value{}
	for name, value := range r.Members() {
		members[name] = value
	}
	all := slices.Sorted(maps.Keys(members))
	var names, values []string
	for _, name := range all {
		value := members[name]
		_, isText := value.Text()
		isScore := slices.Contains(scoreNames, plainName(name)) && value.Kind() != "an array" && value.Kind() != "an object" // a label may be true
		if !isText && !isScore && value.Kind() != "a number" {
			continue // not part of a pair
		}
		names, values = append(names, name), append(values, strings.TrimSpace(value.Literal()))
	}
	c, ok := namedSTS(names)
	if !ok {
		if len(all) == 0 {
			return r.Errorf(hint, "the record has no fields")
		}
		return r.Errorf(hint, "the record does not have two sentences and a score, only %s", fault.Names(all))
	}
	for _, i := range []int{c.a, c.b} {
		if _, isText := members[names[i]].Text(); !isText {
			return r.Errorf(hint, "field %q is a number, not a sentence", names[i])
		}
	}
	c.names = [3]string{strconv.Quote(names[c.a]), strconv.Quote(names[c.b]), strconv.Quote(names[c.score])}
	p.columns = c
	score, used, err := p.score(r, values[c.score])
	if err != nil || !used {
		return err
	}
	pair := STSPair{A: values[c.a], B: values[c.b], Score: score}
	if c.subset >= 0 {
		pair.Subset = values[c.subset]
	}
	return p.add(r, pair)
}

// score reads a score or the meaning of a label; used is false for a label that is not among
// those given, whose pair is skipped.
func (p *stsParser) score(r *text.Record, content string) (score float64, used bool, err error) {
	if p.labels != nil || p.labels.Named(content) || content == scale.Unlabeled {
		p.counts.Add(content)
		if score, used = p.labels.Value(content); !used {
			p.skipped++
			if content != scale.Unlabeled {
				p.other = content
			}
		}
		return score, used, nil
	}
	score, err = strconv.ParseFloat(content, 64)
	if err != nil && isNumber(strings.Replace(content, ",", ".", 1)) {
		return 0, false, r.Errorf(scale.DecimalComma, "score %.40q is not a number", content)
	}
	if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
		if p.columns.labelled() && content != "" {
			return 0, false, fault.Mention("say what each label means with Labels, as in yes=1,no=0", "%s: label %.40q has no known meaning", r.Position, content)
		}
		return 0, false, r.Errorf(hintSTS, "score %.40q is not a number", content)
	}
	if in := p.options.scoreRange(); p.options.ScoreRange != nil && !in.Holds(score) {
		return 0, false, r.Errorf("correct the score or the range", "score %v is not between %v and %v", score, in[0], in[1])
	}
	p.counts.Add(content)
	p.seen.Add(score)
	return score, true, nil
}
