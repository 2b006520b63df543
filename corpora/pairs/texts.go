package pairs

import "context"

// TextIDs appends the ids of a text, at most MaxTokens. They are what training knows of a text:
// two texts are equal if their ids are, whatever their case, spaces or accents, as far as the
// Tokenizer ignores these. Batches without repeated texts, Batch.Masked, the check of given
// negatives and package mining use this definition.
func (o Options) TextIDs(dst []int32, text string) []int32 {
	from := len(dst)
	dst = o.Tokenizer.Encode(dst, text)
	return dst[:min(len(dst), from+o.mostIDs())]
}

// mostIDs returns the largest number of ids of a text.
func (o Options) mostIDs() int {
	if o.MaxTokens > 0 {
		return min(maxRecordIDs, o.MaxTokens)
	}
	return maxRecordIDs
}

// Texts is an example as text.
type Texts struct {
	Kind Kind
	// Texts are the anchor, its positive and its negatives, or the two texts of a
	// scored or labeled pair, unchanged from the file.
	Texts []string
	// Score is the score in the file, unscaled, or the meaning of the label, from 0 to 1; 0 for
	// a pair without either.
	Score float64
}

// Each calls fn with each example, in order. Rows are bad as in Build, except for the reasons
// that need a tokenizer; weights are ignored. It returns the files with their numbers of
// examples.
func Each(ctx context.Context, sources []Source, o Options, fn func(Texts) error) ([]File, Stats, error) {
	scan := scanner{options: o.withDefaults()}
	scan.row = func(file *File, row textRow) error {
		file.Examples++
		return fn(Texts{Kind: file.Kind, Texts: row.texts, Score: row.score})
	}
	err := scan.run(ctx, sources)
	files := make([]File, len(scan.files))
	for i, f := range scan.files {
		files[i] = *f
	}
	return files, scan.summary(), err
}

// EachText calls fn with each text of the examples, in order and unchanged from the file, for
// example to train a tokenizer. The text is valid until fn returns. Rows are bad as in
// Build, except for the reasons that need a tokenizer.
func EachText(ctx context.Context, sources []Source, o Options, fn func(text []byte) error) (Stats, error) {
	var text []byte
	scan := scanner{options: o.withDefaults()}
	scan.row = func(_ *File, row textRow) error {
		for _, t := range row.texts {
			text = append(text[:0], t...)
			if err := fn(text); err != nil {
				return err
			}
		}
		return nil
	}
	err := scan.run(ctx, sources)
	return scan.summary(), err
}
