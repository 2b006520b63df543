package distill

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// starts returns the tokens of the teacher that stand for each token of the model: the same one if the
// teacher has it, otherwise those of its text, of which the first stands inside a word if the token does
// and the teacher has such a one. The tokens for unknown text stand for one another.
func starts(teacher, own *tokenize.Tokenizer) [][]int32 {
	type place struct {
		text   string
		inside bool
	}
	known := make(map[place]int32, teacher.Vocabulary().Len())
	for id := range int32(teacher.Vocabulary().Len()) {
		text, inside := teacher.TokenText(id)
		if _, ok := known[place{text, inside}]; !ok {
			known[place{text, inside}] = id
		}
	}
	all := make([][]int32, own.Vocabulary().Len())
	for id := range int32(len(all)) {
		text, inside := own.TokenText(id)
		if id == own.Unknown() && teacher.Unknown() >= 0 {
			all[id] = []int32{teacher.Unknown()}
			continue
		}
		if same, ok := known[place{text, inside}]; ok {
			all[id] = []int32{same}
			continue
		}
		ids := teacher.Encode(nil, text)
		if inside && len(ids) > 0 {
			first, _ := teacher.TokenText(ids[0])
			if same, ok := known[place{first, true}]; ok {
				ids[0] = same
			}
		}
		if len(ids) == 0 && teacher.Unknown() >= 0 {
			ids = []int32{teacher.Unknown()}
		}
		all[id] = ids
	}
	return all
}

// Each calls emit with each text of the sample, which must have been added by [Sample.AddText], for example
// to train a tokenizer.
func (s *Sample) Each(ctx context.Context, emit func(text []byte) error) error {
	for _, text := range s.raw {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit([]byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// SplitWords returns the n words that occur most often in the sample of those that the tokenizer of the
// teacher, one of WordPiece, splits into several tokens. Words of one occurrence, and those without letters,
// do not count.
func (s *Sample) SplitWords(teacher *tokenize.Tokenizer, n int) []string {
	counts := map[string]int{}
	for _, ids := range s.texts {
		tokenize.JoinWords(teacher, ids, func(word string, pieces int) {
			if pieces > 1 {
				counts[word]++
			}
		})
	}
	var words []string
	for word, n := range counts {
		if n > 1 && strings.IndexFunc(word, unicode.IsLetter) >= 0 {
			words = append(words, word)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	return words[:min(n, len(words))]
}

// Retokenize gives the model other tokens than the teacher's. The texts must have been added by
// [Sample.AddText]; it is called once. With nil, the tokens remain those of the teacher, and the texts are
// forgotten; more may then be added as tokens.
func (s *Sample) Retokenize(own *tokenize.Tokenizer) {
	if own == nil {
		s.raw = nil
		return
	}
	s.own, s.teacher = own, s.texts
	s.texts, s.counts = make([][]int32, len(s.raw)), make([]int64, own.Vocabulary().Len())
	for i, text := range s.raw {
		s.texts[i] = own.Encode(nil, text)
		for _, id := range s.texts[i] {
			s.counts[id]++
		}
	}
	s.raw = nil
}

// Tokenizer returns the tokenizer of the model: that of the teacher, unless Retokenize has set another.
func (s *Sample) Tokenizer(t Teacher) *tokenize.Tokenizer {
	if s.own != nil {
		return s.own
	}
	return t.Tokenizer()
}

// forTeacher returns the texts as tokens of the teacher.
func (s *Sample) forTeacher() [][]int32 {
	if s.own != nil {
		return s.teacher
	}
	return s.texts
}

// blank returns the number of texts that have no token of the model.
func (s *Sample) blank() (n int) {
	for _, text := range s.texts {
		if len(text) == 0 {
			n++
		}
	}
	return n
}
