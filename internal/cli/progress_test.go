package cli

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

// clock is a time that the test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestProgressPlainLines(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(0, 0)}
	p := NewProgress(&out, "skipgram")
	p.now, p.last = c.now, c.now()
	for s := range 35 {
		c.t = time.Unix(int64(s), 0)
		p.Update(float64(s)/100, "1.2M words/s loss 2.31")
	}
	c.t = time.Unix(50, 0)
	p.Update(-1, "unknown whole")
	c.t = time.Unix(60, 0)
	p.Update(1.5, "")
	c.t = time.Unix(70, 0)
	p.Update(math.NaN(), "no number")
	p.Done()
	c.t = time.Unix(100, 0)
	p.Update(1, "after the end")
	want := "skipgram 10% 1.2M words/s loss 2.31\nskipgram 20% 1.2M words/s loss 2.31\nskipgram 30% 1.2M words/s loss 2.31\n" +
		"skipgram unknown whole\nskipgram 100%\nskipgram no number\n"
	if got := out.String(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestProgressShortWorkSaysNothing(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, "count")
	p.Update(0.5, "half")
	p.Done()
	if out.Len() > 0 {
		t.Errorf("wrote %q", out.String())
	}
	var none *Progress
	none.Update(1, "quiet")
	none.Done()
}

func TestProgressTerminalLine(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(1, 0)}
	p := NewProgress(&out, "skipgram")
	p.terminal, p.now, p.last = true, c.now, time.Time{}
	step := func(fraction float64, note string) string {
		out.Reset()
		c.t = c.t.Add(time.Second)
		p.Update(fraction, note)
		return out.String()
	}
	if got := step(0, "starting"); !strings.Contains(got, "0% |                    |") || !strings.Contains(got, "skipgram starting") {
		t.Errorf("at the start: %q", got)
	}
	if got := step(0.31, "1.2M words/s"); !strings.Contains(got, "31% |██████              |") || !strings.Contains(got, "skipgram 1.2M words/s") {
		t.Errorf("on the way: %q", got)
	}
	if got := step(0.5, "950k words/s  loss 2.2937  lr 0.01172  12m40s left"); !strings.Contains(got, "12m40s left") {
		t.Errorf("the bar makes no room: %q", got)
	}
	long := step(1, strings.Repeat("long ", 40))
	last := long[strings.LastIndex(long, "\r")+1:]
	if w := Columns(last); w >= 80 || !strings.Contains(last, "…") {
		t.Errorf("a long note takes %d columns: %q", w, last)
	}
	if strings.Contains(long, "\n") {
		t.Errorf("the line breaks: %q", long)
	}
	out.Reset()
	p.Done()
	if got := out.String(); strings.Trim(got, " \r") != "" || got == "" {
		t.Errorf("Done leaves %q", got)
	}
	if got := step(0.5, "after the end"); got != "" {
		t.Errorf("after Done: %q", got)
	}
}
