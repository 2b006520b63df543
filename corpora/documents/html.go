package documents

import (
	"bufio"
	"bytes"
	"html"
	"io"
	"slices"
	"strings"

	htmltoken "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxTag is the size limit of a tag in bytes.
const maxTag = 16 << 20

func atoms(names string) map[atom.Atom]bool {
	m := map[atom.Atom]bool{}
	for _, name := range strings.Fields(names) {
		m[atom.Lookup([]byte(name))] = true
	}
	return m
}

var (
	// paragraphTags have a blank line before and after their text, lineTags a line break.
	paragraphTags = atoms("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre section article figure form hr details main header footer aside fieldset address")
	lineTags      = atoms("div li tr dt dd br caption figcaption summary legend option center tbody thead body")
	// unread have no text that people read, or text that every page of a site repeats.
	unread = atoms("script style noscript template svg math iframe object select textarea button nav footer head")
	voids  = atoms("area base br col embed hr img input link meta source track wbr")
)

// readHTML reads the text of HTML.
func readHTML(r *reading, in *bufio.Reader) error {
	data, err := r.all(in)
	if err != nil {
		return err
	}
	r.window(data)
	h := &htmlText{sections: &sections{r: r}, base: r.base, chrome: true}
	lower := bytes.ToLower(data)
	if h.main = bytes.Contains(lower, []byte("<main")) || bytes.Contains(lower, []byte(`role="main"`)); h.main {
		if err := h.read(data); err != nil || r.found {
			return err
		}
	}
	if !r.found { // there is no text in it
		*h = htmlText{sections: &sections{r: r}, base: r.base, chrome: true}
		if err := h.read(data); err != nil || r.found {
			return err
		}
	}
	*h = htmlText{sections: &sections{r: r}, base: r.base}
	return h.read(data)
}

// all returns the rest of a file that is read as a whole.
func (r *reading) all(in *bufio.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, longest+1))
	switch {
	case err != nil:
		return nil, r.broken(err)
	case len(data) > longest:
		return nil, r.unfit("too long", "split it into several files", "%s is longer than %d MiB", r.name(), longest>>20)
	}
	return data, nil
}

// htmlText extracts the text of HTML.
type htmlText struct {
	*sections
	base   int64 // of the HTML in the file
	main   bool  // read only the main element
	chrome bool  // do not read navigation
	quoted bool  // it is a part of another document

	inMain  bool
	mainTag string
	depth   int    // of elements named mainTag
	skip    string // the element that is not read
	nested  int    // of elements named skip
	pre     int
	first   bool // the last tag is <pre>
	level   int  // of the heading that is read, or 0
	head    flow
	inTitle bool
	cell    bool // a cell of the table row was read
	tags    int
}

// out is where text goes.
func (h *htmlText) out() *flow {
	if h.level > 0 {
		return &h.head
	}
	return &h.body
}

func (h *htmlText) read(data []byte) error {
	z := htmltoken.NewTokenizer(bytes.NewReader(data))
	z.SetMaxBuf(maxTag)
	at := h.base
	for {
		token := z.Next()
		raw := z.Raw()
		if h.tags++; h.tags&0xfff == 0 && h.r.ctx.Err() != nil {
			return h.r.ctx.Err()
		}
		switch token {
		case htmltoken.ErrorToken:
			if z.Err() != io.EOF {
				return h.r.unfit(reasonDamaged, "", "%s: a tag at byte %d is longer than %d MiB", h.r.name(), at, maxTag>>20)
			}
			if err := h.endHeading(); err != nil {
				return err
			}
			if h.quoted {
				h.body.paragraph()
				return nil
			}
			return h.finish()
		case htmltoken.TextToken:
			h.text(raw, at)
			h.first = false
		case htmltoken.StartTagToken, htmltoken.SelfClosingTagToken:
			if err := h.start(z, token, at, len(raw)); err != nil {
				return err
			}
		case htmltoken.EndTagToken:
			name, _ := z.TagName()
			if err := h.end(string(name)); err != nil {
				return err
			}
		}
		at += int64(len(raw))
	}
}

