package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/internal/fault"
)

// phrasesOf makes a list of comma-separated phrases.
func phrasesOf(list string) *Phrases {
	p := &Phrases{Name: "list"}
	for words := range strings.SplitSeq(list, ",") {
		p.List = append(p.List, Phrase{Words: strings.Split(words, " ")})
	}
	return p
}

// joining returns a tokenizer that joins some lists.
func joining(t testing.TB, o WordOptions, lists ...string) *Tokenizer {
	t.Helper()
	var all []*Phrases
	for _, list := range lists {
		all = append(all, phrasesOf(list))
	}
	words, err := NewWordTokenizer(o).WithPhrases(all...)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func joinedWords(words *Tokenizer, text string) string {
	var got []string
	words.Words([]byte(text), func(w []byte) { got = append(got, string(w)) })
	return strings.Join(got, " ")
}

func TestJoinPhrases(t *testing.T) {
	for _, c := range []struct {
		lists      []string
		text, want string
	}{
		{[]string{"new york"}, "In New York, new (york) NEW york", "in new_york new_york new_york"},
		{[]string{"new york"}, "new\nyork new\r\nyork new york", "new york new york new_york"},
		{[]string{"new york"}, "new new york york new", "new new_york york new"},
		{[]string{"a b"}, "a a b b a b", "a a_b b a_b"},
		// Left to right; a word is in one phrase only.
		{[]string{"a b,b c"}, "a b c, b c", "a_b c b_c"},
		{[]string{"a a"}, "a a a a a", "a_a a_a a"},
		// The longest phrase at a word; if it does not match, the next one.
		{[]string{"a b,a b c d,c d,b c"}, "a b c d", "a_b_c_d"},
		{[]string{"a b,a b c d,c x,b c"}, "a b c x a b c", "a_b c_x a_b c"},
		{[]string{"a b c d,b c"}, "a b c x a b c d", "a b_c x a_b_c_d"},
		{[]string{"a b c d,b c"}, "a b c\nd a b c", "a b_c d a b_c"},
		{[]string{"bank of america"}, "bank of the bank of america of", "bank of the bank_of_america of"},
		// Several passes.
		{[]string{"new york", "new_york times"}, "the New York Times new times york", "the new_york_times new times york"},
		{[]string{"new york", "new_york times"}, "new york\ntimes", "new_york times"},
		{[]string{"a b", "a_b c", "a_b_c d,c d"}, "a b c d c d", "a_b_c_d c_d"},
		{[]string{"new york"}, "new_york NEW_York", "new_york new_york"},
		{[]string{"日 本,côte d'ivoire"}, "日本 日 本 Co\u0302te d'Ivoire", "日_本 日_本 côte_d'ivoire"},
	} {
		if got := joinedWords(joining(t, WordOptions{}, c.lists...), c.text); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.lists, c.text, got, c.want)
		}
	}
	if got := joinedWords(joining(t, WordOptions{Cased: true}, "New York"), "new york New York"); got != "new york New_York" {
		t.Errorf("cased: %q", got)
	}
}

// joinPlainly is the oracle: joining without a trie.
func joinPlainly(words []string, phrases map[string]bool) []string {
	var out []string
	for i := 0; i < len(words); {
		n := 1
		for k := len(words) - i; k > 1; k-- {
			if phrases[strings.Join(words[i:i+k], " ")] {
				n = k
				break
			}
		}
		out = append(out, strings.Join(words[i:i+n], "_"))
		i += n
	}
	return out
}

// Random passes on random text agree with the oracle, in one call of WithPhrases and in
// several, for a whole text and for parts; every token spans its words.
func TestJoinPhrasesRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	letters := func(n int) []string {
		words := make([]string, n)
		for i := range words {
			words[i] = string(rune('a' + random.IntN(4)))
		}
		return words
	}
	for range 3000 {
		line := letters(random.IntN(12))
		text := strings.Join(line, " ")
		words := NewWordTokenizer(WordOptions{})
		want := line
		for range 1 + random.IntN(3) {
			list := &Phrases{Name: "list"}
			set := map[string]bool{}
			for range 1 + random.IntN(5) {
				phrase := letters(2 + random.IntN(3))
				if len(want) > 3 && random.IntN(2) == 0 { // of tokens there are
					at := random.IntN(len(want) - 2)
					phrase = want[at : at+2+random.IntN(2)]
				}
				set[strings.Join(phrase, " ")] = true
				list.List = append(list.List, Phrase{Words: phrase})
			}
			var err error
			if words, err = words.WithPhrases(list); err != nil {
				t.Fatal(err)
			}
			want = joinPlainly(want, set)
		}
		if got := joinedWords(words, text); got != strings.Join(want, " ") {
			t.Fatalf("%q by %q: %q, want %q", text, words.Phrases(), got, want)
		}
		for i, token := range words.Tokens(text) {
			if token.Text != want[i] || strings.ReplaceAll(text[token.Start:token.End], " ", "_") != token.Text {
				t.Fatalf("%q by %q: %+v, want %s", text, words.Phrases(), token, want[i])
			}
		}
		s := words.NewScanner()
		var parts []string
		add := func(w []byte) { parts = append(parts, string(w)) }
		cut := 0
		if len(text) > 0 {
			cut = random.IntN(len(text)+1) &^ 1
		}
		s.Words([]byte(text[:cut]), add)
		s.Words([]byte(text[cut:]), add)
		s.EndLine(add)
		if !slices.Equal(parts, want) && len(want) > 0 {
			t.Fatalf("%q in parts: %q, want %q", text, parts, want)
		}
	}
}

