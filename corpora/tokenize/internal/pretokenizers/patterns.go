package pretokenizers

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/oniguruma"
)

// finder returns a function that appends the non-empty matches of a pattern.
// The patterns of GPT-2 and its successors have hand-written scanners (gptwords.go).
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

// patternFinder is finder without the hand-written scanners.
func patternFinder(pattern string) (func(dst []span, text []byte) []span, error) {
	// Go has no (?!\S), but at the end of a pattern \s+(?!\S)|\s+ needs none: it is all white
	// space, without its last character if another character follows.
	head, spaces := strings.CutSuffix(pattern, `|\s+(?!\S)|\s+`)
	if spaces {
		head += `|(\s+)`
	}
	re, err := oniguruma.Compile(head)
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
	if strings.Contains(re.String(), "(?m:^)") { // it would match wherever a search resumes
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

// literals returns a function that appends the occurrences of a string.
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
