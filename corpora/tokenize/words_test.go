package tokenize

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/corpora/text"
)

func fastWords(text string, cased bool) []string {
	var found []string
	NewWordTokenizer(WordOptions{Cased: cased}).Words([]byte(text), func(w []byte) { found = append(found, string(w)) })
	return found
}

func TestWords(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"Hello, World!", "hello|world"},
		{"don't stop: it's 3.14, 1,000;5 or a.b.c e.g. U.S.A.", "don't|stop|it's|3.14|1,000;5|or|a.b.c|e.g|u.s.a"},
		{"snake_case __ _x_ a__b", "snake_case|_x_|a__b"},
		{"a'1 1'a 1'1 a''b a.1 1:1 a:b a,b", "a|1|1|a|1'1|a|b|a|1|1|1|a:b|a|b"},
		{"well-known (brackets) [x] \"q\" -- ... #tag @me $5 50%", "well|known|brackets|x|q|tag|me|5|50"},
		{"İstanbul ISPARTA ıI", "i̇stanbul|isparta|ıi"},
		{"ΟΔΟΣ Straße STRASSE ẞ", "οδοσ|straße|strasse|ß"},
		{"cafe\u0301 caf\u00e9 CAFE\u0301", "café|café|café"},
		{"J\u030C \u01F0", "ǰ|ǰ"},
		{"中文字 ひらがな カタカナ 한국어", "中|文|字|ひ|ら|が|な|カタカナ|한국어"},
		{"日本a\u3000b", "日|本|a|b"},
		{"שלום צה\"ל", "שלום|צה\"ל"},
		{"a\xffb \xc3", "a|b"},
		{"null\x00byte", "null|byte"},
		{"mot\u202f! 10\u202f000", "mot|10|000"},
		{"don’t naïve", "don’t|naïve"},
		{"👍 🇫🇷 ½ ² ٣", "٣"},
		{"ab\u00adcd x\u200dy", "ab\u00adcd|x\u200dy"},
		{strings.Repeat("x", MaxWordBytes) + " " + strings.Repeat("y", MaxWordBytes+1) + " z", strings.Repeat("x", MaxWordBytes) + "|z"},
	}
	for _, test := range tests {
		if got := strings.Join(fastWords(test.text, false), "|"); got != test.want {
			t.Errorf("words of %.60q:\n got %q\nwant %q", test.text, got, test.want)
		}
		if got := strings.Join(corporatest.Words(test.text, false), "|"); got != test.want {
			t.Errorf("oracle's words of %.60q:\n got %q\nwant %q", test.text, got, test.want)
		}
	}
	if got := strings.Join(fastWords("The Paris CAFE\u0301", true), "|"); got != "The|Paris|CAFÉ" {
		t.Errorf("cased words: %q", got)
	}
}

// tricky holds the cases of UAX #29, of the normal forms and of lower-casing.
var tricky = []string{"a", "B", "z", "Q", "7", "0", "_", ".", "'", ":", ",", ";", "\"", "-", "(", " ", " ", "\t", "\r", "\x00", "\x01", "\x7f",
	"é", "É", "e\u0301", "\u0301", "\u0327", "\u200d", "\u00ad", "\ufeff", "\uff9e", "ﾞ", "ß", "ẞ", "İ", "ı", "Σ", "ς", "ǰ", "J\u030c",
	"中", "ひ", "カ", "ー", "ก", "ำ", "א", "״", "٣", "٫", "·", "’", "\u2028", "\u0085", "\u00a0", "\u3000", "\u202f", "🇫", "🇷", "👩", "\u200d👩", "\xff", "\xe2\x82", "\xc3",
	"\u1100", "\u1161", "\u11a8", "가", "\u0915", "\u094d", "\u0f71", "K", "Å", "Ω", "\u0345", "ᾼ", "½", "²", "𝒜", "\U0001F1E6"}

func TestFastPath(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40000 {
		var b strings.Builder
		ascii := random.IntN(3) > 0
		for range random.IntN(14) {
			i := random.IntN(len(tricky))
			if ascii && random.IntN(4) > 0 {
				i = random.IntN(22)
			}
			b.WriteString(tricky[i])
		}
		checkWords(t, b.String(), n%5 == 0)
	}
}