func TestTokensOfPhrases(t *testing.T) {
	words := joining(t, WordOptions{}, "new york,los angeles,bank of", "new_york times,bank_of america")
	v := newVocabulary(t, "new york new_york new_york_times bank of", 5, 4, 3, 2, 1, 1)
	known, err := words.WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	const text = "Ö: New  York's new York\u00a0TIMES, los Angeles\nbank of america new"
	var got []string
	for _, token := range known.Tokens(text) {
		got = append(got, fmt.Sprintf("%s %d %q", token.Text, token.ID, text[token.Start:token.End]))
	}
	// los_angeles and bank_of_america have no vector, so they are taken word by word.
	want := []string{`ö -1 "Ö"`, `new 0 "New"`, `york's -1 "York's"`, `new_york_times 3 "new York\u00a0TIMES"`,
		`los -1 "los"`, `angeles -1 "Angeles"`, `bank 4 "bank"`, `of 5 "of"`, `america -1 "america"`, `new 0 "new"`}
	if !slices.Equal(got, want) {
		t.Errorf("tokens\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if ids := known.Encode(nil, text); !slices.Equal(ids, []int32{0, 3, 4, 5, 0}) {
		t.Errorf("ids %v", ids)
	}
	// Training joins all phrases, so that a resumed run reads the same words as the first.
	if got := joinedWords(known, "los angeles bank of america"); got != "los_angeles bank_of_america" {
		t.Errorf("words %q", got)
	}
}

func TestWithPhrasesErrors(t *testing.T) {
	for _, c := range []struct {
		lists   []string
		message string
	}{
		{[]string{"a b,New York"}, `list: phrase 2: "New" is not a word of this tokenizer, which reads it as "new"`},
		{[]string{"a b,c -"}, `list: phrase 2: "-" is not a word`},
		{[]string{"a-b c"}, `which reads it as "a b"`},
		{[]string{"new_york times", "new york"}, `list: phrase 1: "new_york" is made only later, by list: phrase 1`},
		{[]string{"new york,new_york times"}, `list: phrase 2: "new_york" is made only later, by list: phrase 1`},
		{[]string{"paris"}, `list: phrase 1: "paris" is one word`},
		{[]string{"a  b"}, "list: phrase 1: a word of"},
	} {
		var all []*Phrases
		for _, list := range c.lists {
			all = append(all, phrasesOf(list))
		}
		_, err := NewWordTokenizer(WordOptions{}).WithPhrases(all...)
		if err == nil || !strings.Contains(err.Error(), c.message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v, want %q", c.lists, err, c.message)
		}
	}
	// The error names the line of the file; 日_本 is a word only after a pass makes it.
	p, err := ReadPhrases("f.tsv", strings.NewReader("a b\n\n日_本 語\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewWordTokenizer(WordOptions{}).WithPhrases(p); err == nil || !strings.Contains(err.Error(), `f.tsv:3: "日_本"`) {
		t.Errorf("error %v", err)
	}
	if _, err := joining(t, WordOptions{}, "日 本").WithPhrases(p); err != nil {
		t.Error(err)
	}
}

// tokenizer.json holds the phrases, and both the fast and the full reader find them.
func TestPhrasesInTokenizerFile(t *testing.T) {
	v := newVocabulary(t, `the new_york <b> "q"`, 4, 3, 2, 1)
	words, err := joining(t, WordOptions{}, "new york,a b", "new_york times").WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	data, err := words.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var indented, compact bytes.Buffer
	if err := json.Indent(&indented, data, "", "  "); err != nil || !bytes.Equal(indented.Bytes(), data) {
		t.Errorf("%v: written\n%s", err, data)
	}
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	if before, lists := cutPhrases(data); len(lists) != 2 || bytes.Contains(before, []byte("phrases")) {
		t.Errorf("cutPhrases does not undo appendPhrases: %q, %s", lists, before)
	}
	for _, file := range [][]byte{data, compact.Bytes(), append(bytes.Clone(data), '\n')} {
		got, err := ParseWith("tokenizer.json", file, v)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.Phrases()) != "[[new york a b] [new_york times]]" || joinedWords(got, "New York Times") != "new_york_times" {
			t.Errorf("phrases %q", got.Phrases())
		}
		again, err := got.MarshalJSON()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%v: again\n%s", err, again)
		}
	}
	// Whichever byte changes, the fast and the full reader agree.
	for i := 0; i < len(data); i += 1 + i%13 {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 7)
		for _, file := range [][]byte{bad, data[:i]} {
			got, err := ParseWith("tokenizer.json", file, v)
			full, fullErr := Parse("tokenizer.json", file)
			agree := fullErr == nil && sameTokens(full.Vocabulary(), v) == nil
			if (err == nil) != agree || agree && fmt.Sprint(got.Phrases()) != fmt.Sprint(full.Phrases()) {
				t.Fatalf("byte %d: %v; read alone: %v", i, err, fullErr)
			}
		}
	}
	bad := bytes.Replace(data, []byte("new york"), []byte("New York"), 1)
	if _, err := ParseWith("f.json", bad, v); err == nil || !strings.Contains(err.Error(), `f.json: pass 1: phrase 1: "New" is not a word`) {
		t.Errorf("error %v", err)
	}
}

// BenchmarkWordsWithPhrases compares tokenizers with and without phrases.
func BenchmarkWordsWithPhrases(b *testing.B) {
	text := []byte(corporatest.ZipfText(1 << 20))
	list := &Phrases{Name: "list"}
	for i := range 2000 {
		list.List = append(list.List, Phrase{Words: []string{fmt.Sprint("w", i), fmt.Sprint("w", i*7%2000)}})
	}
	plain := NewWordTokenizer(WordOptions{})
	with, err := plain.WithPhrases(list)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		words *Tokenizer
	}{{"none", plain}, {"2000", with}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				c.words.Words(text, func([]byte) {})
			}
		})
	}
}
