package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestCutSentences(t *testing.T) {
	for line, want := range map[string][]string{
		"":                       nil,
		" ":                      nil,
		"One. Two!  Three? Four": {"One.", "Two!", "Three?", "Four"},
		"e.g. 3.5 is one.":       {"e.g.", "3.5 is one."},
		"Ends. ":                 {"Ends."},
	} {
		if got := cutSentences(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestEmbedRows(t *testing.T) {
	b := embedBench{count: 2000}
	one := &processRow{system: "a", threads: 1, cpu: []float64{1, 3}, wall: []float64{4}}
	two := &processRow{system: "a", threads: 2, cpu: []float64{2}, wall: []float64{2.5}}
	peer := &processRow{system: "model2vec", threads: 1, cpu: []float64{10}, wall: []float64{10}}
	var out bytes.Buffer
	b.writeRows(&out, []*processRow{one, two, peer}, peer)
	for _, want := range []string{
		"| a | 1 | 2.00 ± 1.00 | 4.00 | 1 | 0 | 5.0 | 1.00 |\n",
		"| a | 2 | 2.00 | 2.50 | 1 | 1 | 5.0 | 1.60 |\n",
		"| model2vec | 1 | 10.00 | 10.00 | 0 | 0 | 1.0 | 1.00 |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
