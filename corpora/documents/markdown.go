package documents

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Markdown is parsed in pieces, at headings and blank lines outside of code: the parser needs time
// that grows with the square of the length for some texts, such as [[[[[, and cannot be canceled.
const (
	pieceBytes   = 16 << 10 // after which a piece ends
	longestPiece = 64 << 10 // where it ends otherwise, at the end of a line
	longestLine  = 8 << 10  // of Markdown; longer ones are read as they are
)

var markdownParser = goldmark.DefaultParser()

// readMarkdown reads Markdown.
func readMarkdown(r *reading, in *bufio.Reader) error {
	m := &markdown{sections: &sections{r: r}, references: parser.NewContext(), first: true}
	err := r.windows(in, lastBlank, func(data []byte) error {
		at := 0
		if m.first {
			at = m.frontMatter(data)
		}
		m.define(data[at:])
		for at < len(data) {
			end := at + m.pieceEnd(data[at:])
			if err := r.ctx.Err(); err != nil {
				return err
			}
			if err := m.piece(data[at:end], r.base+int64(at)); err != nil {
				return err
			}
			at = end
		}
		if err := m.end(); err != nil { // positions are those of the window
			return err
		}
		if r.source.options.Split == Whole {
			return nil
		}
		return m.flush()
	})
	if err != nil {
		return err
	}
	return m.finish()
}

// markdown reads the text of Markdown.
type markdown struct {
	*sections
	references parser.Context
	first      bool // no piece has been read
	data       []byte
	base       int64 // of data in the file
	nested     int   // lists around the block that is read
}

// define makes the links that are defined anywhere, as [label]: target, known to all pieces.
func (m *markdown) define(data []byte) {
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("]:"))
		if i < 0 {
			return
		}
		i += at
		at = i + 2
		line := bytes.TrimLeft(data[bytes.LastIndexByte(data[:i], '\n')+1:i], " ")
		if len(line) > 1 && line[0] == '[' && line[1] != '^' && len(line) < 200 && bytes.IndexByte(line[1:], '[') < 0 {
			m.references.AddReference(parser.NewReference(line[1:], []byte("x"), nil)) // targets are not read
		}
	}
}

// pieceEnd returns the length of the next piece.
func (m *markdown) pieceEnd(data []byte) int {
	if len(data) <= pieceBytes {
		if l := longLine(data); l < 0 {
			return len(data)
		}
	}
	var code fences
	blank := false
	for at := 0; at < len(data); {
		end := at + bytes.IndexByte(data[at:], '\n') + 1
		if end == at {
			end = len(data)
		}
		line := data[at:end]
		if len(line) > longestLine && at > 0 {
			return at
		}
		if len(line) > longestLine {
			return end
		}
		trimmed := bytes.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		code.line(line)
		if at >= longestPiece || at >= pieceBytes && code.open == nil && indent == 0 && (trimmed[0] == '#' || blank && trimmed[0] > ' ' && bytes.IndexByte([]byte("-*+>|0123456789"), trimmed[0]) < 0) {
			return at
		}
		blank = len(bytes.TrimSpace(line)) == 0
		at = end
	}
	return len(data)
}

// fenceOf returns the fence that opens code in a line, or nil.
func fenceOf(line []byte) []byte {
	if len(line) < 3 || line[0] != '`' && line[0] != '~' {
		return nil
	}
	n := 0
	for n < len(line) && line[n] == line[0] {
		n++
	}
	if n < 3 || line[0] == '`' && bytes.IndexByte(line[n:], '`') >= 0 {
		return nil
	}
	return line[:n]
}

// longLine returns where a line starts that is too long for Markdown, or -1.
func longLine(data []byte) int {
	for at := 0; at < len(data); {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			end = len(data) - at
		}
		if end > longestLine {
			return at
		}
		at += end + 1
	}
	return -1
}

// piece reads a part of the file.
func (m *markdown) piece(data []byte, base int64) error {
	m.data, m.base = data, base
	if len(data) > longestLine && bytes.IndexByte(data[:longestLine], '\n') < 0 {
		m.first = false
		m.body.paragraph()
		m.body.add(data, base)
		m.body.paragraph()
		return nil
	}
	data = withoutDirectives(data)
	m.data = data
	doc := markdownParser.Parse(text.NewReader(data), parser.WithContext(m.references))
	if m.first {
		m.first = false
		m.findTitle(doc)
	}
	return m.blocks(doc, 0)
}

