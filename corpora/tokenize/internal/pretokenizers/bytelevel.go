package pretokenizers

import (
	"encoding/json"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/internal/plainjson"
)

func init() { register("ByteLevel", parseByteLevel) }

// byteLevelStep splits text into the words of GPT-2 and maps each of their bytes to a
// character, so that a vocabulary of 256 characters covers all text.
type byteLevelStep struct {
	prefix bool // put a space before a text that does not begin with one
	words  bool // split into words
}

func parseByteLevel(data json.RawMessage) ([]cutStep, error) {
	var j struct {
		AddPrefixSpace *bool `json:"add_prefix_space"`
		UseRegex       *bool `json:"use_regex"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	return []cutStep{&byteLevelStep{prefix: plainjson.Or(j.AddPrefixSpace, true), words: plainjson.Or(j.UseRegex, true)}}, nil
}

func (s *byteLevelStep) cut(st *stage, t *normalizers.Text, from, to int) {
	if s.prefix && t.Bytes[from] != ' ' {
		out := &st.spare
		out.Reset()
		out.Insert(t, " ", from)
		out.Copy(t, from, to)
		t, from, to = out, 0, len(out.Bytes)
	}
	st.spans = append(st.spans[:0], span{0, to - from})
	if s.words {
		st.spans = gpt2Words(st.spans[:0], t.Bytes[from:to])
	}
	for _, word := range st.spans {
		st.out.Reset()
		normalizers.MapBytes(t, &st.out, from+word.from, from+word.to)
		st.next(&st.out, 0, len(st.out.Bytes))
	}
}
