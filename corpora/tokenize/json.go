package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// The tokenizer.json of a word tokenizer has the layout of Hugging Face's tokenizers
// library, so that it finds the same words there:
//
//   - the normalizer is Lowercase and NFC, exactly as here, after Replace steps for the
//     letters of WordOptions.Locale;
//   - the pre_tokenizer is a Split that keeps the matches of wordPattern, or of
//     spacePattern with WordOptions.Whitespace. Version 0.23 of the library finds the same
//     words for every character of Unicode;
//   - the model is a WordLevel whose ids are the rows of vocab.tsv. The library
//     fails on an unknown word unless the vocabulary contains unk_token, so one
//     is added after the last row: [UNK] has the id Len(). It has no vector and
//     must be skipped, as Encode does.

// byteOrderMark is U+FEFF, which editors put before a file.
var byteOrderMark = []byte("\ufeff")

const hintOtherFile = "the file is damaged: restore it from a copy of the model"

type tokenizerFile struct {
	Version       string           `json:"version"`
	Truncation    *json.RawMessage `json:"truncation"`
	Padding       *json.RawMessage `json:"padding"`
	AddedTokens   []struct{}       `json:"added_tokens"`
	Normalizer    normalizerJSON   `json:"normalizer"`
	PreTokenizer  splitJSON        `json:"pre_tokenizer"`
	PostProcessor *json.RawMessage `json:"post_processor"`
	Decoder       *json.RawMessage `json:"decoder"`
	Model         modelJSON        `json:"model"`
}

type normalizerJSON struct {
	Type        string     `json:"type"`
	Normalizers []stepJSON `json:"normalizers"`
}

type stepJSON struct {
	Type    string      `json:"type"`
	Pattern replaceJSON `json:"pattern,omitzero"`
	Content string      `json:"content,omitempty"`
}

type replaceJSON struct {
	String string `json:"String,omitempty"`
}

type splitJSON struct {
	Type     string      `json:"type"`
	Pattern  patternJSON `json:"pattern,omitzero"`
	Behavior string      `json:"behavior,omitempty"`
	Invert   bool        `json:"invert,omitempty"`
}

type patternJSON struct {
	Regex string `json:"Regex"`
}

type modelJSON struct {
	Type     string          `json:"type"`
	Vocab    json.RawMessage `json:"vocab"`
	UnkToken string          `json:"unk_token"`
	Phrases  [][]string      `json:"phrases,omitempty"` // see appendPhrases
}

// wordLayout is the form of a tokenizer.json of a word tokenizer. Files with the earlier
// pre_tokenizers are read too.
type wordLayout struct {
	WordOptions
	earlier bool
}

// wordLayouts returns all layouts, present ones first.
func wordLayouts() (all []wordLayout) {
	for _, earlier := range []bool{false, true} {
		for _, space := range []bool{false, true} {
			all = append(all, wordLayout{WordOptions{Whitespace: space}, earlier}, wordLayout{WordOptions{Cased: true, Whitespace: space}, earlier})
			if !earlier {
				all = append(all, wordLayout{WordOptions{Whitespace: space, Locale: "tr"}, false})
			}
		}
	}
	return all
}

// preTokenizer returns the section of that name.
func (l wordLayout) preTokenizer() splitJSON {
	switch {
	case l.earlier && l.Whitespace:
		return splitJSON{Type: "WhitespaceSplit"}
	case l.earlier:
		return splitJSON{Type: "Split", Pattern: patternJSON{oldWordPattern}, Behavior: "Removed", Invert: true}
	case l.Whitespace:
		return splitJSON{Type: "Split", Pattern: patternJSON{spacePattern}, Behavior: "Removed", Invert: true}
	}
	return splitJSON{Type: "Split", Pattern: patternJSON{wordPattern}, Behavior: "Removed", Invert: true}
}

// normalizer returns the section of that name.
func (o WordOptions) normalizer() normalizerJSON {
	n := normalizerJSON{Type: "Sequence"}
	for _, pair := range localeLetters(o.Locale) {
		n.Normalizers = append(n.Normalizers, stepJSON{"Replace", replaceJSON{pair[0]}, pair[1]})
	}
	if !o.Cased {
		n.Normalizers = append(n.Normalizers, stepJSON{Type: "Lowercase"})
	}
	n.Normalizers = append(n.Normalizers, stepJSON{Type: "NFC"})
	return n
}

