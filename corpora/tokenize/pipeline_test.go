package tokenize

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// oddText has characters that the patterns and the forms tell apart.
func oddText(rng *rand.Rand, n int) string {
	pool := []rune("aAbsStTreEvmldD'''    \n\r\t\v\u00a0\u3000 019٣Ⅷ.,!?-_é漢ハか\u0301\u0323\u0307\u0345ſßİﬁ가ᄀ\u11a8👍\u200d\ufe0f▁")
	var b strings.Builder
	for range n {
		b.WriteRune(pool[rng.IntN(len(pool))])
	}
	return b.String()
}

// The words of GPT-2 and its followers, scanned by hand, are those of the regular
// expression.
func TestGPTWords(t *testing.T) {
	for _, pattern := range []string{gpt2Pattern, llama3Pattern, qwen2Pattern} {
		byHand, err := finder(pattern)
		if err != nil {
			t.Fatal(err)
		}
		byPattern, err := patternFinder(pattern)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 5_000 {
			text := []byte(oddText(rng, i%30))
			if got, want := byHand(nil, text), byPattern(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%.20s: %+q: %v, want %v", pattern, text, got, want)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	for pattern, want := range map[string]string{
		`\s`:              "a|\u00a0|b|\n|1.C",
		`\S+`:             "a|\u00a0|b|\n|1.C",
		`[\s\d]+`:         "a|\u00a0|b|\n1|.C",
		`(?i:c)|\p{L}`:    "a|\u00a0|b|\n1.|C",
		`[^\p{L}]+|\.`:    "a|\u00a0|b|\n1.|C",
		`b\n`:             "a\u00a0|b\n|1.C",
		`^1`:              "a\u00a0b\n|1|.C",
		`[\.\]]`:          "a\u00a0b\n1|.|C",
		`b|\s+(?!\S)|\s+`: "a|\u00a0|b|\n|1.C",
	} {
		find, err := finder(pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		s := &PreTokenizer{cuts: []cutStep{&splitStep{find: find, behavior: isolated}}}
		if got := cutWords(s, "a\u00a0b\n1.C"); got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{`a(?=b)`, `(?<=a)b`, `(?>a)`, `a++`, `[[a]b]`, `[a&&b]`, `\w+`, `\bа`, `[\S]`, `a*`, `\h`, `(`, `\`, `[]a]`,
		`(a)|\s+(?!\S)|\s+`, `^a|\s+(?!\S)|\s+`, `\x{110000}`} {
		if _, err := finder(pattern); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
}

// cutWords returns the words of a text.
func cutWords(s *PreTokenizer, text string) string {
	var words []string
	s.NewWorker(false).Each([]byte(text), func(word []byte, _, _ int) { words = append(words, string(word)) })
	return strings.Join(words, "|")
}

// The examples are those of Hugging Face's documentation.
func TestBehaviors(t *testing.T) {
	for name, want := range map[string]string{
		"Removed":            "the|final|countdown",
		"Isolated":           "the|-|final|-|-|countdown",
		"MergedWithPrevious": "the-|final-|-|countdown",
		"MergedWithNext":     "the|-final|-|-countdown",
		"Contiguous":         "the|-|final|--|countdown",
	} {
		s, err := ParsePreTokenizer(nil, json.RawMessage(`{"type":"Split","pattern":{"String":"-"},"behavior":"`+name+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := cutWords(s, "the-final--countdown"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSplittings(t *testing.T) {
	for _, test := range []struct{ normalizer, pre, text, want string }{
		{"null", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}`, "Hey  you", "▁Hey|▁|▁you"},
		{"null", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}`, "Hey you", "Hey|▁you"},
		{"null", `{"type":"Metaspace","replacement":"▁","add_prefix_space":false}`, "Hey you", "Hey|▁you"},
		{"null", `{"type":"Metaspace","replacement":"▁","add_prefix_space":true}`, " Hey you", "▁Hey|▁you"},
		{"null", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}]}`, "a b", "_a|b"},
		{"null", `{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"_","prepend_scheme":"first"}]}`, " a b", "a|b"},
		{"null", `{"type":"ByteLevel","add_prefix_space":true}`, "the é\n\nx", "Ġthe|ĠÃ©|Ċ|Ċ|x"},
		{"null", `{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}`, "a b", "aĠb"},
		{"null", `{"type":"Whitespace"}`, "it's 1.5…", "it|'|s|1|.|5|…"},
		{"null", `{"type":"Digits"}`, "a12b", "a|12|b"},
		{"null", `{"type":"CharDelimiterSplit","delimiter":"é"}`, "aébéé", "a|b"},
		{"null", `{"type":"Punctuation"}`, "a,b c", "a|,|b c"},
		{`{"type":"Strip","strip_left":true,"strip_right":false}`, "null", " a ", "a "},
		{`{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}`, "null", "a   b c", "a_b c"},
		{`{"type":"Replace","pattern":{"String":"ab"},"content":""}`, "null", "xababy", "xy"},
		{`{"type":"Prepend","prepend":"_"}`, "null", "", ""},
		{`{"type":"Nmt"}`, "null", "a\x01\u200bb", "a b"},
		{`{"type":"ByteLevel"}`, "null", "é", "Ã©"},
		{`{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}`, "null", "ÀÉ", "ae"},
		{`{"type":"BertNormalizer"}`, `{"type":"WhitespaceSplit"}`, "É漢\x00b", "e|漢|b"},
		{`{"type":"BertNormalizer"}`, `{"type":"BertPreTokenizer"}`, "É漢!", "e|漢|!"},
		{`{"type":"Precompiled","precompiled_charsmap":null}`, "null", "a", "a"},
	} {
		s, err := ParsePreTokenizer(json.RawMessage(test.normalizer), json.RawMessage(test.pre))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := cutWords(s, test.text); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.normalizer, test.pre, got, test.want)
		}
	}
	for _, bad := range []string{`{"type":"x"}`, `{"type":1}`, `{"type":"Replace"}`, `{"type":"Replace","pattern":{"Regex":"a*"}}`, `{"type":"Split"}`,
		`{"type":"Split","pattern":{"String":"a"},"behavior":"x"}`, `{"type":"Metaspace","replacement":""}`, `{"type":"Metaspace","replacement":"ab"}`,
		`{"type":"Metaspace","replacement":"a","prepend_scheme":"x"}`, `{"type":"CharDelimiterSplit"}`, `{"type":"Precompiled","precompiled_charsmap":"?"}`} {
		_, asNormalizer := ParsePreTokenizer(json.RawMessage(bad), nil)
		_, asPre := ParsePreTokenizer(nil, json.RawMessage(bad))
		if asNormalizer == nil || asPre == nil {
			t.Errorf("%s is taken: %v, %v", bad, asNormalizer, asPre)
		}
	}
	deep := func(list string) json.RawMessage {
		return json.RawMessage(strings.Repeat(`{"type":"Sequence","`+list+`":[`, 99) + strings.Repeat("]}", 99))
	}
	if _, err := ParsePreTokenizer(deep("normalizers"), nil); err == nil {
		t.Error("99 normalizers one in another are taken")
	}
	if _, err := ParsePreTokenizer(nil, deep("pretokenizers")); err == nil {
		t.Error("99 pre_tokenizers one in another are taken")
	}
}

// The forms are those of package norm, but for many marks behind a letter; and
// what long makes of few marks is the same.
func TestForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, step := range []formStep{formC, formD, formKC, formKD} {
		for i := range 5_000 {
			text := oddText(rng, i%25)
			want := step.form.String(text)
			in := &traced{text: []byte(text)}
			for i := range text {
				for len(in.from) < len(text) && len(in.from) <= i {
					in.from, in.until = append(in.from, i), append(in.until, i+1)
				}
			}
			if got := step.apply(&traced{text: []byte(text)}, &traced{}); string(got.text) != want {
				t.Fatalf("%+q: %+q, want %+q", text, got.text, want)
			}
			if got := step.long(nil, []byte(text)); string(got) != want {
				t.Fatalf("long: %+q: %+q, want %+q", text, got, want)
			}
		}
		got := step.apply(&traced{text: []byte("a" + strings.Repeat("\u0301\u0323", 40) + "b")}, &traced{})
		marks := strings.Repeat("\u0323", 40) + strings.Repeat("\u0301", 40)
		if want := norm.NFD.String("a"); step == formD && string(got.text) != want+marks+"b" {
			t.Errorf("%+q", got.text)
		}
		if strings.ContainsRune(string(got.text), '\u034f') {
			t.Errorf("%+q has a grapheme joiner", got.text)
		}
	}
}

// What is tested is that of the golden files; here what is not a charsmap.
func TestCharsmapErrors(t *testing.T) {
	for _, blob := range []string{"", "\x01", "\x08\x00\x00\x00abcd", "\x03\x00\x00\x00abcd", "\x00\x00\x00\x00\xff", "\xfc\xff\xff\xff"} {
		if _, err := newCharsmap([]byte(blob)); err == nil {
			t.Errorf("%q is taken", blob)
		}
	}
	if c, err := newCharsmap([]byte("\x00\x00\x00\x00")); err != nil || string(c.apply(&traced{text: []byte("a\r\né")}, &traced{}).text) != "a\r\né" {
		t.Errorf("an empty one: %v", err)
	}
}

func FuzzCharsmap(f *testing.F) {
	data := slices.Clone(testCharsmap(f))
	f.Add(data, "ａｂ ﬁe\u0301")
	f.Add(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 4), 1<<31|0xffffff), "\x01")
	f.Fuzz(func(t *testing.T, blob []byte, text string) {
		c, err := newCharsmap(blob)
		if err != nil {
			return
		}
		p := newPipeline(&PreTokenizer{normal: []normalStep{c}}, true)
		p.Each([]byte(text), func(word []byte, start, end int) {
			if start < 0 || end > len(text) || start > end {
				t.Errorf("%q at %d, %d", word, start, end)
			}
		})
	})
}

// testCharsmap returns that of the golden files.
func testCharsmap(t testing.TB) []byte {
	var file struct {
		Normalizer struct {
			Normalizers []struct {
				Charsmap string `json:"precompiled_charsmap"`
			}
		}
	}
	if err := json.Unmarshal(openTestTokenizer(t, "precompiled").sub.file, &file); err != nil {
		t.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(file.Normalizer.Normalizers[0].Charsmap)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}