// attribute returns the attributes of a tag by name.
func attributes(z *htmltoken.Tokenizer) map[string]string {
	m := map[string]string{}
	for range 100 {
		key, value, more := z.TagAttr()
		m[string(key)] = string(value)
		if !more {
			break
		}
	}
	return m
}

func (h *htmlText) start(z *htmltoken.Tokenizer, token htmltoken.TokenType, at int64, length int) error {
	name, has := z.TagName()
	tag := atom.Lookup(name)
	var attrs map[string]string
	if has {
		attrs = attributes(z)
	}
	switch tag {
	case atom.Title:
		h.inTitle = h.skip == "" || h.skip == "head"
		return nil
	case atom.Meta:
		h.meta(attrs)
	case atom.Html:
		if lang := attrs["lang"]; lang != "" {
			h.field("lang", lang)
		}
	case atom.Body:
		h.skip = ""
	case atom.Main, atom.Article, atom.H1:
		if h.skip == "nav" { // which is not closed
			h.skip = ""
		}
	}
	if h.main && !h.inMain && (tag == atom.Main || attrs["role"] == "main") {
		h.inMain, h.mainTag, h.depth, h.skip = true, string(name), 0, ""
	}
	if h.inMain && string(name) == h.mainTag {
		h.depth++
	}
	if h.skip != "" {
		if string(name) == h.skip {
			h.nested++
		}
		return nil
	}
	_, hidden := attrs["hidden"]
	hidden = hidden || attrs["aria-hidden"] == "true"
	chrome := tag == atom.Nav || tag == atom.Footer || attrs["role"] == "navigation"
	if token == htmltoken.StartTagToken && !voids[tag] && (unread[tag] && (h.chrome || !chrome) || hidden || chrome && h.chrome) {
		h.skip, h.nested = string(name), 1
		return nil
	}
	out := h.out()
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if err := h.endHeading(); err != nil {
			return err
		}
		if h.reads() {
			h.level = int(name[1] - '0')
		}
		return nil
	case atom.Pre:
		h.pre++
		h.first = true
	case atom.Img:
		if alt := strings.TrimSpace(attrs["alt"]); alt != "" && h.reads() {
			out.put([]byte(alt+" "), at, int64(length))
		}
	case atom.Td, atom.Th:
		if h.cell && h.reads() {
			out.trim()
			out.gap(" | ")
		}
		h.cell = true
	}
	h.breaks(tag)
	switch tag {
	case atom.Li:
		if h.reads() {
			out.gap("- ")
		}
	case atom.Tr:
		h.cell = false
	}
	return nil
}

// breaks ends a line or paragraph at a tag.
func (h *htmlText) breaks(tag atom.Atom) {
	switch out := h.out(); {
	case h.level > 0 && (paragraphTags[tag] || lineTags[tag]):
		out.gap(" ")
	case paragraphTags[tag]:
		out.paragraph()
	case lineTags[tag]:
		out.line()
	}
}

// reads reports whether text is read here.
func (h *htmlText) reads() bool { return h.skip == "" && (!h.main || h.inMain) }

func (h *htmlText) end(name string) error {
	tag := atom.Lookup([]byte(name))
	if tag == atom.Title {
		h.inTitle = false
	}
	if h.skip != "" {
		if name == h.skip {
			if h.nested--; h.nested == 0 {
				h.skip = ""
			}
		}
		return nil
	}
	if h.inMain && name == h.mainTag {
		if h.depth--; h.depth == 0 {
			h.inMain = false
		}
	}
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return h.endHeading()
	case atom.Pre:
		h.pre = max(0, h.pre-1)
	}
	h.breaks(tag)
	return nil
}

