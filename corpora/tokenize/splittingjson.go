package tokenize

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// stepJSON is a normalizer or a pre_tokenizer of tokenizer.json: the fields of all
// kinds together.
type stepJSON struct {
	Type          string            `json:"type"`
	Normalizers   []json.RawMessage `json:"normalizers"`
	Pretokenizers []json.RawMessage `json:"pretokenizers"`
	// BertNormalizer
	Clean   *bool `json:"clean_text"`
	Chinese *bool `json:"handle_chinese_chars"`
	Strip   *bool `json:"strip_accents"`
	Lower   *bool `json:"lowercase"`
	// others
	StripLeft        bool          `json:"strip_left"`
	StripRight       bool          `json:"strip_right"`
	Prepend          string        `json:"prepend"`
	Content          string        `json:"content"`
	Charsmap         *string       `json:"precompiled_charsmap"`
	Pattern          patternChoice `json:"pattern"`
	AddPrefixSpace   *bool         `json:"add_prefix_space"`
	UseRegex         *bool         `json:"use_regex"`
	Delimiter        string        `json:"delimiter"`
	Replacement      string        `json:"replacement"`
	PrependScheme    *string       `json:"prepend_scheme"`
	Split            *bool         `json:"split"`
	Behavior         string        `json:"behavior"`
	Invert           bool          `json:"invert"`
	IndividualDigits bool          `json:"individual_digits"`
}

// patternChoice is {"String": …} or {"Regex": …}.
type patternChoice struct {
	String *string
	Regex  *string
}

// maxSteps bounds how many steps a file may have, and how deep they may nest.
const maxSteps = 64

