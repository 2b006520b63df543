package pairs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// pairColumn is where a row has a part of an example.
type pairColumn struct {
	at   int      // field of TSV and CSV, from 0
	path []string // field of JSON
}

// pairLayout says how the rows of a file are examples.
type pairLayout struct {
	format pairFormat
	kind   Kind
	texts  []pairColumn
	last   pairColumn // of the score or label
	width  int        // columns that a row has to have; 0: as many as are read
	header bool       // the first row is one
	told   string     // File.Layout
}

// textRow is an example as text.
type textRow struct {
	line  int64
	texts []string
	score float64 // or label
}

// columns returns what is read, the score or label last.
func (l *pairLayout) columns() []pairColumn {
	if l.kind == Paired {
		return l.texts
	}
	return append(l.texts[:len(l.texts):len(l.texts)], l.last)
}

// set makes columns those of the layout.
func (l *pairLayout) set(kind Kind, columns []pairColumn) {
	l.kind, l.texts = kind, columns
	if kind != Paired {
		n := len(columns) - 1
		l.texts, l.last = columns[:n:n], columns[n]
	}
}

// tell writes what the layout is, given what each column is called.
func (l *pairLayout) tell(names []string) {
	parts := []string{"anchor", "positive"}
	switch {
	case l.kind == Scored:
		parts = []string{"text1", "text2", "score"}
	case l.kind == Labelled:
		parts = []string{"text1", "text2", "label"}
	case len(names) == 3:
		parts = append(parts, "negative")
	case len(names) > 3:
		for i := range names[2:] {
			parts = append(parts, fmt.Sprintf("negative %d", i+1))
		}
	}
	header := ""
	switch {
	case l.format == jsonFormat:
	case l.header:
		header = " with a header"
	default:
		header = " without a header"
	}
	for i, name := range names {
		parts[i] += " is " + name
	}
	l.told = fmt.Sprintf("%s%s: %s", l.format, header, strings.Join(parts, ", "))
}

// findLayout finds how the rows of a file are examples: by what the user names,
// or by the first rows.
func findLayout(file string, format pairFormat, named *pairColumns, rows []pairRow) (*pairLayout, error) {
	l := &pairLayout{format: format}
	var names []string
	var err error
	switch {
	case format == jsonFormat && named != nil:
		var columns []pairColumn
		for _, name := range named.all() {
			columns = append(columns, pairColumn{path: text.FieldPath(name)})
			names = append(names, fmt.Sprintf("%q", name))
		}
		l.set(named.kind, columns)
	case format == jsonFormat:
		names, err = l.recogniseObject(rows[0])
	case named != nil:
		names, err = l.findColumns(named, rows[0].fields)
	default:
		names, err = l.recogniseFields(rows)
	}
	if err != nil {
		return nil, fault.New(fault.Hint(err), "%s:%d: %w", text.Describe(file), rows[0].line, err)
	}
	if len(l.texts) > maxPairTexts {
		return nil, fault.New("leave out some of the negatives", "%s:%d: an example has %d texts, and may have %d", text.Describe(file), rows[0].line, len(l.texts), maxPairTexts)
	}
	if named == nil && l.kind == Labelled && l.fractions(rows) {
		l.kind = Scored // as the labels of GLUE's STS-B are
	}
	l.tell(names)
	return l, nil
}

func columnNames(columns []pairColumn) (names []string) {
	for _, c := range columns {
		names = append(names, fmt.Sprintf("column %d", c.at+1))
	}
	return names
}

// findColumns finds what the user names, by number or in the header.
func (l *pairLayout) findColumns(named *pairColumns, first []string) ([]string, error) {
	var columns []pairColumn
	if at, ok := named.numbers(); ok {
		l.header = true // if it has well-known names where texts should be
		for _, n := range at {
			columns = append(columns, pairColumn{at: n})
			l.header = l.header && n < len(first) && roleOf(first[n]) != otherRole
		}
		l.set(named.kind, columns)
		return columnNames(columns), nil
	}
	var names []string
	found := 0
	var missing string
	for _, name := range named.all() {
		at := -1
		for i, field := range first {
			if strings.TrimSpace(field) != name {
				continue
			}
			if at >= 0 {
				return nil, fault.New("name the columns by their numbers, from 1", "two columns have the name %q", name)
			}
			at = i
		}
		if at < 0 {
			missing = name
			continue
		}
		found++
		columns = append(columns, pairColumn{at: at})
		names = append(names, fmt.Sprintf("%q", name))
	}
	switch {
	case found == len(named.all()):
		l.header, l.width = true, len(first)
	case found == 0 && named.roles() && len(first) == len(named.all()):
		l.width = len(first)
		for i := range first {
			columns = append(columns, pairColumn{at: i})
		}
		names = columnNames(columns)
	default:
		return nil, fault.New("name columns of the header, or give numbers from 1 if the file has none", "there is no column %q in the header: %s", missing, text.Listed(first))
	}
	l.set(named.kind, columns)
	return names, nil
}

