// Package textlook tells how a text holds vectors from the lines at its start.
package textlook

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options are what is known of the text.
type Options struct {
	Format   string // that is asked for, "" if none is
	WordList string // file with the words of rows that have none, "" if there is none
	Unnamed  bool   // rows may lack a word
	Dim      int    // length of vector that the caller expects, 0: any
	Hint     string // what can be read, for errors
}

// Look is what the lines at the start of a text show about how its vectors are written. The
// three formats of text look alike: a word and its values without a header line (glove) or
// with one (word2vec), and values alone (tsv). A word may be a number, such as 2010, and a
// header is two numbers, so all lines are compared.
type Look struct {
	lines  []lineLook // complete lines that are not blank
	whole  bool       // they are the whole file
	header bool       // the first line is two whole numbers
	sizes  [2]int     // these numbers, if a file can have as many rows and dimensions
}

// lineLook describes a line.
type lineLook struct {
	number  int    // in the file, from 1
	fields  int    // separated by spaces and tabs
	numbers int    // of these, how many at the end are numbers
	led     bool   // a separator comes first: the word is empty, or numbers are aligned
	first   string // the first field
	counts  bool   // the first field is a number of digits alone
	fine    bool   // a field after the first is a number of more than digits
	mark    byte   // what the first field may have besides a word: a quote, or a separator before its end or a number; 0: nothing
	count   int64  // the second field, if it has digits alone, and no other after it; otherwise 0
	columns bool   // the fields are 0, 1, 2 … or 1, 2, 3 …
	joined  byte   // a comma, semicolon or bar between numbers, if spaces and tabs separate no two; 0: none
}

