package tokenize

import (
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
)

func TestCutAgain(t *testing.T) {
	words := NewWordTokenizer(WordOptions{})
	for name, test := range map[string]struct {
		text, example string // "" if nothing is reported
		parts         []string
	}{
		"Chinese, split":  {"今天 天气 很 好 ， 我们 去 北京 大学 。\n他 喜欢 学习 语言 。\n", "今天", []string{"今", "天"}},
		"Chinese":         {"今天天气很好，我们去北京大学。 他喜欢学习语言。 明天也去。\n今天天气很好。 我们去北京大学。\n", "", nil},
		"Japanese, split": {"私 は 昨日 東京 に 行き まし た 。 とても 楽しかっ た です\n", "昨日", []string{"昨", "日"}},
		"Thai, split":     {"ฉัน รัก ภาษา ไทย มาก\nวันนี้ อากาศ ดี เรา ไป โรงเรียน\n", "ฉัน", []string{"ฉั", "น"}},
		"Thai":            {"ฉันรักภาษาไทยมากเพราะสวยงาม วันนี้อากาศดีเราไปโรงเรียนกัน\nนักเรียนทุกคนชอบครูคนใหม่ เพราะครูสอนสนุกมากเลย\nขอบคุณมากครับสำหรับทุกอย่าง แล้วพบกันใหม่พรุ่งนี้ตอนเช้า\n", "", nil},
		"codes":           {"SKU-1-A SKU-2-B SKU-3-C\nSKU-1-A SKU-7-B SKU-9-A SKU-11-C SKU-4-D\n", "SKU-1-A", []string{"sku", "1", "a"}},
		"tags":            {"The/DT cat/NN sat/VBD on/IN the/DT mat/NN\nA/DT dog/NN barked/VBD\n", "The/DT", []string{"the", "dt"}},
		"nodes":           {"user:1 item:22 user:3 item:4 user:5\nuser:1 item:9 user:3 item:4\n", "user:1", []string{"user", "1"}},
		"numbers":         {"101 22 7 105 3 19 101\n22 7 3 105 19 101 8 12\n", "", nil},
		"English":         {string(corporatest.SampleText(t, 1<<17)), "", nil},
		"hyphens":         {"a well-known state-of-the-art method, and/or others: we use it here and there\nso it goes on and on\n", "", nil},
		"Korean":          {"나는 한국어를 공부합니다 오늘 날씨가 좋습니다\n우리는 학교에 갑니다 그리고 밥을 먹습니다\n", "", nil},
		"list":            {"北京\n上海\n广州\n深圳\n天津\n重庆\n成都\n武汉\n西安\n", "", nil},
		"empty":           {"", "", nil},
	} {
		found := words.CutAgain([]byte(test.text))
		switch {
		case found == nil && test.example != "":
			t.Errorf("%s: nothing found", name)
		case found != nil && (found.Example != test.example || !slices.Equal(found.Parts, test.parts)):
			t.Errorf("%s: %+v", name, found)
		case found != nil && !strings.Contains(found.String(), "as "+test.example+" into "):
			t.Errorf("%s: %s", name, found)
		}
		if NewWordTokenizer(WordOptions{Whitespace: true}).CutAgain([]byte(test.text)) != nil {
			t.Errorf("%s: white space is found to be cut", name)
		}
	}
}

func TestNoWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "the text is empty",
		" \n\n":                   "the text is empty",
		"😀 🎉 😀\n":                 "set Tokenizer to whitespace",
		"--- *** ---\n":           "set Tokenizer to whitespace",
		strings.Repeat("x", 1001): "words of more than 1000 bytes are skipped",
		strings.Repeat("語", 999):  "words of more than 1000 bytes are skipped",
	} {
		if got := NewWordTokenizer(WordOptions{}).NoWords([]byte(text)); !strings.Contains(got, want) {
			t.Errorf("%.20q: %q, want %q", text, got, want)
		}
	}
	s := NewWordTokenizer(WordOptions{}).NewScanner()
	s.Words([]byte(strings.Repeat("x", 1001)+" a "+strings.Repeat("é", 501)+" b"), func([]byte) {})
	if s.Skipped() != 2 {
		t.Errorf("%d skipped", s.Skipped())
	}
}
