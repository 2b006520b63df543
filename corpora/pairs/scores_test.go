package pairs

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// targets returns the scores of all examples in the order of the files.
func targets(t *testing.T, p *Dataset) string {
	t.Helper()
	var all []string
	for line := range strings.Lines(shown(t, p)) {
		all = append(all, strings.TrimSpace(line[strings.LastIndexByte(line, '|')+1:]))
	}
	return strings.Join(all, " ")
}

// rows writes pairs with the given scores, below a header.
func rows(header string, scores ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "sentence1\tsentence2\t%s\n", header)
	for i, score := range scores {
		fmt.Fprintf(&b, "%s\t%s\t%s\n", letters(i), letters(i+1), score)
	}
	return b.String()
}

// One range for all files, which a row beyond it by rounding does not change. The targets are
// computed by hand.
func TestScoreRange(t *testing.T) {
	for name, c := range map[string]struct {
		files         []string
		given         [2]float64
		want, targets string
	}{
		"0 to 1":             {[]string{rows("score", "0.1", "0.5", "0.9")}, [2]float64{}, "scores are from 0.1 to 0.9, on a scale of 0 to 1 (detected)", "0.1 0.5 0.9"},
		"just above 1":       {[]string{rows("score", "0.1", "0.5", "1.0000001")}, [2]float64{}, "scores are from 0.1 to 1.0000001, on a scale of 0 to 1 (detected)", "0.1 0.5 1"},
		"just below 0":       {[]string{rows("score", "-0.01", "0.5", "1")}, [2]float64{}, "scores are from -0.01 to 1, on a scale of 0 to 1 (detected)", "0 0.5 1"},
		"0 to 5":             {[]string{rows("score", "0", "2.5", "5.001")}, [2]float64{}, "scores are from 0 to 5.001, on a scale of 0 to 5 (detected)", "0 0.5 1"},
		"0 to 10":            {[]string{rows("score", "1", "8")}, [2]float64{}, "scores are from 1 to 8, on a scale of 0 to 10 (detected)", "0.1 0.8"},
		"0 to 100":           {[]string{rows("score", "0", "50", "100")}, [2]float64{}, "scores are from 0 to 100, on a scale of 0 to 100 (detected)", "0 0.5 1"},
		"-1 to 1":            {[]string{rows("score", "-0.5", "0", "0.5")}, [2]float64{}, "scores are from -0.5 to 0.5, on a scale of -1 to 1 (detected)", "0.25 0.5 0.75"},
		"two files":          {[]string{rows("score", "0.2", "0.5"), rows("score", "4.5", "0.5")}, [2]float64{}, "scores are from 0.2 to 4.5, on a scale of 0 to 5 (detected)", "0.04 0.1 0.9 0.1"},
		"the same, given":    {[]string{rows("score", "0.2", "0.5")}, [2]float64{0, 5}, "scores are from 0.2 to 0.5, on a scale of 0 to 5 (as given)", "0.04 0.1"},
		"SICK":               {[]string{rows("relatedness_score", "1", "3", "5")}, [2]float64{1, 5}, "scores are from 1 to 5, on a scale of 1 to 5 (as given)", "0 0.5 1"},
		"given, beyond":      {[]string{rows("score", "-0.005", "0.5", "1.01", "1.02")}, [2]float64{0, 1}, "scores are from -0.005 to 1.01, on a scale of 0 to 1 (as given)", "0 0.5 1"},
		"labels of classes":  {[]string{rows("label", "0", "1", "2")}, [2]float64{0, 2}, "scores are from 0 to 2, on a scale of 0 to 2 (as given)", "0 0.5 1"},
		"0 and 1 are scores": {[]string{rows("label", "0", "1")}, [2]float64{0, 5}, "scores are from 0 to 1, on a scale of 0 to 5 (as given)", "0 0.2"},
	} {
		var files []string
		for i, text := range c.files {
			files = append(files, fmt.Sprintf("%d.tsv", i), text)
		}
		p, err := Build(context.Background(), openFiles(t, files...), Options{Tokenizer: letterTokenizer(t), ScoreRange: c.given})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := p.Scores()
		if got.String() != c.want || targets(t, p) != c.targets || got.Warning != "" {
			t.Errorf("%s: %v, %s\nwant %s, %s", name, got, targets(t, p), c.want, c.targets)
		}
		p.Close()
	}
}