// digits reports whether a field is digits alone.
func digits(field []byte) bool {
	for _, b := range field {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

// At reads the lines of the start of a file.
func At(data []byte, whole bool) *Look {
	l := &Look{whole: whole, header: SizesLine.Match(data[:min(len(data), MaxSizes)])}
	if rows, dim, _, ok := Sizes(data); ok {
		l.sizes = [2]int{rows, dim}
	}
	for n := 1; len(data) > 0; n++ {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		if data = rest; !ended && !whole {
			break
		}
		line = bytes.TrimRight(line, " \t\r")
		fields := bytes.FieldsFunc(line, IsSeparator)
		if len(fields) == 0 {
			continue
		}
		s := lineLook{number: n, fields: len(fields), led: IsSeparator(rune(line[0])), counts: digits(fields[0])}
		s.first = string(fields[0][:min(len(fields[0]), 60)])
		s.mark = markOf(fields[0])
		for s.numbers < len(fields) && number.Is(fields[len(fields)-1-s.numbers]) {
			s.numbers++
		}
		if len(fields) > 2 && digits(fields[1]) && !slices.ContainsFunc(fields[2:], digits) {
			s.count, _ = strconv.ParseInt(string(fields[1]), 10, 64)
		}
		if s.numbers < 2 {
			s.joined = joinedBy(line)
		}
		for _, f := range fields[1:] {
			if s.fine = !digits(f) && number.Is(f); s.fine {
				break
			}
		}
		s.columns = len(fields) > 2 || s.led && len(fields) > 1
		for i, f := range fields[:min(len(fields), number.MaxDim)] {
			if !s.columns {
				break
			}
			from0, from1 := strconv.Itoa(i), strconv.Itoa(i+1)
			s.columns = string(f) == from0 && string(fields[0]) == "0" || string(f) == from1 && string(fields[0]) == "1"
		}
		l.lines = append(l.lines, s)
	}
	return l
}

// joinedBy returns the separator of other formats between the last two fields of a line, if both
// are numbers: that of king,0.5,1 or [0.5, 1], 0 if there is none.
func joinedBy(line []byte) byte {
	line = bytes.TrimRight(line, " \t\r,;])}")
	for _, separator := range []byte(",;|") {
		last := bytes.LastIndexByte(line, separator)
		if last < 1 {
			continue
		}
		before := line[:last]
		before = bytes.TrimLeft(before[bytes.LastIndexAny(before, " \t,;|[({")+1:], "-")
		if number.Is(bytes.TrimSpace(line[last+1:])) && number.Is(before) {
			return separator
		}
	}
	return 0
}

// markOf returns the quote or the separator of other formats in a field: that of "king", king:
// and king:0.5, 0 if there is none.
func markOf(field []byte) byte {
	last := len(field) - 1
	if field[0] == '"' && field[last] == '"' && last > 0 {
		return '"'
	}
	i := bytes.LastIndexAny(field, ":,;|=")
	if i > 0 && (i == last || number.Is(field[i+1:])) {
		return field[i]
	}
	return 0
}

// values is the number of values of a line that starts with a word.
func (s lineLook) values() int {
	if s.led {
		return s.numbers
	}
	return min(s.numbers, s.fields-1)
}

// Bare returns the dimension of lines of numbers alone, 0 if some are not.
func (l *Look) Bare() int { return bare(l.lines) }

// First returns the number of values of the first line, 0 if it is not numbers alone.
func (l *Look) First() int { return bare(l.lines[:min(len(l.lines), 1)]) }

// Dim returns the number of values that most lines have after their word.
func (l *Look) Dim() int { return dim(l.lines) }

// bare returns the dimension of lines of numbers alone, 0 if some are not.
func bare(lines []lineLook) int {
	if len(lines) == 0 {
		return 0
	}
	for _, s := range lines {
		if s.numbers < s.fields || s.fields != lines[0].fields {
			return 0
		}
	}
	return lines[0].fields
}

// dim returns the number of values that most lines have after their word, of equals that of
// the first line: words that end in numbers make some lines longer.
func dim(lines []lineLook) int {
	votes := map[int]int{}
	best := 0
	for _, s := range lines {
		if n := s.values(); n > 0 {
			votes[n]++
		}
	}
	for _, s := range lines {
		if n := s.values(); votes[n] > votes[best] {
			best = n
		}
	}
	return best
}

// most reports whether more than half of the lines are such.
func most(lines []lineLook, such func(lineLook) bool) bool {
	n := 0
	for _, s := range lines {
		if such(s) {
			n++
		}
	}
	return 2*n > len(lines)
}

// fits reports whether the lines after the first are as many as it states, or may still be.
func (l *Look) fits() bool {
	rows := len(l.lines) - 1
	return rows == l.sizes[0] || rows < l.sizes[0] && !l.whole
}

// Format returns the format of the text and the length of its vectors, or an error if it holds
// none or can be read in two ways.
func (l *Look) Format(path string, o Options) (string, int, error) {
	name := text.Describe(path)
	none := fault.New(o.Hint, "%s holds no vectors: none of its first lines is a word followed by numbers", name)
	if len(l.lines) == 0 {
		return "", 0, none
	}
	if l.lines[0].columns && !l.header && o.Format == "" && len(l.lines) > 1 && most(l.lines, func(s lineLook) bool { return s.fine }) {
		return "", 0, fault.Mention("remove it; if it is a vector, choose Format", "%s:%d: this row numbers the columns, as a header does", name, l.lines[0].number)
	}
	alone := l.header && len(l.lines) == 1 && (!o.Unnamed || l.sizes[1] > 0 && o.Dim == 0) // a file cut after its header
	if n := bare(l.lines); n > 0 && !alone && (n == 2 || !l.header) {
		format, err := l.bareFormat(path, n, o)
		if format == "glove" {
			n--
		}
		return format, n, err
	}
	if l.header {
		return "word2vec", l.sizes[1], l.checkSizes(name)
	}
	n := dim(l.lines)
	var odd, marked, joined lineLook // examples
	for _, s := range l.lines {
		if odd.number == 0 && s.numbers < s.fields {
			odd = s
		}
		if s.mark != 0 {
			marked = s
		}
		if s.joined != 0 {
			joined = s
		}
	}
	switch {
	case n < 2 && most(l.lines, func(s lineLook) bool { return s.joined != 0 }):
		return "", 0, fault.New("separate words and values by spaces or tabs alone, and write a decimal point",
			"%s holds no vectors: its numbers have %q between them, as in line %d", name, joined.joined, joined.number)
	case n == 0:
		return "", 0, none
	case n == 1:
		return "", 0, fault.Mention("if these are vectors of 1 dimension, set Format to glove",
			"%s holds no vectors: each line is a word and one number, such as its count or its weight", name)
	case most(l.lines, func(s lineLook) bool { return s.numbers == s.fields && !s.counts }):
		return "", 0, fault.Mention("remove that row if it is a header; if the first number of a row is its word, set Format to glove",
			"%s: most rows are numbers without a word, but row %d starts with %q", name, odd.number, odd.first)
	case most(l.lines, func(s lineLook) bool { return s.mark != 0 }):
		return "", 0, fault.Mention("separate words and values by spaces or tabs alone; if it belongs to the words, set Format to glove",
			"%s: most rows have %q in their first field, such as %q", name, marked.mark, marked.first)
	case most(l.lines, func(s lineLook) bool { return s.fields > n+1 }):
		return "", 0, fault.Mention("set Format to glove if the last numbers of each line are the vector of the text before them",
			"%s: most lines have several words, or other fields, before %d numbers", name, n)
	}
	if l.counted() {
		return "", 0, fault.Mention("remove that column; if it is a value, set Format to glove",
			"%s: the first number of each row may be the count of its word or a value: it is a whole number and never increases", name)
	}
	return "glove", n, nil
}

// counted reports whether each word is followed by a whole number, not greater than that of
// the word before, as counts are, while its other numbers are not whole.
func (l *Look) counted() bool {
	last := int64(math.MaxInt64)
	for _, s := range l.lines {
		if s.count < 1 || s.count > last {
			return false
		}
		last = s.count
	}
	return len(l.lines) > 1 && last < l.lines[0].count
}

// checkSizes returns an error if the first line is one of sizes that the others contradict.
func (l *Look) checkSizes(name string) error {
	rows, n := l.lines[1:], l.sizes[1]
	if len(rows) > 0 && n > 0 && bare(rows) == n {
		return fault.New("remove the first line: numbers without words need no sizes",
			"%s: its first line states %s, and its rows are %s without a word", name, fault.Count(n, "dimension"), fault.Count(n, "number"))
	}
	if n == 0 || len(rows) == 0 || !most(rows, func(s lineLook) bool { return s.fields > n+1 && s.numbers > n }) {
		return nil // single rows that differ are reported when they are read
	}
	return fault.Mention("correct the first line; or set Format to word2vec if the words end in numbers",
		"%s: its first line states %s, but the rows have %d numbers", name, fault.Count(n, "dimension"), dim(rows))
}

// bareFormat returns the format of a text whose lines are n numbers each.
func (l *Look) bareFormat(path string, n int, o Options) (string, error) {
	name := text.Describe(path)
	tabs := text.Head{Name: path}.Ext() == ".tsv"
	ids := n > 2 && most(l.lines, func(s lineLook) bool { return s.fine }) // the first field may be a word: a whole number, the others not
	seen := map[string]bool{}
	numbered := len(l.lines) > 1 // by 0, 1, 2 … or 1, 2, 3 …
	for i, s := range l.lines {
		ids = ids && s.counts && !seen[s.first]
		seen[s.first] = true
		numbered = numbered && (l.lines[0].first == "0" && s.first == strconv.Itoa(i) || l.lines[0].first == "1" && s.first == strconv.Itoa(i+1))
	}
	numbered = numbered && ids && n != o.Dim
	header := n == 2 && l.sizes[1] == 1 && len(l.lines) > 1 && l.fits()
	for _, s := range l.lines[1:] {
		header = header && s.counts
	}
	words := !o.Unnamed && o.WordList == ""
	switch {
	case !numbered && (o.WordList != "" || o.Unnamed && (tabs || n == o.Dim)):
		return "tsv", nil
	case header:
		return "", fault.Mention("set Format to word2vec if it is a header, or to tsv if it is a row",
			"%s: its first line can be a header (%s, 1 dimension) or a row of 2 numbers", name, fault.Count(l.sizes[0], "word"))
	case ids && (words && !tabs || n-1 == o.Dim):
		return "glove", nil
	case words:
		return "", fault.Mention("list the words in a file, one per line, and name it with WordList; if the first number of each row is its word, set Format to glove",
			"%s: its rows are %s without a word", name, fault.Count(n, "number"))
	case ids:
		return "", fault.Mention("set Format to glove if it is the word, or to tsv if it is a value",
			"%s: the first of the %d numbers of each row can be its word or a value", name, n)
	}
	return "tsv", nil
}
