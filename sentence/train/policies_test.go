package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/sentence"
)

// write writes a file into a temporary folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// wants reports an error that does not contain a text; "" wants none.
func wants(t *testing.T, what string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("%s: error %v, want %q", what, err, want)
	}
}

func TestInputWeights(t *testing.T) {
	a, b := write(t, "a.tsv", "x y\tz\n"), write(t, "b.tsv", "x\ty\n")
	for weight, want := range map[string]string{
		a + "=2":       "",
		a + "=0.5":     "",
		a:              "must have the form FILE=N",
		a + "=0":       "must be above 0",
		a + "=NaN":     "must be above 0",
		a + "=x":       "must be above 0",
		"other.tsv=2":  "must name a file of the pairs",
		"other.tsv=-1": "must be above 0",
	} {
		in := Input{Files: []string{a, b}, Weights: []string{weight}}
		wants(t, weight, in.Validate(), want)
	}
	in := Input{Files: []string{a, b}, Weights: []string{b + "=2"}}
	sources, done, err := in.Open(context.Background(), false)
	if err != nil || sources[0].Weight != 1 || sources[1].Weight != 2 || done() != nil {
		t.Errorf("sources %v, error %v", sources, err)
	}
	in.Move([]string{"c.tsv", "d.tsv"})
	if !slices.Equal(in.Files, []string{"c.tsv", "d.tsv"}) || !slices.Equal(in.Weights, []string{"d.tsv=2"}) {
		t.Errorf("moved: %v", in)
	}
	sample := Input{Columns: "a,b"}
	wants(t, "columns of the sample", sample.Validate(), "Columns must be empty for the bundled sample")
}

// Fields that have no effect are reported if the user has set them, and only then.
func TestUnused(t *testing.T) {
	o := DefaultOptions()
	wants(t, "nothing given", o.Unused(), "")
	wants(t, "defaults", o.Unused("Scale", "Symmetric", "SIF", "Dim"), "")
	wants(t, "margin", o.Unused("Margin"), "Margin applies to Loss related, contrastive or triplet only")
	wants(t, "project", o.Unused("ProjectInit"), "ProjectInit applies to")
	o.Pooling, o.Loss = sentence.Mean, ""
	wants(t, "pooling", o.Unused("SIF"), "SIF applies to Pooling sif only")
	wants(t, "unknown loss", o.Unused("Margin"), "")
}

func TestTokensAdopt(t *testing.T) {
	tokenizer := tokenizerOf(t, "a", "b")
	words := &Init{Path: "words", model: &checkpoints.Checkpoint{Tokenizer: tokenizer}, vectors: &exchange.Vectors{}}
	whole := &Init{Path: "whole", model: &checkpoints.Checkpoint{Tokenizer: tokenizer}}
	for _, c := range []struct {
		name  string
		init  *Init
		given []string
		want  string // of the error
		uses  string
	}{
		{"", nil, []string{"Vocabulary", "Cased"}, "", "wordpiece"},
		{"", nil, []string{"MinCount"}, "MinCount applies to Tokenizer words only", "wordpiece"},
		{"bpe", nil, []string{"MinCount"}, "MinCount applies to Tokenizer words only", "bpe"},
		{"words", nil, []string{"MinCount", "Cased", "Vocabulary"}, "", "words"},
		{"vocab.txt", nil, []string{"Cased"}, "Cased does not apply to the tokenizer of vocab.txt", "vocab.txt"},
		{"vocab.txt", nil, nil, "", "vocab.txt"},
		{"", words, nil, "", ""},
		{"", words, []string{"Vocabulary"}, "Vocabulary does not apply to the tokenizer of words", ""},
		{"unigram", words, []string{"Vocabulary"}, "", "unigram"},
		{"unigram", whole, nil, "Tokenizer does not apply: the sentence model whole has its own tokens", "unigram"},
	} {
		tokens := Tokens{Tokenizer: c.name, Vocabulary: 10, MinCount: 1}
		wants(t, c.name, tokens.Adopt(c.init, c.given...), c.want)
		if tokens.Tokenizer != c.uses {
			t.Errorf("%q with %v: tokenizer %q, want %q", c.name, c.given, tokens.Tokenizer, c.uses)
		}
	}
}

