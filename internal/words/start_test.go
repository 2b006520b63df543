package words_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	. "github.com/luminavec/luminavec/internal/words"
)

// vectorsOf writes content to a file and opens it.
func vectorsOf(t *testing.T, content string) *exchange.Vectors {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vectors.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func open(t *testing.T, path string) *exchange.Vectors {
	t.Helper()
	v, err := exchange.Open(context.Background(), path, exchange.Options{State: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// saved trains a model and writes it.
func saved(t *testing.T, o Options, objective *Objective, text string) (string, *checkpoints.Checkpoint) {
	t.Helper()
	c, err := Train(context.Background(), objective, o, runOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir, c
}

// untrained returns a run's checkpoint before its first block.
func untrained(t *testing.T, o Options, run Run) *checkpoints.Checkpoint {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := Train(ctx, SkipGram(), o, run)
	if c == nil {
		t.Fatal(err)
	}
	return c
}

// Words of a file in another form than text gets, decomposed or with capitals, are found, unless
// the file also has the word in that form: "Paris" is not the vector of "paris" then, wherever
// it is in the file.
func TestStartNormalForms(t *testing.T) {
	o := smallOptions()
	o.Dim = 2
	run := runOf(t, "caf\u00e9 paris berlin \u09b8\u09ae\u09df\n")
	vectors := vectorsOf(t, "Cafe\u0301 1 2\nParis 3 4\nparis 5 6\nPARIS 7 8\nberlin 9 1\nBerlin 2 2\n\u09b8\u09ae\u09df 3 3\n")
	vectors.Options.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	s, err := NewStart(context.Background(), vectors, run.Corpus.Vocabulary(), "skipgram", o)
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]float32{"caf\u00e9": 1, "paris": 5, "berlin": 9, "\u09b8\u09ae\u09af\u09bc": 3} {
		id, ok := run.Corpus.Vocabulary().ID(word)
		if !ok || !s.Given[id] || s.In.Row(int(id))[0] != want {
			t.Errorf("%+q does not start from %v", word, want)
		}
	}
}

// Words that are found begin with their vectors, the first of two; the others as
// without a start.
func TestStart(t *testing.T) {
	o := smallOptions()
	o.Dim = 2
	run := runOf(t, "a b a b a c d\n")
	before := untrained(t, o, run)
	var err error
	run.Start, err = NewStart(context.Background(), vectorsOf(t, "c 1 2\nx 3 4\na 5 6\nc 7 8\n"), run.Corpus.Vocabulary(), "skipgram", o)
	if err != nil {
		t.Fatal(err)
	}
	if run.Start.Found() != 2 || run.Start.Out != nil {
		t.Errorf("found %d, outputs %v", run.Start.Found(), run.Start.Out)
	}
	c := untrained(t, o, run)
	for i, want := range [][]float32{{5, 6}, row(before, 1), {1, 2}, row(before, 3)} {
		if got := row(c, i); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s begins at %v, want %v", c.Vocabulary.Token(int32(i)), got, want)
		}
	}
	if _, frozen := c.State[FrozenTensor]; frozen {
		t.Error("rows are frozen")
	}
	if before.Config.Origin != "" || c.Config.Origin != "vectors.txt (glove)" || c.Config.License != "" {
		t.Errorf("origin %q and %q, license %q", before.Config.Origin, c.Config.Origin, c.Config.License)
	}
	run.Start.License = "mit"
	if c := untrained(t, o, run); c.Config.License != "mit" {
		t.Errorf("license %q", c.Config.License)
	}
}

// Beside vectors that are smaller than the usual start the others begin smaller.
func TestStartScale(t *testing.T) {
	o := smallOptions()
	o.Dim = 2
	run := runOf(t, "a b a b a c d\n")
	before := untrained(t, o, run)
	var err error
	run.Start, err = NewStart(context.Background(), vectorsOf(t, "a 0.001 -0.001\n"), run.Corpus.Vocabulary(), "skipgram", o)
	if err != nil {
		t.Fatal(err)
	}
	c := untrained(t, o, run)
	for i := 1; i < 4; i++ {
		for k, x := range row(c, i) {
			if want := row(before, i)[k] * 0.001 / 0.25; math.Abs(float64(x-want)) > 1e-9 {
				t.Errorf("word %d begins with %v, want %v", i, x, want)
			}
		}
	}
}

func TestStartErrors(t *testing.T) {
	o := smallOptions()
	o.Dim = 3
	run := runOf(t, "the of the\n")
	v := run.Corpus.Vocabulary()
	for want, content := range map[string]string{
		"Dim must be 2, the dimension of the vectors in ":          "the 1 2\n",
		"none of the 2 words of the text is among the 2 words of ": "The 1 2 3\nOf 1 2 3\n",
		"vectors.txt:2: expected 3 values but found 2":             "2 3\nthe 1 2\nof 1 2 3\n",
	} {
		_, err := NewStart(context.Background(), vectorsOf(t, content), v, "skipgram", o)
		if err == nil || !strings.Contains(err.Error(), want) || fault.Hint(err) == "" {
			t.Errorf("%v, hint %q; want %q", err, fault.Hint(err), want)
		}
	}
	in := checkpoints.NewTensor(2, 2)
	for want, s := range map[string]*Start{
		"Given must have 2 rows, got 1":    {In: &in, Given: []bool{true}},
		"In must be set":                   {Given: []bool{true, false}},
		"must have shape [2 3], got [2 2]": {In: &in, Given: []bool{true, false}},
	} {
		run.Start = s
		if _, err := Train(context.Background(), SkipGram(), o, run); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	in = checkpoints.NewTensor(2, 3)
	run.Start = &Start{In: &in, Given: []bool{false, false}}
	if _, err := Train(context.Background(), SkipGram(), o, run); err == nil || !strings.Contains(err.Error(), "no word has a given vector") {
		t.Error(err)
	}
	run.Start, o.FreezeInit = nil, true
	if _, err := Train(context.Background(), SkipGram(), o, run); err == nil || !strings.Contains(err.Error(), "FreezeInit requires Start") {
		t.Error(err)
	}
}

// A model of the same objective and loss gives its output vectors too, word by
// word, another one does not.
func TestStartFromModel(t *testing.T) {
	o := smallOptions()
	dir, from := saved(t, o, SkipGram(), topics(100))
	run := runOf(t, topics(100)+strings.Repeat("aa cd ", 50)) // another order of words
	v := run.Corpus.Vocabulary()
	for _, c := range []struct {
		kind, loss string
		outputs    bool
	}{{"skipgram", "", true}, {"skipgram", LossNS, true}, {"skipgram", LossHS, false}, {"cbow", "", false}} {
		o.Loss = c.loss
		s, err := NewStart(context.Background(), open(t, dir), v, c.kind, o)
		if err != nil {
			t.Fatal(err)
		}
		if (s.Out != nil) != c.outputs || s.Found() != v.Len() {
			t.Errorf("%s, %s: outputs %v, %d words", c.kind, c.loss, s.Out != nil, s.Found())
		}
		for id, token := range v.Tokens() {
			old, _ := from.Vocabulary.ID(token)
			in := from.Embedding()
			if !equalBits(s.In.Row(id), in.Row(int(old))) {
				t.Fatalf("%s begins with another vector", token)
			}
			if out := from.State[OutputTensor]; s.Out != nil && !equalBits(s.Out.Row(id), out.Row(int(old))) {
				t.Fatalf("%s begins with another output vector", token)
			}
		}
	}
}

// Of a model whose vectors are sums a run begins with the summands; vectors that stay
// are those of the model.
func TestStartFromSums(t *testing.T) {
	o := smallOptions()
	o.SumVectors = true
	dir, from := saved(t, o, CBOW(), topics(100))
	v := runOf(t, topics(100)).Corpus.Vocabulary()
	for _, freeze := range []bool{false, true} {
		o.FreezeInit, o.SumVectors = freeze, !freeze
		s, err := NewStart(context.Background(), open(t, dir), v, "cbow", o)
		if err != nil {
			t.Fatal(err)
		}
		want := from.State[WordTensor]
		if freeze {
			want = from.Embedding()
		}
		if (s.Out == nil) != freeze {
			t.Errorf("freeze %v: output vectors %v", freeze, s.Out != nil)
		}
		for id := range v.Len() {
			if !equalBits(s.In.Row(id), want.Row(id)) {
				t.Fatalf("freeze %v: word %d begins with %v, want %v", freeze, id, s.In.Row(id), want.Row(id))
			}
			if out := from.State[OutputTensor]; !freeze && !equalBits(s.Out.Row(id), out.Row(id)) {
				t.Fatalf("word %d begins with another output vector", id)
			}
		}
	}
}

// Frozen vectors keep their bits to the end, through every interruption; the
// others learn.
func TestFreezeInit(t *testing.T) {
	const given = "aa 1 2 3 4 5 6 7 8 9 1\ncd 0.5 0 0 0 0 0 0 0 0 -0.1\n"
	text := topics(4000)
	for _, f := range forms() {
		o := smallOptions()
		f.set(&o)
		o.FreezeInit, o.Epochs = true, 1
		if o.SumVectors { // refused: vectors with the output vectors in them do not stay
			continue
		}
		begin := func() Run {
			run := runOf(t, text)
			var err error
			run.Start, err = NewStart(context.Background(), vectorsOf(t, given), run.Corpus.Vocabulary(), f.objective.Name, o)
			if err != nil {
				t.Fatal(err)
			}
			return run
		}
		v := begin().Start
		whole, err := Train(context.Background(), f.objective, o, begin())
		if err != nil {
			t.Fatal(err)
		}
		run := runOf(t, text)
		run.Resume = readBack(t, interrupted(t, f.objective, o, begin()))
		last, err := Train(context.Background(), f.objective, o, run)
		if err != nil {
			t.Fatal(err)
		}
		if !equalBits(table(whole), table(last)) {
			t.Errorf("%s: resumed, the vectors are others", f.name)
		}
		for id, token := range whole.Vocabulary.Tokens() {
			frozen := token == "aa" || token == "cd"
			if same := equalBits(v.In.Row(id), row(last, id)); same != frozen {
				t.Errorf("%s: %q frozen %v, the same %v", f.name, token, frozen, same)
			}
		}
	}
}

// interrupted trains a block or two.
func interrupted(t *testing.T, objective *Objective, o Options, run Run) *checkpoints.Checkpoint {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run.SaveEvery = 1
	run.Save = func(context.Context, *checkpoints.Checkpoint) error { cancel(); return nil }
	c, err := Train(ctx, objective, o, run)
	if c == nil {
		t.Fatal(err)
	}
	return c
}

// readBack writes a checkpoint and reads it.
func readBack(t *testing.T, c *checkpoints.Checkpoint) *checkpoints.Checkpoint {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	c, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
