package corpora

import (
	"github.com/luminavec/luminavec/corpora/data"
)

// SamplePairs are the bundled pairs: terms and their definitions, titles of articles and
// their first paragraphs, sentences and simpler ones of the same meaning
// (data/NOTICE.md tells where from).
func SamplePairs() []PairSource {
	return []PairSource{
		{Source: embedded("sample definitions", data.PairsDefinitions), Weight: 1},
		{Source: embedded("sample encyclopedia", data.PairsEncyclopedia), Weight: 1},
		{Source: embedded("sample rewrites", data.PairsRewrites), Weight: 1},
	}
}
