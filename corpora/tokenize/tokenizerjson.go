package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// tokenizer.json is the layout of Hugging Face's tokenizers library, so that
// the same words come out there:
//
//   - the normalizer is ours exactly: Lowercase, NFC;
//   - the pre_tokenizer is a Split at what wordPattern does not match. The
//     library cannot express UAX #29; the pattern comes as near as a regular
//     expression can. In 1,937,824 words of English Wikipedia version 0.23 of
//     that library found the same words; see wordPattern for what could differ.
//     With WordOptions.Whitespace it is a WhitespaceSplit, which is ours exactly;
//   - the model is a WordLevel whose ids are the rows of vocab.tsv. That library
//     fails on an unknown word unless the vocabulary has its unk_token, so one
//     is added behind the last row: [UNK] has the id Len(). It has no vector;
//     who meets it leaves it out, as Encode does.

// wordPattern is UAX #29 for the regular expressions of Oniguruma, with the
// marks that follow a letter taken along. What it does not know: a mark between
// the apostrophe or point that joins two parts and the second part; an
// underscore beside katakana; rare letters whose Word_Break is not that of
// their script. Underscores alone match though they are no word, and come out
// as [UNK].
const wordPattern = `` +
	// Scripts without spaces: a letter a word; katakana: a run a word.
	`[\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}&&\p{L}]` + marks +
	`|(?:[\p{Katakana}ー]` + marks + `)+` +
	// Letters, digits and underscores, and the signs that join two of a kind.
	`|(?:` + letterOrDigit + marks +
	`|(?<=[` + letter + `\p{M}])[.'’‘․﹒＇．:·‧︓﹕：](?=` + letter + `)` +
	`|(?<=\p{Hebrew})"(?=\p{Hebrew})` +
	`|(?<=\p{Nd})[.'’‘․﹒＇．,;،٬﹐﹔，；⁄](?=\p{Nd}))+`

const (
	marks         = `[\p{M}\p{Cf}]*`
	letter        = `[[\p{L}\p{Nl}]&&[^\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]`
	letterOrDigit = `[[\p{L}\p{Nl}\p{Nd}\p{Pc}]&&[^\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]`
)

const hintOtherFile = "the file is damaged: take it from a copy of the model"

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
	Normalizers []typeJSON `json:"normalizers"`
}

type typeJSON struct {
	Type string `json:"type"`
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

// file is the tokenizer's file without its vocabulary.
func (o WordOptions) file() tokenizerFile {
	f := tokenizerFile{
		Version:      "1.0",
		AddedTokens:  []struct{}{},
		Normalizer:   normalizerJSON{Type: "Sequence", Normalizers: []typeJSON{{"Lowercase"}, {"NFC"}}},
		PreTokenizer: splitJSON{Type: "Split", Pattern: patternJSON{wordPattern}, Behavior: "Removed", Invert: true},
		Model:        modelJSON{Type: "WordLevel"},
	}
	if o.Cased {
		f.Normalizer.Normalizers = []typeJSON{{"NFC"}}
	}
	if o.Whitespace {
		f.PreTokenizer = splitJSON{Type: "WhitespaceSplit"}
	}
	return f
}

// MarshalJSON writes tokenizer.json. Counts are not part of it; vocab.tsv has
// them. A tokenizer without a vocabulary writes an empty one, one of subwords the
// file that it was read from.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	if t.sub != nil {
		return bytes.Clone(t.sub.file), nil
	}
	var b bytes.Buffer
	if err := t.options.render(t.Vocabulary(), func(part []byte) bool { b.Write(part); return true }); err != nil {
		return nil, err
	}
	return appendPhrases(b.Bytes(), t.Phrases())
}

