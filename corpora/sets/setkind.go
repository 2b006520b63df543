package sets

import (
	"context"
	"errors"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
)

// Kind is what a file can be to judge a model with.
type Kind string

// The kinds of a file: WordPairs, Analogies, or text that is neither; for
// sentences, STS, or the folder of a Retrieval set.
const (
	WordsSet     Kind = "words"
	AnalogiesSet Kind = "analogies"
	TextSet      Kind = "text"
	STSSet       Kind = "sts"
	RetrievalSet Kind = "retrieval"
)

// kindLines is how many lines Detect looks at.
const kindLines = 100

// Detect says what a file to judge word vectors with looks like, by its first hundred lines that are
// not blank and no comments: word pairs when half of them have two words and a number,
// analogies when nearly all are four words, or most where there are sections,
// which begin with a colon, else text. So a slip further down is left for the reader of the kind to tell.
func Detect(path string) (Kind, error) {
	src, err := openSet(path)
	if err != nil {
		return "", err
	}
	return recogniseSet(context.Background(), src)
}

func recogniseSet(ctx context.Context, src *text.Source) (Kind, error) {
	enough := errors.New("enough lines")
	lines, pairs, questions, sections := 0, 0, 0, 0
	err := src.Read(ctx, func(c text.Chunk) error {
		if !c.LineEnd { // longer than any line of a set
			return enough
		}
		line := strings.TrimSpace(string(c.Text))
		if line == "" || line[0] == '#' {
			return nil
		}
		f := fields(line)
		switch {
		case line[0] == ':':
			sections++
		case len(f) >= 3 && text.IsNumber(f[2]) && !text.IsNumber(f[0]) && !text.IsNumber(f[1]):
			pairs++
		case len(f) == 4:
			questions++
		}
		if lines++; lines == kindLines {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return "", err
	}
	switch {
	case pairs > 0 && 2*pairs >= lines: // the first line may be a header
		return WordsSet, nil
	case sections > 0 && 2*(sections+questions) > lines, sections == 0 && lines > 0 && 10*questions >= 9*lines:
		return AnalogiesSet, nil
	}
	return TextSet, nil
}