// LocaleNormalizer returns a normalizer section of tokenizer.json that first replaces the letters
// whose lower case differs in a locale.
func LocaleNormalizer(locale string, section json.RawMessage) json.RawMessage {
	var steps []string
	for _, pair := range localeLetters(locale) {
		steps = append(steps, fmt.Sprintf(`{"type":"Replace","pattern":{"String":"%s"},"content":"%s"}`, pair[0], pair[1]))
	}
	if steps == nil {
		return section
	}
	return json.RawMessage(`{"type":"Sequence","normalizers":[` + strings.Join(append(steps, string(section)), ",") + `]}`)
}

// file returns the tokenizer.json without its vocabulary.
func (l wordLayout) file() tokenizerFile {
	return tokenizerFile{Version: "1.0", AddedTokens: []struct{}{}, Normalizer: l.normalizer(), PreTokenizer: l.preTokenizer(),
		Model: modelJSON{Type: "WordLevel"}}
}

// MarshalJSON returns the tokenizer.json. It does not contain the counts of the vocabulary;
// these are in vocab.tsv. Without a vocabulary, an empty one is written. A subword
// tokenizer returns the file from which it was read.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	if t.sub != nil {
		return bytes.Clone(t.sub.file), nil
	}
	var b bytes.Buffer
	layout := wordLayout{WordOptions: t.options}
	if err := layout.render(t.Vocabulary(), func(part []byte) bool { b.Write(part); return true }); err != nil {
		return nil, err
	}
	return appendPhrases(b.Bytes(), t.Phrases())
}

// render calls emit with the parts of the tokenizer.json, in order, until it
// returns false. A part is valid until emit returns. The vocabulary may be nil.
func (l wordLayout) render(v *Vocabulary, emit func(part []byte) bool) error {
	f := l.file()
	f.Model.UnkToken = unknownFor(v)
	f.Model.Vocab = json.RawMessage("{}")
	frame, err := plainjson.Marshal(f, "  ")
	if err != nil {
		return err
	}
	before, after, _ := bytes.Cut(frame, []byte(`"vocab": {`))
	if !emit(before) || !emit([]byte(`"vocab": {`)) {
		return nil
	}
	var tokens []string
	if v != nil {
		tokens = v.tokens
	}
	var line []byte
	for i := range len(tokens) + 1 {
		token, end := f.Model.UnkToken, "\n    "
		if i < len(tokens) {
			token, end = tokens[i], ","
		}
		line = append(line[:0], "\n      "...)
		if line, err = plainjson.AppendString(line, token); err != nil {
			return fmt.Errorf("token %d %q: %w", i, token, err)
		}
		line = append(line, ": "...)
		line = strconv.AppendInt(line, int64(i), 10)
		if !emit(append(line, end...)) {
			return nil
		}
	}
	emit(after)
	return nil
}

// unknownFor returns an unk_token that is not a token of v.
func unknownFor(v *Vocabulary) string {
	name := models.Unknown
	for v.Has(name) {
		name = "[" + name + "]"
	}
	return name
}

// Parse reads a tokenizer.json; errors refer to it as name. The vocabulary has no counts; use
// WithVocabulary or ParseWith with the vocabulary of vocab.tsv. [Open] lists the files that are
// supported.
func Parse(name string, data []byte) (*Tokenizer, error) { return parseKnown(name, data, nil) }

// parseKnown is Parse for a file that probably has the vocabulary v, which may be nil.
func parseKnown(name string, data []byte, v *Vocabulary) (*Tokenizer, error) {
	file := split(bytes.Clone(bytes.TrimPrefix(data, byteOrderMark)))
	t, err := file.parse(name, v)
	if err != nil && (file.vocab != nil || file.merges != nil) { // what is wrong is seen in the whole file
		return parts{data: file.data, rest: file.data}.parse(name, nil)
	}
	return t, err
}

// parts is a tokenizer.json and what Split makes of it.
type parts struct {
	data, rest    []byte
	vocab, merges json.RawMessage
}

// split returns the parts of a tokenizer.json, which must not be changed any more.
func split(data []byte) parts {
	p := parts{data: data}
	p.rest, p.vocab, p.merges = tokenizerjson.Split(data)
	return p
}

