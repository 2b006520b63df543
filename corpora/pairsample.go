package corpora

import _ "embed"

//go:embed data/pairs-definitions.tsv.zst
var definitionPairs []byte

//go:embed data/pairs-encyclopedia.tsv.zst
var encyclopediaPairs []byte

//go:embed data/pairs-rewrites.tsv.zst
var rewritePairs []byte

// SamplePairs are the bundled pairs: terms and their definitions, titles of articles and
// their first paragraphs, sentences and simpler ones of the same meaning
// (data/NOTICE.md tells where from).
func SamplePairs() []PairSource {
	return []PairSource{
		{Source: embedded("sample definitions", definitionPairs), Weight: 1},
		{Source: embedded("sample encyclopedia", encyclopediaPairs), Weight: 1},
		{Source: embedded("sample rewrites", rewritePairs), Weight: 1},
	}
}
