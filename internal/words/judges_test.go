package words_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	. "github.com/luminavec/luminavec/internal/words"
)

// setOf writes content to a file and reads it as a set.
func setOf(t *testing.T, kind, content string) *Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "set.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	sets, err := ReadSets(kind + path)
	if err != nil {
		t.Fatal(err)
	}
	return sets[0]
}

// modelOf returns a model of the run's vocabulary with these vectors.
func modelOf(t *testing.T, run Run, rows ...[]float32) *checkpoints.Checkpoint {
	t.Helper()
	v := run.Corpus.Vocabulary()
	tokenizer, err := run.Tokenizer.WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	vectors := checkpoints.NewTensor(v.Len(), 2)
	for i, row := range rows {
		copy(vectors.Row(i), row)
	}
	return &checkpoints.Checkpoint{
		Config: checkpoints.Config{Kind: "skipgram", Dim: 2}, Vocabulary: v, Tokenizer: tokenizer,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: vectors},
	}
}

// Each kind of set counts what it knows, and judges the model that it is given.
func TestOpenValidation(t *testing.T) {
	ctx := context.Background()
	run := runOf(t, "a a a a b b b c c d\n") // ids in this order
	v, err := OpenValidation(ctx, []*Set{
		setOf(t, "words:", "a\tb\t9\na\tc\t5\na\td\t1\na\tx\t3\n"),
		setOf(t, "analogies:", ": all\na b c d\na b c x\n"),
		setOf(t, "text:", "a b x c\n"),
	}, run.Corpus, run.Tokenizer, false)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for i, want := range [][2]int64{{3, 4}, {1, 2}, {3, 4}} {
		if s := v.Sets[i]; s.Known != want[0] || s.Size != want[1] || (s.Judge == nil) != (i == 2) || (s.Text == nil) != (i != 2) {
			t.Errorf("%s: %d of %d known, want %v", s.Kind, s.Known, s.Size, want)
		}
	}
	// The nearest of a are b, c, d in the first model, and d, c, b in the second.
	near := modelOf(t, run, []float32{1, 0}, []float32{1, 0.1}, []float32{1, 1}, []float32{0, 1})
	far := modelOf(t, run, []float32{1, 0}, []float32{0, 1}, []float32{1, 1}, []float32{1, 0.1})
	for _, c := range []struct {
		model    *checkpoints.Checkpoint
		spearman float64
	}{{near, 1}, {far, -1}, {near, 1}} {
		m, err := v.Sets[0].Judge(ctx, c.model)
		if err != nil || m.Name != "spearman" || math.Abs(m.Value-c.spearman) > 1e-9 || m.Found != 3 || m.Of != 4 {
			t.Errorf("%+v, %v, want a spearman of %v", m, err, c.spearman)
		}
		if m, err = v.Sets[1].Judge(ctx, c.model); err != nil || m.Name != "accuracy" || m.Found != 1 || m.Of != 2 {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

// A set that has nothing in common with the vocabulary is an error, unless the model composes
// unknown words.
func TestOpenValidationUnknown(t *testing.T) {
	ctx := context.Background()
	run := runOf(t, "a b c d\n")
	onePair := setOf(t, "words:", "a\tb\t1\na\tx\t2\ny\tz\t3\n")
	for _, s := range []*Set{onePair, setOf(t, "analogies:", ": all\na b c x\n")} {
		if _, err := OpenValidation(ctx, []*Set{s}, run.Corpus, run.Tokenizer, false); err == nil || !strings.Contains(err.Error(), s.File) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", s.Kind, err, fault.Hint(err))
		}
	}
	v, err := OpenValidation(ctx, []*Set{onePair}, run.Corpus, run.Tokenizer, true)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if s := v.Sets[0]; s.Known != 3 || s.Size != 3 {
		t.Errorf("%d of %d pairs known to a model that composes words, want 3 of 3", s.Known, s.Size)
	}
}

// Held-out text is split into words as the corpus was.
func TestOpenValidationTokenizer(t *testing.T) {
	run := runOf(t, "A a b\n")
	run.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true})
	v, err := OpenValidation(context.Background(), []*Set{setOf(t, "text:", "a A b\n")}, run.Corpus, run.Tokenizer, false)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if s := v.Sets[0]; s.Known != 2 || s.Size != 3 {
		t.Errorf("%d of %d words known, want a and b of 3", s.Known, s.Size)
	}
}

// A set that changed since a model was validated with it is refused.
func TestReadSameSets(t *testing.T) {
	s := setOf(t, "", "a\tb\t9\na\tc\t5\n")
	if s.Kind != "words" {
		t.Errorf("detected %q", s.Kind)
	}
	was := &checkpoints.Validation{Sets: []checkpoints.ValidationSet{s.ValidationSet}}
	if sets, err := ReadSameSets(was); err != nil || len(sets) != 1 || sets[0].ValidationSet != s.ValidationSet {
		t.Errorf("%v, %v", sets, err)
	}
	if err := os.WriteFile(s.File, []byte("a\tb\t9\na\tc\t6\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSameSets(was); err == nil || !strings.Contains(err.Error(), s.File) || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	for _, name := range []string{"", "-", "text:", "text:-"} {
		if _, err := ReadSets(name); err == nil || !strings.Contains(err.Error(), "must be a file") {
			t.Errorf("%q: error %v", name, err)
		}
	}
}
