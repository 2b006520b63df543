package tokenize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// Pruned returns a tokenizer with at most n tokens of the vocabulary of t, and the ids that these
// had, in the same order. Kept are the tokens that the others are made of or that a text would
// otherwise be unknown without (added and special tokens, single characters and bytes, the parts of
// a merge), and then the most frequent. Text that a dropped token stood for is split into smaller
// tokens; with a tokenizer of words, a dropped word is unknown.
//
// It returns t and nil if the vocabulary has at most n tokens. It is an error if the tokens that
// must stay are more than n.
func (t *Tokenizer) Pruned(n int) (*Tokenizer, []int32, error) {
	v := t.Vocabulary()
	if v == nil || v.Len() <= n {
		return t, nil, nil
	}
	var dependencies models.Dependencies
	if t.sub != nil {
		var err error
		if dependencies, err = models.DependenciesOf(t.sub.model); err != nil {
			return nil, nil, err
		}
	}
	kept := make([]bool, v.Len())
	count := 0
	var keep func(id int32)
	keep = func(id int32) {
		if !kept[id] {
			kept[id] = true
			count++
			for _, part := range dependencies.Parts[id] {
				keep(part)
			}
		}
	}
	for _, id := range dependencies.Needed {
		keep(id)
	}
	if t.sub != nil {
		var file tokenizerjson.File
		if err := plainjson.Unmarshal(bytes.TrimPrefix(t.sub.file, byteOrderMark), &file); err != nil {
			return nil, nil, err
		}
		for _, added := range file.AddedTokens {
			if added.ID >= 0 && added.ID < len(kept) {
				keep(int32(added.ID))
			}
		}
	}
	if count > n {
		return nil, nil, fmt.Errorf("must be at least %d, the special tokens and the single characters of the tokenizer, got %d", count, n)
	}
	for _, id := range v.ByCount() {
		if count+missing(id, kept, dependencies.Parts) <= n {
			keep(id)
		}
	}
	var ids []int32
	var tokens []string
	var counts []int64
	for id, stays := range kept {
		if stays {
			ids = append(ids, int32(id))
			tokens, counts = append(tokens, v.tokens[id]), append(counts, v.counts[id])
		}
	}
	if t.sub == nil {
		pruned, err := NewVocabulary(tokens, counts)
		if err != nil {
			return nil, nil, err
		}
		out, err := t.withoutVocabulary().WithVocabulary(pruned)
		return out, ids, err
	}
	file, err := prunedFile(t.sub.file, ids, v.Len())
	if err != nil {
		return nil, nil, fault.New(hintOtherFile, "%w", err)
	}
	sub, err := split(file).subwords("the pruned tokenizer.json", nil)
	if err != nil {
		return nil, nil, err
	}
	if sub.vocabulary.Len() != len(ids) {
		return nil, nil, fmt.Errorf("the pruned tokenizer has %d tokens, not %d", sub.vocabulary.Len(), len(ids))
	}
	pruned, err := NewVocabulary(sub.vocabulary.tokens, counts)
	if err != nil {
		return nil, nil, err
	}
	out, err := newSubwordTokenizer(sub).WithVocabulary(pruned)
	return out, ids, err
}

// missing returns how many tokens would be kept with id.
func missing(id int32, kept []bool, parts map[int32][]int32) int {
	seen := map[int32]bool{}
	var visit func(id int32)
	visit = func(id int32) {
		if !kept[id] && !seen[id] {
			seen[id] = true
			for _, part := range parts[id] {
				visit(part)
			}
		}
	}
	visit(id)
	return len(seen)
}

// prunedFile returns a tokenizer.json with the tokens ids of size only; a token's new id is its
// place in ids.
func prunedFile(file []byte, ids []int32, size int) ([]byte, error) {
	place := make([]int, size)
	for i := range place {
		place[i] = -1
	}
	for i, id := range ids {
		place[id] = i
	}
	top, err := parseMembers(file)
	if err != nil {
		return nil, err
	}
	var added []members
	if data := top.get("added_tokens"); data != nil {
		var list []json.RawMessage
		if err := plainjson.Unmarshal(data, &list); err != nil {
			return nil, err
		}
		for _, one := range list {
			token, err := parseMembers(one)
			if err != nil {
				return nil, err
			}
			id, err := strconv.Atoi(string(token.get("id")))
			if err != nil || id < 0 || id >= size || place[id] < 0 {
				return nil, fmt.Errorf("added token %s has no place", one)
			}
			token.set("id", strconv.AppendInt(nil, int64(place[id]), 10))
			added = append(added, token)
		}
	}
	if added != nil {
		top.set("added_tokens", list(added))
	}
	for _, name := range []string{"post_processor", "padding"} { // they name ids, and no vector depends on them
		if top.get(name) != nil {
			top.set(name, []byte("null"))
		}
	}
	model, err := parseMembers(top.get("model"))
	if err != nil {
		return nil, err
	}
	if err := pruneModel(model, place); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	top.set("model", model.bytes())
	return top.bytes(), nil
}

