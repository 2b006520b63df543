// Choosepairs selects the pairs of the bundled sample from a file of pairs (TSV with two
// columns, plain or compressed). It makes the files in corpora/data reproducible:
//
//	for f in definitions:16000 encyclopedia:3900 rewrites:9500; do
//		name=${f%:*}
//		go run ./corpora/internal/choosepairs -pairs ${f#*:} PAIRS/$name.tsv.zst > $name.tsv
//		zstd -19 $name.tsv -o corpora/data/pairs-$name.tsv.zst
//	done
//
// Pairs are ranked by the rarest word of their anchor: the more frequent that word is in the
// bundled text, the earlier the pair is chosen, so that the sample covers common
// topics. Pairs whose texts share most of their words are skipped, because they teach
// little, as are very short pairs and all but two pairs with the same anchor. Chosen
// pairs keep the order of the file.
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
	pairs := flag.Int("pairs", 10000, "number of pairs to choose")
	overlap := flag.Float64("overlap", 0.7, "maximum share of the distinct words of a pair that both texts have")
	least := flag.Int("least", 6, "minimum number of words of a pair")
	same := flag.Int("same", 2, "maximum number of pairs with the same anchor")
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
	rarest int32 // id of a word; ids are sorted by frequency
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

// compare returns the number of words of two texts and the share of the distinct words that both
// have.
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

// rarest returns the id of the rarest word, or the size of the vocabulary if a word is unknown.
func rarest(words *tokenize.Tokenizer, text string) (id int32) {
	words.Each(text, func(_ []byte, word int32) {
		if word < 0 {
			word = int32(words.Vocabulary().Len())
		}
		id = max(id, word)
	})
	return id
}
