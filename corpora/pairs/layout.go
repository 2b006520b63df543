package pairs

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// column is the place of a part of an example in a row.
type column struct {
	at   int       // field of TSV and CSV, from 0
	path text.Path // named field
}

// layout describes how the rows of a file are examples.
type layout struct {
	format      *text.Format
	named       bool // the fields have names in each record, as in JSON
	kind        Kind
	texts       []column
	last        column       // of the score or label
	width       int          // number of columns that a row must have; 0: as many as are read
	header      bool         // the first row is a header
	description string       // File.Layout
	labels      scale.Labels // that the user gives; nil: the well-known ones
	counts      scale.Counts // of labels that were read
}

// textRow is an example as text.
type textRow struct {
	at    text.Position
	texts []string
	score float64 // or label
}

// columns returns the columns that are read, the score or label last.
func (l *layout) columns() []column {
	if l.kind == Paired {
		return l.texts
	}
	return append(l.texts[:len(l.texts):len(l.texts)], l.last)
}

// set sets the kind and the columns of the layout.
func (l *layout) set(kind Kind, columns []column) {
	l.kind, l.texts = kind, columns
	if kind != Paired {
		n := len(columns) - 1
		l.texts, l.last = columns[:n:n], columns[n]
	}
}

// describe writes the description of the layout, given the name of each column.
func (l *layout) describe(names []string) {
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
	case l.named:
	case l.header:
		header = " with a header"
	default:
		header = " without a header"
	}
	for i, name := range names {
		parts[i] += " is " + name
	}
	l.description = fmt.Sprintf("%s%s: %s", l.format.Name, header, strings.Join(parts, ", "))
}

// findLayout finds how the rows of a file are examples: from the columns that the user names,
// or from the first rows. labels are the meanings that the user gives, and scored says that the
// user gives the range of scores.
func findLayout(format *text.Format, named *namedColumns, rows []*text.Record, labels scale.Labels, scored bool) (*layout, error) {
	l := &layout{format: format, named: rows[0].Named(), labels: labels, counts: scale.Counts{}}
	var names []string
	var err error
	switch {
	case l.named && named != nil:
		var columns []column
		for _, name := range named.all() {
			columns = append(columns, column{path: text.ParsePath(name)})
			names = append(names, fmt.Sprintf("%q", name))
		}
		l.set(named.kind, columns)
	case l.named:
		names, err = l.detectFields(rows[0])
	case named != nil:
		names, err = l.findColumns(named, rows[0].Fields)
	default:
		names, err = l.detectRows(rows)
	}
	if err != nil {
		return nil, fault.New(fault.Hint(err), "%s: %w", rows[0].Position, err)
	}
	if len(l.texts) > maxTexts {
		return nil, rows[0].Errorf("name fewer negatives", "an example has %d texts, more than the maximum of %d", len(l.texts), maxTexts)
	}
	if named == nil && l.kind == Labelled && labels == nil && l.scores(rows, scored) {
		l.kind = Scored // like the labels of GLUE's STS-B
	}
	if l.kind == Labelled {
		if err := l.checkInference(names, rows); err != nil {
			return nil, fault.New(fault.Hint(err), "%s: %w", rows[0].Position, err)
		}
	}
	l.describe(names)
	if unused := l.unused(rows[0]); len(unused) > 0 {
		l.description += "; not used: " + fault.Names(unused)
	}
	return l, nil
}

// unused returns the names of the columns that are not read, given the header or first record.
func (l *layout) unused(first *text.Record) (names []string) {
	used := func(name string, at int) bool {
		return slices.ContainsFunc(l.columns(), func(c column) bool {
			return l.named && len(c.path) > 0 && c.path[0] == name || !l.named && c.at == at
		})
	}
	if l.named {
		for name := range first.Members() {
			if !used(name, 0) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	} else if l.header {
		for at, name := range first.Fields {
			if !used("", at) {
				names = append(names, strings.TrimSpace(name))
			}
		}
	}
	return names
}

func columnNames(columns []column) (names []string) {
	for _, c := range columns {
		names = append(names, fmt.Sprintf("column %d", c.at+1))
	}
	return names
}

// findColumns finds the columns that the user names, by number or in the header.
func (l *layout) findColumns(named *namedColumns, first []string) ([]string, error) {
	var columns []column
	if at, ok := named.numbers(); ok {
		l.header = true // if the first row has well-known names in the place of texts
		for _, n := range at {
			columns = append(columns, column{at: n})
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
				return nil, fault.New("name the columns by their numbers, from 1", "two columns are named %q", name)
			}
			at = i
		}
		if at < 0 {
			missing = name
			continue
		}
		found++
		columns = append(columns, column{at: at})
		names = append(names, fmt.Sprintf("%q", name))
	}
	switch {
	case found == len(named.all()):
		l.header, l.width = true, len(first)
	case found == 0 && named.roles() && len(first) == len(named.all()):
		l.width = len(first)
		for i := range first {
			columns = append(columns, column{at: i})
		}
		names = columnNames(columns)
	default:
		return nil, fault.New("name columns of the header, or give numbers from 1 if the file has none", "no column is named %q: the header is %s", missing, fault.Names(first))
	}
	l.set(named.kind, columns)
	return names, nil
}

// byRole chooses columns by their names; at is nil if they are not well known, or if two
// have one role.
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

