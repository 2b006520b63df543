package search

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
)

// answer is what --json prints for one question.
type answer struct {
	ID      string      `json:"id,omitempty"` // of the question, if its file has one
	Query   string      `json:"query"`
	Mode    fusion.Mode `json:"mode,omitempty"`
	Hits    []hit       `json:"hits"`
	NoMatch bool        `json:"no_good_match,omitempty"` // the hits are no better than for an unrelated text
	Unknown []string    `json:"unknown_words,omitempty"` // that no passage has
	Error   string      `json:"error,omitempty"`         // why there are no hits
	Failed  []string    `json:"failed_shards,omitempty"` // that are missing from the hits
}

type hit struct {
	Rank    int            `json:"rank"`
	Score   float64        `json:"score"`
	Dense   *float64       `json:"dense,omitempty"` // similarity of the vectors
	BM25    *float64       `json:"bm25,omitempty"`  // score of the words
	File    string         `json:"file"`
	Line    int            `json:"line"`
	Path    string         `json:"path"`
	Lines   [2]int         `json:"lines"` // first and last
	ID      string         `json:"id,omitempty"`
	Label   int64          `json:"label"`
	Title   string         `json:"title,omitempty"`
	Heading []string       `json:"heading,omitempty"`
	Text    string         `json:"text"`
	Matches [][2]int       `json:"matches,omitempty"` // words of the question in the text: bytes from, to
	Fields  map[string]any `json:"fields,omitempty"`
	More    int            `json:"more,omitempty"` // other passages of the file
	Shard   string         `json:"shard,omitempty"`
}

func (a *asker) answerOf(q asked, found *collection.Answer) answer {
	ans := answer{ID: q.id, Query: q.text, Mode: found.Mode, Hits: make([]hit, len(found.Hits)), NoMatch: found.NoMatch, Unknown: found.Unknown}
	for i, m := range found.Hits {
		h := hit{Rank: i + 1, Score: m.Score, Dense: m.Dense, BM25: m.BM25, File: m.Path, Line: m.FirstLine, Path: m.Path,
			Lines: [2]int{m.FirstLine, m.LastLine}, ID: m.ID, Label: m.Label, Title: m.Title, Heading: m.Heading, Text: m.Text, More: m.More, Shard: m.Shard}
		for _, f := range m.Fields {
			if h.Fields == nil {
				h.Fields = map[string]any{}
			}
			h.Fields[f.Name] = f.Value
		}
		for _, s := range a.spans(q.text, m.Text) {
			h.Matches = append(h.Matches, [2]int{s.From, s.To})
		}
		ans.Hits[i] = h
	}
	for _, f := range found.Failed {
		ans.Failed = append(ans.Failed, f.Error())
	}
	return ans
}

// words returns an index of words, for highlighting; nil if there is none here.
func (a *asker) words() *fulltext.Index {
	if a.collection == nil {
		return nil
	}
	return a.collection.FullText()
}

// spans are the words of a text that the question has.
func (a *asker) spans(question, text string) []fulltext.Span {
	if words := a.words(); words != nil {
		return words.Spans(question, text)
	}
	return nil
}