func (p parts) parse(name string, known *Vocabulary) (*Tokenizer, error) {
	const hint = "a tokenizer.json written by LuminaVec has none of these"
	var f tokenizerFile
	if err := plainjson.Unmarshal(p.rest, &f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: not a tokenizer: %w", name, err)
	}
	layouts := wordLayouts()
	at := slices.IndexFunc(layouts, func(l wordLayout) bool {
		return f.Model.Type == "WordLevel" && f.PreTokenizer == l.preTokenizer() && f.Normalizer.Type == "Sequence" &&
			slices.Equal(f.Normalizer.Normalizers, l.normalizer().Normalizers)
	})
	ours := at >= 0
	more := len(f.AddedTokens) > 0 || !null(f.Truncation) || !null(f.Padding) || !null(f.PostProcessor) || !null(f.Decoder)
	if !ours || layouts[at].Whitespace && layouts[at].earlier && more { // other programs write such files too
		sub, err := p.subwords(name, known)
		if err != nil {
			return nil, err
		}
		return newSubwordTokenizer(sub), nil
	}
	if more {
		return nil, fault.New(hint, "%s: added tokens, truncation, padding, post-processor and decoder must not be set", name)
	}
	if p.vocab != nil {
		f.Model.Vocab = p.vocab
	}
	v, err := parseVocab(f.Model)
	if err != nil {
		return nil, fault.New(hintOtherFile, "%s: vocabulary: %w", name, err)
	}
	t, err := NewWordTokenizer(layouts[at].WordOptions).withPhraseLists(name, f.Model.Phrases)
	if err != nil || v.Len() == 0 {
		return t, err
	}
	return t.WithVocabulary(v)
}

// ParseWith reads a tokenizer.json whose vocabulary v is already known from vocab.tsv. The
// tokenizer has the vocabulary v. It is an error if the file has a different token or id; the
// error names it.
func ParseWith(name string, data []byte, v *Vocabulary) (*Tokenizer, error) {
	if v == nil {
		return nil, errors.New("the vocabulary is nil")
	}
	// A file with exactly the bytes that would be written for v need not be parsed.
	layouts := wordLayouts()
	if !bytes.Contains(data, []byte(`"WordLevel"`)) {
		layouts = nil
	}
	before, phrases := cutPhrases(data)
	for _, l := range layouts {
		same, err := l.written(v, before)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if same {
			words, err := NewWordTokenizer(l.WordOptions).withPhraseLists(name, phrases)
			if err != nil {
				return nil, err
			}
			return words.WithVocabulary(v)
		}
	}
	t, err := parseKnown(name, data, v)
	if err != nil {
		return nil, err
	}
	if err := sameTokens(t.Vocabulary(), v); err != nil {
		return nil, fault.New(hintOtherFile, "%s: %w", name, err)
	}
	return t.WithVocabulary(v)
}

// written reports whether data is the tokenizer.json that MarshalJSON writes for v.
func (l wordLayout) written(v *Vocabulary, data []byte) (bool, error) {
	same := true
	err := l.render(v, func(part []byte) bool {
		data, same = bytes.CutPrefix(data, part)
		return same
	})
	return same && len(data) == 0, err
}

// sameTokens returns an error about the first token that differs between a file and v.
func sameTokens(file, v *Vocabulary) error {
	if file == v {
		return nil
	}
	var tokens []string
	if file != nil {
		tokens = file.tokens
	}
	if len(tokens) != v.Len() {
		return fmt.Errorf("it has %d tokens, but the vocabulary has %d", len(tokens), v.Len())
	}
	for i, token := range tokens {
		if token != v.tokens[i] {
			return fmt.Errorf("token %d is %q, but %q in the vocabulary", i, token, v.tokens[i])
		}
	}
	return nil
}

func null(m *json.RawMessage) bool { return m == nil || string(*m) == "null" }

// parseVocab reads the vocabulary of a word model, without unk_token.
func parseVocab(m modelJSON) (*Vocabulary, error) {
	found, err := models.ReadTokens(m.Vocab, nil)
	if err != nil {
		return nil, plainjson.Error(err)
	}
	tokens := make([]string, found.Len())
	used := make([]bool, found.Len())
	for token, id := range found.All() {
		if id < 0 || id >= len(tokens) {
			return nil, fmt.Errorf("id %d of %q must be below %d, the number of tokens", id, token, len(tokens))
		}
		if used[id] {
			return nil, fmt.Errorf("id %d belongs to both %q and %q", id, tokens[id], token)
		}
		tokens[id], used[id] = token, true
	}
	last := len(tokens) - 1
	if last < 0 || tokens[last] != m.UnkToken {
		return nil, fmt.Errorf("the last token is not unk_token %q", m.UnkToken)
	}
	return NewVocabulary(tokens[:last], nil)
}
