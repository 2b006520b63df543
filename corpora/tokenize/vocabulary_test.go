package tokenize

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

func newVocabulary(t testing.TB, tokens string, counts ...int64) *Vocabulary {
	t.Helper()
	v, err := NewVocabulary(strings.Fields(tokens), counts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVocabulary(t *testing.T) {
	v := newVocabulary(t, "the of paris", 10, 4, 3)
	if v.Len() != 3 || v.Total() != 17 || v.Token(1) != "of" || v.Count(2) != 3 || !slices.Equal(v.Tokens(), []string{"the", "of", "paris"}) {
		t.Errorf("vocabulary %+v", v)
	}
	if id, ok := v.ID("paris"); !ok || id != 2 {
		t.Errorf("paris is %d, %v", id, ok)
	}
	if _, ok := v.ID("Paris"); ok {
		t.Error("Paris is known")
	}
}

func TestNewVocabularyErrors(t *testing.T) {
	tests := []struct {
		tokens  []string
		counts  []int64
		message string
	}{
		{[]string{"a"}, []int64{1, 2}, "1 tokens has 2 counts"},
		{[]string{"a", ""}, nil, "token 1: it is empty"},
		{[]string{"a", "a\tb"}, nil, "token 1: \"a\\tb\" contains a tab"},
		{[]string{"a\n"}, nil, "line break"},
		{[]string{"\xff"}, nil, "not valid UTF-8"},
		{[]string{"a", "b", "a"}, nil, "token 2: \"a\" is already token 0"},
		{[]string{"a"}, []int64{-1}, "count -1 of \"a\" is out of range"},
		{[]string{"a", "b"}, []int64{1 << 62, 1 << 62}, "token 1: count 4611686018427387904 of \"b\" is out of range"},
	}
	for _, test := range tests {
		if _, err := NewVocabulary(test.tokens, test.counts); err == nil || !strings.Contains(err.Error(), test.message) {
			t.Errorf("%q %v: error %v", test.tokens, test.counts, err)
		}
	}
}

func TestVocabularyFile(t *testing.T) {
	v := newVocabulary(t, "the of naïve", 10, 4, 0)
	var b bytes.Buffer
	n, err := v.WriteTo(&b)
	if err != nil || n != int64(b.Len()) || b.String() != "the\t10\nof\t4\nnaïve\t0\n" {
		t.Fatalf("wrote %q, %d bytes, error %v", b.String(), n, err)
	}
	again, err := ReadVocabulary("vocab.tsv", &b)
	if err != nil || !again.Equal(v) {
		t.Errorf("read %v, error %v", again, err)
	}
	full := errors.New("disk full")
	if n, err := v.WriteTo(failing{full}); err != full || n < 0 {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestReadVocabularyErrors(t *testing.T) {
	for text, message := range map[string]string{
		"a 3\n":                    `v:1: no tab in "a 3"`,
		"a\t3\nb\tmany\n":          `v:2: "many" is not a count`,
		"a\t-3\n":                  `v:1: "-3" is not a count`,
		"a\t1\t2\n":                `v:1: "1\t2" is not a count`,
		"a\t3\nb\t2\na\t1\n":       `v:3: token "a" is already on line 1`,
		"\t3\n":                    `v:1: bad token: it is empty`,
		"\xff\t3\n":                `v:1: bad token: "\xff" is not valid UTF-8`,
		"a\t99999999999999999999":  `is not a count`,
		strings.Repeat("x", 2<<20): `v:1: no tab in "xxx`,
	} {
		if _, err := ReadVocabulary("v", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), message) || fault.Hint(err) == "" {
			t.Errorf("%.20q: error %v", text, err)
		}
	}
}

func FuzzReadVocabulary(f *testing.F) {
	f.Add("the\t10\nof\t4\n")
	f.Add("a\t\xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ReadVocabulary("v", strings.NewReader(text))
		if err != nil {
			return
		}
		var b, c bytes.Buffer
		v.WriteTo(&b)
		again, err := ReadVocabulary("v", bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%q can be read, but its copy %q cannot: %v", text, b.String(), err)
		}
		if again.WriteTo(&c); b.String() != c.String() {
			t.Fatalf("%q becomes %q", b.String(), c.String())
		}
	})
}

func TestNearest(t *testing.T) {
	v := newVocabulary(t, "the philosophy king kings ring paris Parish pairs naïve ab", 90, 80, 70, 60, 50, 40, 30, 20, 10, 5)
	tests := []struct {
		token string
		n     int
		want  string
	}{
		{"philsophy", 3, "philosophy"},
		{"PHILOSOHPY", 3, "philosophy"},
		{"kingg", 3, "king kings ring"},
		{"knig", 3, "king"}, // short words: one edit, and a swap is one
		{"pariss", 2, "paris Parish"},
		{"Paris", 3, "paris Parish pairs"},
		{"naive", 3, "naïve"},
		{"zzzzzzzz", 3, ""},
		{"", 3, ""},
		{"king", 0, ""},
	}
	for _, test := range tests {
		if got := strings.Join(v.Nearest(test.token, test.n), " "); got != test.want {
			t.Errorf("nearest %d to %q: %q, want %q", test.n, test.token, got, test.want)
		}
	}
}

// A vocabulary that is parsed at once is the one that is read line by line.
func FuzzParseVocabulary(f *testing.F) {
	for _, text := range []string{"", "the\t10\nof\t7\n", "a\t1", "a\t1\r\n", "\t1\n", "a\n", "a\tb\n", "a\t1\na\t2\n", "a\t+5\n", "a\t007\n", "a\t99999999999999999999\n", "a\t9223372036854775807\nb\t1\n",
		"é\t3\n\xff\t1\n", "a\t1\t2\n", "a\t\n", "a\t1 \n", "\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, wantErr := readVocabulary("vocab.tsv", bytes.NewReader(text))
		got, err := ReadVocabulary("vocab.tsv", bytes.NewReader(text))
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("%q: error %v, want %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		if !got.Equal(want) || got.Total() != want.Total() {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		for i, token := range want.Tokens() {
			if id, ok := got.ID(token); !ok || id != int32(i) || got.Has(token+"\n") {
				t.Errorf("%q: the id of %q is %d, %v", text, token, id, ok)
			}
		}
	})
}
