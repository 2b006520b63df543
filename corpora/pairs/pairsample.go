package pairs

import (
	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
)

// Sample are the bundled pairs: terms and their definitions, titles of articles and
// their first paragraphs, sentences and simpler ones of the same meaning
// (data/NOTICE.md tells where from).
func Sample() []Source {
	return []Source{
		{Source: text.FromBytes("sample definitions", data.PairsDefinitions), Weight: 1},
		{Source: text.FromBytes("sample encyclopedia", data.PairsEncyclopedia), Weight: 1},
		{Source: text.FromBytes("sample rewrites", data.PairsRewrites), Weight: 1},
	}
}
