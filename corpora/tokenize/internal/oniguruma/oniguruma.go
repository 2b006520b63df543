// Package oniguruma compiles the patterns in a tokenizer.json. They are regular expressions
// of Oniguruma; Compile translates them to package regexp where they mean the same
// there, and rejects them where they may not.
package oniguruma

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Choice is a pattern in a tokenizer.json: {"String": …} or {"Regex": …}.
type Choice struct {
	String *string
	Regex  *string
}

// The classes \s and \d are Unicode classes in Oniguruma but ASCII classes in Go.
const (
	spaceClass = `\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	digitClass = `\p{Nd}`
)

// maxStates limits the size of a pattern; those of GPT-2 and its successors have less than 200.
const maxStates = 10_000

// Compile translates and compiles a pattern. Patterns that match the empty string are
// rejected.
func Compile(pattern string) (*regexp.Regexp, error) {
	refuse := func(what string) (*regexp.Regexp, error) {
		return nil, fmt.Errorf("pattern %.60q: %s is not supported", pattern, what)
	}
	var b strings.Builder
	inside := false // a class
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		rest := pattern[i:]
		switch {
		case c == '\\':
			if i++; i == len(pattern) {
				return refuse(`\ at the end`)
			}
			e := pattern[i]
			class := map[byte]string{'s': spaceClass, 'd': digitClass, 'S': spaceClass, 'D': digitClass}[e]
			switch {
			case class != "" && (e == 'S' || e == 'D') && inside:
				return refuse(`\` + string(rune(e)) + " in a class")
			case class != "" && inside:
				b.WriteString(class)
			case class != "" && (e == 'S' || e == 'D'):
				b.WriteString("[^" + class + "]")
			case class != "":
				b.WriteString("[" + class + "]")
			case !inside && (e == 'A' || e == 'z'): // the ends of the text
				b.WriteByte('\\')
				b.WriteByte(e)
			case e == 'p' || e == 'P' || strings.IndexByte("rntfv", e) >= 0 || e < utf8.RuneSelf && !isLetterOrDigit(e):
				b.WriteByte('\\')
				b.WriteByte(e)
			default:
				return refuse(`\` + string(rune(e)))
			}
		case inside && (c == '[' || strings.HasPrefix(rest, "&&")):
			return refuse("a class in a class")
		case c == '[':
			inside = true
			b.WriteByte(c)
			if strings.HasPrefix(rest, "[^") {
				b.WriteByte('^')
				i++
			}
			if strings.HasPrefix(pattern[i+1:], "]") {
				return refuse("] at the start of a class")
			}
		case c == ']':
			inside = false
			b.WriteByte(c)
		case !inside && strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?i:"):
			return refuse(rest[:min(len(rest), 4)])
		case !inside && (c == '^' || c == '$'):
			b.WriteString("(?m:" + string(rune(c)) + ")")
		default:
			b.WriteByte(c)
		}
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("pattern %.60q: %w", pattern, err)
	}
	if states(b.String()) > maxStates {
		return refuse(fmt.Sprintf("a pattern of more than %d states", maxStates))
	}
	if re.MatchString("") {
		return refuse("a pattern that matches the empty string")
	}
	return re, nil
}

// states returns the number of states of the automaton of a pattern, each of which may cost
// time at every byte of a text.
func states(pattern string) int {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

func isLetterOrDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
