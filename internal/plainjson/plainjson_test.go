package plainjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
)

func TestMarshal(t *testing.T) {
	v := map[string]any{"a": "<b> & c", "d": []int{1}}
	for indent, want := range map[string]string{
		"":   `{"a":"<b> & c","d":[1]}`,
		"  ": "{\n  \"a\": \"<b> & c\",\n  \"d\": [\n    1\n  ]\n}",
	} {
		if got, err := Marshal(v, indent); err != nil || string(got) != want {
			t.Errorf("indent %q: %s, %v", indent, got, err)
		}
	}
	if _, err := Marshal(func() {}, ""); err == nil {
		t.Error("a function was written as JSON")
	}
}

func TestAppendString(t *testing.T) {
	for _, s := range []string{"", "plain", "<naïve> & co", `say "no"`, `C:\temp`, "tab\tline\nbell\a", "\u2028 and \u2029", "…", "\x7f"} {
		want, err := Marshal(s, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := AppendString([]byte("x"), s)
		if err != nil || string(got) != "x"+string(want) {
			t.Errorf("%q is written as %s, want x%s (%v)", s, got, want, err)
		}
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil || back != s {
			t.Errorf("%q reads back as %q (%v)", s, back, err)
		}
	}
}

func TestOr(t *testing.T) {
	zero := 0
	if Or(nil, 5) != 5 || Or(&zero, 5) != 0 {
		t.Error("Or must return its default for nil only")
	}
}

// A value of the wrong type is described without Go's names.
func TestExplain(t *testing.T) {
	var into struct {
		Progress struct {
			Blocks int   `json:"blocks"`
			Best   *bool `json:"best"`
		} `json:"progress"`
		Names []string `json:"names"`
		Rate  float32  `json:"rate"`
	}
	for text, want := range map[string]string{
		`{"progress": {"blocks": "x"}}`: `"progress.blocks": expected a whole number of 64 bits but found a string`,
		`{"progress": {"blocks": 1.5}}`: `"progress.blocks": expected a whole number of 64 bits but found 1.5`,
		`{"progress": {"best": []}}`:    `"progress.best": expected true or false but found a list`,
		`{"progress": 3}`:               `"progress": expected an object but found a number`,
		`{"names": {"a": 1}}`:           `"names": expected a list but found an object`,
		`{"names": [true]}`:             `"names": expected a string but found true or false`,
		`{"rate": 1e99}`:                `"rate": expected a number of 32 bits but found 1e99`,
		`[]`:                            `expected an object but found a list`,
		`{"progress": `:                 `unexpected end of JSON input`,
	} {
		err := json.Unmarshal([]byte(text), &into)
		if got := Explain(fmt.Errorf("a.json: %w", err)); got.Error() != "a.json: "+want || !errors.Is(got, err) {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
	if Explain(nil) != nil {
		t.Error("Explain(nil) is not nil")
	}
}
