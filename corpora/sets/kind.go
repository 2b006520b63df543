package sets

import (
	"context"
	"errors"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
)

// Kind is a kind of evaluation set.
type Kind string

const (
	WordsSet     Kind = "words"     // WordPairs
	AnalogiesSet Kind = "analogies" // Analogies
	TextSet      Kind = "text"      // neither of them: plain text
	STSSet       Kind = "sts"       // STS
	RetrievalSet Kind = "retrieval" // the folder of a Retrieval set
)

// kindLines is how many lines Detect examines.
const kindLines = 100

// Detect returns the kind of set for word vectors that a file is, based on its first hundred
// lines that are neither blank nor comments: WordsSet if half of them are two words and a
// number; AnalogiesSet if nearly all are four words, or most of them in a file with sections,
// whose lines start with a colon; otherwise TextSet. A single wrong line does not change the
// kind, so that the reader of the set can report it.
func Detect(path string) (Kind, error) {
	src, err := open(path)
	if err != nil {
		return "", err
	}
	return detect(context.Background(), src)
}

func detect(ctx context.Context, src *text.Source) (Kind, error) {
	enough := errors.New("enough lines")
	lines, pairs, questions, sections := 0, 0, 0, 0
	err := records(ctx, src, text.Lines, func(r *text.Record) error {
		if len(r.Raw) > maxLine {
			return enough
		}
		line := strings.TrimSpace(string(r.Raw))
		if line == "" || line[0] == '#' {
			return nil
		}
		f := fields(line)
		switch {
		case line[0] == ':':
			sections++
		case len(f) >= 3 && isNumber(f[2]) && !isNumber(f[0]) && !isNumber(f[1]):
			pairs++
		case len(f) == 4:
			questions++
		}
		if lines++; lines == kindLines {
			return enough
		}
		return nil
	})
	var long *text.BadRecord // longer than any line of a set
	if err != nil && !errors.Is(err, enough) && !errors.As(err, &long) {
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