// byRole chooses columns by their names; nil: they are not well known, or
// there is more than one of a role.
func byRole(names []string) (kind Kind, at []int) {
	of := map[columnRole][]int{}
	for i, name := range names {
		role := roleOf(name)
		of[role] = append(of[role], i)
	}
	if len(of[anchorRole]) != 1 || len(of[positiveRole]) != 1 {
		return 0, nil
	}
	at = []int{of[anchorRole][0], of[positiveRole][0]}
	negatives, scores, labels := of[negativeRole], of[scoreRole], of[labelRole]
	switch {
	case len(scores)+len(labels) == 0:
		return Paired, append(at, negatives...)
	case len(negatives) > 0 || len(scores)+len(labels) > 1:
		return 0, nil
	case len(scores) == 1:
		return Scored, append(at, scores[0])
	}
	return Labelled, append(at, labels[0])
}

// recogniseFields recognises a layout of TSV or CSV.
func (l *pairLayout) recogniseFields(rows []pairRow) ([]string, error) {
	first := rows[0].fields
	if kind, at := byRole(first); at != nil {
		l.header, l.width = true, len(first)
		var columns []pairColumn
		var names []string
		for _, n := range at {
			columns = append(columns, pairColumn{at: n})
			names = append(names, fmt.Sprintf("%q", strings.TrimSpace(first[n])))
		}
		l.set(kind, columns)
		return names, nil
	}
	// A row that is not as the others must not decide.
	widths := map[int]int{}
	for _, row := range rows {
		widths[len(row.fields)]++
	}
	for width, n := range widths {
		if n > widths[l.width] || n == widths[l.width] && width < l.width {
			l.width = width
		}
	}
	columns := []pairColumn{{at: 0}, {at: 1}}
	switch numbers, labels := thirdColumn(rows, l.width); {
	case l.width == 1:
		return nil, fault.New("a row is two texts with a tab between them, or CSV, or JSON Lines", "there are no pairs: the rows have one column each, such as %.60q", first[0])
	case l.width == 2:
		l.set(Paired, columns)
	case l.width == 3 && labels:
		columns = append(columns, pairColumn{at: 2})
		l.set(Labelled, columns)
	case l.width == 3 && numbers:
		columns = append(columns, pairColumn{at: 2})
		l.set(Scored, columns)
	default:
		return nil, fault.New(hintColumns, "which of the %d columns are pairs? The first row is %s", l.width, text.Listed(first))
	}
	return columnNames(columns), nil
}

// thirdColumn tells whether the third columns of rows of 3 are mostly numbers,
// and whether these are all 0 or 1.
func thirdColumn(rows []pairRow, width int) (numbers, labels bool) {
	n, all := 0, 0
	labels = true
	for _, row := range rows {
		if width != 3 || len(row.fields) != 3 {
			continue
		}
		all++
		third := strings.TrimSpace(row.fields[2])
		if text.IsNumber(third) {
			n++
			labels = labels && (third == "0" || third == "1")
		}
	}
	numbers = n > 0 && 2*n >= all
	return numbers, numbers && labels
}

// recogniseObject recognises a layout of JSON Lines by the first object.
func (l *pairLayout) recogniseObject(row pairRow) ([]string, error) {
	var texts, all []string // fields in the order of the file
	in := json.NewDecoder(bytes.NewReader(row.raw))
	in.Token() // what is an object begins with {
	for in.More() {
		key, _ := in.Token()
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if slices.Contains(all, name) {
			continue
		}
		if text.KindOf(value) == "a string" {
			texts = append(texts, name)
		} else if role := roleOf(name); role != scoreRole && role != labelRole {
			continue
		}
		all = append(all, name)
	}
	kind, at := byRole(all)
	chosen := make([]string, len(at))
	for i, n := range at {
		chosen[i] = all[n]
	}
	if at == nil {
		if len(texts) != 2 || len(all) != 2 {
			return nil, fault.New(hintColumns, "which fields are pairs? The first record has the texts %s", text.Listed(texts))
		}
		chosen = texts
	}
	var columns []pairColumn
	var names []string
	for _, name := range chosen {
		columns = append(columns, pairColumn{path: []string{name}})
		names = append(names, fmt.Sprintf("%q", name))
	}
	l.set(kind, columns)
	return names, nil
}

// fractions reports whether numbers between the whole ones are among the labels.
func (l *pairLayout) fractions(rows []pairRow) bool {
	for _, row := range rows {
		if l.format != jsonFormat && l.last.at >= len(row.fields) {
			continue
		}
		if text, problem := l.lastText(row); problem == nil {
			if v, err := strconv.ParseFloat(text, 64); err == nil && v != math.Trunc(v) {
				return true
			}
		}
	}
	return false
}
