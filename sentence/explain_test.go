package sentence

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func explained(t *testing.T, enc *Encoder, text string) (*Explanation, string) {
	t.Helper()
	x, err := enc.Explain(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	n, err := x.WriteTo(&b)
	if err != nil || int(n) != b.Len() {
		t.Fatalf("WriteTo = %d, %v; it wrote %d bytes", n, err, b.Len())
	}
	return x, b.String()
}

func TestExplainFitsTheTerminal(t *testing.T) {
	l := randomLayers(t, shape{100, 64, 32, true}, 40)
	for i := range l.Embedding.Data { // the widest numbers there are
		l.Embedding.Data[i] *= -1.2345e-8
	}
	for i := range l.Linear.Data {
		l.Linear.Data[i] *= 1.2345e-8
	}
	for i := range l.Bias.Data {
		l.Bias.Data[i] *= -1.2345e-8
	}
	enc, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	long := "漢字 " + strings.Repeat("waa unheard wab "+strings.Repeat("x", 300)+" 漢字漢字漢字漢字 ", 20)
	_, out := explained(t, enc, long)
	for _, line := range strings.Split(out, "\n") {
		if n := columns(line); n > terminalColumns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"waa", "unknown", "first 5 of 100 numbers", "of 64 numbers", "of 32 numbers", "  …  ", "more, which are used"} {
		if !strings.Contains(out, want) {
			t.Errorf("the explanation doesn't say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "weights") {
		t.Error("it shows the weights of a large model")
	}
}

func TestExplainUnknown(t *testing.T) {
	x, out := explained(t, WorkedExample(), "who am Ishmael\x1b[2J")
	if x.Known != 2 || x.Unknown < 1 {
		t.Errorf("%d known, %d unknown", x.Known, x.Unknown)
	}
	if !strings.Contains(out, "Ishmael  unknown") || strings.Contains(out, "\x1b") {
		t.Errorf("got:\n%s", out)
	}
	if !strings.Contains(out, "divided by 2") {
		t.Errorf("the mean isn't over the two known tokens:\n%s", out)
	}
	for _, text := range []string{"", "Ishmael", "..."} {
		x, out := explained(t, WorkedExample(), text)
		if x.Known != 0 || !strings.Contains(out, "the vector is zero") || x.Vector[0] != 0 || x.Vector[1] != 0 {
			t.Errorf("%q: %d known, vector %v:\n%s", text, x.Known, x.Vector, out)
		}
	}
}

func TestExplainPlainTable(t *testing.T) {
	l := randomLayers(t, shape{dim: 3, normalize: true}, 10)
	enc, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	x, out := explained(t, enc, "waa wab")
	if x.Projection != nil || x.Tokens[0].Linear != nil || x.Tokens[0].ReLU != nil || x.Weights != nil {
		t.Error("an encoder without layers explains some")
	}
	if x.Normalized == nil || strings.Contains(out, "linear") || !strings.Contains(out, "normalized") {
		t.Errorf("got:\n%s", out)
	}
}

func TestExplanationJSON(t *testing.T) {
	x, _ := explained(t, WorkedExample(), "am I Ishmael")
	data, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"text":"am I Ishmael","tokens":[` +
		`{"text":"am","id":9,"start":0,"end":2,"embedding":[1,0,1,0],"linear":[1,0,1,1],"relu":[1,0,1,1],"folded":[1,2]},` +
		`{"text":"I","id":14,"start":3,"end":4,"embedding":[1,2,0,0],"linear":[3,2,0,-1],"relu":[3,2,0,0],"folded":[5,0]},` +
		`{"text":"Ishmael","id":-1,"start":5,"end":12}],"known":2,"unknown":1,` +
		`"folded":{"vector":[3,1],"difference":0,"values":116,"folded_values":44},` +
		`"weights":{"linear":[[1,1,0,0],[0,1,0,1],[1,0,1,0],[1,-1,0,0]],"bias":[0,0,-1,0],"projection":[[1,1,0,0],[0,0,1,1]]},` +
		`"pooling":"mean","mean":[2,1,0.5,0.5],"projection":[3,1],"vector":[3,1],"norm":3.1622776601683795}`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"short":          "short",
		"exactlytwelv":   "exactlytwelv",
		"thirteenchars":  "thirteencha…",
		"漢字漢字漢字":         "漢字漢字漢字",
		"漢字漢字漢字漢":        "漢字漢字漢…",
		"e\u0301t\u0301": "e\u0301t\u0301",
		"a\x07b":         "a\ufffdb",
	} {
		got := clip(in)
		if got != want || columns(got) > labelColumns || !utf8.ValidString(got) {
			t.Errorf("clip(%q) = %q, want %q", in, got, want)
		}
	}
}