// findTitle takes the title from the heading of level 1, if there is only one.
func (m *markdown) findTitle(doc ast.Node) {
	if m.r.title != "" {
		return
	}
	var only ast.Node
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			if only != nil {
				return
			}
			only = n
		}
	}
	if only != nil {
		f := m.headingText(only)
		m.r.title = strings.Join(strings.Fields(display(f.text)), " ")
	}
}

var attributeList = regexp.MustCompile(`\s*\{[:#.][^{}]*\}\s*$`)

// headingText returns the text of a heading, without an attribute list {#name}.
func (m *markdown) headingText(n ast.Node) flow {
	var f flow
	m.inline(&f, n)
	f.trim()
	if bytes.HasSuffix(f.text, []byte("}")) {
		if at := attributeList.FindIndex(f.text); at != nil {
			f.cut(at[0])
		}
	}
	return f
}

// maxNesting is how deep quotations and lists may be.
const maxNesting = 100

// blocks reads the blocks in a block.
func (m *markdown) blocks(parent ast.Node, depth int) error {
	if depth > maxNesting {
		return nil
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		out := &m.body
		switch b := n.(type) {
		case *ast.Heading:
			if depth == 0 {
				if err := m.heading(b.Level, m.headingText(b)); err != nil {
					return err
				}
				continue
			}
			out.line()
			m.inline(out, b)
			out.line()
		case *ast.Paragraph:
			if _, item := parent.(*ast.ListItem); !item || n.PreviousSibling() != nil {
				out.paragraph()
			}
			m.inline(out, b)
			out.paragraph()
		case *ast.TextBlock:
			m.inline(out, b)
			out.line()
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			out.paragraph()
			m.lines(out, n)
			out.paragraph()
		case *ast.HTMLBlock:
			if err := m.html(b, depth); err != nil {
				return err
			}
		case *ast.List:
			if depth == 0 {
				out.paragraph()
			}
			number := b.Start
			for item := b.FirstChild(); item != nil; item = item.NextSibling() {
				out.line()
				out.gap(strings.Repeat("  ", m.nested))
				if b.IsOrdered() {
					out.gap(fmt.Sprintf("%d%c ", number, b.Marker))
					number++
				} else {
					out.gap("- ")
				}
				m.nested++
				if err := m.blocks(item, depth+1); err != nil {
					return err
				}
				m.nested--
			}
			if depth == 0 {
				out.paragraph()
			}
		case *ast.Blockquote:
			out.paragraph()
			if err := m.blocks(b, depth+1); err != nil {
				return err
			}
			out.paragraph()
		}
	}
	return nil
}

// lines appends the lines of code.
func (m *markdown) lines(out *flow, n ast.Node) {
	lines := n.Lines()
	for i := range lines.Len() {
		s := lines.At(i)
		out.gap(strings.Repeat(" ", s.Padding))
		out.add(m.data[s.Start:s.Stop], m.base+int64(s.Start))
	}
}

// html reads a block of HTML in Markdown.
func (m *markdown) html(n *ast.HTMLBlock, depth int) error {
	lines := n.Lines()
	if lines.Len() == 0 {
		return nil
	}
	start, stop := lines.At(0).Start, lines.At(lines.Len()-1).Stop
	if n.HasClosure() && n.ClosureLine.Stop > stop {
		stop = n.ClosureLine.Stop
	}
	if n.HTMLBlockType == ast.HTMLBlockType2 { // a comment
		if end := bytes.Index(m.data[start:stop], []byte("-->")); end >= 0 {
			start += end
		}
		start += min(3, stop-start)
	}
	m.body.paragraph()
	h := &htmlText{sections: m.sections, base: m.base + int64(start), quoted: true}
	return h.read(m.data[start:stop])
}

