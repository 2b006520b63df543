package documents

import (
	"bytes"
	"regexp"
	"slices"
)

// What generators of sites add to Markdown, in lines outside of code. It is not text.
var (
	// ::: of Docusaurus, VitePress and Pandoc, as in ":::note Title"; !!! of MkDocs, as in `!!! note "Title"`.
	container = regexp.MustCompile(`^ {0,3}(?::{3,}[ \t]*[\w-]*(?:[ \t]*\{[^{}]*\})?|(?:!!!|\?\?\?\+?) [\w-]+)[ \t]*`)
	// Shortcodes of Hugo, tags of Liquid and Jinja: {{< ref "a.md" >}}, {{% note %}}, {% include x %}.
	shortcode = regexp.MustCompile(`(?:\{\{<.*?>\}\}|\{\{%.*?%\}\}|\{%.*?%\}) ?`)
	// import Tabs from '@theme/Tabs', of MDX.
	imported = regexp.MustCompile(`^import\s(?:[^'"]*\sfrom\s+)?(?:'[^']+'|"[^"]+")[ \t]*;?\s*$`)
)

// withoutDirectives returns data with tags or spaces for what is not text, so that positions stay
// the same.
func withoutDirectives(data []byte) []byte {
	if !slices.ContainsFunc([]string{":::", "!!!", "???", "{{<", "{%", "import "}, func(s string) bool { return bytes.Contains(data, []byte(s)) }) {
		return data
	}
	data = bytes.Clone(data)
	var code fences
	for at := 0; at < len(data); {
		end := at + bytes.IndexByte(data[at:], '\n') + 1
		if end == at {
			end = len(data)
		}
		line := data[at:end]
		at = end
		if code.line(line); code.open != nil {
			continue
		}
		if imported.Match(line) {
			erase(line, 0, len(line))
		}
		if found := container.FindIndex(line); found != nil {
			erase(line, 0, found[1])
		}
		for _, found := range shortcode.FindAllIndex(line, -1) {
			if bytes.Count(line[:found[0]], []byte("`"))%2 == 0 {
				erase(line, found[0], found[1])
			}
		}
	}
	return data
}

// erase replaces a part of a line by spaces, or by a tag if the line has other text: spaces would
// make code of it.
func erase(line []byte, from, to int) {
	tag := len(bytes.TrimSpace(line[:from]))+len(bytes.TrimSpace(line[to:])) > 0
	part := bytes.TrimRight(line[from:to], "\r\n")
	for i := range part {
		part[i] = ' '
	}
	if tag && len(part) > 2 {
		copy(part, "<b")
		part[len(part)-1] = '>'
	}
}

// fences follows code between lines of ``` or ~~~.
type fences struct {
	open []byte // the fence that began the code around the last line, or nil
}

// line goes on by a line.
func (f *fences) line(line []byte) {
	trimmed := bytes.TrimLeft(line, " ")
	if len(line)-len(trimmed) >= 4 {
		return
	}
	if start := fenceOf(trimmed); f.open == nil && start != nil {
		f.open = start
	} else if f.open != nil && bytes.HasPrefix(trimmed, f.open) && len(bytes.TrimSpace(bytes.TrimLeft(trimmed, string(f.open[:1])))) == 0 {
		f.open = nil
	}
}
