package pairs

import (
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Source is a source of pairs with a weight.
type Source struct {
	Source *text.Source
	// Weight is how often each example is used in an epoch. With 2 each is used twice; with 0.5
	// half of the examples are used, and the other half in the next epoch. It must be above 0
	// and at most 1000. Default: 1.
	Weight float64
}

const maxWeight = 1000

// Open returns a source for each path, which is as in text.Open. The keys of weights are
// paths; a path that is not among them has weight 1.
func Open(paths []string, weights map[string]float64) ([]Source, error) {
	if len(paths) == 0 {
		_, err := text.Open() // the error says what to do
		return nil, err
	}
	var sources []Source
	for i, path := range paths {
		if path == text.Stdin && slices.Contains(paths[:i], text.Stdin) {
			return nil, fault.New("standard input can be read only once: name - once", "standard input is named twice")
		}
		src, err := text.Open(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, Source{Source: src, Weight: 1})
	}
	for name, weight := range weights {
		known := false
		for i, path := range paths {
			if path == name || filepath.Clean(path) == filepath.Clean(name) {
				sources[i].Weight, known = weight, true
			}
		}
		if !known {
			return nil, fault.New("spell it as in the list of inputs", "weight of %s: no input has this name", name)
		}
		if err := checkWeight(weight); err != nil {
			return nil, fault.New(fault.Hint(err), "weight of %s %w", name, err)
		}
	}
	return sources, nil
}

func checkWeight(weight float64) error {
	if !(weight > 0 && weight <= maxWeight) { // false for NaN
		return fault.New("2 uses each pair twice per epoch, 0.5 half of the pairs", "must be above 0 and at most %d, got %v", maxWeight, weight)
	}
	return nil
}

// Sample returns the bundled pairs: terms and their definitions, titles of articles and their
// first paragraphs, and sentences and simpler versions of them (data/NOTICE.md names the
// sources).
func Sample() []Source {
	return []Source{
		{Source: text.FromBytes("sample definitions", data.PairsDefinitions), Weight: 1},
		{Source: text.FromBytes("sample encyclopedia", data.PairsEncyclopedia), Weight: 1},
		{Source: text.FromBytes("sample rewrites", data.PairsRewrites), Weight: 1},
	}
}
