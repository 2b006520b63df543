package tokenize

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// The reference library finds the same words with the tokenizer.json of a word tokenizer, for
// every character of Unicode alone and in some contexts: testdata/reference/wordpattern.py.
func TestWordPattern(t *testing.T) {
	data, err := os.ReadFile("testdata/reference/wordpattern.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Pattern string
		Sums    map[string]string
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	words := NewWordTokenizer(WordOptions{})
	if sum := sha256.Sum256([]byte(wordPattern)); hex.EncodeToString(sum[:]) != reference.Pattern {
		if path := os.Getenv("WORDPATTERN"); path != "" {
			file, err := words.MarshalJSON()
			if err == nil {
				err = os.WriteFile(path, file, 0o666)
			}
			t.Log(err)
		}
		t.Fatal("the pattern has changed: set WORDPATTERN to the path of a file, and give that file to wordpattern.py")
	}
	if len(reference.Sums) < 9 {
		t.Fatalf("%d contexts", len(reference.Sums))
	}
	scanner := words.NewScanner()
	for context, sums := range reference.Sums {
		for block := range rune(0x110) {
			if block > 0x32 && block != 0xe0 {
				continue // no characters
			}
			var b strings.Builder
			for c := block << 12; c < (block+1)<<12; c++ {
				if c == '\n' || 0xd800 <= c && c <= 0xdfff || context == "_{}_" && (c == '\uff9e' || c == '\uff9f') {
					continue
				}
				var found []string
				scanner.Words([]byte(strings.ReplaceAll(context, "{}", string(c))), func(w []byte) { found = append(found, string(w)) })
				if len(found) > 0 {
					fmt.Fprintf(&b, "%x %s\n", c, strings.Join(found, " "))
				}
			}
			sum := sha256.Sum256([]byte(b.String()))
			if got := hex.EncodeToString(sum[:4]); got != sums[8*block:8*block+8] {
				t.Errorf("context %q, characters from U+%04X: other words", context, block<<12)
			}
		}
	}
}

// Models with the earlier pattern are read as before, and a token after U+200B is a word.
func TestEarlierWordPattern(t *testing.T) {
	v := newVocabulary(t, "a b", 1, 1)
	for _, l := range wordLayouts() {
		var file []byte
		if err := l.render(v, func(part []byte) bool { file = append(file, part...); return true }); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func() (*Tokenizer, error){
			func() (*Tokenizer, error) { return ParseWith("t", file, v) },
			func() (*Tokenizer, error) { return Parse("t", file) },
		} {
			got, err := read()
			if err != nil || got.Subwords() || got.Options() != l.WordOptions {
				t.Fatalf("%+v: %v, %+v", l, err, got)
			}
			if ids := got.Encode(nil, "a\u200bb"); !l.Whitespace && len(ids) != 2 {
				t.Errorf("%+v: %d", l, ids)
			}
		}
	}
}
