package adapt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// jargon writes documents in which a word of the heading goes with another word of the text, which no model
// can know: bird with bond, for instance.
func jargon(t *testing.T, n int, related bool) *documents.Source {
	t.Helper()
	words := strings.Fields("bird stone lamp river chair cloud bread horse paper glass metal tower garden window forest bridge candle mirror ladder button")
	dir, rng := t.TempDir(), rand.New(rand.NewPCG(1, 1))
	for i := range n {
		a, b := words[i%len(words)], words[(7*i+3)%len(words)]
		other := words[(7*i+3+len(words)/2)%len(words)]
		x, y := words[(i+5)%len(words)], words[(7*(i+5)+3)%len(words)]
		if !related {
			b, y, other = words[rng.IntN(len(words))], words[rng.IntN(len(words))], words[rng.IntN(len(words))]
		}
		text := fmt.Sprintf("# About the %s and the %s\n\nNumber%d: %s %s, then %s %s %s was seen again\n", a, x, rng.IntN(1e6), b, y, b, y, other)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.md", i)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src, err := documents.Open(context.Background(), nil, []string{dir}, documents.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestTune(t *testing.T) {
	ctx := context.Background()
	model, err := bundled.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	src := jargon(t, 400, true)
	var first []float32
	for _, threads := range []int{1, 2} {
		tuned, r, err := Tune(ctx, model, src, Options{Seed: 1, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Adapted || r.After < r.Before+0.05 || tuned == sentence.Model(model) || r.Pairs < 200 || r.Steps == 0 {
			t.Fatalf("%s: %+v", r, r)
		}
		if !strings.HasPrefix(r.String(), "the model was adapted to the documents: tuning on ") {
			t.Error(r.String())
		}
		v, _, err := tuned.EncodeBatch(ctx, []string{"about the bird", "bond"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = v
		}
		for i := range v {
			if v[i] != first[i] {
				t.Fatal("the result depends on the number of threads")
			}
		}
		// It is stored as small as it was.
		if q := tuned.(*sentence.Encoder).Checkpoint().Embedding().Quantized; q == nil {
			t.Error("the tuned model is not compressed as the model is")
		}
	}
}

// What does not help is not kept: headings that say nothing about their texts.
func TestTuneUnrelated(t *testing.T) {
	model, err := bundled.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tuned, r, err := Tune(context.Background(), model, jargon(t, 400, false), Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if r.Adapted || tuned != sentence.Model(model) || r.Steps == 0 {
		t.Errorf("%s: %+v", r, r)
	}
}

func TestTuneRefuses(t *testing.T) {
	ctx := context.Background()
	model, err := bundled.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tuned, r, err := Tune(ctx, model, jargon(t, 5, true), Options{})
	if err != nil || r.Adapted || tuned != sentence.Model(model) || !strings.Contains(r.Reason, "100 are needed") {
		t.Errorf("%+v, %v", r, err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := Tune(canceled, model, jargon(t, 400, true), Options{}); err == nil {
		t.Error("canceled: no error")
	}
	for _, o := range []Options{{BatchSize: 1}, {LearningRate: -1}, {Margin: -1}, {Examples: -1}} {
		if _, _, err := Tune(ctx, model, jargon(t, 5, true), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	// Pooling that is not a mean.
	if _, reason := tunable(sentence.WorkedExample()); reason == "" {
		t.Log("the worked example can be tuned")
	}
}
