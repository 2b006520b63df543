// Package docpairs makes pairs of texts that belong together from documents alone, to tune a model
// for these documents and to judge how well it finds their parts.
//
//	## Install on Linux            Install on Linux ──► Download the package for your
//	Download the package for …     distribution …
//
// A pair is, from the strongest kind to the weakest: a field that asks or describes and its text
// ([Field]: a question and its answer, the description of a page and its beginning); a title and the
// text under it ([Title]); a heading, with the one above it, and its section
// ([Heading]); the first sentence of a passage and the rest of it ([Sentence], the inverse cloze task of
// Lee et al., 2019), which even plain text has; two passages in a row ([Neighbor]), which are used only
// if there are few others and passages are more than lines.
//
// Some documents are held out: none of their pairs, and no pair with one of their texts, is for
// training. Which ones depends on their names and the seed alone.
package docpairs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Kind is the kind of a pair.
type Kind string

// The kinds, from the strongest to the weakest.
const (
	Field    Kind = "field"    // a field that asks or describes, and the text
	Title    Kind = "title"    // the title of a document and its first passage
	Heading  Kind = "heading"  // a heading and a passage of its section
	Sentence Kind = "sentence" // the first sentence of a passage and the rest of it
	Neighbor Kind = "neighbor" // two passages in a row
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Field, Title, Heading, Sentence, Neighbor} }

// Strong reports whether a pair is of a question that people have written as one, more or less: a field,
// a title or a heading.
func (k Kind) Strong() bool { return k == Field || k == Title || k == Heading }

// Options say how pairs are made.
type Options struct {
	// MaxBytes is how many bytes of passages are read. Of more, a sample of the files is used.
	// Default: 32 MiB.
	MaxBytes int64
	// Enough is how many pairs of the other kinds make those of neighbors superfluous. Default:
	// 1,000.
	Enough int
	// HeldOut is the share of the documents that is held out, below 1; -1 for none. Default: 0.1, or
	// 0.2 of fewer than 5,000 pairs.
	HeldOut float64
	// Seed selects the documents that are held out, and the sample of files. Default: 0.
	Seed uint64
}

func (o Options) withDefaults() Options {
	o.MaxBytes, o.Enough = cmp.Or(o.MaxBytes, 32<<20), cmp.Or(o.Enough, 1000)
	return o
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	switch {
	case o.MaxBytes < 0:
		return fault.Field("MaxBytes", "", "must not be negative, got %d", o.MaxBytes)
	case !(o.HeldOut < 1) || o.HeldOut < 0 && o.HeldOut != -1:
		return fault.Field("HeldOut", "0.1 is usual", "must be at least 0 and below 1, or -1, got %g", o.HeldOut)
	}
	return nil
}

// Pair is a question and a text that answers it.
type Pair struct {
	Kind     Kind
	Question string // on one line
	Text     string // on one line
	HeldOut  bool

	document, section uint64 // hashes
	text              uint64
}

// Pairs are the pairs of documents.
type Pairs struct {
	Train   []Pair // for training, in the order of the documents
	HeldOut []Pair // to judge a model
	// Texts holds the texts of the passages that are held out once: a held-out question is searched among
	// them. Those trained on would be easy to tell from its text, because training moves them away from
	// the questions of others.
	Texts     []string
	Documents int  // that were read
	Sampled   bool // there were more than Options.MaxBytes
}

// Count returns the number of pairs of a kind.
func (p *Pairs) Count(kind Kind) (n int) {
	for _, list := range [][]Pair{p.Train, p.HeldOut} {
		for i := range list {
			if list[i].Kind == kind {
				n++
			}
		}
	}
	return n
}

// Limits of the texts of pairs, in bytes. A passage of 150 words has about 900.
const (
	maxQuestion = 400
	maxText     = 2000
	// maxSections is how many passages of one section are paired with its heading.
	maxSections = 3
	// fewDocuments is up to how many documents sections are held out instead.
	fewDocuments = 20
	// headless is how many passages without headings count as a section.
	headless = 32
)

