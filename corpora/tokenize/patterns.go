package tokenize

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Patterns of tokenizer.json are regular expressions of Oniguruma. Those of GPT-2
// and its followers are scanned by hand (bytelevel.go); others are translated to
// Go's package where they mean the same there, and refused where they may not.

// finder returns what appends the matches of a pattern, none of them empty.
func finder(pattern string) (func(dst []span, text []byte) []span, error) {
	switch pattern {
	case gpt2Pattern:
		return gpt2Words, nil
	case llama3Pattern:
		return llama3Words(3), nil
	case qwen2Pattern:
		return llama3Words(1), nil
	}
	return patternFinder(pattern)
}

// patternFinder is finder by Go's package alone.
func patternFinder(pattern string) (func(dst []span, text []byte) []span, error) {
	// At the end of a pattern \s+(?!\S) can be had otherwise: of white space before
	// another character the last one is left out.
	head, spaces := strings.CutSuffix(pattern, `|\s+(?!\S)|\s+`)
	if spaces {
		head += `|(\s+)`
	}
	re, err := translate(head)
	if err != nil {
		return nil, err
	}
	if !spaces {
		return func(dst []span, text []byte) []span {
			for _, m := range re.FindAllIndex(text, -1) {
				dst = append(dst, span{m[0], m[1]})
			}
			return dst
		}, nil
	}
	if strings.Contains(re.String(), "(?m:^)") { // it would match where a search goes on
		return nil, fmt.Errorf("^ beside %s is not supported", `\s+(?!\S)`)
	}
	if re.NumSubexp() != 1 {
		return nil, fmt.Errorf("groups beside %s are not supported", `\s+(?!\S)`)
	}
	return func(dst []span, text []byte) []span {
		for i := 0; i < len(text); {
			m := re.FindSubmatchIndex(text[i:])
			if m == nil {
				break
			}
			from, end := i+m[0], i+m[1]
			if m[2] >= 0 {
				end = spacesEnd(text, from)
			}
			dst = append(dst, span{from, end})
			i = end
		}
		return dst
	}, nil
}

// literals returns what appends the places of a text.
func literals(literal string) func(dst []span, text []byte) []span {
	return func(dst []span, text []byte) []span {
		for i := 0; ; {
			n := bytes.Index(text[i:], []byte(literal))
			if n < 0 {
				return dst
			}
			dst = append(dst, span{i + n, i + n + len(literal)})
			i += n + len(literal)
		}
	}
}

// Oniguruma's classes are those of Unicode, Go's those of ASCII.
const (
	spaceClass = `\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	digitClass = `\p{Nd}`
)

// translate compiles a pattern of Oniguruma that means the same to Go's package.
func translate(pattern string) (*regexp.Regexp, error) {
	refuse := func(what string) (*regexp.Regexp, error) {
		return nil, fmt.Errorf("pattern %.60q: %s is not supported", pattern, what)
	}
	var b strings.Builder
	inside := false // of a class
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
				return refuse("] at the beginning of a class")
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
	if re.MatchString("") {
		return refuse("a pattern that matches nothing at all")
	}
	return re, nil
}

func isLetterOrDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
