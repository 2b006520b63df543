package documents

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Patterns of characters, * and ? match what the regular expressions of their definitions match.
func TestStars(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	draw := func(from string, n int) string {
		runes := []rune(from)
		var b strings.Builder
		for range n {
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		return b.String()
	}
	matched := 0
	for range 30000 {
		pattern, path := draw("ab/é**??", r.IntN(8)), draw("aab/éx\n", r.IntN(10))
		if r.IntN(10) == 0 {
			path = path[:len(path)/2] // perhaps in the middle of a character
		}
		if strings.Contains(pattern, "**") {
			continue
		}
		re := regexp.MustCompile(`(?s)\A(?:` + strings.NewReplacer(`\*`, `[^/]*`, `\?`, `[^/]`).Replace(regexp.QuoteMeta(pattern)) + `)\z`)
		want := re.MatchString(path)
		if got := matchStars(pattern, path); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, path, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 300 {
		t.Errorf("only %d patterns match", matched)
	}
}

// A hostile file of rules does not take long.
func TestHostilePatterns(t *testing.T) {
	rules := parseRules([]byte(strings.Repeat(strings.Repeat("a*", 120)+"b\n"+strings.Repeat("[ab]*", 300)+"\n", 20)))
	l := &level{}
	l.rules[1] = rules
	began := time.Now()
	for range 200 {
		if l.ignored(strings.Repeat("a", 250), false) {
			t.Fatal("ignored")
		}
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("200 files took %v", d)
	}
}
