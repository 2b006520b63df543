package agents

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/serve/shelf"
)

// Passage is a passage in a result.
type Passage struct {
	Rank      int            `json:"rank,omitempty" jsonschema:"place among the results, from 1"`
	Score     *float64       `json:"score,omitempty" jsonschema:"by which results are ranked"`
	Label     int64          `json:"label" jsonschema:"number of the passage, for read and similar"`
	Path      string         `json:"path" jsonschema:"document"`
	ID        string         `json:"id,omitempty" jsonschema:"id of the record"`
	Title     string         `json:"title,omitempty"`
	Heading   []string       `json:"heading,omitempty" jsonschema:"headings above the passage"`
	FirstLine int            `json:"first_line,omitempty" jsonschema:"lines of the document, from 1"`
	LastLine  int            `json:"last_line,omitempty"`
	Fields    map[string]any `json:"fields,omitempty" jsonschema:"metadata"`
	Text      string         `json:"text"`
	Offset    int            `json:"offset,omitempty" jsonschema:"characters of the passage before this text"`
	CutAt     int            `json:"cut_at,omitempty" jsonschema:"if the text was cut: the offset for read that shows the rest"`
	Asked     bool           `json:"asked,omitempty" jsonschema:"the passage that was asked for"`
}

// fieldsShown is the number of fields of a passage that a result has.
const fieldsShown = 20

func passageOf(p *collection.Stored) Passage {
	s := shelf.PassageOf(p)
	out := Passage{Label: s.Label, Path: pathOf(s.Path), ID: brief(s.ID), Title: brief(s.Title), FirstLine: s.FirstLine, LastLine: s.LastLine, Text: clean(s.Text)}
	for i, h := range s.Heading {
		if i < 8 {
			out.Heading = append(out.Heading, brief(h))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		if len(out.Fields) == fieldsShown {
			break
		}
		if out.Fields == nil {
			out.Fields = map[string]any{}
		}
		v := s.Fields[name]
		switch v.(type) {
		case int64, float64, bool:
		default:
			v = brief(fmt.Sprint(v))
		}
		out.Fields[brief(name)] = v
	}
	return out
}

// skip leaves out the first characters of the text.
func (p *Passage) skip(offset int) {
	at := 0
	for range offset {
		if at == len(p.Text) {
			break
		}
		_, n := utf8.DecodeRuneInString(p.Text[at:])
		at += n
	}
	p.Text, p.Offset = p.Text[at:], utf8.RuneCountInString(p.Text[:at])
}

// cut shortens the text to n bytes.
func (p *Passage) cut(n int) {
	p.Text = shorten(p.Text, max(0, n))
	p.CutAt = p.Offset + utf8.RuneCountInString(p.Text)
}

// write writes the passage between marks.
func (p *Passage) write(b *strings.Builder, m *marker) {
	switch {
	case p.Rank > 0:
		fmt.Fprintf(b, "\n%d. label %d, score %.4g\n", p.Rank, p.Label, *p.Score)
	case p.Asked:
		fmt.Fprintf(b, "\nlabel %d, which was asked for\n", p.Label)
	default:
		fmt.Fprintf(b, "\nlabel %d\n", p.Label)
	}
	at := p.Path
	if p.FirstLine > 0 {
		if at += fmt.Sprintf(":%d", p.FirstLine); p.LastLine > p.FirstLine {
			at += fmt.Sprintf("-%d", p.LastLine)
		}
	}
	if p.ID != "" {
		at += " (" + p.ID + ")"
	}
	trail := strings.Join(p.Heading, " › ")
	if p.Title != "" && p.Title != documents.NameTitle(p.Path) && (len(p.Heading) == 0 || p.Heading[0] != p.Title) {
		trail = strings.TrimSuffix(p.Title+" › "+trail, " › ")
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		fields = append(fields, fmt.Sprintf("%s: %v", name, p.Fields[name]))
	}
	m.data(b, at, trail, strings.Join(fields, "; "), p.Text)
	if p.CutAt > 0 {
		fmt.Fprintf(b, "The text was cut; read with label %d and offset %d shows the rest.\n", p.Label, p.CutAt)
	}
}

// lessOf makes passages smaller by at least so many bytes as JSON: the texts of the longest ones first, down to
// leastText. Then it reports false. A passage of number keep is cut last.
func lessOf(passages []Passage, bytes, keep int) bool {
	const leastText = 160
	for bytes > 0 {
		longest := -1
		for i := range passages {
			if n := len(passages[i].Text); n > leastText && i != keep && (longest < 0 || n > len(passages[longest].Text)) {
				longest = i
			}
		}
		if longest < 0 {
			if keep < 0 || keep >= len(passages) || len(passages[keep].Text) <= leastText {
				return false
			}
			longest = keep
		}
		p := &passages[longest]
		before := size(p.Text)
		p.cut(max(leastText, min(len(p.Text)*3/4, len(p.Text)-bytes/4)))
		bytes -= max(1, before-size(p.Text))
	}
	return true
}

// bare leaves out what names the passage, and reports whether there was something.
func (p *Passage) bare() bool {
	if p.Fields == nil && p.Heading == nil && p.Title == "" && p.ID == "" && len(p.Path) <= 100 {
		return false
	}
	p.Fields, p.Heading, p.Title, p.ID, p.Path = nil, nil, "", "", shorten(p.Path, 100)
	return true
}
