package documents

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// longestField is the size limit of a value that is kept by default, in bytes.
const longestField = 200

// The names by which parts of records are detected, the most certain first.
var (
	textNames  = strings.Fields("text body content contents passage document article abstract sentence paragraph description summary message comment answer question")
	idNames    = strings.Fields("_id id doc_id docid docno pid uuid key")
	titleNames = strings.Fields("title headline subject name heading question")
)

// named reports whether the name of a file shows its kind.
func named(name string) bool {
	base := plainName(name)
	return names[base] != "" || extensions[path.Ext(base)] != ""
}

func (s *Source) titleName() string {
	if s.options.Title != "" {
		return s.options.Title
	}
	return "title"
}

// records reads each record as a document, from in if the file has been opened.
func (r *reading) records(in *bufio.Reader) error {
	use := text.ForField
	switch path.Ext(plainName(r.file.Name)) {
	case ".csv", ".tsv":
		use = text.ForColumn
	}
	if in != nil {
		if head, _ := in.Peek(min(headBytes, in.Size())); !jsonLine(head) && !bytes.HasPrefix(head, []byte("PAR1")) {
			use = text.ForColumn
		}
		return r.recordsOf(text.FromReader(r.file.Path, in), use)
	}
	src, err := text.Open(r.file.Path)
	if err != nil {
		return r.broken(err)
	}
	return r.recordsOf(src, use)
}

// recordsOf reads the records of a source.
func (r *reading) recordsOf(src *text.Source, use text.Use) error {
	lines, err := r.partLines()
	if err != nil {
		return err
	}
	err = src.Records(r.ctx, text.RecordOptions{Use: use}, func(in *text.Records) error {
		x := &recordReader{r: r, in: in, lines: lines}
		return x.read()
	})
	var known *unreadable
	switch {
	case err == nil && !r.found:
		return r.unfit("no text", "", "%s has no text", r.name())
	case err == nil, r.emitError != nil, errors.As(err, &known), r.ctx.Err() != nil:
		return err
	}
	return &unreadable{reasonDamaged, err}
}

// recordReader reads the records of a file.
type recordReader struct {
	r               *reading
	in              *text.Records
	text, id, title string // the parts that have been chosen, "": none
	columns         []string
	chosen          bool
	bad             int
	lines           *extent // on which the records begin that are read, nil: all
}

func (x *recordReader) read() error {
	var rec text.Record
	for {
		err := x.in.Next(&rec)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			if x.lines != nil && x.chosen && !x.lines.has(rec.Line) {
				if x.r.found = true; rec.Line >= x.lines.to {
					return nil
				}
				continue
			}
			err = x.record(&rec)
		}
		var bad *text.BadRecord
		if errors.As(err, &bad) && x.r.emitError == nil {
			if !x.r.found && x.bad == 0 && !x.chosen { // the first one: these are not records
				return err
			}
			if !x.lines.has(bad.Position.Line) { // of another part
				x.bad++
				continue
			}
			if err := x.r.source.add(Skipped{Path: bad.Position.String(), Reason: reasonRecord, Record: true, Err: err}); err != nil {
				return err
			}
			x.bad++
			continue
		}
		if err != nil {
			return err
		}
		if err := x.r.ctx.Err(); err != nil {
			return err
		}
	}
}

// record reads a record.
func (x *recordReader) record(rec *text.Record) error {
	if !rec.Named() {
		if !x.chosen {
			if header, err := x.header(rec); header || err != nil {
				return err
			}
		}
		rec.Names = x.columns
		if len(rec.Fields) > len(rec.Names) {
			rec.Fields = rec.Fields[:len(rec.Names)]
		}
	}
	if !x.chosen {
		if err := x.choose(rec); err != nil {
			return err
		}
	}
	if !x.lines.has(rec.Line) { // the first record, by which the parts were chosen
		x.r.found = true
		return nil
	}
	body, err := x.value(rec, x.text)
	if err != nil {
		return &text.BadRecord{Position: rec.Position, Err: err}
	}
	p := document{fields: x.fields(rec)}
	if x.id != "" {
		v, err := x.literal(rec, x.id)
		if err != nil {
			return &text.BadRecord{Position: rec.Position, Err: err}
		}
		p.id = v
	}
	if x.title != "" {
		if v, err := x.value(rec, x.title); err == nil {
			p.title = strings.Join(strings.Fields(v), " ")
		} else if x.r.source.options.Title != "" {
			return &text.BadRecord{Position: rec.Position, Err: err}
		}
	}
	return x.emit(rec, p, body)
}