// detectRows detects the layout of rows such as TSV and CSV.
func (l *layout) detectRows(rows []*text.Record) ([]string, error) {
	first := rows[0].Fields
	if kind, at := byRole(first); at != nil {
		l.header, l.width = true, len(first)
		var columns []column
		var names []string
		for _, n := range at {
			columns = append(columns, column{at: n})
			names = append(names, fmt.Sprintf("%q", strings.TrimSpace(first[n])))
		}
		l.set(kind, columns)
		return names, nil
	}
	// A row that differs from the others must not decide.
	widths := map[int]int{}
	for _, row := range rows {
		widths[len(row.Fields)]++
	}
	for width, n := range widths {
		if n > widths[l.width] || n == widths[l.width] && width < l.width {
			l.width = width
		}
	}
	l.header = len(first) == l.width && text.NumbersColumns(first) && len(rows) > 1 && !isNumber(rows[1].Fields[0])
	columns := []column{{at: 0}, {at: 1}}
	switch numbers, labels := l.thirdColumn(rows); {
	case l.width == 1:
		return nil, fault.New("a row is two texts with a tab between them, or CSV, or JSON Lines", "the rows are not pairs: they have one column each, such as %.60q", first[0])
	case l.width == 2:
		l.set(Paired, columns)
	case l.width == 3 && labels:
		columns = append(columns, column{at: 2})
		l.set(Labelled, columns)
	case l.width == 3 && numbers:
		columns = append(columns, column{at: 2})
		l.set(Scored, columns)
	default:
		return nil, fault.Mention(hintColumns, "cannot tell which of the %d columns are the pair: the first row is %s", l.width, fault.Names(first))
	}
	if len(first) > 1 && isID(first[0]) && roleOf(first[1]) != otherRole && len(rows) > 1 {
		return nil, fault.Mention(hintColumns, "cannot tell which columns are the pair: the header is %s", fault.Names(first))
	}
	if at, example := l.numberedTexts(rows); at >= 0 {
		return nil, fault.Mention(hintColumns, "cannot tell which columns are the pair: column %d holds numbers, such as %.40s", at+1, example)
	}
	return columnNames(columns), nil
}

// isID reports whether a name is that of an id, which is not a text.
func isID(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return slices.Contains([]string{"id", "_id", "idx", "index", "qid", "pid", "docid", "doc_id", "pair_id"}, name)
}

// numberedTexts returns which of the first two columns holds only numbers, such as an id, below
// the first row, which may be a header, with one of them; -1 if neither does.
func (l *layout) numberedTexts(rows []*text.Record) (at int, example string) {
	for at := range 2 {
		n, all := 0, 0
		for _, row := range rows[1:] {
			if len(row.Fields) == l.width {
				all++
				if field := strings.TrimSpace(row.Fields[at]); isNumber(field) {
					n, example = n+1, field
				}
			}
		}
		if n == all && n > 1 {
			return at, example
		}
	}
	return -1, ""
}

// thirdColumn reports whether the third columns of rows of 3 are mostly numbers, and whether
// they are mostly labels: names of a known meaning, or numbers that are all 0 or 1.
func (l *layout) thirdColumn(rows []*text.Record) (numbers, labels bool) {
	all, number, named, other := 0, 0, 0, 0
	for _, row := range rows {
		if l.width != 3 || len(row.Fields) != 3 {
			continue
		}
		all++
		third := strings.TrimSpace(row.Fields[2])
		switch {
		case l.labels.Named(third):
			named++
		case isNumber(third):
			number++
			if third != "0" && third != "1" || l.labels != nil {
				other++
			}
		}
	}
	numbers = number > 0 && 2*number >= all
	return numbers, named > 0 && 2*named >= all || numbers && other == 0
}

// detectFields detects the layout of records with named fields by the first record.
func (l *layout) detectFields(row *text.Record) ([]string, error) {
	var texts, all []string // fields in the order of the file
	for name, value := range row.Members() {
		if slices.Contains(all, name) {
			continue
		}
		if _, ok := value.Text(); ok {
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
			what := "no text fields"
			if len(texts) > 0 {
				what = "the texts " + fault.Names(texts)
			}
			return nil, fault.Mention(hintColumns, "cannot tell which fields are the pair: the first record has %s", what)
		}
		for _, name := range texts {
			value, _ := row.Field(name)
			if content, _ := value.Text(); isID(name) || isNumber(strings.TrimSpace(content)) {
				return nil, fault.Mention(hintColumns, "cannot tell which fields are the pair: field %q holds an id or a number, such as %.40s", name, content)
			}
		}
		chosen = texts
	}
	var columns []column
	var names []string
	for _, name := range chosen {
		columns = append(columns, column{path: text.Path{name}})
		names = append(names, fmt.Sprintf("%q", name))
	}
	l.set(kind, columns)
	return names, nil
}

// scores reports whether the labels are scores: one of them is not a whole number or, if the
// user gives the range of scores, one of them is a number.
func (l *layout) scores(rows []*text.Record, ranged bool) bool {
	for _, row := range rows {
		if !l.named && l.last.at >= len(row.Fields) {
			continue
		}
		if text, problem := l.lastText(row); problem == nil {
			if v, err := strconv.ParseFloat(text, 64); err == nil && (ranged || v != math.Trunc(v)) {
				return true
			}
		}
	}
	return false
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
