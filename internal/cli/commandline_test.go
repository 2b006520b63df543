package cli

import "testing"

func TestPathArgumentQuoted(t *testing.T) {
	for want, path := range map[string]string{
		"model":         "model",
		"'my model'":    "my model",
		`'it'\''s'`:     "it's",
		"'two\nlines'":  "two\nlines",
		"./-model":      "-model",
		"''":            "",
		"'a$b{c}`d`!.'": "a$b{c}`d`!.",
	} {
		if got := quoted(PathArgument(path)); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
