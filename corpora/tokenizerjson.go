package corpora

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/internal/fault"
)

// tokenizer.json is the layout of Hugging Face's tokenizers library, so that
// the same words come out there:
//
//   - the normalizer is ours exactly: Lowercase, NFC;
//   - the pre_tokenizer is a Split at what wordPattern does not match. The
//     library cannot express UAX #29; the pattern comes as near as a regular
//     expression can. In 1,937,824 words of English Wikipedia version 0.23 of
//     that library found the same words; see wordPattern for what could differ;
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
	Pattern  patternJSON `json:"pattern"`
	Behavior string      `json:"behavior"`
	Invert   bool        `json:"invert"`
}

type patternJSON struct {
	Regex string `json:"Regex"`
}

type modelJSON struct {
	Type     string          `json:"type"`
	Vocab    json.RawMessage `json:"vocab"`
	UnkToken string          `json:"unk_token"`
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
	return f
}

// MarshalJSON writes tokenizer.json. Counts are not part of it; vocab.tsv has
// them. A tokenizer without a vocabulary writes an empty one.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	f := t.options.file()
	var tokens []string
	if v := t.Vocabulary(); v != nil {
		tokens = v.tokens
	}
	f.Model.UnkToken = unknownFor(t.Vocabulary())
	var vocab bytes.Buffer
	vocab.WriteByte('{')
	for i, token := range append(slices.Clip(tokens), f.Model.UnkToken) {
		if i > 0 {
			vocab.WriteByte(',')
		}
		quoted, err := marshalPlain(token, "")
		if err != nil {
			return nil, fmt.Errorf("token %d %q: %w", i, token, err)
		}
		vocab.Write(quoted)
		fmt.Fprintf(&vocab, ":%d", i)
	}
	vocab.WriteByte('}')
	f.Model.Vocab = vocab.Bytes()
	return marshalPlain(f, "  ")
}

// unknownFor returns a name for unknown words that no token has.
func unknownFor(v *Vocabulary) string {
	name := unknownToken
	if v != nil {
		for _, taken := v.ids[name]; taken; _, taken = v.ids[name] {
			name = "[" + name + "]"
		}
	}
	return name
}

// marshalPlain is json.Marshal that leaves <, > and & as they are.
func marshalPlain(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ParseTokenizer reads what MarshalJSON wrote; name stands in errors. The
// vocabulary has no counts: use WithVocabulary with that of vocab.tsv. Files of
// other tokenizers are refused, since this package could not cut their words.
func ParseTokenizer(name string, data []byte) (*Tokenizer, error) {
	const hint = "a tokenizer.json written by train has lower-cased words and a WordLevel model"
	var f tokenizerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fault.New("the file is damaged: take it from a copy of the model", "%s: no tokenizer: %w", name, err)
	}
	if f.Model.Type != "WordLevel" {
		return nil, fault.New(hint, "%s: model of type %q, not WordLevel", name, f.Model.Type)
	}
	var o WordOptions
	var steps []string
	for _, n := range f.Normalizer.Normalizers {
		steps = append(steps, n.Type)
	}
	switch {
	case f.Normalizer.Type == "Sequence" && slices.Equal(steps, []string{"Lowercase", "NFC"}):
	case f.Normalizer.Type == "Sequence" && slices.Equal(steps, []string{"NFC"}):
		o.Cased = true
	default:
		return nil, fault.New(hint, "%s: normalizer %s%v, not Sequence of Lowercase and NFC, or of NFC", name, f.Normalizer.Type, steps)
	}
	ours := o.file()
	if f.PreTokenizer != ours.PreTokenizer {
		return nil, fault.New(hint, "%s: pre_tokenizer %s, not the split into words of this program", name, f.PreTokenizer.Type)
	}
	if len(f.AddedTokens) > 0 || !null(f.Truncation) || !null(f.Padding) || !null(f.PostProcessor) || !null(f.Decoder) {
		return nil, fault.New(hint, "%s: added tokens, truncation, padding, post-processor or decoder are set", name)
	}
	v, err := parseVocab(f.Model)
	if err != nil {
		return nil, fault.New("the file is damaged: take it from a copy of the model", "%s: vocabulary: %w", name, err)
	}
	t := NewWordTokenizer(o)
	if v.Len() == 0 {
		return t, nil
	}
	return t.WithVocabulary(v)
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
