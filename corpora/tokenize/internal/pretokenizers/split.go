package pretokenizers

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/oniguruma"
)

func init() {
	register("Split", parseSplit)
	register("WhitespaceSplit", fixed(splitStep{find: characters(unicode.IsSpace), behavior: removed}))
	register("Whitespace", fixed(splitStep{find: wordRuns, behavior: removed, invert: true}))
	register("BertPreTokenizer", func(json.RawMessage) ([]cutStep, error) { return bertCuts(), nil })
	register("Punctuation", parsePunctuation)
	register("Digits", parseDigits)
	register("CharDelimiterSplit", parseDelimiter)
}

// behavior defines what happens to the matches of a pattern.
type behavior uint8

const (
	removed            behavior = iota
	isolated                    // each match is a separate part
	mergedWithPrevious          // a match ends the part before it
	mergedWithNext              // a match begins the part after it
	contiguous                  // adjacent matches are one part
)

var behaviors = map[string]behavior{"Removed": removed, "Isolated": isolated, "MergedWithPrevious": mergedWithPrevious,
	"MergedWithNext": mergedWithNext, "Contiguous": contiguous}

// UnmarshalText reads the name of a behavior.
func (b *behavior) UnmarshalText(name []byte) error {
	if len(name) == 0 {
		return nil // the default
	}
	known, ok := behaviors[string(name)]
	if !ok {
		return fmt.Errorf("behavior %q is not supported", name)
	}
	*b = known
	return nil
}

// splitStep splits at the matches that find appends to dst, in order; none of them is
// empty. If inverted, the text between the matches takes their role.
type splitStep struct {
	find     func(dst []span, text []byte) []span
	behavior behavior
	invert   bool
}

// fixed is for a type without settings.
func fixed(s splitStep) func(json.RawMessage) ([]cutStep, error) {
	return func(json.RawMessage) ([]cutStep, error) { return []cutStep{&s}, nil }
}

func parseSplit(data json.RawMessage) ([]cutStep, error) {
	j := struct {
		Pattern  oniguruma.Choice `json:"pattern"`
		Behavior behavior         `json:"behavior"`
		Invert   bool             `json:"invert"`
	}{Behavior: isolated}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	s := &splitStep{behavior: j.Behavior, invert: j.Invert}
	switch {
	case j.Pattern.String != nil && *j.Pattern.String != "":
		s.find = literals(*j.Pattern.String)
	case j.Pattern.Regex != nil:
		var err error
		if s.find, err = finder(*j.Pattern.Regex); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("it has no pattern")
	}
	return []cutStep{s}, nil
}

func parsePunctuation(data json.RawMessage) ([]cutStep, error) {
	j := struct {
		Behavior behavior `json:"behavior"`
	}{isolated}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	return []cutStep{&splitStep{find: characters(isBertPunctuation), behavior: j.Behavior}}, nil
}

func parseDigits(data json.RawMessage) ([]cutStep, error) {
	var j struct {
		Individual bool `json:"individual_digits"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	s := &splitStep{find: characters(unicode.IsNumber), behavior: contiguous}
	if j.Individual {
		s.behavior = isolated
	}
	return []cutStep{s}, nil
}

func parseDelimiter(data json.RawMessage) ([]cutStep, error) {
	var j struct {
		Delimiter string `json:"delimiter"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if !oneCharacter(j.Delimiter) {
		return nil, fmt.Errorf("delimiter %q is not a character", j.Delimiter)
	}
	return []cutStep{&splitStep{find: literals(j.Delimiter), behavior: removed}}, nil
}

// bertCuts is BertPreTokenizer: it removes white space and isolates punctuation.
func bertCuts() []cutStep {
	return []cutStep{&splitStep{find: characters(unicode.IsSpace), behavior: removed}, &splitStep{find: characters(isBertPunctuation), behavior: isolated}}
}

func (s *splitStep) cut(st *stage, t *normalizers.Text, from, to int) {
	st.spans = s.find(st.spans[:0], t.Bytes[from:to])
	held := span{from, from} // the part to hand on next, if not empty
	was := false             // whether it is, or ends with, a match
	flush := func() {
		if held.from < held.to {
			st.next(t, held.from, held.to)
		}
	}
	part := func(p span, match bool) {
		if p.from == p.to {
			return
		}
		match = match != s.invert
		if match && s.behavior == removed {
			flush()
			held = span{p.to, p.to}
			return
		}
		joins := false
		switch s.behavior {
		case mergedWithPrevious:
			joins = match && !was
		case mergedWithNext:
			joins = !match && was
		case contiguous:
			joins = match == was
		}
		was = match
		if joins && held.from < held.to {
			held.to = p.to
			return
		}
		flush()
		held = p
	}
	at := from
	for _, m := range st.spans {
		part(span{at, from + m.from}, false)
		part(span{from + m.from, from + m.to}, true)
		at = from + m.to
	}
	part(span{at, to}, false)
	flush()
}

// characters returns a find for the characters for which is returns true.
func characters(is func(r rune) bool) func(dst []span, text []byte) []span {
	var ascii [utf8.RuneSelf]bool
	for b := range ascii {
		ascii[b] = is(rune(b))
	}
	return func(dst []span, text []byte) []span {
		for i := 0; i < len(text); {
			if b := text[i]; b < utf8.RuneSelf {
				if ascii[b] {
					dst = append(dst, span{i, i + 1})
				}
				i++
				continue
			}
			r, n := utf8.DecodeRune(text[i:])
			if is(r) {
				dst = append(dst, span{i, i + n})
			}
			i += n
		}
		return dst
	}
}

func isBertPunctuation(r rune) bool {
	return normalizers.BertClasses()[r]&normalizers.BertPunctuation != 0
}
