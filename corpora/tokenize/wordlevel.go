package tokenize

import (
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/sugarme/tokenizer/model/wordlevel"
)

// UnknownToken stands for words outside the vocabulary in tokenizer.json and
// in the model's own terms. Of the words of a text, only one of a tokenizer cased
// and cut at white space can be equal to it, and has an id of its own then.
const UnknownToken = "[UNK]"

// wordLevel is the WordLevel model of github.com/sugarme/tokenizer behind a
// fence and a cache.
//
// The fence: that library prints and panics on what it does not expect, so
// every call is recovered and Tokenize is asked only for words that it knows.
// The cache: a call into it makes garbage; the words it knew are remembered, at
// most one entry a token of the vocabulary.
type wordLevel struct {
	vocabulary *Vocabulary
	model      *wordlevel.WordLevel
	seed       maphash.Seed
	shards     [shardCount]shard
}

// shardCount keeps goroutines that encode at once from waiting for each other.
const shardCount = 64

type shard struct {
	mu  sync.RWMutex
	ids map[string]int32
	_   [32]byte // a shard a cache line
}

// newWordLevel puts the cache before the model of v, which v has from its
// making: they share one map, token to id.
func newWordLevel(v *Vocabulary) *wordLevel {
	m := &wordLevel{vocabulary: v, model: &v.model, seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i].ids = map[string]int32{}
	}
	return m
}

// id returns the id of a normalised word, -1 when the model does not know it.
func (m *wordLevel) id(word []byte) int32 {
	s := &m.shards[maphash.Bytes(m.seed, word)%shardCount]
	s.mu.RLock()
	id, ok := s.ids[string(word)]
	s.mu.RUnlock()
	if ok {
		return id
	}
	if _, known := m.vocabulary.ids[string(word)]; !known { // without making a string of it
		return -1
	}
	id = m.ask(string(word))
	if id >= 0 {
		s.mu.Lock()
		s.ids[string(word)] = id
		s.mu.Unlock()
	}
	return id
}

// ask is id without the cache.
func (m *wordLevel) ask(word string) int32 {
	id := int32(-1)
	err := fenced(func() error {
		if _, ok := m.model.TokenToId(word); !ok {
			return nil
		}
		tokens, err := m.model.Tokenize(word)
		if err != nil || len(tokens) != 1 {
			return err
		}
		id = int32(tokens[0].Id)
		return nil
	})
	if err != nil {
		return -1
	}
	return id
}

// fenced calls f and makes an error of its panic.
func fenced(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("panic: %v", x)
		}
	}()
	return f()
}
