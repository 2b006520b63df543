// Choosesample selects the articles of the bundled sample from a corpus (plain or
// compressed; one paragraph per line, a blank line between articles). It makes the file in
// corpora/data reproducible:
//
//	go run ./corpora/internal/choosesample CORPUS > sample.txt
//	zstd --ultra -22 sample.txt -o corpora/data/sample.txt.zst
//
// The selection is greedy. Every word has a weight: high for words of the bundled evaluation
// sets, low for other frequent words, so that the rest of the language is covered too.
// The value of a selection is the sum over words of weight · log(1 + n/half), where n is
// how often the word occurs in it. The hundredth occurrence of a word is worth less than
// its tenth, which spreads the selection over topics. An article with m occurrences of
// a word counts m^0.7 of them, since it shows only one aspect of the word. The article
// that adds the most value per byte comes next, until the size is reached. Lists and
// tables, which have little context, are skipped: an article must have running text,
// judged by the length of its paragraphs and its share of function words. Chosen articles
// keep the order of the corpus.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/heap"
)

func main() {
	size := flag.Int64("size", 10_300_000, "bytes of text to choose")
	half := flag.Float64("half", 35, "number of (reduced) occurrences after which another is worth half the first")
	common := flag.Int("common", 8000, "number of most frequent words that have a weight even outside the sets")
	commonWeight := flag.Float64("common-weight", 0.05, "their weight")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: choosesample [flags] CORPUS > sample.txt")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, flag.Arg(0), *size, *half, *common, *commonWeight); err != nil {
		fmt.Fprintln(os.Stderr, "choosesample:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, path string, size int64, half float64, common int, commonWeight float64) error {
	src, err := text.Open(path)
	if err != nil {
		return err
	}
	c, err := corpora.Build(ctx, src, corpora.BuildOptions{})
	if err != nil {
		return err
	}
	defer c.Close()
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(c.Vocabulary())
	if err != nil {
		return err
	}
	articles, err := readArticles(ctx, src, words)
	if err != nil {
		return err
	}
	weights := weigh(c.Vocabulary(), common, commonWeight)
	chosen := choose(articles, weights, size, half)
	for i, a := range chosen {
		text := a.text
		if i > 0 {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	report(chosen, articles)
	return nil
}

type article struct {
	place int
	text  string
	words []occurrences // sorted by id, so that sums are reproducible
	gain  float64       // value per byte at its last evaluation
	round int           // of that evaluation
}

type occurrences struct {
	id int32
	n  int
}

// readArticles returns the articles of running text.
func readArticles(ctx context.Context, src *text.Source, words *tokenize.Tokenizer) ([]*article, error) {
	var articles []*article
	var content strings.Builder
	place := 0
	end := func() {
		if a := newArticle(place, content.String(), words); a != nil {
			articles = append(articles, a)
		}
		place++
		content.Reset()
	}
	err := src.Read(ctx, func(c text.Chunk) error {
		if len(c.Text) == 0 && c.LineEnd {
			end()
			return nil
		}
		content.Write(c.Text)
		if c.LineEnd {
			content.WriteByte('\n')
		}
		return nil
	})
	end()
	if len(articles) == 0 && err == nil {
		err = errors.New("no articles of running text")
	}
	return articles, err
}

var functionWords = strings.Fields("the of and in to a is was as for by with on that from it his are be an at were which or he had this but not has their its have they also who been one into can all other than when more there such some")

func newArticle(place int, text string, words *tokenize.Tokenizer) *article {
	const (
		minBytes     = 2000   // shorter ones give little context
		maxBytes     = 150000 // longer ones would displace many topics
		minParagraph = 200    // mean length in bytes
		minFunction  = 0.33   // share of function words; lists have fewer
	)
	if len(text) < minBytes || len(text) > maxBytes || len(text)/strings.Count(text, "\n") < minParagraph {
		return nil
	}
	ids := words.Encode(nil, text)
	function := 0
	for _, id := range ids {
		if slices.Contains(functionWords, words.Vocabulary().Token(id)) {
			function++
		}
	}
	if float64(function) < minFunction*float64(len(ids)) {
		return nil
	}
	a := &article{place: place, text: text}
	slices.Sort(ids)
	for i, id := range ids {
		if i == 0 || id != ids[i-1] {
			a.words = append(a.words, occurrences{id: id})
		}
		a.words[len(a.words)-1].n++
	}
	return a
}

// weigh returns the weights of the words of the vocabulary.
func weigh(v *tokenize.Vocabulary, common int, commonWeight float64) []float64 {
	const tooFrequent = 100 // words that every article contains
	weights := make([]float64, v.Len())
	for id := tooFrequent; id < min(common, len(weights)); id++ {
		weights[id] = commonWeight
	}
	set := func(word string, weight float64) {
		if id, ok := v.ID(strings.ToLower(word)); ok && id >= tooFrequent {
			weights[id] = max(weights[id], weight)
		}
	}
	for _, p := range sets.WordSim353().Pairs {
		set(p.A, 1)
		set(p.B, 1)
	}
	for _, s := range sets.GoogleAnalogies().Sections {
		weight := 0.25
		if s.Name == "capital-common-countries" || s.Name == "family" {
			weight = 1
		}
		for _, q := range s.Questions {
			for _, w := range q {
				set(w, weight)
			}
		}
	}
	return weights
}

// choose takes articles by value per byte. The value that an article adds only falls as
// others are chosen, so the top of the heap is the best once it has been evaluated again.
func choose(articles []*article, weights []float64, size int64, half float64) []*article {
	have := make([]float64, len(weights))
	reduced := func(m int) float64 { return math.Pow(float64(m), 0.7) }
	worth := func(a *article) float64 {
		var sum float64
		for _, o := range a.words {
			if w := weights[o.id]; w > 0 {
				sum += w * math.Log((half+have[o.id]+reduced(o.n))/(half+have[o.id]))
			}
		}
		return sum / float64(len(a.text))
	}
	var h heap.Heap[*article]
	for _, a := range articles {
		a.gain = worth(a)
		h.Push(a)
	}
	var chosen []*article
	for len(h) > 0 && size > 0 {
		best := h[0]
		if best.round != len(chosen) {
			best.gain, best.round = worth(best), len(chosen)
			h.Replace(best)
			continue
		}
		h.Pop()
		if int64(len(best.text)) > size {
			continue
		}
		size -= int64(len(best.text)) + 1
		for _, o := range best.words {
			have[o.id] += reduced(o.n)
		}
		chosen = append(chosen, best)
	}
	slices.SortFunc(chosen, func(a, b *article) int { return cmp.Compare(a.place, b.place) })
	return chosen
}

// Before orders articles by value.
func (a *article) Before(b *article) bool { return a.gain > b.gain }

func report(chosen, from []*article) {
	n := 0
	for _, a := range chosen {
		n += len(a.text)
	}
	fmt.Fprintf(os.Stderr, "choosesample: %d of %d articles of running text, %d bytes\n", len(chosen), len(from), n)
}
