package pretokenizers

import (
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/internal/plainjson"
)

func init() { register("Metaspace", parseMetaspace) }

// Metaspace is the character for a space in the vocabularies of SentencePiece.
const Metaspace = '▁'

// metaspaceStep replaces spaces by replacement; a word begins at each.
type metaspaceStep struct {
	replacement   string
	always, first bool // put one before each text, or before the first only
	split         bool
}

func parseMetaspace(data json.RawMessage) ([]cutStep, error) {
	var j struct {
		Replacement    string  `json:"replacement"`
		AddPrefixSpace *bool   `json:"add_prefix_space"` // older form of prepend_scheme
		PrependScheme  *string `json:"prepend_scheme"`
		Split          *bool   `json:"split"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	m := &metaspaceStep{replacement: j.Replacement, split: plainjson.Or(j.Split, true)}
	if !oneCharacter(m.replacement) {
		return nil, fmt.Errorf("replacement %q is not a character", j.Replacement)
	}
	scheme := "always"
	if !plainjson.Or(j.AddPrefixSpace, true) {
		scheme = "never"
	}
	switch scheme = plainjson.Or(j.PrependScheme, scheme); scheme {
	case "always":
		m.always = true
	case "first":
		m.first = true
	case "never":
	default:
		return nil, fmt.Errorf("prepend_scheme %q is not supported", scheme)
	}
	return []cutStep{m}, nil
}

func (m *metaspaceStep) cut(st *stage, t *normalizers.Text, from, to int) {
	out := &st.out
	out.Reset()
	text := t.Bytes[from:to]
	starts := text[0] == ' ' || len(text) >= len(m.replacement) && string(text[:len(m.replacement)]) == m.replacement
	begins := from == 0 && !st.pipe.inner
	if st.pipe.steps.traced { // the part is the first if it begins where the text does, before anything was removed
		begins = t.From[from] == 0 && !st.pipe.inner
	}
	if !starts && (m.always || m.first && begins) {
		out.Insert(t, m.replacement, from)
	}
	word := 0 // its start in out
	for i := 0; i < len(text); {
		marks := text[i] == ' '
		n := 1
		if !marks && text[i] == m.replacement[0] && len(text)-i >= len(m.replacement) && string(text[i:i+len(m.replacement)]) == m.replacement {
			marks, n = true, len(m.replacement)
		}
		if marks {
			if m.split && len(out.Bytes) > word {
				st.next(out, word, len(out.Bytes))
				word = len(out.Bytes)
			}
			out.Bytes = append(out.Bytes, m.replacement...)
			out.Trace(t, from+i, from+i+n)
			i += n
			continue
		}
		end := i + 1
		for end < len(text) && text[end] != ' ' && text[end] != m.replacement[0] {
			end++
		}
		out.Copy(t, from+i, from+end)
		i = end
	}
	st.next(out, word, len(out.Bytes))
}
