package normalizers

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/oniguruma"
)

func init() { register("Replace", parseReplace) }

// replaceStep replaces each match of pattern, or of literal if pattern is nil, by content.
type replaceStep struct {
	literal string
	pattern *regexp.Regexp
	content string
}

func parseReplace(data json.RawMessage) ([]Step, error) {
	var j struct {
		Content string           `json:"content"`
		Pattern oniguruma.Choice `json:"pattern"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	s := replaceStep{content: j.Content}
	switch {
	case j.Pattern.String != nil && *j.Pattern.String != "":
		s.literal = *j.Pattern.String
	case j.Pattern.Regex != nil:
		var err error
		if s.pattern, err = oniguruma.Compile(*j.Pattern.Regex); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("it has no pattern")
	}
	return []Step{s}, nil
}

func (s replaceStep) Apply(in, out *Text) *Text {
	text := in.Bytes
	if s.pattern != nil {
		if prefix, _ := s.pattern.LiteralPrefix(); !bytes.Contains(text, []byte(prefix)) {
			return in
		}
		done := 0
		for _, m := range s.pattern.FindAllIndex(text, -1) {
			s.replace(in, out, done, m[0], m[1])
			done = m[1]
		}
		if done == 0 {
			return in
		}
		out.Copy(in, done, len(text))
		return out
	}
	done := 0
	for i := 0; i+len(s.literal) <= len(text); {
		if text[i] != s.literal[0] || string(text[i:i+len(s.literal)]) != s.literal {
			i++
			continue
		}
		s.replace(in, out, done, i, i+len(s.literal))
		i += len(s.literal)
		done = i
	}
	if done == 0 {
		return in
	}
	out.Copy(in, done, len(text))
	return out
}

// replace copies in.Bytes[done:from] and replaces in.Bytes[from:to] by the content.
func (s replaceStep) replace(in, out *Text, done, from, to int) {
	out.Copy(in, done, from)
	out.Bytes = append(out.Bytes, s.content...)
	out.Trace(in, from, to)
}
