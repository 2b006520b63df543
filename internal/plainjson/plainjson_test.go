package plainjson

import (
	"encoding/json"
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