// wikiLinks replaces [[page]] and [[page|label]] in the text from start by the page or the label.
func (f *flow) wikiLinks(start int) {
	if !bytes.Contains(f.text[start:], []byte("[[")) {
		return
	}
	all := f.part(start, len(f.text))
	all.text = bytes.Clone(all.text)
	f.cut(start)
	add := func(from, to int) {
		part := all.part(from, to)
		f.join(&part)
	}
	at := 0
	for at < len(all.text) {
		i := bytes.Index(all.text[at:], []byte("[["))
		if i < 0 {
			break
		}
		open := at + i
		length := bytes.Index(all.text[open:min(len(all.text), open+500)], []byte("]]"))
		if length < 3 || space(all.text[open+2]) || bytes.IndexByte(all.text[open:open+length], '\n') >= 0 { // [[ in a shell
			add(at, open+2)
			at = open + 2
			continue
		}
		from, to := open+2, open+length
		if bar := bytes.LastIndexByte(all.text[from:to], '|'); bar >= 0 && bar+1 < to-from {
			from += bar + 1
		}
		if open > at && all.text[open-1] == '!' { // ![[picture]]
			open--
		}
		add(at, open)
		add(from, to)
		at = to + 2
	}
	add(at, len(all.text))
}

// inline appends the text in a block.
func (m *markdown) inline(out *flow, parent ast.Node) {
	defer out.wikiLinks(len(out.text))
	stack := []ast.Node{parent.FirstChild()}
	for len(stack) > 0 { // nesting may be deep
		n := stack[len(stack)-1]
		if n == nil {
			stack = stack[:len(stack)-1]
			continue
		}
		stack[len(stack)-1] = n.NextSibling()
		switch x := n.(type) {
		case *ast.Text:
			s := x.Segment
			if delimiterRow(m.data[s.Start:s.Stop]) {
				continue
			}
			m.verbatim(out, s.Start, s.Stop, n.Parent() != nil && n.Parent().Kind() == ast.KindCodeSpan)
			if x.SoftLineBreak() || x.HardLineBreak() {
				m.lineBreak(out, s.Stop)
			}
		case *ast.AutoLink:
			label := x.Label(m.data)
			if at := cap(m.data) - cap(label); at >= 0 && at <= len(m.data) { // a part of m.data
				out.add(label, m.base+int64(at))
			}
		case *ast.RawHTML:
			if s := x.Segments; s.Len() > 0 && bytes.HasPrefix(bytes.ToLower(m.data[s.At(0).Start:s.At(0).Stop]), []byte("<br")) {
				m.lineBreak(out, s.At(0).Start)
			}
		default:
			if c := n.FirstChild(); c != nil {
				stack = append(stack, c)
			}
		}
	}
}

// delimiterRow reports whether a line separates the head of a table from its rows: |---|:-:|.
func delimiterRow(line []byte) bool {
	return len(line) > 2 && bytes.IndexByte(line, '|') >= 0 && bytes.IndexByte(line, '-') >= 0 && len(bytes.Trim(line, "|-: \t")) == 0
}

// lineBreak appends a line break, the first one in the file after an offset of the piece.
func (m *markdown) lineBreak(out *flow, from int) {
	out.trim()
	if i := bytes.IndexByte(m.data[from:], '\n'); i >= 0 && i < 8 {
		out.add(m.data[from+i:from+i+1], m.base+int64(from+i))
		return
	}
	out.gap("\n")
}

// verbatim appends a part of the piece, with characters for backslash escapes and entities.
func (m *markdown) verbatim(out *flow, start, stop int, code bool) {
	raw := m.data[start:stop]
	at := m.base + int64(start)
	for !code {
		i := bytes.IndexAny(raw, `\&`)
		if i < 0 {
			break
		}
		out.add(raw[:i], at)
		raw, at = raw[i:], at+int64(i)
		n := 1
		switch {
		case raw[0] == '\\' && len(raw) > 1 && util.IsPunct(raw[1]):
			out.put(raw[1:2], at, 2)
			n = 2
		case raw[0] == '&':
			if end := bytes.IndexByte(raw[:min(len(raw), 40)], ';'); end > 0 {
				n = end + 1
			}
			htmlWords(out, raw[:n], at, true)
		default:
			out.add(raw[:1], at)
		}
		raw, at = raw[n:], at+int64(n)
	}
	out.add(raw, at)
}