// document is what the passages of a record share.
type document struct {
	id, title string
	fields    []Field
}

// emit emits the passages of a record.
func (x *recordReader) emit(rec *text.Record, d document, body string) error {
	r := x.r
	first := int(rec.Line)
	last := first
	byLine := false
	if i := int(rec.Line) - 1; r.elements != nil && i < len(r.elements) {
		first, last = r.elements[i].first, r.elements[i].last
	}
	if rec.Fields != nil && rec.Raw == nil && !rec.Rows {
		for i, f := range rec.Fields {
			last = max(last, int(rec.FieldLine(i))+strings.Count(f, "\n"))
		}
		if i := slices.Index(rec.Names, x.text); i >= 0 && i < len(rec.Fields) {
			first, byLine = int(rec.FieldLine(i)), true
		}
	}
	if len(d.title) > maxHeading {
		d.title, body, byLine = "", d.title+"\n\n"+body, false
	}
	sub := &reading{source: r.source, ctx: r.ctx, file: r.file, count: r.count, title: d.title, starts: []int64{0}, first: 1}
	sub.emit = func(p Passage) error {
		p.ID, p.Fields, p.Record = d.id, d.fields, int(rec.Line)
		if byLine {
			p.FirstLine, p.LastLine = first+p.FirstLine-1, first+p.LastLine-1
		} else {
			p.FirstLine, p.LastLine = first, last
		}
		p.Start, p.End = 0, 0
		r.emitError = errPanic
		r.emitError = r.emit(p)
		return r.emitError
	}
	if strings.TrimSpace(body) == "" && d.title != "" { // the title is all
		sub.title, body = "", d.title
	}
	sub.window([]byte(body))
	s := &sections{r: sub}
	s.body.add([]byte(body), 0)
	err := s.finish()
	r.found = r.found || sub.found
	return err
}

// header takes the names of the columns from the first record, unless a number selects the text.
func (x *recordReader) header(rec *text.Record) (bool, error) {
	o := x.r.source.options
	if n, err := strconv.Atoi(o.Text); err == nil {
		for i := range rec.Fields {
			x.columns = append(x.columns, strconv.Itoa(i+1))
		}
		if n < 1 || n > len(rec.Fields) {
			return false, x.wrong("Text", "the columns have the numbers 1 to %d, not %d", len(rec.Fields), n)
		}
		return false, nil
	}
	x.columns = slices.Clone(rec.Fields)
	for i, name := range x.columns {
		x.columns[i] = strings.TrimSpace(name)
	}
	rec.Names, rec.Fields = x.columns, make([]string, len(x.columns))
	return true, x.choose(rec)
}

// wrong returns the error for a file whose records lack what an option names.
func (x *recordReader) wrong(option, format string, args ...any) error {
	err := fault.Mention("name the parts of the records with Text, ID, Title and Keep", "%s: %w", x.r.name(), fmt.Errorf(format, args...))
	return &unreadable{reasonSelected, err}
}

// choose decides which parts of the records are the text, the id and the title.
func (x *recordReader) choose(rec *text.Record) error {
	o := x.r.source.options
	var have, texts []string
	for name, v := range rec.Members() {
		have = append(have, name)
		if _, ok := v.Text(); ok {
			texts = append(texts, name)
		}
	}
	find := func(set string, known []string) string {
		if set != "" {
			return set
		}
		for _, name := range known {
			if i := slices.IndexFunc(have, func(h string) bool { return strings.EqualFold(h, name) }); i >= 0 {
				return have[i]
			}
		}
		return ""
	}
	x.id, x.title = find(o.ID, idNames), find(o.Title, titleNames)
	x.text = find(o.Text, textNames)
	if x.title == x.text && o.Title == "" { // a question without an answer
		x.title = ""
	}
	if x.text == "" {
		rest := slices.DeleteFunc(texts, func(name string) bool { return name == x.id || name == x.title })
		if len(rest) == 1 {
			x.text = rest[0]
		} else if len(rest) == 0 && x.title != "" {
			x.text, x.title = x.title, ""
		}
	}
	if x.text == "" {
		err := fault.Mention("name the part that is the text with Text", "%s: which part of the records is the text? Text names it; they have %s", x.r.name(), fault.Names(have))
		return &unreadable{reasonNoText, err}
	}
	for option, name := range map[string]string{"Text": o.Text, "ID": o.ID, "Title": o.Title} {
		if name == "" {
			continue
		}
		if _, err := rec.Member(x.path(name)); err != nil && !rec.Named() || err != nil && rec.Raw == nil {
			return x.wrong(option, "the records have no part %q, only %s", name, fault.Names(have))
		}
	}
	x.chosen = true
	for _, part := range [][3]string{{"text", x.text, o.Text}, {"id", x.id, o.ID}, {"title", x.title, o.Title}} {
		if part[1] != "" && part[2] == "" {
			x.r.note(part[0], part[1])
		}
	}
	return nil
}

