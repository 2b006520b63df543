package documents

import (
	"bufio"
	"bytes"
	"context"
)

// PlainText is the text of a document without its markup.
type PlainText struct {
	// Text has the headings in it, and first the title if no heading says it.
	Text []byte

	flow flow
}

// Source returns the bytes of the document that Text[start:end] was read from, with the markup
// between them. Of a title that is not in the text it returns an empty range.
func (p *PlainText) Source(start, end int) (from, to int) {
	a, b, _ := p.flow.source(start, end)
	return int(a), int(b)
}

// Plain returns the text of a document in memory without its markup, if the name of its file says
// that it is Markdown or HTML, and nil otherwise.
func Plain(ctx context.Context, name string, document []byte) (*PlainText, error) {
	kind := kindOf(name)
	if kind != Markdown && kind != HTML {
		return nil, nil
	}
	p := &PlainText{}
	r := &reading{source: &Source{options: Options{Split: Whole}}, ctx: ctx, file: File{Path: name, Name: name}, size: int64(len(document)),
		starts: []int64{0}, first: 1, whole: true, flow: &p.flow}
	if err := r.parse(kind, bufio.NewReader(bytes.NewReader(document))); err != nil {
		return nil, err
	}
	if r.title != "" && !bytes.HasPrefix(bytes.TrimSpace(p.flow.text), []byte(r.title)) {
		titled := flow{}
		titled.gap(r.title + "\n\n")
		titled.join(&p.flow)
		p.flow = titled
	}
	p.Text = p.flow.text
	return p, nil
}
