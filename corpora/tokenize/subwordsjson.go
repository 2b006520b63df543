package tokenize

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// hintKnown returns a hint that lists the tokenizer.json files that can be read.
func hintKnown() string {
	return "supported models: " + strings.Join(models.Types(), ", ") + ", with the usual normalizers and pre_tokenizers"
}

// subwords reads a tokenizer.json of Hugging Face's library, which probably has the vocabulary known;
// errors refer to it as name.
func (p parts) subwords(name string, known *Vocabulary) (*subwords, error) {
	var f tokenizerjson.File
	if err := plainjson.Unmarshal(p.rest, &f); err != nil {
		return nil, fault.New(hintOtherFile, "%s: not a tokenizer: %w", name, err)
	}
	s := &subwords{file: p.data}
	section := models.Section{Fields: f.Model, Vocab: p.vocab, Merges: p.merges}
	if known != nil {
		section.Known = known.ids
	}
	var err error
	if s.model, err = models.Parse(section); err != nil {
		if unsupported := (*models.UnsupportedError)(nil); errors.As(err, &unsupported) {
			return nil, fault.New(hintKnown(), "%s: %w", name, err)
		}
		return nil, fault.New(hintOtherFile, "%s: %w", name, plainjson.Error(err))
	}
	s.unknown = s.model.Unknown()
	if s.preTokenizer, err = pretokenizers.Parse(f.Normalizer, f.PreTokenizer); err != nil {
		return nil, fault.New(hintKnown(), "%s: %w", name, plainjson.Error(err))
	}
	// Without a pre_tokenizer the model gets a whole text as one word. Some models
	// allow cutting it, which makes their words short and the cache useful.
	if m, ok := s.model.(interface{ CutsBefore(mark rune) bool }); ok && s.preTokenizer.Uncut() && m.CutsBefore(pretokenizers.Metaspace) {
		s.preTokenizer.Mark = pretokenizers.Metaspace
	}
	s.setBlanks()
	if err := s.setVocabulary(known, f.AddedTokens); err != nil {
		return nil, fault.New(hintOtherFile, "%s: vocabulary: %w", name, err)
	}
	if err := s.addTokens(f.AddedTokens); err != nil {
		return nil, fault.New(hintKnown(), "%s: %w", name, err)
	}
	return s, nil
}

// setBlanks finds out what becomes of a space.
func (s *subwords) setBlanks() {
	var words strings.Builder
	s.preTokenizer.NewWorker(false).Each([]byte(" a a"), func(word []byte, _, _ int) { words.Write(word) })
	for _, mark := range []string{"▁", "Ġ"} {
		if strings.Contains(words.String(), mark) {
			s.blanks += mark
		}
	}
}

// addTokens prepares the search for added tokens, special ones first.
func (s *subwords) addTokens(tokens []tokenizerjson.AddedToken) error {
	if slices.ContainsFunc(tokens, func(a tokenizerjson.AddedToken) bool { return a.Normalized }) {
		s.preTokenizer = s.preTokenizer.Steps()
	}
	for _, special := range []bool{true, false} {
		for _, a := range tokens {
			switch {
			case a.Special != special:
			case !a.Normalized:
				s.added.add(a.Content, a)
			default:
				text := string(s.preTokenizer.NewPipeline(false).Normalize([]byte(a.Content), false).Bytes)
				if text == "" {
					return fmt.Errorf("added token %q is empty once it is normalized", a.Content)
				}
				s.normalized.add(text, a)
			}
		}
	}
	return nil
}

// maxAddedBytes limits the length of an added token, all of which are searched for everywhere.
const maxAddedBytes = 1000

// setVocabulary puts the tokens of the model and the added tokens in the order of
// their ids. An id without a token, of which files have a few, gets a made-up name, and so
// do tokens that vocab.tsv cannot hold. If these are the tokens of known, that is the vocabulary.
func (s *subwords) setVocabulary(known *Vocabulary, added []tokenizerjson.AddedToken) error {
	model := s.model.Vocabulary()
	more := map[string]int{} // added tokens that the model does not have
	last := -1
	for _, a := range added {
		if a.Content == "" {
			return errors.New("an added token is empty")
		}
		if len(a.Content) > maxAddedBytes {
			return fmt.Errorf("the added token %.60q… has %d bytes; at most %d are supported", a.Content, len(a.Content), maxAddedBytes)
		}
		id, ok := model.Find(a.Content)
		if !ok {
			if id, ok = more[a.Content]; !ok {
				id, more[a.Content] = a.ID, a.ID
				last = max(last, id)
			}
		}
		if id != a.ID {
			return fmt.Errorf("%q has the id %d, but %d as an added token", a.Content, id, a.ID)
		}
	}
	if known != nil && model == known.ids && len(more) == 0 {
		s.vocabulary = known
		return nil
	}
	for _, id := range model.All() {
		last = max(last, id)
	}
	size := model.Len() + len(more)
	if holes := last + 1 - size; holes > 0 && holes <= size/4 {
		size = last + 1
	}
	if size == 0 {
		return errors.New("it has no tokens")
	}
	tokens := make([]string, size)
	used := make([]bool, size)
	put := func(token string, id int) error {
		if id < 0 || id >= size {
			return fmt.Errorf("id %d of %q must be below %d, the number of tokens", id, token, size)
		}
		if used[id] {
			return fmt.Errorf("id %d belongs to both %q and %q", id, min(tokens[id], token), max(tokens[id], token))
		}
		tokens[id], used[id] = token, true
		return nil
	}
	for token, id := range model.All() {
		if err := put(token, id); err != nil {
			return err
		}
	}
	for _, token := range slices.Sorted(maps.Keys(more)) {
		if err := put(token, more[token]); err != nil {
			return err
		}
	}
	taken := func(name string) bool {
		_, of := model.Find(name)
		_, other := more[name]
		return of || other
	}
	for id, token := range tokens {
		name := token
		switch {
		case !used[id]:
			name = "[no token]"
		case strings.ContainsAny(token, "\t\n\r"):
			name = visible.Replace(token)
		default:
			continue
		}
		for taken(name) {
			name += "#" + strconv.Itoa(id)
		}
		tokens[id], more[name] = name, id
	}
	var err error
	s.vocabulary, err = NewVocabulary(tokens, nil)
	return err
}

// visible replaces the characters that vocab.tsv cannot hold by Unicode's symbols for them.
var visible = strings.NewReplacer("\t", "␉", "\n", "␊", "\r", "␍")