// Collect reads documents and makes their pairs. Files that cannot be read are skipped, as in
// documents.Source.
func Collect(ctx context.Context, src *documents.Source, o Options) (*Pairs, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &collector{options: o.withDefaults(), pairs: &Pairs{}, texts: map[uint64]struct{}{}, seen: map[uint64]struct{}{}, lines: src.Options().Split == documents.Line}
	files := src.Files()
	total := int64(0)
	for _, f := range files {
		total += max(0, f.Size)
	}
	if total > c.options.MaxBytes { // a sample
		slices.SortStableFunc(files, func(a, b documents.File) int {
			return cmp.Or(cmp.Compare(c.hash(a.Name), c.hash(b.Name)), cmp.Compare(a.Name, b.Name))
		})
	}
	for _, f := range files {
		c.begin(f.Name)
		err := src.Read(ctx, f, func(p documents.Passage) error { return c.passage(&p) })
		switch skipped := (*documents.Skipped)(nil); {
		case errors.Is(err, errEnough):
			c.pairs.Sampled = true
		case errors.Is(err, errBarren):
		case errors.As(err, &skipped):
			c.rewind()
		case err != nil:
			return nil, err
		}
		if c.pairs.Sampled {
			break
		}
	}
	c.split()
	return c.pairs, nil
}

// passage is the text of a passage with the hashes of its document, its section and itself.
type passage struct {
	text                    string
	document, section, hash uint64
}

func has(set map[uint64]struct{}, x uint64) bool {
	_, ok := set[x]
	return ok
}

// errEnough ends the reading, and errBarren that of a file.
var (
	errEnough = errors.New("enough was read")
	errBarren = errors.New("the file has few pairs")
)

// After barren passages of a file, its rest is skipped if fewer than one of barrenShare has a pair: they are single sentences, or
// code.
const (
	barren      = 10_000
	barrenShare = 50
)

// collector makes pairs of passages as they come.
type collector struct {
	options  Options
	pairs    *Pairs
	all      []Pair
	passages []passage           // with different texts
	texts    map[uint64]struct{} // of passages
	seen     map[uint64]struct{} // pairs
	bytes    int64
	lines    bool // passages are lines, which have nothing to do with their neighbors

	// The marks of the file that is being read, and how many passages of it were.
	firstPair, firstText, firstDocument, read int

	name     string // of the file, wherever its folder is
	document string // id in it
	started  bool
	previous string // text of the passage before
	heading  string // trail of the passage before
	repeats  int    // passages of this heading so far
}

func (c *collector) begin(name string) {
	c.name = name
	c.firstPair, c.firstText, c.firstDocument = len(c.all), len(c.passages), c.pairs.Documents
	c.document, c.previous, c.heading, c.started, c.read = "", "", "", false, 0
}

// rewind discards what was read of a file.
func (c *collector) rewind() {
	for _, t := range c.passages[c.firstText:] {
		delete(c.texts, t.hash)
	}
	for i := c.firstPair; i < len(c.all); i++ {
		delete(c.seen, c.key(&c.all[i]))
	}
	c.all, c.passages, c.pairs.Documents = c.all[:c.firstPair], c.passages[:c.firstText], c.firstDocument
}

