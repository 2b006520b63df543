package tokenize

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// words returns the tokens of a text.
func tokensOf(t *Tokenizer, text string) string {
	var out []string
	for _, token := range t.Tokens(text) {
		out = append(out, token.Text)
	}
	return strings.Join(out, " ")
}

// A dropped piece is split into the pieces that are left; special tokens and single characters
// stay, whatever their counts.
func TestPrunedWordPiece(t *testing.T) {
	const file = `{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":8,"content":"[CLS]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":false,"lowercase":false},"pre_tokenizer":{"type":"BertPreTokenizer"},
"post_processor":{"type":"BertProcessing","sep":["[CLS]",8],"cls":["[CLS]",8]},"decoder":null,
"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
"vocab":{"charges":0,"charge":1,"##s":2,"c":3,"##é":4,"[UNK]":5,"ch":6,"##arge":7,"[CLS]":8,"ñu":9,"##a":10,"##r":11,"##g":12,"##e":13,"##h":14}}}`
	full, err := Parse("tokenizer.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVocabulary(full.Vocabulary().Tokens(), []int64{1, 9, 5, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	if full, err = full.WithVocabulary(v); err != nil {
		t.Fatal(err)
	}
	if got := tokensOf(full, "charges ñu"); got != "charges ñu" {
		t.Fatal(got)
	}
	// 11 tokens must stay: [UNK], [CLS], 8 single characters, and ñu, whose ñ is not a token.
	// The other three are charge, ##arge and, if there is room, ch; charges is the rarest.
	for _, test := range []struct {
		n         int
		ids, want string
	}{
		{14, "1 2 3 4 5 6 7 8 9 10 11 12 13 14", "charge ##s ñu c ##é"},
		{12, "1 2 3 4 5 8 9 10 11 12 13 14", "charge ##s ñu c ##é"},
		{11, "2 3 4 5 8 9 10 11 12 13 14", "c ##h ##a ##r ##g ##e ##s ñu c ##é"},
	} {
		pruned, ids, err := full.Pruned(test.n)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Trim(strings.Join(strings.Fields(sprint(ids)), " "), "[]"); got != test.ids {
			t.Errorf("%d: ids %s, want %s", test.n, got, test.ids)
		}
		if got := tokensOf(pruned, "charges ñu cé"); got != test.want {
			t.Errorf("%d: %q, want %q", test.n, got, test.want)
		}
		if pruned.Vocabulary().Len() != len(ids) {
			t.Errorf("%d: %d tokens", test.n, pruned.Vocabulary().Len())
		}
		for i, id := range ids {
			if pruned.Vocabulary().Token(int32(i)) != v.Token(id) || pruned.Vocabulary().Count(int32(i)) != v.Count(id) {
				t.Errorf("%d: row %d is %q, want %q", test.n, i, pruned.Vocabulary().Token(int32(i)), v.Token(id))
			}
		}
	}
	if _, _, err := full.Pruned(10); err == nil || !strings.Contains(err.Error(), "at least 11") {
		t.Errorf("10: %v", err)
	}
	if same, ids, err := full.Pruned(15); same != full || ids != nil || err != nil {
		t.Errorf("15: %v %v", ids, err)
	}
}

func sprint(ids []int32) string {
	data, _ := json.Marshal(ids)
	return strings.ReplaceAll(string(data), ",", " ")
}

// The parts of a merge stay with it, and merges of dropped tokens go.
func TestPrunedBPE(t *testing.T) {
	const file = `{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
"vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4,"bc":5,"abcabc":6},"merges":["a b",["ab","c"],["b","c"],["abc","abc"]]}}`
	full, err := Parse("tokenizer.json", []byte(strings.Replace(file, `"a b"`, `["a","b"]`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVocabulary(full.Vocabulary().Tokens(), []int64{0, 0, 0, 1, 1, 5, 7})
	if err != nil {
		t.Fatal(err)
	}
	if full, err = full.WithVocabulary(v); err != nil {
		t.Fatal(err)
	}
	// abcabc is the most frequent; with it must stay abc and ab, and bc has no place.
	pruned, ids, err := full.Pruned(6)
	if err != nil || sprint(ids) != "[0 1 2 3 4 6]" {
		t.Fatal(sprint(ids), err)
	}
	if got := tokensOf(pruned, "abcabc cbc"); got != "abcabc c b c" {
		t.Errorf("got %q", got)
	}
	// With 4 there is room for bc only.
	pruned, ids, err = full.Pruned(4)
	if err != nil || sprint(ids) != "[0 1 2 5]" {
		t.Fatal(sprint(ids), err)
	}
	if got := tokensOf(pruned, "abcabc"); got != "a bc a bc" {
		t.Errorf("got %q", got)
	}
}

func TestPrunedUnigram(t *testing.T) {
	const file = `{"version":"1.0","added_tokens":[{"id":0,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"post_processor":null,"decoder":null,
"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁ab",-1],["▁",-3],["a",-3],["b",-3],["▁a",-2]],"byte_fallback":false}}`
	full, err := Parse("tokenizer.json", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	pruned, ids, err := full.Pruned(5) // all counts are 0: the first tokens come first
	if err != nil || sprint(ids) != "[0 1 2 3 4]" {
		t.Fatal(sprint(ids), err)
	}
	if got := tokensOf(pruned, "ab a"); got != "▁ab ▁ a" {
		t.Errorf("got %q", got)
	}
	if pruned.Unknown() != 0 {
		t.Errorf("unknown %d", pruned.Unknown())
	}
}

// A tokenizer of words loses the rarest words.
func TestPrunedWords(t *testing.T) {
	v, err := NewVocabulary([]string{"a", "b", "c"}, []int64{3, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	full, err := NewWordTokenizer(WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	pruned, ids, err := full.Pruned(2)
	if err != nil || sprint(ids) != "[0 2]" {
		t.Fatal(sprint(ids), err)
	}
	if got := pruned.Encode(nil, "a b c"); !slices.Equal(got, []int32{0, 1}) {
		t.Errorf("got %v", got)
	}
}

// Whatever is dropped of a real tokenizer, no word of its vocabulary becomes unknown.
func TestPrunedKnowsAll(t *testing.T) {
	files, err := os.ReadDir("testdata/tokenizers")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") || f.Name() == "words.json" { // whole words have no parts
			continue
		}
		full, err := Open("testdata/tokenizers/" + f.Name())
		if err != nil || !full.Subwords() {
			continue
		}
		n := full.Vocabulary().Len()
		pruned, ids, err := full.Pruned(n * 3 / 4)
		if err != nil {
			continue
		}
		tried++
		if len(ids) > n*3/4 {
			t.Errorf("%s: %d of %d", f.Name(), len(ids), n)
		}
		for _, token := range full.Vocabulary().Tokens() {
			before := full.Encode(nil, token)
			if slices.Contains(before, full.Unknown()) {
				continue
			}
			for _, id := range pruned.Encode(nil, token) {
				if id == pruned.Unknown() && id >= 0 {
					t.Errorf("%s: %q is unknown", f.Name(), token)
				}
			}
		}
	}
	if tried < 5 {
		t.Errorf("only %d tokenizers", tried)
	}
}
