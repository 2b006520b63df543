package tokenize

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Words have the lower case of the locale, as package golang.org/x/text/cases has it, with and
// without positions, and the tokenizer is read back with its locale.
func TestLocale(t *testing.T) {
	const text = "IĞDIR İzmir İSTANBUL I\u0307zmir ısparta KIZ Işık I I\u0307 İ i ı AbI\u0307 çİÇEK fIRIN"
	for _, space := range []bool{false, true} {
		for locale, tag := range map[string]language.Tag{"tr": language.Turkish, "az": language.Azerbaijani} {
			words := NewWordTokenizer(WordOptions{Locale: locale, Whitespace: space})
			want := strings.Fields(cases.Lower(tag).String(text))
			var got []string
			words.Words([]byte(text), func(w []byte) { got = append(got, string(w)) })
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", locale, got, want)
			}
			for i, token := range words.Tokens(text) {
				if token.Text != want[i] || strings.Fields(text)[i] != text[token.Start:token.End] {
					t.Errorf("%s: %+v", locale, token)
				}
			}
			data, err := words.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			back, err := Parse("t", data)
			if err != nil || back.Fingerprint() != words.Fingerprint() || back.Options() != words.Options() {
				t.Errorf("%s: read back as %+v, %v", locale, back, err)
			}
			if words.Fingerprint() == NewWordTokenizer(WordOptions{Whitespace: space}).Fingerprint() {
				t.Error("the locale does not count in the fingerprint")
			}
		}
		plain := NewWordTokenizer(WordOptions{Whitespace: space})
		var got []string
		plain.Words([]byte("IŞIK İz ΟΔΟΣ ὀδός"), func(w []byte) { got = append(got, string(w)) })
		if !slices.Equal(got, []string{"işik", "i\u0307z", "οδοσ", "ὀδός"}) {
			t.Errorf("%q", got)
		}
	}
	for _, o := range []WordOptions{{Locale: "de"}, {Locale: "tr", Cased: true}} {
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "Locale") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