// What leaves a doubt is refused, with a hint that names the option that decides.
func TestScoreRangeRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want, option string }{
		"0.1 to 0.6":          {rows("score", "0.1", "0.6"), "the range may be 0 to 1, 0 to 5 or another", "ScoreRange"},
		"to 3.5":              {rows("score", "0.1", "3.5"), "the range may be 0 to 5, 0 to 10 or another", "ScoreRange"},
		"to 50":               {rows("score", "0.1", "50"), "which is too little for 0 to 100", "ScoreRange"},
		"a little below 0":    {rows("score", "-0.1", "0.5", "0.9"), "the range may be 0 to 1 or -1 to 1", "ScoreRange"},
		"decimal commas":      {rows("score", "0,5", "4,5"), `score "0,5" is not a number`, "decimal point"},
		"500 to 800":          {rows("score", "500", "800"), "from 500 to 800, which is not a usual range", "ScoreRange"},
		"-1 marks the absent": {rows("score", "-1", "2.5", "5"), "from -1 to 5, which is not a usual range", "ScoreRange"},
		"classes":             {rows("score", "0", "1", "2"), "cannot tell what the numbers 0 to 2 mean", "Labels"},
		"labels":              {rows("label", "0", "1", "2"), "cannot tell what the labels mean: they are the numbers 0, 1, 2", "Labels"},
		"labels of NLI":       {rows("gold_label", "0", "1", "-1"), "they are the numbers -1, 0, 1", "Labels"},
		"without a header":    {"a\tb\t0\nb\tc\t1\nc\td\t2\n", "cannot tell what the numbers 0 to 2 mean", "Labels"},
		"a premise":           {"premise\thypothesis\tlabel\na\tb\t0\nb\tc\t1\n", "cannot tell what the labels of a premise and its hypothesis mean", "Labels"},
		"late":                {rows("label", strings.Split(strings.Repeat("0 1 ", 6000)+strings.Repeat("2 ", 2000)+"2", " ")...), "they are the numbers 0, 1, 2", "Labels"},
	} {
		_, err := Build(context.Background(), openFiles(t, "x.tsv", c.text), Options{Tokenizer: letterTokenizer(t)})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(fault.Hint(err), c.option) {
			t.Errorf("%s: %v (%s)", name, err, fault.Hint(err))
		}
		// The command names the flag.
		if c.option == "decimal point" {
			continue
		}
		renamed := fault.Rename(err, map[string]string{c.option: "--flag"})
		if err != nil && !strings.Contains(fault.Hint(renamed), "--flag") {
			t.Errorf("%s: hint %s", name, fault.Hint(renamed))
		}
	}
}

// A file that looks like one of another scale is read on the scale of all, with a warning.
func TestScoreRangeWarning(t *testing.T) {
	sources := openFiles(t, "a.tsv", rows("score", "0", "0.5", "1"), "b.tsv", rows("score", "0", "5"))
	p, err := Build(context.Background(), sources, Options{Tokenizer: letterTokenizer(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	want := "the scores of a.tsv are from 0 to 1, but all files are read on one scale, 0 to 5; if its scale is another, rescale its scores"
	if got := inDir(sources, p.Scores().Warning); got != want || targets(t, p) != "0 0.1 0.2 0 1" {
		t.Errorf("%s, targets %s\nwant %s", got, targets(t, p), want)
	}
}

func TestLabels(t *testing.T) {
	nli := rows("label", "0", "1", "2", "-1")
	for name, c := range map[string]struct {
		text          string
		labels        []string
		want, targets string
	}{
		"names":      {rows("label", "ENTAILMENT", "neutral", "contradiction", "-"), nil, `"-" is skipped, "contradiction" is not related, "entailment" is related, "neutral" is not related`, "1 0 0"},
		"SNLI":       {nli, []string{"0=1,1=0,2=0"}, `"-1" is skipped, "0" is related, "1" is not related, "2" is not related`, "1 0 0"},
		"no neutral": {nli, []string{"0=1", "2=0"}, `"-1" is skipped, "0" is related, "1" is skipped, "2" is not related`, "1 0"},
		"graded":     {nli, []string{"0=1,1=0.5,2=0"}, `"-1" is skipped, "0" is related, "1" is 0.5, "2" is not related`, "1 0.5 0"},
		"reversed":   {nli, []string{"2.0=1,1=0,0=0"}, `"-1" is skipped, "0" is not related, "1" is not related, "2" is related`, "0 0 1"},
		"yes":        {rows("label", "yes", "No"), []string{"YES=1,no=0"}, `"no" is not related, "yes" is related`, "1 0"},
		"0 and 1":    {rows("label", "1", "0", "1"), nil, `"1" is related, "0" is not related`, "1 0 1"},
		"no header":  {"a\tb\t0\nb\tc\t1\nc\td\t2\n", []string{"0=1,1=0,2=0"}, `"0" is related, "1" is not related, "2" is not related`, "1 0 0"},
		"premise":    {"premise\thypothesis\tlabel\na\tb\t0\nb\tc\t1\n", []string{"0=1,1=0"}, `"0" is related, "1" is not related`, "1 0"},
	} {
		p, err := Build(context.Background(), openFiles(t, "x.tsv", c.text), Options{Tokenizer: letterTokenizer(t), Labels: c.labels})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, got, _ := strings.Cut(p.Files()[0].Layout, "; labels: "); got != c.want || targets(t, p) != c.targets || p.Kind() != Labelled {
			t.Errorf("%s: %s, %s\nwant %s, %s", name, got, targets(t, p), c.want, c.targets)
		}
		p.Close()
	}
	for want, labels := range map[string][]string{
		`Labels must have the form LABEL=X, got "a"`:        {"a"},
		`Labels must have the form LABEL=X, got "=1"`:       {"=1"},
		`Labels must be from 0 to 1, got "2" for a`:         {"a=2"},
		`Labels must be from 0 to 1, got "related" for a_b`: {"A b=related"},
		`Labels has the label 1 twice`:                      {"1=0,1.0=1"},
	} {
		if err := (Options{Labels: labels}).Validate(); err == nil || err.Error() != want || fault.Hint(err) == "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
