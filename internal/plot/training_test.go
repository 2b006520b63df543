package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// logOf returns a training log with the given number of lines. If judged is set, it has results
// for two validation sets after each tenth of the lines.
func logOf(lines int, judged bool) []byte {
	var b strings.Builder
	for i := 1; i <= lines; i++ {
		p := float64(i) / float64(lines)
		fmt.Fprintf(&b, `{"time":"2026-01-02T03:04:05Z","progress":%g,"epoch":1,"loss":%g,"words_per_second":1e6,"lr":%g}`+"\n",
			p, 2+1.5*math.Exp2(-8*p)+float64(i*7919%13)/100, 0.025*(1-p))
		if judged && i%(lines/10) == 0 {
			at := fmt.Sprintf(`{"time":"2026-01-02T03:04:05Z","kind":"validation","progress":%g,"epoch":1,`, p)
			fmt.Fprintf(&b, at+`"set":"WordSim-353","metric":"spearman","value":%g,"found":333,"of":353,"best":%v}`+"\n", p*(1.7-p), i <= lines*8/10)
			fmt.Fprintf(&b, at+`"set":"held.txt","metric":"loss","value":%g,"found":9000,"of":10000}`+"\n", 2.3+math.Exp2(-6*p))
		}
	}
	return []byte(b.String())
}

func TestTraining(t *testing.T) {
	for name, c := range map[string]struct {
		log []byte
		o   TrainingOptions
	}{
		"plain":  {logOf(50, false), TrainingOptions{Title: "skipgram, 20,589 words, 100 dimensions", Epochs: 15}},
		"judged": {logOf(100, true), TrainingOptions{Title: "cbow, 76,908 words, 300 dimensions", Epochs: 3}},
	} {
		svg, image, err := Training(c.log, c.o)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, svg, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// On processors with fused multiply-add the last digit may differ.
		if runtime.GOARCH == "amd64" && !bytes.Equal(svg, want) {
			t.Errorf("%s differs; inspect the plot and run the test with -update", file)
		}
		again, imageAgain, err := Training(c.log, c.o)
		if err != nil || !bytes.Equal(svg, again) || !bytes.Equal(image, imageAgain) {
			t.Errorf("%s: plotted twice, the results differ: error %v", name, err)
		}
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, text := range []string{c.o.Title, "loss (nats per target)", "learning rate", "epochs (passes over the text)"} {
			if !bytes.Contains(svg, []byte(">"+text+"<")) {
				t.Errorf("%s: the text %q is missing", name, text)
			}
		}
		img, err := png.Decode(bytes.NewReader(image))
		if err != nil || img.Bounds().Dx() != 960 || img.Bounds().Dy() < 600 {
			t.Errorf("%s: %v, %v", name, img.Bounds(), err)
		}
	}
}

// Unusual logs are plotted or refused, without a panic.
func TestTrainingUnusualLogs(t *testing.T) {
	line := func(progress, loss, lr string) string {
		return fmt.Sprintf(`{"progress":%s,"loss":%s,"lr":%s}`+"\n", progress, loss, lr)
	}
	for name, log := range map[string]string{
		"one line":        line("1", "2.5", "0.025"),
		"at the start":    line("0", "0", "0"),
		"constant":        line("0.1", "2", "1e-9") + line("1", "2", "1e-9"),
		"huge":            line("0.1", "1e300", "1e300") + line("1", "-1e300", "1"),
		"tiny steps":      line("0.5", "2.0000000000000004", "1") + line("0.50000001", "2", "1"),
		"one validation":  line("1", "2", "1") + `{"kind":"validation","progress":1,"set":"<&>","metric":"accuracy","value":0,"best":true}`,
		"only loss":       line("1", "2", "1") + `{"kind":"validation","progress":1,"set":"a","metric":"loss","value":2}`,
		"another kind":    line("1", "2", "1") + `{"kind":"weather","progress":7}`,
		"many sets":       line("1", "2", "1") + strings.Repeat(`{"kind":"validation","progress":1,"set":"a","metric":"m","value":1}`+"\n", 9),
		"unknown members": `{"progress":1,"loss":2,"lr":1,"more":[{}]}`,
	} {
		if svg, image, err := Training([]byte(log), TrainingOptions{}); err != nil || len(svg) == 0 || len(image) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, log := range map[string]string{"empty": "", "validation only": `{"kind":"validation","progress":1}`} {
		if _, _, err := Training([]byte(log), TrainingOptions{}); !errors.Is(err, ErrEmpty) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, log := range map[string]string{"no JSON": "{", "no object": "[1]", "text": line("1", `"x"`, "1")} {
		if svg, _, err := Training([]byte(line("1", "2", "1")+log), TrainingOptions{}); err == nil || svg != nil || !strings.Contains(err.Error(), "object 2: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Training([]byte(line("1", "2", "1")), TrainingOptions{Epochs: math.Inf(1)}); err == nil {
		t.Error("a panic of the library did not become an error")
	}
}

// If training was continued on new text, only that part is plotted.
func TestTrainingContinued(t *testing.T) {
	second := logOf(50, false)
	want, _, err := Training(second, TrainingOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Training(append(logOf(100, true), second...), TrainingOptions{})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the plot contains the first part: error %v", err)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 6, "0 1 2 3 4 5 6"},
		{0, 15, "0 2 4 6 8 10 12 14"},
		{0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{1.93, 3.67, "2.0 2.2 2.4 2.6 2.8 3.0 3.2 3.4 3.6"},
		{-0.11, 0.5, "-0.1 0.0 0.1 0.2 0.3 0.4 0.5"},
		{0, 0.025, "0.000 0.005 0.010 0.015 0.020 0.025"},
		{0, 40000, "0 10000 20000 30000 40000"},
		{3, 3, "3"},
		{math.NaN(), 1, "NaN"},
	} {
		var labels []string
		for _, tick := range ticks(c.low, c.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%g to %g: %s, want %s", c.low, c.high, got, c.want)
		}
	}
	var _ plot.Ticker = plot.TickerFunc(ticks)
}