func TestTokensOpen(t *testing.T) {
	ctx := context.Background()
	in := &Input{Files: []string{write(t, "pairs.tsv", "a B\tc\na\td\n")}}
	sources, done, err := in.Open(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	tokens := Tokens{Tokenizer: Words, Vocabulary: 100, MinCount: 2}
	tokenizer, of, err := tokens.Open(ctx, nil, sources, in, nil)
	if err != nil || !slices.Equal(tokenizer.Vocabulary().Tokens(), []string{"a"}) || of.Model != Words {
		t.Errorf("words %v, %v, error %v", tokenizer, of, err)
	}
	stages := 0
	tokens = Tokens{Tokenizer: "wordpiece", Vocabulary: 20, MinCount: 1}
	if tokenizer, of, err = tokens.Open(ctx, nil, sources, in, func(string, float64) { stages++ }); err != nil || of.Words != 5 || stages == 0 || !tokenizer.Subwords() {
		t.Errorf("subwords %v, %v, %d stages, error %v", tokenizer, of, stages, err)
	}
	tokens.Tokenizer = "missing"
	_, _, err = tokens.Open(ctx, nil, sources, in, nil)
	wants(t, "missing", err, "Tokenizer cannot be opened")
	tokens.Vocabulary = 0
	wants(t, "no vocabulary", tokens.Validate(), "Vocabulary must be positive, got 0")
	tokens = Tokens{Vocabulary: 1}
	wants(t, "no count", tokens.Validate(), "MinCount must be positive, got 0")
}

// A set is recognized, and a run is not resumed with a set that has changed.
func TestSets(t *testing.T) {
	ctx := context.Background()
	path := write(t, "scored.tsv", "sentence1\tsentence2\tscore\na\tb\t1\nc\td\t0\n")
	evalSets, err := OpenSets(ctx, sets.STSOptions{}, path, "sts:"+path)
	if err != nil || len(evalSets) != 2 || evalSets[0].Kind != string(sets.STSSet) || evalSets[0].SHA256 != evalSets[1].SHA256 || evalSets[1].File != path {
		t.Fatalf("sets %v, error %v", evalSets, err)
	}
	was := &checkpoints.Validation{Sets: []checkpoints.ValidationSet{evalSets[0].ValidationSet}}
	if again, err := ReopenSets(ctx, sets.STSOptions{}, was); err != nil || again[0].ValidationSet != evalSets[0].ValidationSet {
		t.Errorf("reopened %v, error %v", again, err)
	}
	if none, err := ReopenSets(ctx, sets.STSOptions{}, nil); none != nil || err != nil {
		t.Errorf("a run without validation has %v, error %v", none, err)
	}
	if err := os.WriteFile(path, []byte("sentence1\tsentence2\tscore\na\tb\t1\nc\td\t1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = ReopenSets(ctx, sets.STSOptions{}, was)
	wants(t, "changed", err, "has changed")
	os.Remove(path)
	_, err = ReopenSets(ctx, sets.STSOptions{}, was)
	wants(t, "removed", err, "cannot be read")
	for name, want := range map[string]string{"-": "must be a file or a folder", "sts:": "must be a file or a folder", path: "cannot read the evaluation set"} {
		_, err := OpenSets(ctx, sets.STSOptions{}, name)
		wants(t, name, err, want)
	}
}

// Every loss is listed once, with a summary, and one is the default for each kind of
// pairs.
func TestLosses(t *testing.T) {
	for _, kind := range []pairs.Kind{pairs.Paired, pairs.Scored, pairs.Labelled} {
		if l := lossOf(UsualLoss(kind)); l == nil || !slices.Contains(l.usual, kind) {
			t.Errorf("%v have no default loss", kind)
		}
	}
	seen := map[Loss]bool{}
	for _, l := range Losses() {
		if seen[l.Name] || l.Summary == "" || l.Name == "" {
			t.Errorf("loss %+v", l)
		}
		seen[l.Name] = true
	}
}

// A run of an earlier version did not record how it read its pairs.
func TestComplete(t *testing.T) {
	old := Input{Files: []string{"a.tsv"}}
	if err := old.Complete(Input{ScoreRange: []float64{0, 5}, Labels: []string{"0=1"}, Columns: "1,2,score=3"}); err != nil ||
		old.PairOptions(nil, 0).ScoreRange != [2]float64{0, 5} || old.Labels[0] != "0=1" || old.Columns != "1,2,score=3" {
		t.Errorf("%+v, error %v", old, err)
	}
	if err := old.Complete(Input{}); err != nil || old.ScoreRange == nil {
		t.Errorf("%+v, error %v", old, err)
	}
	wants(t, "range", old.Complete(Input{ScoreRange: []float64{0, 1}}), "ScoreRange must be as before, 0,5, got 0,1")
	wants(t, "labels", old.Complete(Input{Labels: []string{"0=0"}}), "Labels must be as before, 0=1, got 0=0")
	wants(t, "columns", old.Complete(Input{Columns: "1,2"}), "Columns must be as before, 1,2,score=3, got 1,2")
	wants(t, "one number", (&Input{Files: []string{"a.tsv"}}).Complete(Input{ScoreRange: []float64{0}}), "ScoreRange must be two numbers, got 1")
}