// pruneModel changes the members of a model.
func pruneModel(model members, place []int) error {
	data := model.get("vocab")
	names := map[string]bool{} // of the tokens that stay
	var b bytes.Buffer
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) { // Unigram: tokens and scores in the order of their ids
		var vocab []json.RawMessage
		if err := plainjson.Unmarshal(data, &vocab); err != nil {
			return err
		}
		for id, entry := range vocab {
			if id < len(place) && place[id] >= 0 {
				writeItem(&b, '[', entry)
			}
		}
		b.WriteByte(']')
		model.set("vocab", b.Bytes())
		if unknown, err := strconv.Atoi(string(model.get("unk_id"))); err == nil && unknown >= 0 && unknown < len(place) {
			model.set("unk_id", strconv.AppendInt(nil, int64(place[unknown]), 10))
		}
		return nil
	}
	var vocab map[string]int
	if err := plainjson.Unmarshal(data, &vocab); err != nil {
		return err
	}
	order := make([]string, len(place))
	for token, id := range vocab {
		if id >= 0 && id < len(place) && place[id] >= 0 {
			order[place[id]] = token
			names[token] = true
		}
	}
	for id, token := range order {
		if !names[token] {
			continue // only an added token
		}
		key, err := plainjson.AppendString(nil, token)
		if err != nil {
			return err
		}
		writeItem(&b, '{', strconv.AppendInt(append(key, ':'), int64(id), 10))
	}
	b.WriteByte('}')
	model.set("vocab", b.Bytes())
	if model.get("merges") == nil {
		return nil
	}
	var merges []json.RawMessage
	if err := plainjson.Unmarshal(model.get("merges"), &merges); err != nil {
		return err
	}
	var prefix *string
	if p := model.get("continuing_subword_prefix"); p != nil {
		if err := plainjson.Unmarshal(p, &prefix); err != nil {
			return err
		}
	}
	b = bytes.Buffer{}
	b.WriteByte('[')
	first := true
	for _, merge := range merges {
		pair, err := models.ParseMerge(merge)
		if err != nil {
			return err
		}
		if pair == nil || !names[pair[0]] || !names[pair[1]] || !names[pair[0]+pair[1][min(len(pair[1]), len(plainjson.Or(prefix, ""))):]] {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(merge)
	}
	b.WriteByte(']')
	model.set("merges", b.Bytes())
	return nil
}

// writeItem writes an item of a list or an object, after open or a comma.
func writeItem(b *bytes.Buffer, open byte, item []byte) {
	if b.Len() == 0 {
		b.WriteByte(open)
	} else {
		b.WriteByte(',')
	}
	b.Write(item)
}

// members are the members of a JSON object, in order.
type members []*member

type member struct {
	name  string
	value json.RawMessage
}

func parseMembers(data []byte) (members, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, byteOrderMark)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("expected an object but found %.40q", data)
	}
	var all members
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, plainjson.Error(err)
		}
		m := &member{}
		m.name, _ = name.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, plainjson.Error(err)
		}
		all = append(all, m)
	}
	return all, nil
}

// get returns the value of a member, nil if there is none or it is null.
func (m members) get(name string) json.RawMessage {
	for _, one := range m {
		if one.name == name && string(one.value) != "null" {
			return one.value
		}
	}
	return nil
}

// set changes the value of a member that exists.
func (m members) set(name string, value []byte) {
	for _, one := range m {
		if one.name == name {
			one.value = value
		}
	}
}

func (m members) bytes() []byte {
	var b bytes.Buffer
	for _, one := range m {
		key, err := plainjson.AppendString(nil, one.name)
		if err != nil {
			continue // names were decoded from JSON
		}
		writeItem(&b, '{', append(append(key, ':'), one.value...))
	}
	if b.Len() == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes()
}

func list(objects []members) []byte {
	var b bytes.Buffer
	for _, one := range objects {
		writeItem(&b, '[', one.bytes())
	}
	b.WriteByte(']')
	return b.Bytes()
}