// ParsePreTokenizer reads the normalizer and the pre_tokenizer of a tokenizer.json,
// each of which may be nil or null.
func ParsePreTokenizer(normalizer, preTokenizer json.RawMessage) (*PreTokenizer, error) {
	var normal, pre stepJSON
	for _, part := range []struct {
		data json.RawMessage
		to   *stepJSON
		name string
	}{{normalizer, &normal, "normalizer"}, {preTokenizer, &pre, "pre_tokenizer"}} {
		if len(part.data) > 0 {
			if err := json.Unmarshal(part.data, part.to); err != nil {
				return nil, fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	s := &PreTokenizer{}
	if normal.Type == "BertNormalizer" && pre.Type == "BertPreTokenizer" {
		o := normal.bert()
		s.bert = &o
		return s, nil
	}
	if err := s.addNormal(normalizer, 0); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if err := s.addCut(preTokenizer, 0); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	return s, nil
}

// slow is s without bertWords.
func (s *PreTokenizer) slow() *PreTokenizer {
	if s.bert == nil {
		return s
	}
	return &PreTokenizer{normal: bertSteps(*s.bert), cuts: bertCuts()}
}

// Metaspace is the sign for a space in the vocabularies of SentencePiece.
const Metaspace = '▁'

// uncut reports whether s cuts nothing.
func (s *PreTokenizer) uncut() bool {
	for _, step := range s.cuts {
		if m, ok := step.(*metaspaceStep); !ok || m.split {
			return false
		}
	}
	return s.bert == nil
}

func orElse[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (j *stepJSON) bert() bertOptions {
	o := bertOptions{clean: orElse(j.Clean, true), chinese: orElse(j.Chinese, true), lower: orElse(j.Lower, true)}
	o.strip = orElse(j.Strip, o.lower)
	return o
}

// addNormal appends the steps of a normalizer.
func (s *PreTokenizer) addNormal(data json.RawMessage, depth int) error {
	var j stepJSON
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	if depth > maxSteps || len(s.normal) > maxSteps {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	var step normalStep
	switch j.Type {
	case "Sequence":
		for _, part := range j.Normalizers {
			if err := s.addNormal(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "BertNormalizer":
		s.normal = append(s.normal, bertSteps(j.bert())...)
		return nil
	case "NFC":
		step = formC
	case "NFD":
		step = formD
	case "NFKC":
		step = formKC
	case "NFKD":
		step = formKD
	case "Lowercase":
		step = newRuneStep(putLower)
	case "StripAccents":
		step = newRuneStep(putWithout(unicode.IsMark))
	case "Strip":
		step = stripStep{j.StripLeft, j.StripRight}
	case "Nmt":
		step = newRuneStep(putNmt)
	case "Prepend":
		step = prependStep(j.Prepend)
	case "ByteLevel":
		step = byteStep{}
	case "Replace":
		r := replaceStep{content: j.Content}
		switch {
		case j.Pattern.String != nil && *j.Pattern.String != "":
			r.literal = *j.Pattern.String
		case j.Pattern.Regex != nil:
			pattern, err := translate(*j.Pattern.Regex)
			if err != nil {
				return fmt.Errorf("%s: %w", j.Type, err)
			}
			r.pattern = pattern
		default:
			return fmt.Errorf("%s has no pattern", j.Type)
		}
		step = r
	case "Precompiled":
		if j.Charsmap == nil || *j.Charsmap == "" {
			return nil
		}
		blob, err := base64.StdEncoding.DecodeString(*j.Charsmap)
		if err != nil {
			return fmt.Errorf("precompiled_charsmap: %w", err)
		}
		c, err := newCharsmap(blob)
		if err != nil {
			return err
		}
		step = c
	default:
		return fmt.Errorf("type %q is not supported", j.Type)
	}
	s.normal = append(s.normal, step)
	return nil
}

func bertCuts() []cutStep {
	return []cutStep{&splitStep{find: characters(unicode.IsSpace), behavior: removed}, &splitStep{find: characters(isBertPunct), behavior: isolated}}
}

// addCut appends the steps of a pre_tokenizer.
func (s *PreTokenizer) addCut(data json.RawMessage, depth int) error {
	var j stepJSON
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	if depth > maxSteps || len(s.cuts) > maxSteps {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	how := isolated
	if j.Behavior != "" {
		known := false
		if how, known = behaviors[j.Behavior]; !known {
			return fmt.Errorf("%s: behavior %q is not supported", j.Type, j.Behavior)
		}
	}
	var step cutStep
	switch j.Type {
	case "Sequence":
		for _, part := range j.Pretokenizers {
			if err := s.addCut(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	case "BertPreTokenizer":
		s.cuts = append(s.cuts, bertCuts()...)
		return nil
	case "Whitespace":
		step = &splitStep{find: wordRuns, behavior: removed, invert: true}
	case "WhitespaceSplit":
		step = &splitStep{find: characters(unicode.IsSpace), behavior: removed}
	case "Punctuation":
		step = &splitStep{find: characters(isBertPunct), behavior: how}
	case "Digits":
		how = contiguous
		if j.IndividualDigits {
			how = isolated
		}
		step = &splitStep{find: characters(unicode.IsNumber), behavior: how}
	case "CharDelimiterSplit":
		if utf8.RuneCountInString(j.Delimiter) != 1 {
			return fmt.Errorf("%s: delimiter %q is not a character", j.Type, j.Delimiter)
		}
		step = &splitStep{find: literals(j.Delimiter), behavior: removed}
	case "ByteLevel":
		step = &byteLevelStep{prefix: orElse(j.AddPrefixSpace, true), words: orElse(j.UseRegex, true)}
	case "Metaspace":
		m, err := j.metaspace()
		if err != nil {
			return err
		}
		s.traced = s.traced || m.first && len(s.cuts) > 0
		step = m
	case "Split":
		split := &splitStep{behavior: how, invert: j.Invert}
		switch {
		case j.Pattern.String != nil && *j.Pattern.String != "":
			split.find = literals(*j.Pattern.String)
		case j.Pattern.Regex != nil:
			find, err := finder(*j.Pattern.Regex)
			if err != nil {
				return fmt.Errorf("%s: %w", j.Type, err)
			}
			split.find = find
		default:
			return fmt.Errorf("%s has no pattern", j.Type)
		}
		step = split
	default:
		return fmt.Errorf("type %q is not supported", j.Type)
	}
	s.cuts = append(s.cuts, step)
	return nil
}

func (j *stepJSON) metaspace() (*metaspaceStep, error) {
	m := &metaspaceStep{replacement: j.Replacement, split: orElse(j.Split, true)}
	if utf8.RuneCountInString(m.replacement) != 1 {
		return nil, fmt.Errorf("%s: replacement %q is not a character", j.Type, j.Replacement)
	}
	scheme := "always"
	if !orElse(j.AddPrefixSpace, true) {
		scheme = "never"
	}
	switch scheme = orElse(j.PrependScheme, scheme); scheme {
	case "always":
		m.always = true
	case "first":
		m.first = true
	case "never":
	default:
		return nil, fmt.Errorf("%s: prepend_scheme %q is not supported", j.Type, scheme)
	}
	return m, nil
}
