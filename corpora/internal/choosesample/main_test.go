package main

import (
	"slices"
	"strings"
	"testing"
)

// Three words of weight 1: an article that adds a new word is worth more than one that
// repeats a word that the selection has often.
func TestChoose(t *testing.T) {
	of := func(place int, bytes int, words ...occurrences) *article {
		return &article{place: place, text: strings.Repeat("x", bytes), words: words}
	}
	articles := []*article{
		of(0, 100, occurrences{0, 40}),
		of(1, 100, occurrences{0, 39}),
		of(2, 100, occurrences{1, 20}),
		of(3, 300, occurrences{2, 50}), // least per byte
		of(4, 100, occurrences{3, 90}), // of weight 0
	}
	for size, want := range map[int64][]int{
		99: nil, 101: {0}, 202: {0, 2}, 303: {0, 1, 2}, 604: {0, 1, 2, 3}, 1000: {0, 1, 2, 3, 4},
	} {
		var places []int
		for _, a := range articles {
			a.round = 0
		}
		for _, a := range choose(articles, []float64{1, 1, 1, 0}, size, 5) {
			places = append(places, a.place)
		}
		if !slices.Equal(places, want) {
			t.Errorf("%d bytes: articles %v, want %v", size, places, want)
		}
	}
}
