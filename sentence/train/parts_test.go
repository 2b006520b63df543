package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// topicPairs are pairs of texts about the same of 12 topics: words of the topic and
// some that any text may have. extra makes of a pair's row what its kind asks for.
func topicPairs(t testing.TB, n int, extra func(rng *rand.Rand, topic int) string) (*pairs.Dataset, *tokenize.Tokenizer) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	words := wordList(120)
	text := func(topic int) string {
		var s []string
		for range 3 + rng.IntN(6) {
			word := words[rng.IntN(24)]
			if rng.IntN(3) > 0 {
				word = words[24+topic*8+rng.IntN(8)]
			}
			s = append(s, word)
		}
		return strings.Join(s, " ")
	}
	var rows strings.Builder
	if extra != nil && extra(rng, 0) > "9" {
		rows.WriteString("anchor\tpositive\tnegative\n")
	}
	for range n {
		topic := rng.IntN(12)
		fmt.Fprintf(&rows, "%s\t%s", text(topic), text(topic))
		if extra != nil {
			fmt.Fprint(&rows, "\t", extra(rng, topic))
		}
		rows.WriteByte('\n')
	}
	file := filepath.Join(t.TempDir(), "pairs.tsv")
	if err := os.WriteFile(file, []byte(rows.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer := tokenizerOf(t, words...)
	pairs, err := pairs.Build(context.Background(), sources, pairs.Options{Tokenizer: tokenizer, Related: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pairs.Close() })
	return pairs, tokenizer
}

func smallOptions() Options {
	o := DefaultOptions()
	o.Dim, o.BatchSize, o.Epochs, o.Threads = 20, 50, 3, 2
	return o
}

func TestResumeRefusesOtherPairs(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 330, nil)
	other, _ := topicPairs(t, 331, nil)
	o := smallOptions()
	ctx, cancel := context.WithCancel(context.Background())
	c, err := Train(ctx, o, Run{Pairs: pairs, Tokenizer: tokenizer, Progress: func(Event) { cancel() },
		Validation: &Validation{Every: Cadence{Steps: 2}, KeepLast: true, Sets: []ValidationSet{{
			Judge: func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error) {
				cancel()
				return checkpoints.Metric{Name: "spearman"}, nil
			}}}}})
	if c == nil {
		t.Fatal(err)
	}
	for name, resume := range map[string]func() Run{
		"the pairs have changed": func() Run { return Run{Pairs: other, Tokenizer: tokenizer, Resume: c} },
		"no optimizer state": func() Run {
			without := *c
			without.State = nil
			return Run{Pairs: pairs, Tokenizer: tokenizer, Resume: &without}
		},
	} {
		if _, err := Train(context.Background(), o, resume()); err == nil || !strings.Contains(err.Error(), name) || fault.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A run of a version that trained the token for unknown text is refused for that reason.
func TestResumeNamesUnknownTokens(t *testing.T) {
	tokenizer, err := tokenize.Parse("x", []byte(`{"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"a":1,"b":2,"c":3}}}`))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pairs.tsv")
	if err := os.WriteFile(file, []byte("a b\tb ⵣ\nc ⵣ\tc b\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dataset, err := pairs.Build(context.Background(), sources, pairs.Options{Tokenizer: tokenizer, Related: true})
	if err != nil {
		t.Fatal(err)
	}
	defer dataset.Close()
	o := smallOptions()
	o.BatchSize = 2
	c, err := Train(context.Background(), o, Run{Pairs: dataset, Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	c.Config.Progress.Finished, c.Config.Corpus.Fingerprint = false, "0"
	_, err = Train(context.Background(), o, Run{Pairs: dataset, Tokenizer: tokenizer, Resume: c})
	if err == nil || !strings.Contains(err.Error(), "2 unknown tokens") || !strings.Contains(fault.Hint(err), "start a new run") {
		t.Errorf("%v, hint %q", err, fault.Hint(err))
	}
}

// The losses of scored, labelled and three-column data are trained as well.
func TestTrainOtherLosses(t *testing.T) {
	label := func(rng *rand.Rand, topic int) string { return fmt.Sprint(rng.IntN(2)) }
	for _, c := range []struct {
		loss  Loss
		extra func(*rand.Rand, int) string
		bad   bool
	}{
		{Cosine, label, false}, {CoSENT, label, false}, {Related, label, false}, {Contrastive, label, false},
		{Related, nil, false}, {Contrastive, nil, false},
		{Triplet, nil, true}, {Cosine, nil, true}, {InBatch, label, true},
		{Triplet, func(rng *rand.Rand, topic int) string { return wordList(120)[24+(topic+1)%12*8] + " wab" }, false},
		{InBatch, func(rng *rand.Rand, topic int) string { return wordList(120)[24+(topic+1)%12*8] + " wab" }, false},
	} {
		pairs, tokenizer := topicPairs(t, 200, c.extra)
		o := smallOptions()
		o.Loss, o.Epochs = c.loss, 8
		first, last := 0.0, 0.0
		got, err := Train(context.Background(), o, Run{Pairs: pairs, Tokenizer: tokenizer, Validation: &Validation{KeepLast: true, Sets: []ValidationSet{{
			Judge: func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
				if last = c.Config.Progress.Loss; first == 0 {
					first = last
				}
				return checkpoints.Metric{Name: "spearman"}, nil
			}}}}})
		if c.bad {
			if err == nil {
				t.Errorf("%s of %s: no error", c.loss, pairs.Kind())
			}
			continue
		}
		if err != nil || got == nil {
			t.Errorf("%s of %s: %v", c.loss, pairs.Kind(), err)
		} else if !(last < first) {
			t.Errorf("%s of %s: the loss went from %g to %g", c.loss, pairs.Kind(), first, last)
		}
	}
}

func TestStartTakesTokensAndWords(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "vectors.txt")
	if err := os.WriteFile(file, []byte("4 2\nking 1 2\nqueen 3 4\n▁exact 5 6\nabsent 7 8\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	v, err := tokenize.NewVocabulary([]string{"king", "Ġqueen", "##ing", "▁exact", "Ġking"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := exchange.Open(context.Background(), file, exchange.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer vectors.Close()
	s, err := NewStart(context.Background(), vectors, v, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Given, []bool{true, true, false, true, false}) || s.Found() != 3 {
		t.Errorf("given %v", s.Given)
	}
	for i, want := range [][]float32{{1, 2}, {3, 4}, {0, 0}, {5, 6}} {
		if !slices.Equal(s.Table.Row(i), want) {
			t.Errorf("row %d is %v, want %v", i, s.Table.Row(i), want)
		}
	}
	if _, err := NewStart(context.Background(), vectors, v, 3); err == nil {
		t.Error("another dimension is not an error")
	}
}

// Words are brought to the form of the tokenizer: that of BERT's uncased models is lower case
// without accents, and NFKC turns a ligature into letters.
func TestNewStartNormalForms(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "v.txt")
	if err := os.WriteFile(file, []byte("Cafe\u0301 1 2\nKING 3 4\nking 5 6\n\ufb01nd 7 8\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for normalizer, want := range map[string][]bool{
		`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}`: {true, true, false, false},
		`{"type":"NFKC"}`: {false, true, true, true},
	} {
		bert, err := tokenize.Parse("t", []byte(`{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":`+normalizer+
			`,"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,"decoder":null,"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",`+
			`"max_input_chars_per_word":100,"vocab":{"cafe":0,"king":1,"find":2,"Caf\u00e9":3,"[UNK]":4}}}`))
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := exchange.Open(context.Background(), file, exchange.Options{Tokenizer: bert})
		if err != nil {
			t.Fatal(err)
		}
		defer vectors.Close()
		s, err := NewStart(context.Background(), vectors, bert.Vocabulary(), 2)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Given[:4], want) || s.Table.Row(1)[0] != 5 {
			t.Errorf("%s: given %v, king %v; want %v and 5", normalizer, s.Given, s.Table.Row(1), want)
		}
	}
}

// A run that starts from an encoder and takes tiny steps ends with the same encoder.
func TestStartWithEncoder(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 200, nil)
	o := smallOptions()
	o.Hidden, o.Project = 9, 6
	c := train(t, o, Run{Pairs: pairs, Tokenizer: tokenizer})
	encoder, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	o.LearningRate, o.Epochs = 1e-30, 1
	again := train(t, o, Run{Pairs: pairs, Tokenizer: c.Tokenizer, Start: &Start{Encoder: encoder, License: "mit", Origin: "me/base"}})
	if again.Config.License != "mit" || again.Config.Origin != "me/base" || c.Config.License != "" {
		t.Errorf("license %q, origin %q", again.Config.License, again.Config.Origin)
	}
	c.State, again.State = nil, nil
	sameTensors(t, "started from an encoder", c, again)
	o.Hidden = 8
	if _, err := Train(context.Background(), o, Run{Pairs: pairs, Tokenizer: c.Tokenizer, Start: &Start{Encoder: encoder}}); err == nil {
		t.Error("other layers are not an error")
	}
}

func TestFreeze(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 200, nil)
	o := smallOptions()
	o.Hidden, o.Freeze = 9, true
	frozen := train(t, o, Run{Pairs: pairs, Tokenizer: tokenizer})
	begun := kernel.Aligned(120 * kernel.Stride(o.Dim))
	normal(begun, o.Dim, o.InitScale, rand.NewPCG(o.Seed, streamTable))
	if !slices.Equal(frozen.Embedding().Data, begun) {
		t.Error("the frozen table has changed")
	}
}

// The projection is that of a principal component analysis done anew: uncorrelated
// directions of unit length, in falling order of variance.
func TestPrincipalProjection(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 200, nil)
	o := smallOptions()
	o.Project, o.ProjectInit, o.Pooling = 5, "pca", sentence.Mean
	tr, err := newTrainer(context.Background(), o, Run{Pairs: pairs, Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.engine.Close()
	e := tr.encoder
	counts := pairs.TokenCounts()
	stride := kernel.Stride(o.Dim)
	project := func(row []float32, k int) (p float64) {
		for j := range o.Dim {
			p += float64(row[j]) * float64(e.Projection[k*stride+j])
		}
		return p
	}
	covariance := func(a, b int) float64 {
		var n, ma, mb, ab float64
		for i, c := range counts {
			row, w := e.Table[i*stride:], float64(c)
			pa, pb := project(row, a), project(row, b)
			n, ma, mb, ab = n+w, ma+w*pa, mb+w*pb, ab+w*pa*pb
		}
		return ab/n - ma/n*mb/n
	}
	before := math.Inf(1)
	for a := range o.Project {
		length := 0.0
		for j := range o.Dim {
			length += math.Pow(float64(e.Projection[a*stride+j]), 2)
		}
		if math.Abs(length-1) > 1e-5 {
			t.Errorf("direction %d has length %g", a, math.Sqrt(length))
		}
		variance := covariance(a, a)
		if variance > before+1e-9 {
			t.Errorf("direction %d has variance %g, the one before %g", a, variance, before)
		}
		before = variance
		for b := range a {
			if c := covariance(a, b); math.Abs(c) > 1e-6 {
				t.Errorf("directions %d and %d have covariance %g", a, b, c)
			}
		}
	}
}

// All parts of an epoch are trained, each once.
func TestWorkersReadAllPairs(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 333, nil)
	o := smallOptions()
	tr, err := newTrainer(context.Background(), o, Run{Pairs: pairs, Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.engine.Close()
	w := &worker{trainer: tr}
	read := 0
	for b := range tr.Blocks {
		if err := w.Prepare(b); err != nil {
			t.Fatal(err)
		}
		for i := range w.batches {
			read += w.batches[i].Examples
		}
	}
	left := 0
	for epoch := range o.Epochs {
		plan, err := pairs.Plan(context.Background(), o.plan(epoch))
		if err != nil {
			t.Fatal(err)
		}
		left += int(plan.LeftOut())
	}
	if read+left != 333*o.Epochs {
		t.Errorf("%d examples were read and %d left out, of %d", read, left, 333*o.Epochs)
	}
}
