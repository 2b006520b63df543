package sets

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
)

// What is examined to find the columns of a file.
const (
	maxRows    = 10000
	maxColumns = 100
)

// row is a line of a table of words.
type row struct {
	at     text.Position
	line   string
	fields []string
}

// splitRows splits lines at their separator, and returns it.
func splitRows(rows []row) rune {
	sep := separator(rows)
	for i := range rows {
		rows[i].fields = splitAt(rows[i].line, sep)
	}
	return sep
}

// separator returns what separates the columns of lines: tabs, if most lines have one; else the
// first of ; , | and : that separates at least three columns in nearly all lines; else white
// space, as ' '. A comma between two digits separates nothing if white space separates columns:
// it is a decimal comma.
func separator(rows []row) rune {
	tabs := 0
	for _, r := range rows {
		if strings.ContainsRune(r.line, '\t') {
			tabs++
		}
	}
	if 2*tabs >= len(rows) && tabs > 0 {
		return '\t'
	}
	for _, sep := range ";,|:" {
		enough, real := 0, false
		for _, r := range rows {
			if strings.Count(r.line, string(sep)) >= 2 {
				enough++
			}
			real = real || sep != ',' || !onlyDecimal(r.line) || len(strings.Fields(r.line)) < 3
		}
		if real && enough > 0 && 10*enough >= 9*len(rows) {
			return sep
		}
	}
	return ' '
}

// onlyDecimal reports whether every comma of a line stands between two digits.
func onlyDecimal(line string) bool {
	for i := range len(line) {
		if line[i] == ',' && !(i > 0 && i+1 < len(line) && digit(line[i-1]) && digit(line[i+1])) {
			return false
		}
	}
	return true
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

// splitAt splits a line. Quotes around a field are not part of it.
func splitAt(line string, sep rune) []string {
	switch sep {
	case ' ':
		return unquoted(strings.Fields(line))
	case '\t':
		return unquoted(trimmed(strings.Split(line, "\t")))
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.LazyQuotes = sep, true
	record, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		record = strings.Split(line, string(sep))
	}
	return trimmed(record)
}

func unquoted(fields []string) []string {
	for i, f := range fields {
		if len(f) >= 2 && f[0] == '"' && f[len(f)-1] == '"' {
			fields[i] = strings.ReplaceAll(f[1:len(f)-1], `""`, `"`)
		}
	}
	return fields
}

// number returns the value of a number in digits, with a decimal point or comma. Words such as
// "nan" and "infinity" are not numbers.
func number(s string) (v float64, comma, ok bool) {
	if s == "" || len(s) > 40 || strings.Trim(s, "+-.,eE0123456789") != "" || !strings.ContainsAny(s, "0123456789") {
		return 0, false, false
	}
	if comma = strings.Count(s, ",") == 1 && !strings.Contains(s, "."); comma {
		s = strings.Replace(s, ",", ".", 1)
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, comma, err == nil && !math.IsInf(v, 0)
}

// column is what the rows of a table have in one place.
type column struct {
	index    int
	name     string    // in lower case, letters and digits only; "" without a header
	title    string    // as in the header
	values   []float64 // by row; NaN where the field is not a number
	texts    int       // fields that are neither blank nor numbers
	numbers  int
	whole    bool   // all numbers are whole
	commas   int    // numbers with a decimal comma
	points   int    // numbers with a decimal point
	large    int    // numbers without either, of more than two digits
	groups   int    // numbers with a comma before the last three digits
	example  string // the first number or, if there is none, the first text
	decimals int    // most digits after the decimal point
}

// numeric reports whether at least half of the fields of n rows are numbers.
func (c *column) numeric(n int) bool { return 2*c.numbers >= n && c.numbers > 0 }

// table is a file of columns.
type table struct {
	rows    []row // without the header
	columns []column
	header  bool
	named   bool // the header has a name for each column
	sep     rune
}

// newTable describes the columns of rows. The first row is a header if a column of numbers has a
// text there that does not begin with a digit.
func newTable(rows []row, sep rune) *table {
	t := &table{rows: rows, sep: sep}
	if len(rows) == 0 {
		return t
	}
	width := 0 // without the first row, which may be a header
	for _, r := range rows[min(1, len(rows)-1):] {
		filled := len(r.fields)
		for filled > 0 && r.fields[filled-1] == "" {
			filled--
		}
		width = max(width, min(filled, maxColumns))
	}
	t.describe(max(width, min(len(rows[0].fields), maxColumns)))
	first := rows[0].fields
	for i := range t.columns {
		if i < len(first) && (t.columns[i].numeric(len(rows)) || len(first) == 3 && t.bare(i)) && title(first[i]) {
			t.header = true
		}
	}
	if t.header {
		t.rows = rows[1:]
		t.describe(width)
		shift := 0
		if width == len(first)+1 && t.columns[0].whole && t.columns[0].numbers == len(t.rows) {
			shift = 1 // in R a column of row names has no name
		}
		if width == len(first)+shift || shift == 0 && width < len(first) && t.sep != ' ' {
			for i, f := range first[:width-shift] {
				t.columns[i+shift].title, t.columns[i+shift].name = f, plainName(f)
			}
		}
		t.named = shift == 1 || width <= len(first)
	}
	return t
}

// bare reports whether the rows have no numbers at all and column i is where the score is expected.
func (t *table) bare(i int) bool {
	for j := range t.columns {
		if t.columns[j].numeric(len(t.rows)) {
			return false
		}
	}
	return i == 2
}

// title reports whether a field can be the name of a column of numbers, and not a mistyped or
// missing number.
func title(field string) bool {
	bare := strings.TrimLeft(field, "+-−.,")
	first, _ := utf8.DecodeRuneInString(bare)
	return bare != "" && !unicode.IsDigit(first) && !isNumber(field) && !slices.Contains(missing, strings.ToLower(field))
}

// missing are texts that stand for a missing number.
var missing = []string{"na", "n/a", "null", "none", "nil", "missing"}

// plainName returns the letters and digits of the name of a column, in lower case.
func plainName(name string) string {
	if len(name) > 40 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (t *table) describe(width int) {
	t.columns = make([]column, width)
	for i := range t.columns {
		c := &t.columns[i]
		*c = column{index: i, whole: true, values: make([]float64, len(t.rows))}
		for j, r := range t.rows {
			c.values[j] = math.NaN()
			if i >= len(r.fields) || r.fields[i] == "" {
				continue
			}
			f := r.fields[i]
			v, comma, ok := number(f)
			if !ok {
				if c.texts++; c.numbers == 0 && c.example == "" {
					c.example = f
				}
				continue
			}
			if c.numbers++; c.numbers == 1 {
				c.example = f
			}
			c.values[j] = v
			c.whole = c.whole && v == math.Trunc(v)
			if comma {
				c.commas++
			}
			if at := strings.IndexByte(f, ','); at == len(f)-4 && at > 0 {
				c.groups++
			} else if at < 0 && !strings.Contains(f, ".") && math.Abs(v) >= 100 {
				c.large++
			}
			if at := strings.IndexAny(f, ".,"); at >= 0 {
				if f[at] == '.' {
					c.points++
				}
				c.decimals = max(c.decimals, len(f)-at-1)
			}
		}
	}
}
