package sets

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/internal/fault"
)

// How a file is read is detected from all of it, and described.
func TestSTSLayout(t *testing.T) {
	nli := "sentence1\tsentence2\tlabel\na\tb\t0\nc\td\t1\ne\tf\t2\n"
	for name, c := range map[string]struct {
		text         string
		o            STSOptions
		want, layout string
	}{
		"three columns":       {"a\tb\t4.5\nc\td\t0\n", STSOptions{}, "a b 4.5, c d 0", "sentences in columns 1 and 2, score in column 3, from 0 to 4.5"},
		"the score first":     {"4.5\ta\tb\n0\tc\td\n", STSOptions{}, "a b 4.5, c d 0", "sentences in columns 2 and 3, score in column 1, from 0 to 4.5"},
		"the score last":      {"a,b,news,4.5\nc,d,forum,0\n", STSOptions{}, "a b 4.5, c d 0", "sentences in columns 1 and 2, score in column 4, from 0 to 4.5"},
		"an id":               {"1,a,b,4.5\n2,c,d,0\n", STSOptions{ScoreColumn: 4}, "a b 4.5, c d 0", "sentences in columns 2 and 3, score in column 4, from 0 to 4.5"},
		"a header of numbers": {"0\t1\t2\na\tb\t4.5\nc\td\t0\n", STSOptions{}, "a b 4.5, c d 0", "sentences in columns 1 and 2, score in column 3, from 0 to 4.5"},
		"numbers":             {"0\t1\t2\n", STSOptions{}, "0 1 2", "sentences in columns 1 and 2, score in column 3, from 2 to 2"},
		"a header":            {"nr,left,right,mean\n1,a,b,4.5\n2,c,d,0\n", STSOptions{ScoreColumn: 4}, "a b 4.5, c d 0", "sentences in columns 2 and 3, score in column 4, from 0 to 4.5"},
		"named numbers":       {"nr,left,right,mean\n1,a,b,4.5\n2,c,d,0\n", STSOptions{}, "a b 4.5, c d 0", "sentences in columns 2 and 3, score in column 4, from 0 to 4.5"},
		"an unknown name":     {"id,sentence1,sentence2,how similar\n1,a,b,4.5\n2,c,d,0\n", STSOptions{}, "a b 4.5, c d 0", `sentences in "sentence1" and "sentence2", score in "how similar", from 0 to 4.5`},
		"another score":       {"sentence1,sentence2,score,mean\na,b,1,4.5\nc,d,1,0\n", STSOptions{ScoreColumn: 4}, "a b 4.5, c d 0", `sentences in "sentence1" and "sentence2", score in "mean", from 0 to 4.5`},
		"JSON":                {`{"text1": "a", "text2": "b", "similarity": 1}`, STSOptions{}, "a b 1", `sentences in "text1" and "text2", score in "similarity", from 1 to 1`},
		"names": {"premise\thypothesis\tlabel\na\tb\tentailment\nc\td\tneutral\ne\tf\tContradiction\n", STSOptions{}, "a b 1, c d 0, e f 0",
			`sentences in "premise" and "hypothesis", score in "label"; labels: "contradiction" is not related, "entailment" is related, "neutral" is not related`},
		"names without a header": {"a\tb\tentailment\nc\td\tneutral\n", STSOptions{}, "a b 1, c d 0",
			`sentences in columns 1 and 2, score in column 3; labels: "entailment" is related, "neutral" is not related`},
		"SNLI": {`{"gold_label": "-", "sentence1": "a", "sentence2": "b"}` + "\n" + `{"gold_label": "neutral", "sentence1": "c", "sentence2": "d"}`, STSOptions{}, "c d 0",
			`sentences in "sentence1" and "sentence2", score in "gold_label"; labels: "-" is skipped, "neutral" is not related; skipped 1 pair`},
		"true and false": {`{"sentence1": "a", "sentence2": "b", "label": true}` + "\n" + `{"sentence1": "c", "sentence2": "d", "label": false}`, STSOptions{}, "a b 1, c d 0",
			`sentences in "sentence1" and "sentence2", score in "label"; labels: "false" is not related, "true" is related`},
		"classes with meanings": {nli, STSOptions{Labels: []string{"0=1,1=0.5,2=0"}}, "a b 1, c d 0.5, e f 0",
			`sentences in "sentence1" and "sentence2", score in "label"; labels: "0" is related, "1" is 0.5, "2" is not related`},
		"without neutral": {nli, STSOptions{Labels: []string{"0=1", "2=0"}}, "a b 1, e f 0",
			`sentences in "sentence1" and "sentence2", score in "label"; labels: "0" is related, "1" is skipped, "2" is not related; skipped 1 pair`},
		"classes that are scores": {nli, STSOptions{ScoreRange: []float64{0, 2}}, "a b 0, c d 1, e f 2", `sentences in "sentence1" and "sentence2", score in "label", from 0 to 2`},
		"0 and 1":                 {"a\tb\t0\nc\td\t1\n", STSOptions{}, "a b 0, c d 1", "sentences in columns 1 and 2, score in column 3, from 0 to 1"},
		"a grade of 0, 1 and 2":   {strings.Replace(nli, "label", "score", 1), STSOptions{}, "a b 0, c d 1, e f 2", `sentences in "sentence1" and "sentence2", score in "score", from 0 to 2`},
		"beyond by rounding":      {"a\tb\t-0.001\nc\td\t1.0000001\n", STSOptions{ScoreRange: []float64{0, 1}}, "a b -0.001, c d 1.0000001", "sentences in columns 1 and 2, score in column 3, from -0.001 to 1.0000001"},
	} {
		set, err := ReadSTS(context.Background(), corporatest.WriteFile(t, t.TempDir(), "x.tsv", c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v (%s)", name, err, fault.Hint(err))
			continue
		}
		var got []string
		for _, p := range set.Pairs {
			got = append(got, fmt.Sprint(p.A, " ", p.B, " ", p.Score))
		}
		if strings.Join(got, ", ") != c.want || set.Layout != c.layout {
			t.Errorf("%s: %q, %s\nwant %s, %s", name, got, set.Layout, c.want, c.layout)
		}
	}
}

func TestSTSRefused(t *testing.T) {
	nli := "a\tb\t0\nc\td\t1\ne\tf\t2\n"
	for _, c := range []struct {
		text       string
		o          STSOptions
		want, hint string
	}{
		{nli, STSOptions{}, "cannot tell what the numbers 0 to 2 in the column of scores mean", "Labels"},
		{"sentence1\tsentence2\tlabel\n" + nli + "g\th\t-1\n", STSOptions{}, "cannot tell what the numbers -1 to 2 in the column of scores mean", "ScoreRange"},
		{"premise\thypothesis\tlabel\na\tb\t0\nc\td\t1\n", STSOptions{}, "cannot tell what the numbers 0 to 1 in the column of scores mean", "Labels"},
		{`{"sentence1": "a", "sentence2": "b", "label": 0}` + "\n" + `{"sentence1": "a", "sentence2": "b", "label": 1}` + "\n" + `{"sentence1": "a", "sentence2": "b", "label": 2}`, STSOptions{},
			"cannot tell what the numbers 0 to 2", "Labels"},
		{"sentence1\tsentence2\tlabel\na\tb\t1\nc\td\t2\n", STSOptions{}, "cannot tell what the numbers 1 to 2 in the column of scores mean", "Labels"},
		{"sentence1\tsentence2\tlabel\na\tb\tyes\nc\td\tno\n", STSOptions{}, `x.tsv:2: label "yes" has no known meaning`, "Labels"},
		{`{"sentence1": "a", "sentence2": "b", "score": null}`, STSOptions{}, `x.tsv:1: score "null" is not a number`, "a score"},
		{"1,a,b,4.5\n2,c,d,0\n", STSOptions{}, "x.tsv:1: cannot tell which column is the score: columns 1, 4 hold numbers", "ScoreColumn"},
		{"sentence1,sentence2,first,second\na,b,1,4.5\nc,d,1,0\n", STSOptions{}, "columns 3, 4 hold numbers", "ScoreColumn"},
		{"sentence1,sentence2,how\na,b,much\n", STSOptions{}, "no other column holds numbers", "ScoreColumn"},
		{"a,b,4,5,4.5\nc,d,0,1,0.5\n", STSOptions{}, "columns 3, 4, 5 hold numbers", "ScoreColumn"},
		{"a\tb\t4,5\nc\td\t0,5\n", STSOptions{}, `x.tsv:1: score "4,5" is not a number`, "decimal point"},
		{"a,b,4\n", STSOptions{ScoreColumn: 4}, "ScoreColumn must be one of the 3 columns of the first record, got 4", "from 1"},
		{"a,b,4\n", STSOptions{ScoreColumn: -1}, "ScoreColumn must not be negative, got -1", "from 1"},
		{"PairID,Text,Score\n1,a b,4\n2,c d,5\n", STSOptions{}, `cannot tell which columns are the sentences: the columns are "PairID", "Text", "Score"`, "two sentences"},
		{"7,a b,4\n8,c d,5\n", STSOptions{}, "columns 1, 3 hold numbers", "ScoreColumn"},
		{"sentence1,sentence2,score,score\na,b,1,4.5\nc,d,1,0\n", STSOptions{}, "columns 3, 4 hold numbers", "ScoreColumn"},
		{"{}\n", STSOptions{ScoreColumn: 1}, "ScoreColumn applies to TSV and CSV only", "names"},
		{"a,b,4\n", STSOptions{ScoreRange: []float64{0, 1}}, "x.tsv:1: score 4 is not between 0 and 1", "range"},
		{"a,b,4\n", STSOptions{ScoreRange: []float64{0}}, "ScoreRange must be two numbers, got 1", "0,5"},
		{"a,b,4\n", STSOptions{Labels: []string{"4"}}, "Labels must have the form LABEL=X", "entailment=1"},
		{"a,b,4\n", STSOptions{Labels: []string{"5=1"}}, `Labels omits most labels of `, "scores"},
		{"a,b,0\nc,d,4.5\ne,f,3.5\n", STSOptions{Labels: []string{"0=1,1=0,2=0"}}, `x.tsv, such as "3.5"`, "scores"},
		{"a,b,4\n", STSOptions{Labels: []string{"4=1"}, ScoreRange: []float64{0, 5}}, "ScoreRange cannot be used with Labels", "labels"},
	} {
		_, err := ReadSTS(context.Background(), corporatest.WriteFile(t, t.TempDir(), "x.tsv", c.text), c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.Hint(err), c.hint) {
			t.Errorf("%q: error %v, hint %q, want %s, %s", c.text, err, fault.Hint(err), c.want, c.hint)
		}
	}
}