// hash hashes strings with the seed, the same on every machine.
func (c *collector) hash(parts ...string) uint64 {
	h := c.options.Seed ^ 0x9e3779b97f4a7c15
	for _, s := range parts {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 0x100000001b3 // FNV-1a
		}
		h = (h ^ 0xff) * 0x100000001b3
	}
	// The finalizer of MurmurHash3, because the high bits decide what is held out.
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (c *collector) passage(p *documents.Passage) error {
	if c.bytes += int64(len(p.Text)); c.bytes > c.options.MaxBytes {
		return errEnough
	}
	body := line(p.Text, maxText)
	first := !c.started || p.ID != c.document
	if first {
		c.started, c.document, c.previous, c.heading = true, p.ID, "", ""
		c.pairs.Documents++
	}
	if c.read++; c.read > barren && len(c.all)-c.firstPair < c.read/barrenShare {
		return errBarren
	}
	if !hasWords(body, 3) {
		return nil
	}
	part := strings.Join(p.Heading[:min(2, len(p.Heading))], "\x00")
	if part == "" { // plain text: without parts, all of it would be held out, or nothing
		part = strconv.Itoa(c.read / headless)
	}
	section := c.hash(c.name, part)
	if hash := c.hash(body); !has(c.texts, hash) {
		c.texts[hash] = struct{}{}
		c.passages = append(c.passages, passage{body, c.hash(c.name, p.ID), section, hash})
	}
	add := func(kind Kind, question, body string) {
		c.add(Pair{Kind: kind, Question: line(question, maxQuestion), Text: body, document: c.hash(c.name, p.ID), section: section, text: c.hash(body)})
	}
	if first {
		c.fields(p, body, add)
		if p.Title != "" {
			add(Title, p.Title, body)
		}
	}
	if n := len(p.Heading); n > 0 {
		trail := strings.Join(p.Heading, "\x00")
		if trail != c.heading {
			c.repeats = 0
		}
		if c.heading = trail; c.repeats < maxSections {
			question := p.Heading[n-1]
			if n > 1 {
				question = p.Heading[n-2] + ". " + question
			} else if p.Title != "" {
				question = p.Title + ". " + question
			}
			add(Heading, question, body)
		}
		c.repeats++
	}
	if sentence, rest := firstSentence(body); rest != "" {
		add(Sentence, sentence, rest)
	}
	if c.previous != "" && !c.lines {
		add(Neighbor, c.previous, body)
	}
	c.previous = body
	return nil
}

// firstSentence returns the first sentence of a passage, if it and the rest have a few words each.
func firstSentence(body string) (sentence, rest string) {
	if oneSentence(body) {
		return "", ""
	}
	tokens := sentences.FromString(body)
	if !tokens.Next() {
		return "", ""
	}
	sentence = tokens.Value()
	rest = strings.TrimSpace(body[len(sentence):])
	if sentence = strings.TrimSpace(sentence); len(sentence) > maxQuestion || !hasWords(sentence, 4) || !hasWords(rest, 8) {
		return "", ""
	}
	return sentence, rest
}

// questionFields and textFields are names of fields that ask or describe, and of fields that answer
// a question.
var (
	questionFields = []string{"question", "query", "prompt", "instruction", "description", "summary", "abstract", "excerpt", "subtitle", "headline", "short_description", "tldr"}
	answerFields   = []string{"answer", "answers", "response", "accepted_answer", "reply", "output", "completion"}
)

// fields adds the pairs of the fields of a document with its first passage, or with its answer.
func (c *collector) fields(p *documents.Passage, body string, add func(kind Kind, question, body string)) {
	var questions, answers []string
	for _, f := range p.Fields {
		value, ok := f.Value.(string)
		if value = line(value, maxText); !ok || !hasWords(value, 2) {
			continue
		}
		switch name := strings.ToLower(f.Name[strings.LastIndexByte(f.Name, '.')+1:]); {
		case slices.Contains(questionFields, name):
			questions = append(questions, value)
		case slices.Contains(answerFields, name):
			answers = append(answers, value)
		}
	}
	for _, q := range questions {
		add(Field, q, body)
		for _, a := range answers {
			add(Field, q, a)
		}
	}
	if len(questions) == 0 {
		for _, a := range answers { // the text is the question
			add(Field, body, a)
		}
	}
}

func (c *collector) key(p *Pair) uint64 { return c.hash(strings.ToLower(p.Question), p.Text) }

// add keeps a pair that is not trivial and not there yet.
func (c *collector) add(p Pair) {
	if !hasWords(p.Question, 1) || p.Question == p.Text {
		return
	}
	key := c.key(&p)
	if _, ok := c.seen[key]; ok {
		return
	}
	c.seen[key] = struct{}{}
	c.all = append(c.all, p)
}

