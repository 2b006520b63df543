package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// runConfig runs "tool work --config FILE args..." and returns what the command
// saw of its flags, or the message.
func runConfig(t *testing.T, text string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	saw := ""
	status, _, stderr := runTool(t, func(cmd *cobra.Command, _ []string) error {
		number, _ := cmd.Flags().GetInt("number")
		tags, _ := cmd.Flags().GetStringArray("tag")
		saw = fmt.Sprintf("%d %q json=%v quiet=%v", number, tags, JSON(cmd), Quiet(cmd))
		return nil
	}, append([]string{"work", "--config", path}, args...)...)
	if status == StatusDone {
		return saw
	}
	return fmt.Sprintf("%d: %s", status, strings.ReplaceAll(stderr, path, "FILE"))
}

func TestConfigValues(t *testing.T) {
	tests := []struct{ name, text, args, want string }{
		{"empty", "", "", `7 [] json=false quiet=false`},
		{"toml", "# settings\nnumber = 12 # more\n\nquiet = true\n", "", `12 [] json=false quiet=true`},
		{"command line wins", "number = 12\ntag = 'file'\n", "-n 3 --tag=line", `3 ["line"] json=false quiet=false`},
		{"quotes", `tag = "a # b"` + "\n", "", `7 ["a # b"] json=false quiet=false`},
		{"list", `tag = ['a', "b, c", 2] # e` + "\n", "", `7 ["a" "b, c" "2"] json=false quiet=false`},
		{"windows line ends", "\ufeffnumber = 12\r\nquiet = true\r\n", "", `12 [] json=false quiet=true`},
		{"json", "{\n \"number\": 12, \"tag\": [\"a\", 2],\n \"quiet\": true}\n", "", `12 ["a" "2"] json=false quiet=true`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := runConfig(t, test.text, strings.Fields(test.args)...); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown key", "number = 1\nnmber = 2\n", `FILE:2: "nmber" is not a setting of "tool work"` + "\nhint: did you mean number? "},
		{"unknown json key", "{\"number\": 1,\n\"nmber\": 2}", `FILE:2: "nmber" is not a setting of "tool work"`},
		{"itself", "config = 'x'\n", `FILE:1: "config" is not a setting`},
		{"bad value", "\nnumber = 'many'\n", `FILE:2: "number" must be a whole number, got "many"`},
		{"not a choice", "\nkind = 'odd'\n", `FILE:2: "kind" must be fast or slow, got "odd"`},
		{"twice", "number = 1\n\nnumber = 2\n", `FILE:3: Key 'number' has already been defined.`},
		{"twice in other words", "ta_g = 1\nta-g = 2\n", `FILE:1: "ta_g" is not a setting`},
		{"list for one", "number = [1, 2]\n", `FILE:1: "number" takes one value, not a list`},
		{"no value", "number =\ntag = 'x'\n", `FILE:1: `},
		{"no quotes", "number = 3\ntag = x\n", `FILE:2: `},
		{"no separator", "number 3\n", `FILE:1: `},
		{"colon", "quiet = true\nnumber: 3\n", `FILE:2: `},
		{"table", "quiet = true\n[number]\na = 1\n", `FILE:2: "number" must be a string, a number`},
		{"dotted key", "quiet = true\ntool.number = 1\n", `FILE:2: "tool" must be a string, a number`},
		{"table in a table", "[tool.work]\nnumber = 1\n", `FILE:1: "tool" must be a string, a number`},
		{"a letter", "x = 1\n", `FILE:1: "x" is not a setting of "tool work"` + "\nhint: the keys are"},
		{"open quote", "tag = \"a\n", `FILE:1: `},
		{"a date", "tag = 2020-01-02\n", `FILE:1: "tag" must be a string, a number`},
		{"nested json", "{\"number\": {\"a\": 1}}", `FILE:1: "number" must be a string`},
		{"cut json", "{\"number\": 1", `FILE:1: the file ends too early`},
		{"after json", "{} x", `FILE:1: text after the closing brace`},
		{"too large", "number = 1e999\n", `FILE:1: 1e999 is out of range` + "\nhint: "},
		{"too large a whole number", "quiet = true\nnumber = 99999999999999999999\n", `FILE:2: 99999999999999999999 is out of range` + "\nhint: "},
		{"too large in json", "{\"number\": 1e999}", `FILE:1: "number" must be a whole number, got "1e999"`},
		{"binary", "number\x00", `FILE is not a configuration file`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := runConfig(t, test.text)
			if !strings.HasPrefix(got, "2: tool: "+test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("number = 1\ntag = [a, \"b\"]\n")
	f.Add("{\"a\": [1, true]}")
	f.Add("tag:\n - 'x'\n")
	f.Fuzz(func(t *testing.T, text string) {
		settings, err := parseTOMLConfig("f", text)
		if strings.HasPrefix(text, "{") {
			settings, err = parseJSONConfig("f", []byte(text))
		}
		for _, s := range settings {
			if err == nil && s.line < 1 {
				t.Errorf("%q has line %d", s.key, s.line)
			}
		}
	})
}
