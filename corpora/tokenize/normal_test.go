package tokenize

import "testing"

// The forms are those of Python 3.11: unicodedata.normalize('NFC', word.lower()), and without
// lower() if the tokenizer is cased. A word of two parts or with punctuation is not cut.
func TestNormal(t *testing.T) {
	for _, c := range []struct{ word, uncased, cased string }{
		{"cat", "cat", "cat"},
		{"Paris", "paris", "Paris"},
		{"New York's", "new york's", "New York's"},
		{"Cafe\u0301", "caf\u00e9", "Caf\u00e9"},
		{"\u09ac\u09dc", "\u09ac\u09a1\u09bc", "\u09ac\u09a1\u09bc"},
		{"J\u030c", "\u01f0", "J\u030c"}, // there is no composed capital
		{"\u0130", "i\u0307", "\u0130"},
		{"\u212b", "\u00e5", "\u00c5"},
		{"", "", ""},
	} {
		for _, o := range []WordOptions{{}, {Whitespace: true}} {
			if got := NewWordTokenizer(o).Normal(c.word); got != c.uncased {
				t.Errorf("%+q is %+q, want %+q", c.word, got, c.uncased)
			}
			o.Cased = true
			if got := NewWordTokenizer(o).Normal(c.word); got != c.cased {
				t.Errorf("cased, %+q is %+q, want %+q", c.word, got, c.cased)
			}
		}
	}
}