// endHeading ends the heading that is read.
func (h *htmlText) endHeading() error {
	if h.level == 0 {
		return nil
	}
	f, level := h.head, h.level
	h.head, h.level = flow{}, 0
	for _, mark := range []string{"¶", "#", "§", "🔗"} { // links to the heading itself
		f.trim()
		if bytes.HasSuffix(f.text, []byte(mark)) {
			f.cut(len(f.text) - len(mark))
		}
		if bytes.HasPrefix(f.text, []byte(mark)) {
			f = f.part(len(mark), len(f.text))
		}
	}
	f.trim()
	if level == 1 {
		name := strings.Join(strings.Fields(display(f.text)), " ")
		if h.r.title == "" || titled(h.r.title, name) {
			h.r.title = name
		}
	}
	return h.heading(level, f)
}

// titled reports whether a title is a heading and the name of the site: Heading - Site.
func titled(title, heading string) bool {
	if heading == "" || len(title) < len(heading) || !strings.EqualFold(title[:len(heading)], heading) {
		return false
	}
	rest := strings.TrimSpace(title[len(heading):])
	return rest == "" || strings.IndexAny(rest, "-|–—·:•»") == 0
}

// text appends the text between two tags.
func (h *htmlText) text(raw []byte, at int64) {
	if h.inTitle {
		if t := strings.Join(strings.Fields(html.UnescapeString(display(raw))), " "); h.r.title == "" {
			h.r.title = t
		}
		return
	}
	if !h.reads() {
		return
	}
	if h.first && h.pre > 0 { // a line break after <pre> is not text
		n := len(raw) - len(bytes.TrimPrefix(bytes.TrimPrefix(raw, []byte("\r")), []byte("\n")))
		raw, at = raw[n:], at+int64(n)
	}
	htmlWords(h.out(), raw, at, h.pre > 0 && h.level == 0)
}

// htmlWords appends text of HTML: entities stand for characters and, except in pre elements, white
// space for a space.
func htmlWords(out *flow, raw []byte, at int64, pre bool) {
	for i := 0; i < len(raw); {
		j := i
		if space(raw[i]) && !pre {
			for j < len(raw) && space(raw[j]) {
				j++
			}
			if n := len(out.text); n > 0 && !space(out.text[n-1]) {
				if j == i+1 && raw[i] == ' ' {
					out.add(raw[i:j], at+int64(i))
				} else {
					out.put([]byte(" "), at+int64(i), int64(j-i))
				}
			}
			i = j
			continue
		}
		if raw[i] == '&' {
			if end := bytes.IndexByte(raw[i:min(len(raw), i+40)], ';'); end > 0 {
				j = i + end + 1
				if s := html.UnescapeString(string(raw[i:j])); s != string(raw[i:j]) {
					out.put([]byte(strings.ReplaceAll(s, "\u00a0", " ")), at+int64(i), int64(j-i))
					i = j
					continue
				}
			}
		}
		for j = i + 1; j < len(raw) && raw[j] != '&' && (pre || !space(raw[j])); j++ {
		}
		out.add(raw[i:j], at+int64(i))
		i = j
	}
}

func space(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }

// meta takes what a meta element says of the document.
func (h *htmlText) meta(attrs map[string]string) {
	name := strings.ToLower(attrs["name"] + attrs["property"])
	value := strings.TrimSpace(attrs["content"])
	switch {
	case value == "":
	case name == "description", name == "author", name == "date":
		h.field(name, value)
	case name == "article:published_time":
		h.field("date", value)
	case name == "keywords":
		var list []string
		for part := range strings.SplitSeq(value, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		h.field(name, list)
	}
}

// field adds a field of the document, once.
func (h *htmlText) field(name string, value any) {
	if s, ok := value.(string); ok {
		value = typed(s)
	}
	if !slices.ContainsFunc(h.r.fields, func(f Field) bool { return f.Name == name }) {
		h.r.fields = append(h.r.fields, Field{name, value})
	}
}