// split drops pairs of neighbors if there are enough others, and holds documents out.
func (c *collector) split() {
	others := 0
	documents := map[uint64]struct{}{}
	for i := range c.all {
		if c.all[i].Kind != Neighbor {
			others++
		}
		documents[c.all[i].document] = struct{}{}
	}
	if others >= c.options.Enough {
		c.all = slices.DeleteFunc(c.all, func(p Pair) bool { return p.Kind == Neighbor })
	}
	share := c.options.HeldOut
	if share == 0 {
		if share = 0.1; len(c.all) < 5000 {
			share = 0.2
		}
	}
	limit := uint64(max(0, share) * math.MaxUint64)
	isHeld := func(document, section uint64) bool {
		if len(documents) <= fewDocuments {
			document = section
		}
		return document < limit
	}
	held := map[uint64]struct{}{} // texts
	for i := range c.all {
		p := &c.all[i]
		if p.HeldOut = isHeld(p.document, p.section); p.HeldOut {
			held[p.text] = struct{}{}
		}
	}
	for _, p := range c.passages {
		if isHeld(p.document, p.section) {
			c.pairs.Texts = append(c.pairs.Texts, p.text)
		}
	}
	for _, p := range c.all {
		if p.HeldOut {
			c.pairs.HeldOut = append(c.pairs.HeldOut, p)
		} else if _, ok := held[p.text]; !ok {
			c.pairs.Train = append(c.pairs.Train, p)
		}
	}
}

// Sources returns pairs for pairs.Build, each kind of them as a source, because a batch is of one
// source: texts of different kinds would be too easy to distinguish. Pairs of neighbors count a quarter.
func Sources(list []Pair) []pairs.Source {
	var sources []pairs.Source
	for _, s := range []struct {
		name   string
		weight float64
		is     func(Kind) bool
	}{
		{"headings of the documents.jsonl", 1, Kind.Strong},
		{"sentences of the documents.jsonl", 1, func(k Kind) bool { return k == Sentence }},
		{"neighbors in the documents.jsonl", 0.25, func(k Kind) bool { return k == Neighbor }},
	} {
		var lines []byte
		for _, p := range list {
			if s.is(p.Kind) {
				row, _ := json.Marshal(struct { // strings always marshal
					Anchor   string `json:"anchor"`
					Positive string `json:"positive"`
				}{p.Question, p.Text})
				lines = append(append(lines, row...), '\n')
			}
		}
		if lines != nil {
			sources = append(sources, pairs.Source{Source: text.FromBytes(s.name, lines), Weight: s.weight})
		}
	}
	if len(sources) == 1 {
		sources[0].Weight = 1
	}
	return sources
}

// line returns a text on one line, cut after at most most bytes.
func line(s string, most int) string {
	s = string(text.OneLine([]byte(s)))
	if len(s) <= most {
		return strings.Clone(s)
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	if at := strings.LastIndexByte(s[:most], ' '); at > most/2 {
		most = at
	}
	return strings.Clone(s[:most])
}

// oneSentence reports whether no sentence of an ASCII text can end before its last. It is much faster than to look for its
// end. False if the text is not ASCII.
func oneSentence(s string) bool {
	end := len(strings.TrimRight(s, ".!?\"') "))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return false
		case i < end && (c == '.' || c == '!' || c == '?' || c == '\n' || c == '\r'):
			return false
		}
	}
	return true
}

// hasWords reports whether a text has at least n words: runs of letters and digits; a letter of a script without spaces
// counts as a word.
func hasWords(s string, n int) bool {
	inside := false
	for _, r := range s {
		var letter, alone bool
		if r < utf8.RuneSelf {
			letter = r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		} else if letter = unicode.IsLetter(r) || unicode.IsDigit(r); letter {
			alone = unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
		}
		switch {
		case alone:
			n--
			inside = false
		case letter && !inside:
			n--
			inside = true
		case !letter && r != '\'':
			inside = false
		}
		if n <= 0 {
			return true
		}
	}
	return n <= 0
}
