package passages

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

var byWord = tokenize.NewWordTokenizer(tokenize.WordOptions{})

// byLetter has a token for each letter, as those of scripts without spaces; whole words are split.
func byLetter(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	tokenizer, err := tokenize.Parse("letters.json", []byte(`{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
		"vocab":{"[UNK]":0,"a":1,"##a":2,"##aa":3,"b":4,"##b":5,"天":6,"地":7}},"pre_tokenizer":{"type":"BertPreTokenizer"},
		"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	return tokenizer
}

func cut(t testing.TB, tokenizer *tokenize.Tokenizer, o Options, document string) []Passage {
	t.Helper()
	c, err := New(tokenizer, o)
	if err != nil {
		t.Fatal(err)
	}
	var all []Passage
	if err := c.Cut([]byte(document), func(p Passage) error { all = append(all, p); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each case is a text with | where a sentence ends.
func TestSentences(t *testing.T) {
	for _, marked := range []string{
		"One. |Two! |Three? |Four",
		"Dr. Ames met Mrs. Li vs. Prof. O'Neil. |They spoke.",
		"Use e.g. This or i.e. That. |Then stop.",
		"J. S. Bach and J.R.R. Tolkien. |Both wrote.",
		"It costs 3.14 or $1,000.50. |Not 3. |Yes 4.5.",
		"See Fig. 3 and No. 7. |No. |Then go.",
		"On Dec. 25 it snowed. |It ends in Dec. |Then Jan. 1 comes.",
		"He said \"Stop.\" |Then he left. |(Really.) |“Why?” |‘So.’ |Go.",
		"\"Stop!\" he said. |\"What?\" she asked.",
		"Wait... what? |Wait... |What… and then… |Done.",
		"Er sagte: „Halt.“ |Dann ging er. |Z. B. heute bzw. Montag. |Ende.",
		"Er rief. |»Halt!« |Dann ging er.",
		"Il a dit « Non. » |Puis rien.",
		"天地玄黃。|宇宙洪荒！|日月盈昃？|「辰宿。」|列張",
		"３．１４と２．７。|終わり。",
		"यह एक है। |यह दो है। |هل هذا؟ |نعم.",
		"See example.org/a.b?c=d!e for more. |Version 1.2.3 works.",
		"First line\nof one sentence. |Second\r\none.\r\n\r\n|Third\rone.",
		"# A heading\n|Text below. |More\n\n|Paragraph\n|- item one\n|- item two\n|1. first\n|2. second",
		"| a | b |\n||---|---|\n|| 1 | 2 |",
		"The U.S. Army and 5 p.m. today. |End.",
		"Apple Inc. said so. |What a day!!! |Right?! |Ok.",
		"*Emphasis.* |**Strong.** |_So._ |`code.` |End.",
		"", " \n\t ", "\x00AA.\x00 |B.",
	} {
		clean, want := unmark(marked)
		var got []int
		for at := 0; at < len(clean); {
			at = sentenceEnd([]byte(clean), at)
			if at < len(clean) {
				got = append(got, at)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is cut as %q", marked, mark(clean, got))
		}
	}
}

// unmark removes the marks: a | is a mark unless it is doubled or its line is a table row.
func unmark(s string) (clean string, at []int) {
	if strings.HasPrefix(s, "| a") {
		first, second := strings.Index(s, "\n|")+1, strings.LastIndex(s, "\n|")+1
		return s[:first] + s[first+1:second] + s[second+1:], []int{first, second - 1}
	}
	for i, part := range strings.Split(s, "|") {
		if i > 0 {
			at = append(at, len(clean))
		}
		clean += part
	}
	return clean, at
}

func mark(s string, at []int) string {
	for _, i := range slices.Backward(at) {
		s = s[:i] + "|" + s[i:]
	}
	return s
}

// Passages end at sentences, overlap by whole sentences, and know their bytes and lines.
func TestCut(t *testing.T) {
	const document = "One two three. Four five.\nSix seven eight nine. Ten.\n\nEleven twelve."
	for _, c := range []struct {
		options  Options
		document string
		want     string
	}{
		{Options{Tokens: 5}, document, "0-25 1-1 5 One two three. Four five.|26-52 2-2 5 Six seven eight nine. Ten.|54-68 4-4 2 Eleven twelve."},
		{Options{Tokens: 6, Overlap: 2}, document, "0-25 1-1 5 One two three. Four five.|15-47 1-2 6 Four five. Six seven eight nine.|36-68 2-4 5 eight nine. Ten.  Eleven twelve."},
		{Options{Tokens: 100, Overlap: 50}, document, "0-68 1-4 12 One two three. Four five. Six seven eight nine. Ten.  Eleven twelve."},
		{Options{Tokens: 3}, document, "0-14 1-1 3 One two three.|15-25 1-1 2 Four five.|26-41 2-2 3 Six seven eight|42-52 2-2 2 nine. Ten.|54-68 4-4 2 Eleven twelve."},
		{Options{Tokens: 3, Overlap: 1}, "a b c d e f g h", "0-5 1-1 3 a b c|4-9 1-1 3 c d e|8-13 1-1 3 e f g|12-15 1-1 2 g h"},
		{Options{Tokens: 3, Overlap: 2}, "Aa bb cc. Dd ee ff. Gg.", "0-9 1-1 3 Aa bb cc.|10-19 1-1 3 Dd ee ff.|13-23 1-1 3 ee ff. Gg."},
		{Options{Tokens: 2}, "a\r\nb\r\nc\xff d\x00e", "0-4 1-2 2 a b|6-10 3-3 2 c\uFFFD d|11-12 3-3 1 e"},
		{Options{Tokens: 2}, "a b\rc d\re", "0-3 1-1 2 a b|4-7 2-2 2 c d|8-9 3-3 1 e"},
		{Options{Tokens: 2}, "  \n", ""},
		{Options{Tokens: 2}, "", ""},
		{Options{Tokens: 2}, "...\n", "0-3 1-1 0 ..."},
	} {
		var got []string
		for _, p := range cut(t, byWord, c.options, c.document) {
			got = append(got, fmt.Sprintf("%d-%d %d-%d %d %s", p.Start, p.End, p.FirstLine, p.LastLine, p.Tokens, p.Text))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q, %v: %q", c.document, c.options, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for o, want := range map[Options]string{
		{0, 0, false}: "Tokens must be at least 1, got 0", {5, -1, false}: "Overlap must not be negative, got -1",
		{5, 5, false}: "Overlap must be less than Tokens, 5, got 5", {5, 9, false}: "Overlap must be less than Tokens, 5, got 9", {5, 4, false}: "<nil>",
	} {
		if _, err := New(byWord, o); fmt.Sprint(err) != want {
			t.Errorf("%v: %v, want %s", o, err, want)
		}
	}
}

// check reports what is wrong with the passages of a document.
func check(t *testing.T, tokenizer *tokenize.Tokenizer, o Options, document string) {
	t.Helper()
	all := cut(t, tokenizer, o, document)
	covered := 0
	for i, p := range all {
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("%v: passage %d of %q, %+v: %s", o, i, clip(document), p, fmt.Sprintf(format, args...))
		}
		if p.Start < 0 || p.End > len(document) || p.Start >= p.End {
			fail("no such bytes")
		}
		inside := document[p.Start:p.End]
		if s := strings.TrimFunc(inside, IsSpace); s != inside {
			fail("white space at an end")
		}
		if want := string(text.OneLine([]byte(inside))); p.Text != want || !utf8.ValidString(p.Text) || strings.ContainsAny(p.Text, "\x00\r\n") {
			fail("the text of its bytes is %q", want)
		}
		n := 0
		tokenizer.Each(p.Text, func([]byte, int32) { n++ })
		if n != p.Tokens || n > o.Tokens && utf8.RuneCountInString(p.Text) > 1 {
			fail("%d tokens", n)
		}
		if p.Start > covered && strings.TrimFunc(document[covered:p.Start], IsSpace) != "" {
			fail("%q is left out", document[covered:p.Start])
		}
		if p.End <= covered {
			fail("nothing new")
		}
		if p.Start < covered {
			shared := 0
			tokenizer.Each(string(text.OneLine([]byte(document[p.Start:covered]))), func([]byte, int32) { shared++ })
			if shared > o.Overlap+1 { // a token may span the end
				fail("%d tokens overlap", shared)
			}
		}
		covered = p.End
		end := "\n"
		if text.EndsAtCR([]byte(document[:min(len(document), 64<<10)])) {
			end = "\r"
		}
		if first, last := 1+strings.Count(document[:p.Start], end), 1+strings.Count(document[:p.End], end); p.FirstLine != first || p.LastLine != last {
			fail("lines %d to %d", first, last)
		}
	}
	if strings.TrimFunc(document[covered:], IsSpace) != "" {
		t.Fatalf("%v: %q: %q is left out", o, clip(document), clip(document[covered:]))
	}
	if again := cut(t, tokenizer, o, document); !slices.Equal(all, again) {
		t.Fatalf("%v: %q: other passages the second time", o, clip(document))
	}
}

func clip(s string) string { return s[:min(len(s), 200)] }

// Random documents of hard parts.
func TestProperties(t *testing.T) {
	parts := []string{"word ", "Word", ". ", "? ", "e.g. ", "Dr. ", "\n", "\r\n", "\r", "\n\n", "天地", "。", "ไทย", " ", "\u00a0", "\xff", "\xe5\xa4", "\x00", "aaaa", "b", "3.14", "\"", "”", "- ", "# ",
		"👩‍👩‍👧", "é", "…", "http://example.org/a-very-long/path?with=query", "\t", "\u2029", "\u0085", "!!!", "|"}
	rng := rand.New(rand.NewPCG(1, 2))
	tokenizers := []*tokenize.Tokenizer{byWord, byLetter(t)}
	for range 3000 {
		var b strings.Builder
		for range rng.IntN(60) {
			b.WriteString(parts[rng.IntN(len(parts))])
		}
		o := Options{Tokens: 1 + rng.IntN(12)}
		o.Overlap = rng.IntN(o.Tokens)
		check(t, tokenizers[rng.IntN(2)], o, b.String())
	}
}

// The time is proportional to the length, whatever the text is: these take seconds otherwise.
func TestLong(t *testing.T) {
	size := 1 << 20
	if testing.Short() {
		size = 1 << 15
	}
	for _, unit := range []string{"a", " ", ". ", ".", "天", "ก", "word ", "\n", "\"", "1. ", "A. ", "b-", "\r", "\xff", "word. ", ".\u00a0", "e\u0301"} {
		document := strings.Repeat(unit, size/len(unit)/4)
		for _, o := range []Options{{Tokens: 150, Overlap: 20}, {Tokens: 8, Overlap: 7}} {
			n, last := 0, 0
			c, _ := New(byWord, o)
			if err := c.Cut([]byte(document), func(p Passage) error { n++; last = p.End; return nil }); err != nil {
				t.Fatal(err)
			}
			if strings.TrimFunc(document[last:], IsSpace) != "" {
				t.Errorf("%q: %d passages end at %d of %d", unit, n, last, len(document))
			}
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("One. Two\n\nThree e.g. four 天地。 \xff\x00 \"Five.\" - six", 5, 2)
	f.Fuzz(func(t *testing.T, document string, tokens, overlap int) {
		o := Options{Tokens: tokens, Overlap: overlap}
		if o.Validate() != nil || len(document) > 1<<14 {
			return
		}
		check(t, byWord, o, document)
	})
}

func BenchmarkCut(b *testing.B) {
	var sample []byte
	if err := text.Sample().Texts(b.Context(), func(t *text.Text) error { sample = append(append(sample, t.Text...), '\n'); return nil }); err != nil {
		b.Fatal(err)
	}
	c, _ := New(byWord, Options{Tokens: 150, Overlap: 20})
	b.SetBytes(int64(len(sample)))
	for b.Loop() {
		_ = c.Cut(sample, func(Passage) error { return nil })
	}
}

// Words are counted without a tokenizer.
func TestWords(t *testing.T) {
	for text, want := range map[string]int{"": 0, " \n": 0, "a": 1, "one two,\nthree": 3, "don't": 1, "天地玄黃": 4, "a天b": 2, "カナ kana": 3, "ภาษาไทย": 2, strings.Repeat("x", 32): 1, strings.Repeat("x", 33): 2,
		strings.Repeat("x", 320): 10, "a\u00a0b": 2, "a\x00b": 2, "\xff \xfe": 2} {
		if got := Words(text); got != want {
			t.Errorf("%q has %d words, want %d", text, got, want)
		}
	}
	var got []string
	for _, p := range cut(t, nil, Options{Tokens: 4}, "One two. Three four. Five six seven.") {
		got = append(got, fmt.Sprint(p.Tokens, " ", p.Text))
	}
	if want := "4 One two. Three four.|3 Five six seven."; strings.Join(got, "|") != want {
		t.Errorf("%q, want %s", got, want)
	}
}

// With Paragraphs, a passage ends at a blank line that leaves it half full.
func TestParagraphs(t *testing.T) {
	for _, c := range []struct {
		document string
		overlap  int
		want     string
	}{
		{"A b c.\n\nD e. F g. H i.", 0, "A b c.|D e. F g. H i."},
		{"A.\n\nD e. F g. H i.", 0, "A.  D e. F g.|H i."}, // less than half
		{"A b c.\n\nD e f.", 0, "A b c.  D e f."},
		{"A b.\n\nC d.\n\nE f g. H i j.", 0, "A b.  C d.|E f g. H i j."},
		{"A b c.\n\nD e. F g. H i.", 2, "A b c.|b c.  D e. F g.|F g. H i."},
	} {
		var got []string
		for _, p := range cut(t, nil, Options{Tokens: 6, Overlap: c.overlap, Paragraphs: true}, c.document) {
			got = append(got, p.Text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: %q, want %q", c.document, got, c.want)
		}
	}
}

// A sentence without an end is read in parts. Its passages are those of the bytes, and a break
// between two parts is in white space where there is any.
func TestEndlessSentence(t *testing.T) {
	for name, document := range map[string]string{
		"a word":       strings.Repeat("x", 3*maxSentence+5),
		"wide letters": strings.Repeat("é", 2*maxSentence),
		"words":        strings.Repeat("word ", maxSentence),
		"an accent":    "e" + strings.Repeat("\u0301", maxSentence),
	} {
		var all strings.Builder
		for _, p := range cut(t, nil, Options{Tokens: 150}, document) {
			if !utf8.ValidString(p.Text) || strings.HasPrefix(p.Text, "ord") || p.Text != document[p.Start:p.End] || len(p.Text) > maxSentence {
				t.Fatalf("%s: bytes %d to %d: %d bytes, %.20q", name, p.Start, p.End, len(p.Text), p.Text)
			}
			all.WriteString(strings.ReplaceAll(p.Text, " ", ""))
		}
		if all.String() != strings.ReplaceAll(document, " ", "") {
			t.Errorf("%s: the passages have %d bytes of %d", name, all.Len(), len(document))
		}
	}
}