func (a *asker) write(ans answer, indent bool) error {
	switch {
	case a.json && indent:
		return cli.WriteJSON(a.out, ans)
	case a.json:
		return cli.WriteJSONLine(a.out, ans)
	case a.tsv:
		return a.writeTSV(ans)
	}
	var b strings.Builder
	if ans.NoMatch {
		why := "no good match: the best passages are no nearer than those of unrelated texts"
		if len(ans.Hits) == 0 {
			why = "no good match: no passage has a word of the question or is near its meaning"
		}
		for _, line := range cli.Wrap(why, cli.Width(a.out)-1, 0) {
			b.WriteString(a.style(dim, line) + "\n")
		}
	}
	for i := range ans.Hits {
		a.writeHit(&b, ans.Query, &ans.Hits[i])
	}
	if len(ans.Hits) == 0 && ans.Error == "" && !ans.NoMatch {
		b.WriteString("no passage found\n")
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// writeTSV writes a line for each hit, the first time after a header.
func (a *asker) writeTSV(ans answer) error {
	clean := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	var b strings.Builder
	if !a.wroteTSV {
		b.WriteString("query\trank\tscore\tdense\tbm25\tpath\tfirst_line\tlast_line\tid\theading\ttext\n")
		a.wroteTSV = true
	}
	part := func(x *float64) string {
		if x == nil {
			return ""
		}
		return fmt.Sprintf("%.6g", *x)
	}
	query := ans.ID
	if query == "" {
		query = ans.Query
	}
	for _, h := range ans.Hits {
		fmt.Fprintf(&b, "%s\t%d\t%.6g\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", clean.Replace(query), h.Rank, h.Score, part(h.Dense), part(h.BM25),
			clean.Replace(h.Path), h.Lines[0], h.Lines[1], clean.Replace(h.ID), clean.Replace(h.trail()), clean.Replace(h.Text))
	}
	out := b.String()
	if cli.IsTerminal(a.out) { // the text of documents must not steer it
		lines := strings.Split(out, "\n")
		for i := range lines {
			lines[i] = strings.Join(mapStrings(strings.Split(lines[i], "\t"), cli.Printable), "\t")
		}
		out = strings.Join(lines, "\n")
	}
	_, err := io.WriteString(a.out, out)
	return err
}

func mapStrings(list []string, f func(string) string) []string {
	for i := range list {
		list[i] = f(list[i])
	}
	return list
}

// trail is the title, unless it is only the name of the file, and the headings.
func (h *hit) trail() string {
	parts := h.Heading
	if h.Title != "" && h.Title != documents.NameTitle(h.Path) && h.Title != filepath.Base(h.Path) && (len(parts) == 0 || parts[0] != h.Title) {
		parts = append([]string{h.Title}, parts...)
	}
	return strings.Join(parts, " › ")
}

// hitIndent is what stands before the lines below the first of a hit.
const hitIndent = "      "

// writeHit prints " 1  0.871  path:12-30 › heading", the parts of the score, and the text below.
func (a *asker) writeHit(b *strings.Builder, question string, h *hit) {
	width := cli.Width(a.out) - 1 // some terminals wrap a line that fills the last column
	start := fmt.Sprintf("%2d  %.3f  ", h.Rank, h.Score)
	place := cli.Printable(cli.InputName(h.Path))
	if h.Lines[0] > 0 {
		place += fmt.Sprintf(":%d", h.Lines[0])
		if h.Lines[1] > h.Lines[0] {
			place += fmt.Sprintf("-%d", h.Lines[1])
		}
	}
	if h.ID != "" {
		place += " (" + cli.Printable(h.ID) + ")"
	}
	heading := cli.Printable(strings.ReplaceAll(h.trail(), "\n", " "))
	room := width - cli.Columns(start) - cli.Columns(place) - 3
	switch {
	case heading == "" || !cli.IsTerminal(a.out) || cli.Columns(heading) <= room:
		if heading != "" {
			heading = " › " + heading
		}
		fmt.Fprintf(b, "%s%s%s\n", start, a.style(bold, place), heading)
	default:
		fmt.Fprintf(b, "%s%s\n", start, a.style(bold, place))
		fmt.Fprintf(b, "%s› %s\n", hitIndent, cli.Cut(heading, width-len(hitIndent)-2))
	}
	if h.Dense != nil && h.BM25 != nil || h.More > 0 {
		var parts []string
		if h.Dense != nil && h.BM25 != nil {
			parts = append(parts, fmt.Sprintf("meaning %.3f, words %.2f", *h.Dense, *h.BM25))
		}
		if h.More > 0 {
			parts = append(parts, fmt.Sprintf("%d more in this file", h.More))
		}
		fmt.Fprintf(b, "%s%s\n", hitIndent, a.style(dim, strings.Join(parts, "; ")))
	}
	text, lines := h.Text, 0
	if !a.options.full {
		lines = 2
		text = excerpt(text, a.spans(question, text), 2*(width-len(hitIndent)))
	}
	terms := a.terms(question)
	for paragraph := range strings.SplitSeq(text, "\n") {
		if !a.options.full {
			paragraph = strings.Join(strings.Fields(text), " ")
		}
		for _, line := range cli.Wrap(cli.Printable(paragraph), width-len(hitIndent), lines) {
			fmt.Fprintf(b, "%s%s\n", hitIndent, a.highlight(terms, line))
		}
		if !a.options.full {
			break
		}
	}
}

// excerpt returns the text from where most of the matching words are within size bytes.
func excerpt(text string, spans []fulltext.Span, size int) string {
	if len(text) <= size || len(spans) == 0 {
		return text
	}
	best, most := 0, 0
	for i := range spans {
		seen := map[string]bool{}
		for _, s := range spans[i:] {
			if s.To-spans[i].From > size*3/4 {
				break
			}
			seen[strings.ToLower(text[s.From:s.To])] = true
		}
		if len(seen) > most {
			best, most = spans[i].From, len(seen)
		}
	}
	if best+size/8 < size*7/8 {
		return text // the beginning shows it too
	}
	// Start at the sentence, or at least some words before.
	from := best
	for limit := max(0, best-size/4); from > limit; {
		r, n := utf8.DecodeLastRuneInString(text[:from])
		if strings.ContainsRune(".!?。\n", r) {
			break
		}
		from -= n
	}
	for from < best {
		r, n := utf8.DecodeRuneInString(text[from:])
		if unicode.IsSpace(r) {
			break
		}
		if from == 0 || strings.ContainsRune(".!?。\n", lastRune(text[:from])) {
			break
		}
		from += n
	}
	return "…" + strings.TrimSpace(text[from:])
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// Styles of a terminal.
const (
	bold  = "1"
	dim   = "2"
	match = "1;33"
)

// useColor reports whether w is a terminal that shows colors, and NO_COLOR is not set.
func useColor(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && cli.IsTerminal(w)
}

func (a *asker) style(code, s string) string {
	if !a.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// terms are those of the question, to be highlighted; nil without color.
func (a *asker) terms(question string) map[string]bool {
	words := a.words()
	if !a.color || words == nil {
		return nil
	}
	terms := map[string]bool{}
	for _, t := range words.Terms(question) {
		terms[t.Term] = true
	}
	return terms
}

// highlight marks the words of a line that the question has.
func (a *asker) highlight(terms map[string]bool, line string) string {
	if len(terms) == 0 {
		return line
	}
	var b strings.Builder
	at := 0
	for _, s := range a.words().SpansOf(terms, line) {
		b.WriteString(line[at:s.From] + a.style(match, line[s.From:s.To]))
		at = s.To
	}
	return b.String() + line[at:]
}
