package pretokenizers

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// oddText returns random text of characters that the patterns distinguish.
func oddText(rng *rand.Rand, n int) string {
	pool := []rune("aAbsStTreEvmldD'''    \n\r\t\v\u00a0\u3000 019٣Ⅷ.,!?-_é漢ハか\u0301\u0323\u0307\u0345ſßİﬁ가ᄀ\u11a8👍\u200d\ufe0f▁")
	var b strings.Builder
	for range n {
		b.WriteRune(pool[rng.IntN(len(pool))])
	}
	return b.String()
}

// The hand-written scanners for GPT-2 and its successors find the words of the regular
// expressions.
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
			t.Errorf("%s is accepted", pattern)
		}
	}
}

// cutWords returns the words of a text.
func cutWords(s *PreTokenizer, text string) string {
	var words []string
	s.NewWorker(false).Each([]byte(text), func(word []byte, _, _ int) { words = append(words, string(word)) })
	return strings.Join(words, "|")
}

// The examples come from Hugging Face's documentation.
func TestBehaviors(t *testing.T) {
	for name, want := range map[string]string{
		"Removed":            "the|final|countdown",
		"Isolated":           "the|-|final|-|-|countdown",
		"MergedWithPrevious": "the-|final-|-|countdown",
		"MergedWithNext":     "the|-final|-|-countdown",
		"Contiguous":         "the|-|final|--|countdown",
	} {
		s, err := Parse(nil, json.RawMessage(`{"type":"Split","pattern":{"String":"-"},"behavior":"`+name+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := cutWords(s, "the-final--countdown"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPreTokenizers(t *testing.T) {
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
		s, err := Parse(json.RawMessage(test.normalizer), json.RawMessage(test.pre))
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
		_, asNormalizer := Parse(json.RawMessage(bad), nil)
		_, asPre := Parse(nil, json.RawMessage(bad))
		if asNormalizer == nil || asPre == nil {
			t.Errorf("%s is accepted: %v, %v", bad, asNormalizer, asPre)
		}
	}
	deep := func(list string) json.RawMessage {
		return json.RawMessage(strings.Repeat(`{"type":"Sequence","`+list+`":[`, 99) + strings.Repeat("]}", 99))
	}
	if _, err := Parse(deep("normalizers"), nil); err == nil {
		t.Error("99 nested normalizers are accepted")
	}
	if _, err := Parse(nil, deep("pretokenizers")); err == nil {
		t.Error("99 nested pre_tokenizers are accepted")
	}
}
