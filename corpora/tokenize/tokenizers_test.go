package tokenize

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
)

// golden holds strings and their tokens in Hugging Face's library; see
// testdata/tokenizers/make.py.
type golden struct {
	Strings []string
	IDs     map[string][][]int32
}

func readGolden(t testing.TB) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/tokenizers/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func openTestTokenizer(t testing.TB, name string) *Tokenizer {
	t.Helper()
	tokenizer, err := Open(filepath.Join("testdata/tokenizers", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

// Byte-level BPE, BPE of characters, Unigram and WordLevel, with all kinds of
// normalizers and pre_tokenizers, give the ids of Hugging Face's library, with and without
// positions, and the positions are inside the text.
func TestTokenizersGolden(t *testing.T) {
	g := readGolden(t)
	if len(g.IDs) < 8 || len(g.Strings) < 100 {
		t.Fatalf("%d tokenizers, %d strings", len(g.IDs), len(g.Strings))
	}
	for name, want := range g.IDs {
		tokenizer := openTestTokenizer(t, name)
		for i, text := range g.Strings {
			got := tokenizer.Encode(nil, text)
			if !slices.Equal(got, want[i]) {
				t.Errorf("%s: %+q: %d, want %d", name, text, got, want[i])
			}
			var ids []int32
			for _, token := range tokenizer.Tokens(text) {
				ids = append(ids, token.ID)
				if token.Start < 0 || token.End > len(text) || token.Start > token.End || token.Text != tokenizer.Vocabulary().Token(token.ID) {
					t.Errorf("%s: %+q: %+v", name, text, token)
				}
			}
			if !slices.Equal(ids, got) {
				t.Errorf("%s: %+q: %d with positions, %d without", name, text, ids, got)
			}
		}
		again, err := Parse(name, tokenizer.sub.file)
		if err != nil || again.Fingerprint() != tokenizer.Fingerprint() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The position of a token is that of its text.
func TestTokenizersPlaces(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"roberta":     {"the naïve the", "the| n|a|ï|ï|ve| the"},
		"llama2":      {"the 漢 the", "the| |漢|漢|漢| the"},
		"prefix":      {"The thé", "The|thé"},
		"suffix":      {"the New York the", "the|New York|the"},
		"unigram":     {"the ﬁ the", "the| ﬁ|ﬁ| the"},
		"precompiled": {"ｔｈｅ the", "ｔｈｅ| the"},
		"words":       {"the  the", "the|the"},
	} {
		var parts []string
		for _, token := range openTestTokenizer(t, name).Tokens(test.text) {
			parts = append(parts, test.text[token.Start:token.End])
		}
		if got := strings.Join(parts, "|"); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Each byte that is not UTF-8 is read as U+FFFD.
func TestTokenizersBrokenUTF8(t *testing.T) {
	for name := range readGolden(t).IDs {
		tokenizer := openTestTokenizer(t, name)
		for _, text := range []string{"hel\xfflo world", "\xc3hello\xe4\xbd world\x80", "hello \xf0\x9f world"} {
			want := tokenizer.Encode(nil, string([]rune(text)))
			if got := tokenizer.Encode(nil, text); !slices.Equal(got, want) {
				t.Errorf("%s: %q: %d, want %d", name, text, got, want)
			}
			for _, token := range tokenizer.Tokens(text) {
				if token.Start < 0 || token.End > len(text) || token.Start > token.End {
					t.Errorf("%s: %q: %+v", name, text, token)
				}
			}
		}
	}
}

// Without a pre_tokenizer, text is cut where no token can continue, which does not change
// the tokens.
func TestMarkedCuts(t *testing.T) {
	tokenizer := openTestTokenizer(t, "llama2")
	if tokenizer.sub.preTokenizer.Mark == 0 {
		t.Fatal("nothing is cut")
	}
	uncut := *tokenizer.sub.preTokenizer
	uncut.Mark = 0
	whole := *tokenizer.sub
	whole.preTokenizer = &uncut
	s := newSubwordScanner(&whole, false)
	text := string(corporatest.SampleText(t, 1<<16)) + strings.Join(readGolden(t).Strings, " ")
	if got := tokenizer.Encode(nil, text); !slices.Equal(got, s.encode(nil, []byte(text))) {
		t.Error("cutting changes the tokens")
	}
}

// A vocabulary may have tokens that vocab.tsv cannot hold, and ids without a token.
func TestOddVocabulary(t *testing.T) {
	file := `{"model":{"type":"BPE","vocab":{"\n":0,"a":1,"\t":2,"␊":3,"b":4,"c":6,"[no token]":7},"merges":[]}}`
	tokenizer, err := Parse("t.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := tokenizer.Encode(nil, "a\n\t␊cb"); !slices.Equal(got, []int32{1, 0, 2, 3, 6, 4}) {
		t.Errorf("%d", got)
	}
	want := []string{"␊#0", "a", "␉", "␊", "b", "[no token]#5", "c", "[no token]"}
	if got := tokenizer.Vocabulary().Tokens(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if word, ok := tokenizer.Word("a"); !ok || word != "a" {
		t.Errorf("%q", word)
	}
	if _, err := ParseWith("t.json", []byte(file), tokenizer.Vocabulary()); err != nil {
		t.Error(err)
	}
}

// splitLines splits text into lines as long as paragraphs.
func splitLines(text []byte) (lines []string) {
	for len(text) > 0 {
		n := min(len(text), 400)
		for n < len(text) && text[n] != ' ' {
			n++
		}
		lines, text = append(lines, string(text[:n])), text[n:]
	}
	return lines
}

// BenchmarkEncodeSubwords has small vocabularies, which need more tokens per word than
// usual ones.
func BenchmarkEncodeSubwords(b *testing.B) {
	lines := splitLines(corporatest.SampleText(b, 4<<20))
	for _, name := range []string{"roberta", "llama3", "llama2", "unigram", "precompiled"} {
		tokenizer := openTestTokenizer(b, name)
		b.Run(name, func(b *testing.B) {
			var ids []int32
			bytes := 0
			for b.Loop() {
				bytes = 0
				for _, line := range lines {
					ids = tokenizer.Encode(ids[:0], line)
					bytes += len(line)
				}
			}
			b.SetBytes(int64(bytes))
		})
	}
}
