package mining

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index"
)

// fakeEncoder gives each text a vector that follows from its words without regard to
// case and exclamation marks: the topic, which is the first, and some noise. Of "?" it knows nothing.
type fakeEncoder int

func (e fakeEncoder) Dim() int { return int(e) }

func (e fakeEncoder) vector(text string) []float32 {
	text = strings.TrimRight(strings.ToLower(text), "!")
	v := make([]float32, e)
	if text == "?" {
		return v
	}
	topic, _, _ := strings.Cut(text, " ")
	for i, part := range []string{topic, text} {
		h := fnv.New64a()
		h.Write([]byte(part))
		r := rand.New(rand.NewPCG(h.Sum64(), 1))
		for d := range v {
			v[d] += float32(r.NormFloat64()) / float32(1+i)
		}
	}
	return v
}

func (e fakeEncoder) EncodeBatch(ctx context.Context, texts []string, _ int) (vectors []float32, known []int, err error) {
	for _, text := range texts {
		v := e.vector(text)
		vectors = append(vectors, v...)
		known = append(known, min(1, len(strings.Trim(text, "?"))))
	}
	return vectors, known, ctx.Err()
}

const encoder = fakeEncoder(12)

// readText reads pairs of a file of this name and content.
func readText(t *testing.T, name, content string, candidates Candidates) (*Pairs, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(context.Background(), sources, ReadOptions{Candidates: candidates})
	if err == nil {
		t.Cleanup(func() { p.Close() })
	}
	return p, err
}

// randomPairs are pairs of few topics; some anchors come several times, and some
// texts are anchors here and positives there.
func randomPairs(n int) string {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	var b strings.Builder
	for range n {
		topic := r.IntN(1 + n/20)
		fmt.Fprintf(&b, "t%d q%d\tt%d a%d\n", topic, r.IntN(n), topic, r.IntN(n))
		if r.IntN(10) == 0 {
			fmt.Fprintf(&b, "t%d a%d\tt%d q%d\n", topic, r.IntN(n), topic, r.IntN(n))
		}
	}
	return b.String()
}

