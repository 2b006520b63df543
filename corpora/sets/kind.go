package sets

import (
	"context"
	"errors"
	"maps"
	"slices"
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
// lines that are neither blank nor comments: WordsSet if they have two columns of words and one
// of numbers (see [WordPairsOptions.Read]); AnalogiesSet if nearly all are four words, or most of them in a file with sections,
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
	lines, questions, sections := 0, 0, 0
	var rows []row
	err := records(ctx, src, text.Lines, func(r *text.Record) error {
		if len(r.Raw) > maxLine {
			return enough
		}
		line := strings.TrimSpace(string(r.Raw))
		if line == "" || line[0] == '#' {
			return nil
		}
		switch {
		case line[0] == ':':
			sections++
		case len(fields(line)) == 4:
			questions++
		}
		rows = append(rows, row{line: line})
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
	case pairsLike(rows):
		return WordsSet, nil
	case sections > 0 && 2*(sections+questions) > lines, sections == 0 && lines > 0 && 10*questions >= 9*lines:
		return AnalogiesSet, nil
	}
	return TextSet, nil
}

// pairsLike reports whether lines have columns of two words and a number. Columns at white space
// are those of a table if two of three lines have equally many, and text may begin with a number.
func pairsLike(rows []row) bool {
	if len(rows) == 0 {
		return false
	}
	sep := splitRows(rows)
	t, spaces := newTable(rows, sep), sep == ' '
	widths := map[int]int{}
	for _, r := range rows {
		widths[len(r.fields)]++
	}
	if len(t.texts()) < 2 || spaces && !slices.ContainsFunc(slices.Collect(maps.Values(widths)), func(n int) bool { return 3*n >= 2*len(rows) }) {
		return false
	}
	for i := range t.columns {
		if c := &t.columns[i]; c.numeric(len(t.rows)) && (c.index >= 2 || !spaces && len(t.columns) >= 3 && !c.counts()) {
			return true
		}
	}
	return false
}
