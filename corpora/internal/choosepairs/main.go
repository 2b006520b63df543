// Choosepairs picks pairs for the bundled sample out of a file of pairs, TSV of two
// columns, plain or compressed, so that the sample can be made again:
//
//	for f in definitions:16000 encyclopedia:3900 rewrites:9500; do
//		name=${f%:*}
//		go run ./corpora/internal/choosepairs -pairs ${f#*:} PAIRS/$name.tsv.zst > $name.tsv
//		zstd -19 $name.tsv -o corpora/data/pairs-$name.tsv.zst
//	done
//
// The rule: the rarer the rarest word of an anchor is in the bundled text, the later
// the pair is chosen, so that the sample tells of what people talk about most. Left out
// before are pairs whose two texts share most of their words, as they teach little,
// those of a few words, and all but two of the same anchor. Chosen pairs keep the
// order of the file.
package main

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

func main() {
	pairs := flag.Int("pairs", 10000, "pairs to choose")
	overlap := flag.Float64("overlap", 0.7, "most words that the texts share, of those that either has")
	least := flag.Int("least", 6, "fewest words of a pair")
	same := flag.Int("same", 2, "pairs with the same anchor")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: choosepairs [flags] FILE > pairs.tsv")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Stdout, flag.Arg(0), *pairs, *overlap, *least, *same); err != nil {
		fmt.Fprintln(os.Stderr, "choosepairs:", err)
		os.Exit(1)
	}
}

type pair struct {
	place  int
	rarest int32 // id of a word: ids go by frequency
	line   string
}

func run(ctx context.Context, w io.Writer, path string, most int, overlap float64, least, same int) error {
	text, err := corpora.Build(ctx, text.Sample(), corpora.BuildOptions{MinCount: 1})
	if err != nil {
		return err
	}
	defer text.Close()
	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(text.Vocabulary())
	if err != nil {
		return err
	}
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		return err
	}
	var found []pair
	place, anchor := 0, ""
	_, err = pairs.EachText(ctx, sources, pairs.Options{}, func(text []byte) error {
		if place++; place%2 == 1 {
			anchor = string(text)
			return nil
		}
		if n, shared := compare(words, anchor, string(text)); n >= least && shared <= overlap {
			found = append(found, pair{place, rarest(words, anchor), anchor + "\t" + string(text)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b pair) int { return cmp.Compare(a.rarest, b.rarest) })
	var chosen []pair
	anchors := map[string]int{}
	for _, p := range found {
		anchor, _, _ := strings.Cut(p.line, "\t")
		if anchors[anchor]++; anchors[anchor] <= same && len(chosen) < most {
			chosen = append(chosen, p)
		}
	}
	slices.SortFunc(chosen, func(a, b pair) int { return cmp.Compare(a.place, b.place) })
	out := bufio.NewWriter(w)
	for _, p := range chosen {
		fmt.Fprintln(out, p.line)
	}
	fmt.Fprintf(os.Stderr, "choosepairs: %d of %d pairs\n", len(chosen), place/2)
	return out.Flush()
}

// compare returns how many words two texts have, and which part of the different ones both have.
func compare(words *tokenize.Tokenizer, a, b string) (n int, shared float64) {
	in := map[string]int{}
	for side, text := range []string{a, b} {
		words.Words([]byte(text), func(word []byte) {
			n++
			in[string(word)] |= 1 << side
		})
	}
	both := 0
	for _, sides := range in {
		if sides == 3 {
			both++
		}
	}
	return n, float64(both) / float64(max(1, len(in)))
}

// rarest returns the id of the rarest word, or one past all if there is an unknown one.
func rarest(words *tokenize.Tokenizer, text string) (id int32) {
	words.Each(text, func(_ []byte, word int32) {
		if word < 0 {
			word = int32(words.Vocabulary().Len())
		}
		id = max(id, word)
	})
	return id
}
