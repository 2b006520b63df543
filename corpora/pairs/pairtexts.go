package pairs

import "context"

// Texts is an example as text.
type Texts struct {
	Kind Kind
	// Texts are the anchor, its positive and its negatives, or the two texts of a
	// scored or labelled pair, as they stand in the file.
	Texts []string
	// Score is the score as it stands in the file, or the label: 0 or 1. Of a pair it is 0.
	Score float64
}

// Each calls fn with each example, in order, for who needs the texts together.
// What is good and bad is as in Build, but for what needs a tokenizer; weights
// say nothing here. It returns the files, with the number of their examples.
func Each(ctx context.Context, sources []Source, o Options, fn func(Texts) error) ([]File, Stats, error) {
	scan := pairScan{options: o.withDefaults()}
	scan.row = func(file *File, row textRow) error {
		file.Examples++
		return fn(Texts{Kind: file.Kind, Texts: row.texts, Score: row.score})
	}
	err := scan.run(ctx, sources)
	files := make([]File, len(scan.files))
	for i, f := range scan.files {
		files[i] = *f
	}
	return files, scan.told(), err
}
