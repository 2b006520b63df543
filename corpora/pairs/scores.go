package pairs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// hintNames is for labels that are not numbers.
const hintNames = "if these are labels, say what each means with Labels, as in yes=1,no=0"

const hintMeaning = "if these are labels, say what they mean with Labels, such as 0=1,1=0,2=0 if 0 is entailment; " +
	"if they are scores, set ScoreRange to the lowest and the highest possible score, such as 0,5"

// checkLabels returns an error if the labels of a file, which was read to its end, have no
// meaning beyond doubt. A few other numbers among 0 and 1 are bad rows.
func (l *layout) checkLabels(file *File) error {
	if l.kind == Labelled {
		file.Layout += "; labels: " + l.counts.Describe(l.labels)
	}
	if l.labels != nil {
		return nil
	}
	var all, others int64
	var numbers []string
	for label, n := range l.counts {
		all += n
		if scale.IsNumber(label) {
			numbers = append(numbers, label)
			if _, ok := l.labels.Value(label); !ok {
				others += n
			}
		}
	}
	if others*100 <= all {
		return nil
	}
	slices.Sort(numbers)
	return fault.Mention(hintMeaning, "%s: cannot tell what the labels mean: they are the numbers %s", text.Describe(file.Name), some(numbers))
}

// some lists up to ten values.
func some(values []string) string {
	if len(values) > 10 {
		return strings.Join(values[:10], ", ") + " and more"
	}
	return strings.Join(values, ", ")
}

// checkInference returns an error if the labels of a premise and a hypothesis are numbers: 0 is
// entailment in some files and contradiction in others.
func (l *layout) checkInference(names []string, rows []*text.Record) error {
	if l.labels != nil || !strings.EqualFold(strings.Trim(names[0], `"`), "premise") {
		return nil
	}
	for _, row := range rows {
		if label, problem := l.lastText(row); problem == nil && scale.IsNumber(label) {
			return fault.Mention(hintMeaning, "cannot tell what the labels of a premise and its hypothesis mean: they are numbers, such as %.40s", label)
		}
	}
	return nil
}

// findScores finds the range of the scores of all files, which it sets in each of them.
func findScores(files []*File, given scale.Range) (Scores, error) {
	s := Scores{Range: given, Given: given != scale.Range{}}
	if files[0].Kind != Scored {
		if s.Given {
			return s, fault.Field("ScoreRange", "leave it out, or name the column of the scores in Columns", "applies to pairs with scores, but these are %s", files[0].Kind)
		}
		return Scores{}, nil
	}
	seen := scale.Nothing()
	for _, f := range files {
		seen.Join(f.seen)
	}
	s.Low, s.High = seen.Low, seen.High
	if !s.Given {
		found, err := seen.Range()
		if err != nil {
			return s, err
		}
		s.Range = found
	}
	for _, f := range files {
		f.ScoreRange = s.Range
		f.Layout += "; " + Scores{Low: f.seen.Low, High: f.seen.High, Range: s.Range, Given: s.Given}.String()
		if own, ok := f.seen.Fills(); ok && !s.Given && own != s.Range && s.Warning == "" {
			s.Warning = fmt.Sprintf("the scores of %s are from %v, but all files are read on one scale, %v; if its scale is another, rescale its scores",
				text.Describe(f.Name), scale.Range{f.seen.Low, f.seen.High}, scale.Range(s.Range))
		}
	}
	return s, nil
}
