package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Dependencies say which tokens a vocabulary cannot do without.
type Dependencies struct {
	Needed []int32           // tokens without which some text would be unknown
	Parts  map[int32][]int32 // of BPE: the tokens that a token is merged from
}

// DependenciesOf returns the dependencies of a model.
func DependenciesOf(m Model) (Dependencies, error) {
	d, ok := m.(interface{ dependencies() Dependencies })
	if !ok {
		return Dependencies{}, fmt.Errorf("a tokenizer of this type cannot be pruned")
	}
	return d.dependencies(), nil
}

func (m *wordLevel) dependencies() Dependencies { return Dependencies{Needed: []int32{m.unknown}} }

// Needed are single characters, and tokens with a character that is not a token of its own at that
// place.
func (m *wordPiece) dependencies() Dependencies {
	d := Dependencies{Needed: []int32{m.unknown}}
	for token, id := range m.ids.All() {
		rest, inside := strings.CutPrefix(token, m.prefix)
		if inside && rest == "" {
			rest, inside = token, false // the prefix itself is a token
		}
		needed := utf8.RuneCountInString(rest) == 1
		for at, r := range rest {
			key := string(r)
			if inside || at > 0 {
				key = m.prefix + key
			}
			_, single := m.ids.Find(key)
			needed = needed || !single
		}
		if needed {
			d.Needed = append(d.Needed, int32(id))
		}
	}
	slices.Sort(d.Needed)
	return d
}

// Needed are tokens that are not merged from others.
func (m *bpe) dependencies() Dependencies {
	d := Dependencies{Parts: map[int32][]int32{}}
	ranks := map[int32]int32{}
	for pair, merge := range m.merges {
		if rank, ok := ranks[merge.id]; !ok || merge.rank < rank {
			ranks[merge.id], d.Parts[merge.id] = merge.rank, []int32{pair[0], pair[1]}
		}
	}
	for _, id := range m.ids.All() {
		if d.Parts[int32(id)] == nil {
			d.Needed = append(d.Needed, int32(id))
		}
	}
	slices.Sort(d.Needed)
	return d
}

// Needed are single characters and bytes, and tokens with a character that is not a token.
func (m *unigram) dependencies() Dependencies {
	d := Dependencies{Needed: []int32{m.unknown}}
	if m.fallback != nil {
		for _, id := range m.fallback {
			if id >= 0 {
				d.Needed = append(d.Needed, id)
			}
		}
	}
	for token, id := range m.ids.All() {
		needed := utf8.RuneCountInString(token) == 1
		for _, r := range token {
			_, single := m.ids.Find(string(r))
			needed = needed || !single
		}
		if needed {
			d.Needed = append(d.Needed, int32(id))
		}
	}
	slices.Sort(d.Needed)
	return d
}

// ParseMerge reads a merge of BPE, "a b" or ["a", "b"]. It returns nil for the line that names the
// version of the file.
func ParseMerge(data json.RawMessage) (*[2]string, error) {
	pairs, err := parseMerges(slices.Concat([]byte("["), data, []byte("]")))
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	return &pairs[0], nil
}
