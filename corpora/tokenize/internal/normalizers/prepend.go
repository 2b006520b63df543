package normalizers

import "encoding/json"

func init() {
	register("Prepend", func(data json.RawMessage) ([]Step, error) {
		var s prependStep
		return []Step{&s}, json.Unmarshal(data, &s)
	})
}

// prependStep puts a string before any text that is not empty.
type prependStep struct {
	Prepend string `json:"prepend"`
}

func (s *prependStep) Apply(in, out *Text) *Text {
	if len(in.Bytes) == 0 {
		return in
	}
	out.Insert(in, s.Prepend, 0)
	out.Copy(in, 0, len(in.Bytes))
	return out
}
