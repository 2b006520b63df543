package tokenize

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"golang.org/x/text/unicode/norm"
)

// slowSpaced is the oracle: it normalizes the whole text and then cuts it, like
// WhitespaceSplit of tokenizer.json.
func slowSpaced(text string, cased bool) []string {
	var b strings.Builder
	for _, r := range corporatest.RepairUTF8(text) {
		switch {
		case r == 0:
			r = ' '
		case r == 'İ' && !cased:
			b.WriteString("i̇")
			continue
		case !cased:
			r = corporatest.Lower(r)
		}
		b.WriteRune(r)
	}
	var words []string
	for _, w := range strings.FieldsFunc(norm.NFC.String(b.String()), unicode.IsSpace) {
		if len(w) <= MaxWordBytes {
			words = append(words, w)
		}
	}
	return words
}

func checkSpaced(t *testing.T, text string, cased bool) {
	t.Helper()
	tokenizer := NewWordTokenizer(WordOptions{Cased: cased, Whitespace: true})
	var got []string
	tokenizer.Words([]byte(text), func(word []byte) { got = append(got, string(word)) })
	if want := slowSpaced(text, cased); !slices.Equal(got, want) {
		t.Fatalf("%q (cased %v): %q, want %q", text, cased, got, want)
	}
	end := 0
	for i, token := range tokenizer.Tokens(text) {
		if token.Text != got[i] || token.Start < end || token.End <= token.Start || token.End > len(text) {
			t.Fatalf("%q: token %d is %+v", text, i, token)
		}
		if alone := slowSpaced(text[token.Start:token.End], cased); !slices.Equal(alone, got[i:i+1]) {
			t.Fatalf("%q: token %+v is at %q", text, token, text[token.Start:token.End])
		}
		end = token.End
	}
}

var spacedTexts = []string{
	"", " ", "Don't panic, it's 3.14!", "\tThe  END.\r\n-- (so) ", "a\x00b",
	"Café Ⅷ İstanbul J̌ ΣΑΣ", "e\u0301 \u0301x", "日本　語\u00a0x\u202fy\u2003z\u1680w\u2028v\u0085u\u205ft",
	"\xe2\x80 \xc2\xa0 \xc2 \xe3\x80\x80\xff", "[UNK] <b>&amp;</b>", "\u200bzero\ufeffwidth\u200d", "\x1c\x1d",
	strings.Repeat("x", MaxWordBytes) + " " + strings.Repeat("y", MaxWordBytes+1) + " " + strings.Repeat("é", MaxWordBytes/2) + " " + strings.Repeat("é", MaxWordBytes/2+1),
}

func TestSpaced(t *testing.T) {
	for _, text := range spacedTexts {
		checkSpaced(t, text, false)
		checkSpaced(t, text, true)
	}
	var all []byte // every character between two letters
	for r := rune(0); r <= unicode.MaxRune; r++ {
		all = append(utf8.AppendRune(append(all, 'A'), r), 'B', '\n')
	}
	checkSpaced(t, string(all), false)
}

func FuzzSpaced(f *testing.F) {
	for _, text := range spacedTexts {
		f.Add(text, true)
	}
	f.Fuzz(checkSpaced)
}

// TestSpacedFile: the way of cutting words is stored in tokenizer.json.
func TestSpacedFile(t *testing.T) {
	for _, o := range []WordOptions{{Whitespace: true}, {Whitespace: true, Cased: true}} {
		v, err := NewVocabulary([]string{"it's", "it's.", "[UNK]", "so,"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		words, err := NewWordTokenizer(o).WithVocabulary(v)
		if err != nil {
			t.Fatal(err)
		}
		if o.Cased {
			if got := words.Encode(nil, "so, it's. it's [UNK] [unk]"); !slices.Equal(got, []int32{3, 1, 0, 2}) {
				t.Errorf("encoded as %d", got)
			}
		}
		data, err := words.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, parse := range []func() (*Tokenizer, error){
			func() (*Tokenizer, error) { return Parse("t", data) },
			func() (*Tokenizer, error) { return ParseWith("t", data, v) },
		} {
			if back, err := parse(); err != nil || back.Options() != o {
				t.Errorf("%+v is read back with error %v as %+v", o, err, back)
			}
		}
		var earlier bytes.Buffer
		if err := (wordLayout{o, true}).render(v, func(part []byte) bool { earlier.Write(part); return true }); err != nil {
			t.Fatal(err)
		}
		odd := bytes.Replace(earlier.Bytes(), []byte(`"type": "WhitespaceSplit"`), []byte(`"type": "WhitespaceSplit", "invert": true`), 1)
		if other, err := Parse("t", odd); err != nil || !other.Subwords() {
			t.Errorf("a WhitespaceSplit with other settings is read as ours: %v", err)
		}
	}
}

func BenchmarkSpaced(b *testing.B) {
	text := corporatest.SampleText(b, 8<<20)
	tokenizer := NewWordTokenizer(WordOptions{Whitespace: true})
	b.SetBytes(int64(len(text)))
	n := 0
	for b.Loop() {
		tokenizer.Words(text, func([]byte) { n++ })
	}
}