// checkWords compares the words of a text, and their positions, with the oracle.
func checkWords(t *testing.T, text string, cased bool) {
	t.Helper()
	got, want := fastWords(text, cased), corporatest.Words(text, cased)
	if !slices.Equal(got, want) {
		t.Fatalf("words of %q:\n got %q\nwant %q", text, got, want)
	}
	tokenizer := NewWordTokenizer(WordOptions{Cased: cased})
	tokens := tokenizer.Tokens(text)
	var last Token
	for i, token := range tokens {
		if token.Text != want[i] {
			t.Fatalf("token %d of %q is %q, want %q", i, text, token.Text, want[i])
		}
		if token.Start < last.Start || token.End < last.End || token.End <= token.Start || token.End > len(text) {
			t.Fatalf("token %+v of %q after %+v", token, text, last)
		}
		if token.Start < last.End && norm.NFC.IsNormalString(strings.ToLower(text)) {
			t.Fatalf("token %+v of %q begins before %+v ends", token, text, last)
		}
		last = token
		// The text of a token alone is the same word, except where normalization joins
		// it with its neighbors.
		if utf8.ValidString(text) && norm.NFC.IsNormalString(strings.ToLower(text)) {
			if alone := fastWords(text[token.Start:token.End], cased); !slices.Equal(alone, []string{token.Text}) {
				t.Fatalf("token %q of %q stands for %q, whose words are %q", token.Text, text, text[token.Start:token.End], alone)
			}
		}
	}
	if len(tokens) != len(want) {
		t.Fatalf("%q has %d tokens, want %d", text, len(tokens), len(want))
	}
	// Reading a word again gives the same word.
	for _, w := range want {
		if utf8.ValidString(text) && !slices.Equal(fastWords(w, cased), []string{w}) {
			t.Fatalf("word %q of %q gives %q if read again", w, text, fastWords(w, cased))
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("Hello, İstanbul don't 3.14 e\u0301 \xff 中文", false)
	f.Add("(ﾞa \u0301b a.\u0301b", true)
	f.Fuzz(func(t *testing.T, text string, cased bool) {
		got, want := fastWords(text, cased), corporatest.Words(text, cased)
		if !slices.Equal(got, want) {
			t.Fatalf("words of %q:\n got %q\nwant %q", text, got, want)
		}
		NewWordTokenizer(WordOptions{Cased: cased}).Tokens(text)
	})
}

func TestFastPathOnSample(t *testing.T) {
	n := 0
	err := text.Sample().Read(context.Background(), func(c text.Chunk) error {
		n++
		if n%20 > 0 {
			return nil
		}
		if got, want := fastWords(string(c.Text), false), corporatest.Words(string(c.Text), false); !slices.Equal(got, want) {
			return fmt.Errorf("line %d:\n got %q\nwant %q", c.Line, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLowerCase checks that lower case, then form C, is a fixed point of both.
func TestLowerCase(t *testing.T) {
	s := newWordFinder(WordOptions{}, false)
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		once := string(s.normalize([]byte(string(r))))
		if again := string(s.normalize([]byte(once))); again != once {
			t.Errorf("%U becomes %+q, and that %+q", r, once, again)
		}
		if apart := string(s.normalize(norm.NFD.AppendString(nil, string(r)))); apart != once {
			t.Errorf("%U becomes %+q, its parts become %+q", r, once, apart)
		}
	}
}

// TestLongPiece checks that the time for a piece without white space is linear.
func TestLongPiece(t *testing.T) {
	for _, unit := range []string{"é", "é'", "'\u0301", "a.\u0301", "中", "\u0301", "👩\u200d"} {
		text := strings.Repeat(unit, 20000)
		if got, want := fastWords(text, false), corporatest.Words(text, false); !slices.Equal(got, want) {
			t.Errorf("%d and %d words in a run of %q", len(got), len(want), unit)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	text := corporatest.SampleText(b, 4<<20)
	tokenizer := NewWordTokenizer(WordOptions{})
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		tokenizer.Words(text, func([]byte) {})
	}
}