// path returns the way to a part of a record.
func (x *recordReader) path(name string) text.Path {
	if x.columns != nil {
		return text.Path{name}
	}
	return text.ParsePath(name)
}

// member returns a part of a record, by its name or the way to it.
func (x *recordReader) member(rec *text.Record, name string) (text.Value, error) {
	if v, ok := rec.Field(name); ok {
		return v, nil
	}
	return rec.Member(x.path(name))
}

// value returns a part that is a text, or a list of texts, as paragraphs.
func (x *recordReader) value(rec *text.Record, name string) (string, error) {
	v, err := x.member(rec, name)
	if err != nil {
		return "", err
	}
	if s, ok := v.Text(); ok {
		return s, nil
	}
	if v.Kind() == "null" {
		return "", nil
	}
	list, ok := v.List()
	var parts []string
	for _, item := range list {
		s, isText := item.Text()
		ok = ok && isText
		parts = append(parts, s)
	}
	if !ok {
		return "", fault.New("choose a part that is a string, or a list of strings, in every record", "%q is %s, not a string", name, v.Kind())
	}
	return strings.Join(parts, "\n\n"), nil
}

// literal returns a part that is a string or a number.
func (x *recordReader) literal(rec *text.Record, name string) (string, error) {
	v, err := x.member(rec, name)
	if err != nil {
		return "", err
	}
	switch v.Kind() {
	case "a string", "a number":
		return v.Literal(), nil
	case "null":
		return "", nil
	}
	return "", fault.New("choose another part as the id", "%q is %s, not a string or a number", name, v.Kind())
}

// fields returns the parts that are kept: those that Keep names, otherwise all short values.
func (x *recordReader) fields(rec *text.Record) (fields []Field) {
	keep := x.r.source.options.Keep
	for _, name := range keep {
		if v, err := x.member(rec, name); err == nil {
			if value, ok := x.keep(v, true); ok {
				fields = append(fields, Field{name, value})
			}
		}
	}
	if len(keep) > 0 {
		return fields
	}
	for name, v := range rec.Members() {
		if name == x.text || name == x.id || name == x.title {
			continue
		}
		if value, ok := x.keep(v, false); ok {
			fields = append(fields, Field{name, value})
		}
	}
	return fields
}

// keep returns a value as a field has it; long ones only if they were asked for.
func (x *recordReader) keep(v text.Value, named bool) (any, bool) {
	switch v.Kind() {
	case "a string":
		s, _ := v.Text()
		if x.columns != nil {
			return typed(s), s != "" && (named || len(s) <= longestField)
		}
		if t, ok := date(s); ok {
			return t, true
		}
		return s, named || len(s) <= longestField
	case "a number":
		literal := v.Literal()
		if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
			return n, true
		}
		n, err := strconv.ParseFloat(literal, 64)
		return n, err == nil
	case "true or false":
		return v.Literal() == "true", true
	case "an array":
		list, _ := v.List()
		var texts []string
		size := 0
		for _, item := range list {
			if k := item.Kind(); k == "an array" || k == "an object" || k == "binary data" {
				return nil, false
			}
			texts = append(texts, item.Literal())
			size += len(texts[len(texts)-1])
		}
		return texts, named || size <= longestField
	case "an object":
		return v.Literal(), named
	}
	return nil, false
}
