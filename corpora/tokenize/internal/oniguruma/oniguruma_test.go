package oniguruma

import (
	"slices"
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{`\s+`, "a\u00a0\u3000b c", []string{"\u00a0\u3000", " "}}, // white space of Unicode
		{`\S+`, "a\u00a0b", []string{"a", "b"}},
		{`\d`, "1٣", []string{"1", "٣"}}, // digits of Unicode
		{`\D+`, "1x٣y", []string{"x", "y"}},
		{`[\s\d]`, "a\u00a0٣", []string{"\u00a0", "٣"}},
		{`[^\s]+`, "ab\u2028c", []string{"ab", "c"}},
		{`^.`, "ab\ncd", []string{"a", "c"}}, // ^ and $ are the ends of lines
		{`.$`, "ab\ncd", []string{"b", "d"}},
		{`[$^]`, "a$^", []string{"$", "^"}},
		{`\p{L}+|\P{L}`, "ab1", []string{"ab", "1"}},
		{`(?:a|b)(?i:C)`, "ac bC", []string{"ac", "bC"}},
		{`\.\-\\`, `.-\`, []string{`.-\`}},
	} {
		re, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := re.FindAllString(c.text, -1); !slices.Equal(got, c.want) {
			t.Errorf("%s finds %q in %q, want %q", c.pattern, got, c.text, c.want)
		}
	}
}

// What may mean something else in package regexp is refused.
func TestCompileRefuses(t *testing.T) {
	for pattern, want := range map[string]string{
		`a\`:         `\ at the end`,
		`\w`:         `\w`,
		`\b`:         `\b`,
		`\h`:         `\h`,
		`\1`:         `\1`,
		`[\S]`:       `\S in a class`,
		`[a[b]]`:     "a class in a class",
		`[a&&b]`:     "a class in a class",
		`[]a]`:       "] at the start of a class",
		`[^]a]`:      "] at the start of a class",
		`(?=a)`:      "(?=a",
		`(?<name>a)`: "(?<n",
		`(?s)a`:      "(?s)",
		`a*`:         "a pattern that matches the empty string",
		`(a`:         "missing closing )",
	} {
		if _, err := Compile(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", pattern, err, want)
		}
	}
}