// render calls emit with the parts of tokenizer.json, one behind the other, as
// long as it returns true. A part is valid during the call. The vocabulary may
// be nil.
func (o WordOptions) render(v *Vocabulary, emit func(part []byte) bool) error {
	f := o.file()
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

// unknownFor returns a name for unknown words that no token has.
func unknownFor(v *Vocabulary) string {
	name := UnknownToken
	if v != nil {
		for _, taken := v.ids[name]; taken; _, taken = v.ids[name] {
			name = "[" + name + "]"
		}
	}
	return name
}

// Parse reads what MarshalJSON wrote; name stands in errors. The
// vocabulary has no counts: use WithVocabulary with that of vocab.tsv. Other files
// are read as [Open] says; what this package cannot cut as their makers do
// is refused.
func Parse(name string, data []byte) (*Tokenizer, error) {
	const hint = "a tokenizer.json written by train has lower-cased words and a WordLevel model"
	var f tokenizerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: no tokenizer: %w", name, err)
	}
	var o WordOptions
	var steps []string
	for _, n := range f.Normalizer.Normalizers {
		steps = append(steps, n.Type)
	}
	o.Cased = slices.Equal(steps, []string{"NFC"})
	o.Whitespace = f.PreTokenizer.Type == "WhitespaceSplit"
	ours := f.Model.Type == "WordLevel" && f.PreTokenizer == o.file().PreTokenizer && f.Normalizer.Type == "Sequence" &&
		(o.Cased || slices.Equal(steps, []string{"Lowercase", "NFC"}))
	more := len(f.AddedTokens) > 0 || !null(f.Truncation) || !null(f.Padding) || !null(f.PostProcessor) || !null(f.Decoder)
	if !ours || o.Whitespace && more {
		sub, err := parseSubwords(name, data)
		if err != nil {
			return nil, err
		}
		t := &Tokenizer{sub: sub}
		return t.WithVocabulary(sub.vocabulary)
	}
	if more {
		return nil, fault.New(hint, "%s: added tokens, truncation, padding, post-processor or decoder are set", name)
	}
	v, err := parseVocab(f.Model)
	if err != nil {
		return nil, fault.New(hintOtherFile, "%s: vocabulary: %w", name, err)
	}
	t, err := NewWordTokenizer(o).withPhraseLists(name, f.Model.Phrases)
	if err != nil || v.Len() == 0 {
		return t, err
	}
	return t.WithVocabulary(v)
}

// ParseWith reads what MarshalJSON wrote when the vocabulary is known
// already, from vocab.tsv: the tokenizer returned is over v, and a file with
// another token or id than v is an error that names it.
func ParseWith(name string, data []byte, v *Vocabulary) (*Tokenizer, error) {
	if v == nil {
		return nil, errors.New("no vocabulary is given")
	}
	// A file that has, to the byte, what would be written of v need not be parsed.
	before, phrases := cutPhrases(data)
	for _, o := range []WordOptions{{}, {Cased: true}, {Whitespace: true}, {Cased: true, Whitespace: true}} {
		same, err := o.written(v, before)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if same {
			words, err := NewWordTokenizer(o).withPhraseLists(name, phrases)
			if err != nil {
				return nil, err
			}
			return words.WithVocabulary(v)
		}
	}
	t, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	if err := sameTokens(t.Vocabulary(), v); err != nil {
		return nil, fault.New(hintOtherFile, "%s: %w", name, err)
	}
	return t.WithVocabulary(v)
}

// written reports whether data is tokenizer.json of v as MarshalJSON writes it.
func (o WordOptions) written(v *Vocabulary, data []byte) (bool, error) {
	same := true
	err := o.render(v, func(part []byte) bool {
		data, same = bytes.CutPrefix(data, part)
		return same
	})
	return same && len(data) == 0, err
}

// sameTokens reports the first token of the file that v has not under its id.
func sameTokens(file, v *Vocabulary) error {
	var tokens []string
	if file != nil {
		tokens = file.tokens
	}
	if len(tokens) != v.Len() {
		return fmt.Errorf("it has %d tokens, and the vocabulary has %d", len(tokens), v.Len())
	}
	for i, token := range tokens {
		if token != v.tokens[i] {
			return fmt.Errorf("token %d is %q, and %q in the vocabulary", i, token, v.tokens[i])
		}
	}
	return nil
}

func null(m *json.RawMessage) bool { return m == nil || string(*m) == "null" }

// parseVocab reads the vocabulary of a model without its unknown token.
func parseVocab(m modelJSON) (*Vocabulary, error) {
	var ids map[string]int
	if err := json.Unmarshal(m.Vocab, &ids); err != nil {
		return nil, err
	}
	tokens := make([]string, len(ids))
	used := make([]bool, len(ids))
	for token, id := range ids {
		if id < 0 || id >= len(ids) {
			return nil, fmt.Errorf("id %d of %q is not below %d, the number of tokens", id, token, len(ids))
		}
		if used[id] {
			return nil, fmt.Errorf("id %d is given to %q and to %q", id, tokens[id], token)
		}
		tokens[id], used[id] = token, true
	}
	last := len(tokens) - 1
	if last < 0 || tokens[last] != m.UnkToken {
		return nil, fmt.Errorf("the last token is not unk_token %q", m.UnkToken)
	}
	return NewVocabulary(tokens[:last], nil)
}
