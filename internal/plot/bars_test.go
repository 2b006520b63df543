package plot

import (
	"bytes"
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	bars := []Bar{{"BM25", 0.3957, 0.358, 0.432}, {"model", 0.36, 0.36, 0.36}, {"a model with a long name", -0.2, -0.4, 0.1}}
	svg, err := Bars("nDCG@10", bars)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"BM25", "a model with a long name", "nDCG@10"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %q in the plot", want)
		}
	}
	again, err := Bars("nDCG@10", bars)
	if err != nil || !bytes.Equal(svg, again) {
		t.Errorf("the plot differs the second time (%v)", err)
	}
	if _, err := Bars("nothing", nil); err == nil {
		t.Error("no error without figures")
	}
}
