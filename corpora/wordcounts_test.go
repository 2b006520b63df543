package corpora

import (
	"fmt"
	"slices"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

func TestWordCounts(t *testing.T) {
	c := NewWordCounts(tokenize.NewWordTokenizer(tokenize.WordOptions{}))
	for _, text := range []string{"The cat sat.", "the cat", "a dog, the", "dog"} {
		c.Add([]byte(text))
	}
	for _, test := range []struct {
		minCount int64
		most     int
		want     []string
	}{
		{1, 10, []string{"the", "cat", "dog", "a", "sat"}},
		{2, 10, []string{"the", "cat", "dog"}},
		{1, 2, []string{"the", "cat"}},
	} {
		v, err := c.Vocabulary(test.minCount, test.most)
		if err != nil || !slices.Equal(v.Tokens(), test.want) {
			t.Errorf("%+v: %v, %v", test, v, err)
		}
	}
	if v, _ := c.Vocabulary(1, 10); v.Count(0) != 3 {
		t.Errorf("count %d, want 3", v.Count(0))
	}
	if _, err := c.Vocabulary(4, 10); err == nil {
		t.Error("no words, but no error")
	}
}

func TestWordCountsRoom(t *testing.T) {
	c := NewWordCounts(tokenize.NewWordTokenizer(tokenize.WordOptions{}))
	c.most = 50
	for i := range 1000 {
		c.Add(fmt.Appendf(nil, "often w%d", i))
	}
	if len(c.counts) > 50 || c.counts["often"] != 1000 || c.Dropped() == 0 {
		t.Errorf("%d words, often %d, dropped %d", len(c.counts), c.counts["often"], c.Dropped())
	}
}