func mine(t *testing.T, p *Pairs, o Options) ([]Example, *Result) {
	t.Helper()
	var examples []Example
	r, err := p.Mine(context.Background(), encoder, o, func(e Example) error { examples = append(examples, e); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return examples, r
}

// cosine of two texts.
func cosine(a, b string) float64 {
	v, w := encoder.vector(a), encoder.vector(b)
	return dot(v, w) / norm(v) / norm(w)
}

// slowly mines by the definition.
func slowly(rows [][2]string, all bool, o Options) (examples []Example) {
	partners := map[string][]string{}
	candidates := map[string]bool{}
	for _, row := range rows {
		partners[row[0]] = append(partners[row[0]], row[1])
		partners[row[1]] = append(partners[row[1]], row[0])
		candidates[row[1]] = true
		if all {
			candidates[row[0]] = true
		}
	}
	for _, row := range rows {
		type scored struct {
			text  string
			score float64
		}
		var near []scored
		for c := range candidates {
			if c != row[0] && !slices.Contains(partners[row[0]], c) {
				near = append(near, scored{c, cosine(row[0], c)})
			}
		}
		slices.SortFunc(near, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
		e := Example{Anchor: row[0], Positive: row[1]}
		positive := cosine(row[0], row[1])
		for _, c := range near[min(len(near), o.RangeMin):min(len(near), o.RangeMax)] {
			if len(e.Negatives) < o.Negatives && c.score <= o.MaxScore && c.score <= positive-o.Margin-o.RelativeMargin*math.Abs(positive) {
				e.Negatives = append(e.Negatives, c.text)
			}
		}
		if len(e.Negatives) == o.Negatives {
			examples = append(examples, e)
		}
	}
	return examples
}

func TestMineAgainstBruteForce(t *testing.T) {
	text := randomPairs(150)
	var rows [][2]string
	for line := range strings.Lines(text) {
		a, b, _ := strings.Cut(strings.TrimSpace(line), "\t")
		rows = append(rows, [2]string{a, b})
	}
	for name, change := range map[string]func(o *Options){
		"defaults":  func(*Options) {},
		"one":       func(o *Options) { o.Negatives = 1 },
		"range":     func(o *Options) { o.RangeMin, o.RangeMax = 3, 30 },
		"short":     func(o *Options) { o.RangeMax = 8 },
		"max-score": func(o *Options) { o.MaxScore = 0.5 },
		"margin":    func(o *Options) { o.Margin, o.RelativeMargin = 0.2, 0 },
		"relative":  func(o *Options) { o.RelativeMargin = 0.5 },
		"all ranks": func(o *Options) { o.RangeMax, o.Negatives = 1000, 30 },
	} {
		for _, candidates := range []Candidates{Positives, All} {
			o := DefaultOptions()
			change(&o)
			p, err := readText(t, "pairs.tsv", text, candidates)
			if err != nil {
				t.Fatal(err)
			}
			got, r := mine(t, p, o)
			want := slowly(rows, candidates == All, o)
			if r.Pairs != int64(len(rows)) || r.Written != int64(len(got)) || r.Written+r.TooFew != r.Pairs || len(want) == 0 {
				t.Errorf("%s, %s: %+v, %d wanted", name, candidates, r, len(want))
			}
			var positive, negative float64
			for i := range got {
				if math.Abs(float64(got[i].Score)-cosine(got[i].Anchor, got[i].Positive)) > 1e-5 {
					t.Errorf("%s, %s: score of %+v", name, candidates, got[i])
				}
				positive += cosine(got[i].Anchor, got[i].Positive) / float64(len(got))
				for _, n := range got[i].Negatives {
					negative += cosine(got[i].Anchor, n) / float64(len(got)*o.Negatives)
				}
				got[i].Score, got[i].Scores = 0, nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: %d examples, not the %d of the slow way", name, candidates, len(got), len(want))
			}
			if math.Abs(r.Positive-positive) > 1e-5 || math.Abs(r.Negative-negative) > 1e-5 {
				t.Errorf("%s, %s: means %v and %v, not %v and %v", name, candidates, r.Positive, r.Negative, positive, negative)
			}
		}
	}
}

// The graph misses few, breaks no rule, and is the same at any number of threads.
func TestMineWithAGraph(t *testing.T) {
	p, err := readText(t, "pairs.tsv", randomPairs(1000), All)
	if err != nil {
		t.Fatal(err)
	}
	o := DefaultOptions()
	o.Threads = 1
	exact, _ := mine(t, p, o)
	exactBelow = 1
	defer func() { exactBelow = 10_000 }()
	one, r := mine(t, p, o)
	if r.Index != index.HNSW || r.Candidates != p.Candidates() {
		t.Errorf("%+v", r)
	}
	o.Threads = 4
	if four, _ := mine(t, p, o); !reflect.DeepEqual(one, four) {
		t.Error("with 4 threads there are other negatives than with 1")
	}
	negatives := func(examples []Example) map[string]bool {
		set := map[string]bool{}
		for _, e := range examples {
			for _, n := range e.Negatives {
				set[e.Anchor+"\t"+e.Positive+"\t"+n] = true
			}
		}
		return set
	}
	found, all := negatives(one), negatives(exact)
	missed := 0
	for n := range all {
		if !found[n] {
			missed++
		}
	}
	if len(all) == 0 || missed*50 > len(all) {
		t.Errorf("%d of %d are missed", missed, len(all))
	}
	pairs := map[string]bool{}
	for i, a := range p.anchors {
		x, _ := p.texts.text(a)
		y, _ := p.texts.text(p.positives[i])
		pairs[x+"\t"+y], pairs[y+"\t"+x] = true, true
	}
	o.Sample, o.Margin, o.MaxScore = Random, 0.1, 0.8
	random, _ := mine(t, p, o)
	for _, e := range append(random, one...) {
		for i, n := range e.Negatives {
			if pairs[e.Anchor+"\t"+n] || n == e.Anchor {
				t.Errorf("%q has the negative %q", e.Anchor, n)
			}
			if i > 0 && e.Scores[i] > e.Scores[i-1] {
				t.Errorf("%q has no order: %v", e.Anchor, e.Scores)
			}
		}
	}
	for _, e := range random {
		if s := float64(e.Scores[0]); s > 0.8 || s > float64(e.Score)*0.95-0.1+1e-6 {
			t.Errorf("%q: %v is too near for %v", e.Anchor, s, e.Score)
		}
	}
	again, _ := mine(t, p, o)
	o.Seed = 2
	other, _ := mine(t, p, o)
	if !reflect.DeepEqual(random, again) || reflect.DeepEqual(random, other) || len(random) == 0 {
		t.Errorf("%d random ones, of seed 2 %d: the seed is to decide", len(random), len(other))
	}

	m := &miner{pairs: p, encoder: encoder, options: o}
	m.options.OnProgress = func(string, int64, int64) {}
	if err := m.build(context.Background()); err != nil {
		t.Fatal(err)
	}
	need, has := float64(o.Memory(p.Candidates(), encoder.Dim())), float64(m.index.Stats().Bytes)
	if need < (has-4e6)/1.5 || need > has*1.5 { // arrays grow by a megabyte
		t.Errorf("the index takes %v bytes and was to take %v", has, need)
	}
}

func TestMineLeavesOut(t *testing.T) {
	options := DefaultOptions()
	options.Negatives, options.Margin, options.RelativeMargin = 2, -2, 0
	content := "t x\tt y\nT X!\tt z\n?\tt y\nt x\t?\nt v\tt w\n"
	p, err := readText(t, "pairs.tsv", content, All)
	if err != nil {
		t.Fatal(err)
	}
	if p.Len() != 5 || p.Texts() != 7 || p.Candidates() != 7 {
		t.Errorf("%d pairs, %d texts, %d candidates", p.Len(), p.Texts(), p.Candidates())
	}
	examples, r := mine(t, p, options)
	// "T X!" has the vector of "t x": it is no negative of it, and no second one of others.
	same := func(a, b string) bool { return strings.EqualFold(strings.TrimRight(a, "!"), strings.TrimRight(b, "!")) }
	for _, e := range examples {
		if same(e.Anchor, "t x") && slices.ContainsFunc(e.Negatives, func(n string) bool { return same(n, "t x") }) ||
			same(e.Negatives[0], e.Negatives[1]) || slices.Contains(e.Negatives, "?") {
			t.Errorf("%+v", e)
		}
	}
	if r.Unknown != 2 || r.NoVector != 1 || r.Candidates != 6 || r.Written != 3 || r.TooNear != 0 {
		t.Errorf("%+v", r)
	}
	options.Negatives = 5
	if examples, r = mine(t, p, options); len(examples) != 0 || r.TooFew != 3 || r.Positive != 0 {
		t.Errorf("%+v %+v", examples, r)
	}
}

// A text in another spelling that training reads as the same tokens is the same text: what
// belongs to one belongs to the other.
func TestEqualTexts(t *testing.T) {
	v, err := tokenize.NewVocabulary([]string{"the", "cat", "dog", "ran", "bird", "flew", "fish", "swam"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	// Three spellings of an anchor and of a positive, in pairs that do not repeat one.
	// The last two texts have an unknown word.
	content := "The cat\tthe bird flew\nthe  CAT.\tThe dog ran\nthe fish\tTHE DOG, RAN!\ndog\tswam\nthe xyzzy\tThe plugh\n"
	for _, c := range []struct {
		o        pairs.Options
		composed bool
		texts    int
		with     string // partners of "The cat"
	}{
		{pairs.Options{Tokenizer: tokenizer}, false, 7, "[the bird flew The dog ran]"},
		{pairs.Options{Tokenizer: tokenizer}, true, 8, "[the bird flew The dog ran]"},
		{pairs.Options{Tokenizer: tokenizer, MaxTokens: 1}, false, 3, ""},
		{pairs.Options{}, false, 10, "[the bird flew]"},
	} {
		path := filepath.Join(t.TempDir(), "pairs.tsv")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		sources, err := pairs.Open([]string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Read(context.Background(), sources, ReadOptions{Pairs: c.o, Composed: c.composed, Candidates: All})
		if err != nil {
			t.Fatal(err)
		}
		var with []string
		for _, n := range p.with(0) {
			text, _ := p.texts.text(n)
			with = append(with, text)
		}
		if p.Texts() != c.texts || c.with != "" && fmt.Sprint(with) != c.with {
			t.Errorf("%d texts, want %d; %q belong to the first, want %s", p.Texts(), c.texts, with, c.with)
		}
		examples, _ := mine(t, p, Options{Negatives: 1, RangeMax: 100, MaxScore: 1, Margin: -2, Sample: Top, Seed: 1})
		for _, e := range examples {
			if c.o.Tokenizer != nil && e.Anchor == "The cat" && strings.Contains(strings.ToLower(e.Negatives[0]), "dog") && c.o.MaxTokens == 0 && e.Negatives[0] != "dog" {
				t.Errorf("a positive is a negative: %+v", e)
			}
		}
		p.Close()
	}
}

func TestReadKinds(t *testing.T) {
	p, err := readText(t, "labelled.csv", "sentence1,sentence2,label\na,b,1\nc,d,0\n e ,f,1\n", Positives)
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := p.texts.text(p.anchors[1]); p.Len() != 2 || p.Candidates() != 3 || p.Texts() != 5 || e != "e" || p.SpoolBytes() != 5 {
		t.Errorf("%d pairs, %d candidates, %d texts, %q", p.Len(), p.Candidates(), p.Texts(), e)
	}
	for candidates, want := range map[Candidates]int{Positives: 1, All: 3} {
		p, err := readText(t, "triplets.jsonl", `{"anchor":"a","positive":"b","negative":"c"}`, candidates)
		if err != nil || p.Candidates() != want {
			t.Errorf("%v, want %d candidates: %v", p, want, err)
		}
	}
	for content, want := range map[string]string{
		"sentence1,sentence2,score\na,b,3.5\n": "these are scored",
		"sentence1,sentence2,label\na,b,0\n":   "no pairs that belong together",
		"a\n":                                  "not pairs",
	} {
		if _, err := readText(t, "x.csv", content, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := readText(t, "x.csv", "a,b\n", "some"); err == nil {
		t.Error("unknown candidates passed")
	}
}

func TestMineEnds(t *testing.T) {
	p, err := readText(t, "pairs.tsv", randomPairs(50), Positives)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	if _, err := p.Mine(context.Background(), encoder, DefaultOptions(), func(Example) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Mine(ctx, encoder, DefaultOptions(), func(Example) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(o *Options){
		"Negatives":           func(o *Options) { o.Negatives = 31 },
		"RangeMin":            func(o *Options) { o.RangeMin = -1 },
		"RangeMax":            func(o *Options) { o.RangeMax = MaxRange + 1 },
		"96 plus Negatives 5": func(o *Options) { o.RangeMin = 96 },
		"MaxScore":            func(o *Options) { o.MaxScore = math.NaN() },
		"Margin":              func(o *Options) { o.Margin = 3 },
		"RelativeMargin":      func(o *Options) { o.RelativeMargin = -1 },
		"Sample":              func(o *Options) { o.Sample = "some" },
		"Ef":                  func(o *Options) { o.Ef = -1 },
		"Threads":             func(o *Options) { o.Threads = -1 },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
