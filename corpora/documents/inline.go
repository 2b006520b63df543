package documents

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/internal/fault"
)

// Cut divides a document that is not in a file into passages, as that of a record is. d has its path, id, title,
// text and fields, which the passages share; they have no lines and no bytes of a file. A text of spaces has no
// passage, unless there is a title, which is the text then.
func Cut(ctx context.Context, d Passage, o Options, emit func(Passage) error) (err error) {
	if err := o.Validate(); err != nil {
		return err
	}
	o = o.withDefaults()
	cutter, err := passages.New(nil, o.cutter())
	if err != nil {
		return err
	}
	s := &Source{options: o, cutter: cutter}
	r := &reading{source: s, ctx: ctx, file: File{Path: d.Path, Name: d.Path}, title: strings.Join(strings.Fields(d.Title), " "), starts: []int64{0}, first: 1}
	r.count = func(text []byte) int { return cutter.Count(string(text)) }
	body := strings.ToValidUTF8(d.Text, "\uFFFD")
	if strings.TrimSpace(body) == "" || len(r.title) > maxHeading {
		r.title, body = "", r.title+"\n\n"+body
	}
	r.emit = func(p Passage) error {
		p.ID, p.Fields = d.ID, d.Fields
		p.FirstLine, p.LastLine, p.Start, p.End = 0, 0, 0, 0
		r.emitError = errPanic
		r.emitError = emit(p)
		return r.emitError
	}
	defer func() {
		if x := recover(); x != nil {
			if r.emitError == errPanic {
				panic(x)
			}
			err = fault.Recovered(x)
		}
	}()
	r.window([]byte(body))
	all := &sections{r: r}
	all.body.add([]byte(body), 0)
	return all.finish()
}

// FieldsOf returns members of a JSON object, decoded with UseNumber, as fields, sorted by name: texts, which
// may be dates, numbers, true and false, and lists of these, which are lists of texts. Null has no field.
func FieldsOf(members map[string]any) ([]Field, error) {
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, err := fieldOf(members[name])
		if err != nil {
			return nil, fault.New("give texts, numbers, true, false, or lists of them", "the field %q %w", name, err)
		}
		if value != nil {
			fields = append(fields, Field{name, value})
		}
	}
	return fields, nil
}

func fieldOf(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if t, ok := date(v); ok {
			return t, nil
		}
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		x, err := v.Float64()
		if err != nil {
			err = fault.New("", "is a number out of range: %s", v)
		}
		return x, err
	case []any:
		texts := []string{}
		for _, item := range v {
			switch item := item.(type) {
			case string:
				texts = append(texts, item)
			case json.Number:
				texts = append(texts, item.String())
			case bool:
				texts = append(texts, map[bool]string{true: "true", false: "false"}[item])
			case nil:
			default:
				return nil, fault.New("", "is a list of lists or objects")
			}
		}
		return texts, nil
	}
	return nil, fault.New("", "is an object")
}
