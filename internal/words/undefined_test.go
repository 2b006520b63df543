package words_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	. "github.com/luminavec/luminavec/internal/words"
)

// An undefined result is not the best, does not count against the patience, and does not end a run.
func TestValidationUndefined(t *testing.T) {
	text := topics(6000) // five blocks an epoch, validated after 3, 5, 8, 10, 13 and 15
	for _, c := range []struct {
		name      string
		undefined []int64 // blocks
		best      int64   // 0: none
		model     int64
		worse     int
	}{
		{"always", []int64{3, 5, 8, 10, 13, 15}, 0, 15, 0},
		{"first", []int64{3}, 5, 5, 4},          // -3, -5, … after it
		{"between", []int64{5, 8, 10}, 3, 3, 2}, // with a patience of 3
		{"last", []int64{15}, 3, 3, 4},
	} {
		seen := map[int64][]float32{}
		run := runOf(t, text)
		run.Validation = judged(0, seen) // the earlier the better
		measure := run.Validation.Sets[0].Judge
		run.Validation.Sets[0].Judge = func(ctx context.Context, m *checkpoints.Checkpoint) (checkpoints.Metric, error) {
			metric, err := measure(ctx, m)
			metric.Undefined = slices.Contains(c.undefined, m.Config.Progress.Blocks)
			return metric, err
		}
		if c.name == "always" || c.name == "between" {
			run.Validation.Patience = map[string]int{"always": 1, "between": 3}[c.name]
		}
		m, err := Train(context.Background(), SkipGram(), smallOptions(), run)
		if err != nil {
			t.Fatal(err)
		}
		v := m.Config.Validation
		if c.best == 0 && v.Best != nil || c.best > 0 && (v.Best == nil || v.Best.Blocks != c.best) {
			t.Errorf("%s: best %+v, want that of block %d", c.name, v.Best, c.best)
		}
		if v.Worse != c.worse || v.Count != 6 || m.Config.Progress.Blocks != 15 || m.Config.Progress.Stopped != "" {
			t.Errorf("%s: %+v, %+v", c.name, v, m.Config.Progress)
		}
		if !equalBits(table(m), seen[c.model]) || (v.Model == "best") != (c.best > 0) {
			t.Errorf("%s: the model is not that of block %d, but the %s", c.name, c.model, v.Model)
		}
		if n := strings.Count(string(m.Log), `"value":0,"found":1,"of":1,"undefined":true`); n != len(c.undefined) {
			t.Errorf("%s: %d undefined lines in the log, want %d", c.name, n, len(c.undefined))
		}
	}
}

// The judges of words say what is undefined; sets that say little come with a warning.
func TestJudgesUndefined(t *testing.T) {
	ctx := context.Background()
	run := runOf(t, "a a a a b b b c c d\n")
	v, err := OpenValidation(ctx, []*Set{
		setOf(t, "words:", "a b 5\na c 5\n"), setOf(t, "words:", "a a 1\nb b 2\nc c 3\n"),
		setOf(t, "words:", "a b N 9\na c N 5\na x N 1\ny x N 1\nz x N 3\n"),
	}, run.Corpus, run.Tokenizer, false)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	model := modelOf(t, run, []float32{1, 0.3}, []float32{1, 0.7}, []float32{3, 1.1}, []float32{0.2, 1})
	for i, want := range []struct {
		undefined     bool
		read, warning string
	}{
		{true, "read 2 pairs: words in columns 1-2, score in column 3", "the correlation is undefined: all scores are 5"},
		{true, "read 3 pairs: words in columns 1-2, score in column 3", "the correlation is undefined: both sides of each pair are the same"},
		{false, "read 5 pairs: words in columns 1-2, score in column 4", "only 2 of 5 are known: the result will say little about the model"},
	} {
		s := v.Sets[i]
		m, err := s.Judge(ctx, model)
		if err != nil || m.Undefined != want.undefined || s.Read != want.read || s.Warning != want.warning {
			t.Errorf("%+v, %v, %q, %q, want %+v", m, err, s.Read, s.Warning, want)
		}
	}
}

// The column of the scores is an option, and part of the record that a resumed run reads.
func TestScoreColumn(t *testing.T) {
	s := setOf(t, "words:", "a b 9\na c 5\n")
	if err := os.WriteFile(s.File, []byte("a b 9 7\na c 5 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSets("words:" + s.File); err == nil || !strings.Contains(fault.Hint(err), "ScoreColumn") {
		t.Errorf("%v, hint %q", err, fault.Hint(err))
	}
	sets, err := SetOptions{ScoreColumn: 4}.Read(s.File)
	if err != nil || sets[0].ScoreColumn != 4 || sets[0].Kind != "words" {
		t.Fatalf("%+v, %v", sets, err)
	}
	again, err := ReadSameSets(&checkpoints.Validation{Sets: []checkpoints.ValidationSet{sets[0].ValidationSet}})
	if err != nil || again[0].ValidationSet != sets[0].ValidationSet {
		t.Errorf("%+v, %v", again, err)
	}
}

// Examples are frequent words of the text with long vectors, not the first ones, ids or numbers.
func TestSalient(t *testing.T) {
	tokens := []string{"the"}
	lengths := []float32{9}
	for _, w := range []string{"of", "wing", "and", "jet", "1999", "x-15", "flow", "drag", "lift", "Ähre", "中国"} {
		tokens, lengths = append(tokens, w), append(lengths, map[string]float32{"jet": 3, "flow": 5, "wing": 4, "中国": 2, "1999": 8, "of": 8, "x-15": 8}[w])
	}
	v, err := tokenize.NewVocabulary(tokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &checkpoints.Checkpoint{Vocabulary: v, Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: checkpoints.NewTensor(v.Len(), 2)}}
	for i, x := range lengths {
		c.Embedding().Row(i)[0] = x
	}
	if got := Salient(c, 4); !slices.Equal(got, []string{"flow", "wing", "jet", "中国"}) {
		t.Errorf("%v", got)
	}
	if got := Salient(c, 20); len(got) != 11 { // with the others, but for the first tenth
		t.Errorf("%v", got)
	}
}
