package embed

import (
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
)

func TestInfoOfSeveralTexts(t *testing.T) {
	m := modelInfo{Model: "model", Config: checkpoints.Config{
		Kind:   "skipgram",
		Corpus: checkpoints.CorpusInfo{Sources: []string{"third.txt"}, RawWords: 3, Lines: 1},
		Earlier: []checkpoints.CorpusInfo{
			{Sources: []string{"first.txt"}, RawWords: 1, Lines: 1},
			{Sources: []string{"second.txt"}, RawWords: 2, Lines: 1},
		},
	}}
	var b strings.Builder
	if err := m.write(&b, 80); err != nil {
		t.Fatal(err)
	}
	const want = "trained on  third.txt: 3 words in 1 line\nbefore that second.txt: 2 words in 1 line\nbefore that first.txt: 1 word in 1 line\n"
	if !strings.Contains(b.String(), want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", b.String(), want)
	}
}
