package documents

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// glob matches paths with slashes. The common forms need no regular expression.
type glob struct {
	literal string // the whole path
	suffix  string // of a name: *.md
	stars   string // a pattern of characters, * and ?
	least   int    // bytes of a path that re matches
	re      *regexp.Regexp
}

func (g *glob) match(path string) bool {
	switch {
	case g.re != nil:
		return len(path) >= g.least && g.re.MatchString(path)
	case g.stars != "":
		return matchStars(g.stars, path)
	case g.suffix != "":
		return strings.HasSuffix(path, g.suffix) && strings.IndexByte(path, '/') < 0
	}
	return path == g.literal
}

// matchStars matches a path with a pattern of characters, * and ?, neither of which matches a slash. If the rest
// does not match, only the last * can be longer: those before it would leave it less. The time is
// at most the product of the lengths, of which a step takes nanoseconds.
func matchStars(pattern, path string) bool {
	star, from := -1, 0 // the last * of this part of the pattern, and where it ends in the path
	p, i := 0, 0
	for i < len(path) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == '*':
				star, from = p, i
				p++
				continue
			case c == '?' && path[i] != '/':
				_, n := utf8.DecodeRuneInString(path[i:])
				p, i = p+1, i+n
				continue
			case c == path[i]:
				if c == '/' {
					star = -1
				}
				p, i = p+1, i+1
				continue
			}
		}
		if star < 0 || path[from] == '/' {
			return false
		}
		_, n := utf8.DecodeRuneInString(path[from:])
		from += n
		p, i = star+1, from
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// maxGlob is the maximum number of bytes of a pattern: longer than any path.
const maxGlob = 4096

// newGlob compiles a pattern as git defines it: * and ? match no slash, ** between slashes any
// folders, [a-z] characters; with braces, {a,b} matches alternatives. It returns nil for a pattern
// that is not valid, which matches nothing. Regular expressions, unlike backtracking, take time in
// proportion to the length of the path.
func newGlob(pattern string, braces bool) *glob {
	special := `*?[\`
	if braces {
		special += "{"
	}
	if !strings.ContainsAny(pattern, special) {
		return &glob{literal: pattern}
	}
	if rest, ok := strings.CutPrefix(pattern, "*"); ok && rest != "" && !strings.ContainsAny(rest, special+"/") {
		return &glob{suffix: rest}
	}
	if len(pattern) > maxGlob {
		return nil
	}
	if !strings.ContainsAny(pattern, special[2:]) && !strings.Contains(pattern, "**") {
		return &glob{stars: pattern}
	}
	for strings.Contains(pattern, "**/**/") { // the time depends on the length
		pattern = strings.ReplaceAll(pattern, "**/**/", "**/")
	}
	b := strings.Builder{}
	b.WriteString(`(?s)\A(?:`)
	depth, least := 0, 0
	for i := 0; i < len(pattern); {
		c := pattern[i]
		rest := pattern[i:]
		switch {
		case c == '*':
			n := len(rest) - len(strings.TrimLeft(rest, "*"))
			begins, ends := i == 0 || pattern[i-1] == '/', i+n == len(pattern)
			switch {
			case n > 1 && begins && ends:
				b.WriteString(`.+`)
			case n > 1 && begins && !ends && pattern[i+n] == '/':
				b.WriteString(`(?:.*/)?`)
				n++
			default:
				b.WriteString(`[^/]*`)
			}
			i += n
		case c == '?':
			b.WriteString(`[^/]`)
			least++
			i++
		case c == '[':
			class, n := bracket(rest)
			if n == 0 {
				return nil
			}
			b.WriteString(class)
			least++
			i += n
		case c == '\\':
			if len(rest) == 1 {
				return nil
			}
			_, n := utf8.DecodeRuneInString(rest[1:])
			b.WriteString(regexp.QuoteMeta(rest[1 : 1+n]))
			least++
			i += 1 + n
		case braces && c == '{':
			depth++
			b.WriteString(`(?:`)
			i++
		case braces && c == '}' && depth > 0:
			depth--
			b.WriteString(`)`)
			i++
		case braces && c == ',' && depth > 0:
			b.WriteString(`|`)
			i++
		default:
			_, n := utf8.DecodeRuneInString(rest)
			b.WriteString(regexp.QuoteMeta(rest[:n]))
			least++
			i += n
		}
	}
	b.WriteString(`)\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil
	}
	if braces {
		least = 0 // of several alternatives
	}
	return &glob{re: re, least: least}
}

var classes = map[string]string{
	"alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9", "graph": "!-.0-~",
	"lower": "a-z", "print": " -.0-~", "punct": "!-.:-@\\[-`{-~", "space": "\\s\\v", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}

// bracket translates the class at the start of a pattern, and returns its length in the pattern, or
// 0 if it is not closed. A class never matches a slash.
func bracket(pattern string) (class string, n int) {
	runes := []rune(pattern)
	i := 1
	not := len(runes) > 1 && (runes[1] == '!' || runes[1] == '^')
	if not {
		i++
	}
	var b strings.Builder
	add := func(lo, hi rune) {
		for _, part := range [][2]rune{{lo, min(hi, '/'-1)}, {max(lo, '/'+1), hi}} {
			if part[0] <= part[1] {
				b.WriteString(`\x{` + hex(part[0]) + `}-\x{` + hex(part[1]) + `}`)
			}
		}
	}
	for first := true; ; first = false {
		if i >= len(runes) {
			return "", 0
		}
		c := runes[i]
		if c == ']' && !first {
			i++
			break
		}
		if c == '[' && i+1 < len(runes) && runes[i+1] == ':' {
			name, _, ok := strings.Cut(string(runes[i+2:]), ":]")
			if !ok {
				return "", 0
			}
			set, ok := classes[name]
			if !ok {
				return "", 0
			}
			b.WriteString(set)
			i += len([]rune(name)) + 4
			continue
		}
		if c == '\\' {
			if i++; i >= len(runes) {
				return "", 0
			}
			c = runes[i]
		}
		i++
		if i+1 < len(runes) && runes[i] == '-' && runes[i+1] != ']' {
			hi := runes[i+1]
			i += 2
			if hi == '\\' && i < len(runes) {
				hi = runes[i]
				i++
			}
			add(c, hi)
			continue
		}
		add(c, c)
	}
	n = len(string(runes[:i]))
	switch {
	case not:
		return `[^/` + b.String() + `]`, n
	case b.Len() == 0:
		return `[^\x00-\x{10ffff}]`, n // only a slash
	}
	return `[` + b.String() + `]`, n
}

func hex(r rune) string {
	const digits = "0123456789abcdef"
	s := ""
	for ; r > 0 || s == ""; r >>= 4 {
		s = string(digits[r&15]) + s
	}
	return s
}
