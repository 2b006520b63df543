package cluster

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
)

// commonShare is the share of the texts above which a word says nothing about a cluster.
const commonShare = 0.3

// Words counts the words of clusters.
type Words struct {
	counts    []map[string]int // by cluster: occurrences
	documents map[string]int   // texts that contain a word
	texts     int
}

// NewWords returns empty counts of k clusters.
func NewWords(k int) *Words {
	w := &Words{counts: make([]map[string]int, k), documents: map[string]int{}}
	for i := range w.counts {
		w.counts[i] = map[string]int{}
	}
	return w
}

// Add counts the words of a text of a cluster: runs of at least three letters, in lower case.
func (w *Words) Add(cluster int, text string) {
	seen := map[string]bool{}
	w.texts++
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if n := len([]rune(word)); n < 3 && !unicode.In([]rune(word)[0], unicode.Han) || n > 40 {
			continue
		}
		w.counts[cluster][word]++
		if !seen[word] {
			seen[word] = true
			w.documents[word]++
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
	totals, all := make([]int, len(w.counts)), map[string]int{}
	mean := 0.0
	for k, counts := range w.counts {
		for word, c := range counts {
			totals[k] += c
			all[word] += c
		}
		mean += float64(totals[k]) / float64(len(w.counts))
	}
	labels := make([][]string, len(w.counts))
	for k, counts := range w.counts {
		score := map[string]float64{}
		for word, c := range counts {
			score[word] = float64(c) / float64(totals[k]) * math.Log(1+mean/float64(all[word]))
		}
		words := slices.SortedFunc(maps.Keys(score), func(a, b string) int {
			return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b))
		})
		for _, word := range words {
			if len(labels[k]) == n {
				break
			}
			if (w.texts < 10 || float64(w.documents[word]) <= commonShare*float64(w.texts)) && (common == nil || !common(word)) {
				labels[k] = append(labels[k], word)
			}
		}
		if len(labels[k]) == 0 {
			labels[k] = words[:min(n, len(words))]
		}
	}
	return labels
}
