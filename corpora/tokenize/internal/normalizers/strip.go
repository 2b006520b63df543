package normalizers

import (
	"bytes"
	"encoding/json"
	"unicode"
)

func init() {
	register("Strip", func(data json.RawMessage) ([]Step, error) {
		var s stripStep
		return []Step{&s}, json.Unmarshal(data, &s)
	})
}

// stripStep removes white space at the beginning, the end or both.
type stripStep struct {
	Left  bool `json:"strip_left"`
	Right bool `json:"strip_right"`
}

func (s *stripStep) Apply(in, out *Text) *Text {
	from, to := 0, len(in.Bytes)
	if s.Left {
		from = to - len(bytes.TrimLeftFunc(in.Bytes, unicode.IsSpace))
	}
	if s.Right {
		to = from + len(bytes.TrimRightFunc(in.Bytes[from:], unicode.IsSpace))
	}
	if from == 0 && to == len(in.Bytes) {
		return in
	}
	out.Copy(in, from, to)
	return out
}
