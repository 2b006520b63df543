// Package data holds the bundled samples and evaluation sets as they are in this folder, most
// of them compressed. NOTICE.md gives the source and the license of each.
package data

import _ "embed"

// The contents of the files. A program contains only the files that it uses.
var (
	//go:embed sample.txt.zst
	Sample []byte // Wikipedia articles, one paragraph per line

	//go:embed pairs-definitions.tsv.zst
	PairsDefinitions []byte
	//go:embed pairs-encyclopedia.tsv.zst
	PairsEncyclopedia []byte
	//go:embed pairs-rewrites.tsv.zst
	PairsRewrites []byte

	//go:embed EN-WS-353-ALL.txt
	WordSim353 []byte
	//go:embed questions-words.txt
	GoogleAnalogies []byte
	//go:embed stsb-en-dev.csv.zst
	STSBenchmarkDev []byte

	//go:embed cranfield-corpus.jsonl.zst
	CranfieldCorpus []byte
	//go:embed cranfield-queries.jsonl.zst
	CranfieldQueries []byte
	//go:embed cranfield-qrels.tsv.zst
	CranfieldQrels []byte
)
