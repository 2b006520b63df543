package corpora

import "context"

// PairTexts is an example as text.
type PairTexts struct {
	Kind PairKind
	// Texts are the anchor, its positive and its negatives, or the two texts of a
	// scored or labelled pair, as they stand in the file.
	Texts []string
	// Score is the score as it stands in the file, or the label: 0 or 1. Of a pair it is 0.
	Score float64
}

// EachPair calls fn with each example, in order, for who needs the texts together.
// What is good and bad is as in BuildPairs, but for what needs a tokenizer; weights
// say nothing here. It returns the files, with the number of their examples.
func EachPair(ctx context.Context, sources []PairSource, o PairOptions, fn func(PairTexts) error) ([]PairFile, PairStats, error) {
	scan := pairScan{options: o.withDefaults()}
	scan.row = func(file *PairFile, row textRow) error {
		file.Examples++
		return fn(PairTexts{Kind: file.Kind, Texts: row.texts, Score: row.score})
	}
	err := scan.run(ctx, sources)
	files := make([]PairFile, len(scan.files))
	for i, f := range scan.files {
		files[i] = *f
	}
	return files, scan.told(), err
}
