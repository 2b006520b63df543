package cluster

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonShare is the share of the texts above which a word says nothing about a cluster.
const commonShare = 0.3

// Words counts the words of clusters.
type Words struct {
	clusters int
	words    map[string]*wordCount
	texts    int
}

// wordCount is how often a word occurs.
type wordCount struct {
	in    []int // occurrences by cluster
	texts int   // that contain it
	last  int   // the last of these texts, numbered from 1
}

// scored is a word of a cluster.
type scored struct {
	*wordCount
	word  string
	score float64
}

// NewWords returns empty counts of k clusters.
func NewWords(k int) *Words {
	return &Words{clusters: k, words: map[string]*wordCount{}}
}

// Add counts the words of a text of a cluster: runs of at least three letters, in lower case.
func (w *Words) Add(cluster int, text string) {
	w.texts++
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		first, _ := utf8.DecodeRuneInString(word)
		if n := utf8.RuneCountInString(word); n < 3 && !unicode.Is(unicode.Han, first) || n > 40 {
			continue
		}
		c := w.words[word]
		if c == nil {
			c = &wordCount{in: make([]int, w.clusters)}
			w.words[strings.Clone(word)] = c
		}
		c.in[cluster]++
		if c.last != w.texts {
			c.last = w.texts
			c.texts++
		}
	}
}

// Label returns up to n characteristic words of each cluster, by class TF-IDF (Grootendorst, 2022),
// except those for which common, if it is not nil, is true:
//
//	tf(word, cluster) / words of the cluster · log(1 + mean words of a cluster / tf(word))
//
// Words of more than 30% of the texts are left out if there are ten texts or more. A cluster that has no other words is
// named by these.
func (w *Words) Label(n int, common func(word string) bool) [][]string {
	totals, mean := make([]int, w.clusters), 0.0
	of := make([][]scored, w.clusters)
	for word, c := range w.words {
		for k, occurrences := range c.in {
			if occurrences > 0 {
				totals[k] += occurrences
				of[k] = append(of[k], scored{word: word, wordCount: c})
			}
		}
	}
	for _, total := range totals {
		mean += float64(total) / float64(w.clusters)
	}
	labels := make([][]string, w.clusters)
	for k, words := range of {
		for i := range words {
			all := 0
			for _, occurrences := range words[i].in {
				all += occurrences
			}
			words[i].score = float64(words[i].in[k]) / float64(totals[k]) * math.Log(1+mean/float64(all))
		}
		slices.SortFunc(words, func(a, b scored) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.word, b.word))
		})
		for _, c := range words {
			if len(labels[k]) == n {
				break
			}
			if (w.texts < 10 || float64(c.texts) <= commonShare*float64(w.texts)) && (common == nil || !common(c.word)) {
				labels[k] = append(labels[k], c.word)
			}
		}
		if len(labels[k]) == 0 {
			for _, c := range words[:min(n, len(words))] {
				labels[k] = append(labels[k], c.word)
			}
		}
	}
	return labels
}
