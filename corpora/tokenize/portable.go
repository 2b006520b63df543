package tokenize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Portable returns a tokenizer.json for programs that average the rows of all tokens that Hugging
// Face's library finds in a text, such as model2vec and sentence-transformers. It differs from
// MarshalJSON in what these programs would read and this package ignores: it has no truncation
// and no padding. With spaces set, a text in which nothing but spaces is known has no tokens, as
// package sentence has it; in the library, it has the tokens of its spaces.
//
// It is an error if the tokenizer joins phrases, which the library cannot do.
func (t *Tokenizer) Portable(spaces bool) ([]byte, error) {
	n := 0
	for _, pass := range t.Phrases() {
		n += len(pass)
	}
	if n > 0 {
		return nil, fault.New("export the words as word2vec, or train without phrases",
			"the tokenizer joins %s into one word each, which tokenizer.json cannot express", fault.Count(n, "phrase"))
	}
	data, err := t.MarshalJSON()
	if err != nil || t.sub == nil {
		return data, err
	}
	var f tokenizerjson.File
	if err := plainjson.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	f.Truncation, f.Padding = nil, nil
	if spaces {
		if err := t.dropSpaces(&f); err != nil {
			return nil, err
		}
	}
	return f.Marshal()
}

// MarksSpaces reports whether a text of spaces and unknown characters may have tokens beside the
// one for unknown text, namely those of its spaces.
func (t *Tokenizer) MarksSpaces() bool {
	if t.sub == nil || t.sub.unknown < 0 || !strings.ContainsRune(t.sub.blanks, pretokenizers.Metaspace) {
		return false
	}
	var f struct {
		Model struct {
			ByteFallback bool `json:"byte_fallback"` // no text is unknown
		} `json:"model"`
	}
	return json.Unmarshal(t.sub.file, &f) != nil || !f.Model.ByteFallback
}

// Truncates reports whether the tokenizer.json of a subword tokenizer tells programs to truncate
// texts, which this package does not do.
func (t *Tokenizer) Truncates() bool { return t.sets("truncation") }

// Pads reports whether the tokenizer.json of a subword tokenizer tells programs to pad texts to the same
// length, which this package does not do.
func (t *Tokenizer) Pads() bool { return t.sets("padding") }

// sets reports whether the tokenizer.json of a subword tokenizer has a section.
func (t *Tokenizer) sets(section string) bool {
	if t.sub == nil {
		return false
	}
	var f map[string]json.RawMessage
	return json.Unmarshal(t.sub.file, &f) != nil || f[section] != nil && string(f[section]) != "null"
}

// withoutTruncation returns a tokenizer.json in which the value of "truncation" is null.
func withoutTruncation(file []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(file))
	if _, err := d.Token(); err != nil {
		return file
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return file
		}
		from := d.InputOffset()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return file
		}
		if to := d.InputOffset(); name == "truncation" && string(value) != "null" {
			return slices.Concat(file[:from], []byte(": null"), file[to:])
		}
	}
	return file
}

// dropSpaces adds a step to the normalizer that removes a text with an unknown and no known
// character.
func (t *Tokenizer) dropSpaces(f *tokenizerjson.File) error {
	if !t.MarksSpaces() {
		return nil
	}
	known := map[rune]bool{}
	for token := range t.sub.model.Vocabulary().All() {
		if _, found := t.sub.added.tokens[token]; found {
			continue
		}
		for _, r := range token {
			known[r] = true
		}
	}
	delete(known, ' ')
	delete(known, pretokenizers.Metaspace)
	if len(known) == 0 {
		return errors.New("the tokens have no characters")
	}
	class := runeClass(known)
	pattern := fmt.Sprintf(`\A[ %c]*[^ %[1]c%s][^%[2]s]*\z`, pretokenizers.Metaspace, class)
	step, err := plainjson.Marshal(map[string]any{"type": "Replace", "pattern": map[string]string{"Regex": pattern}, "content": ""}, "")
	if err != nil {
		return err
	}
	if len(f.Normalizer) == 0 || string(f.Normalizer) == "null" {
		f.Normalizer = step
		return nil
	}
	f.Normalizer = fmt.Appendf(nil, `{"type":"Sequence","normalizers":[%s,%s]}`, f.Normalizer, step)
	return nil
}

// runeClass returns the inside of a class of a regular expression that matches the characters.
func runeClass(set map[rune]bool) string {
	runes := make([]rune, 0, len(set))
	for r := range set {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	var b strings.Builder
	put := func(r rune) {
		if strings.ContainsRune(`\[]^-&`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	for i := 0; i < len(runes); {
		j := i
		for j+1 < len(runes) && runes[j+1] == runes[j]+1 {
			j++
		}
		put(runes[i])
		if j > i {
			if j > i+1 {
				b.WriteByte('-')
			}
			put(runes[j])
		}
		i = j + 1
	}
	return b.String()
}
