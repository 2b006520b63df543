package tokenize

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// phrasePass is a list of phrases as a trie of words. At each word of a text, the
// longest phrase that begins there is joined, and the search continues after it, as in
// word2phrase. It does not change once made.
type phrasePass struct {
	phrases []string         // as in tokenizer.json: the words separated by spaces
	words   map[string]int32 // ids of the words of all phrases
	first   []int32          // by word: its node as the first word of a phrase, 0 if there is none
	next    map[uint64]int32 // by node and word: the next node
	nodes   []phraseNode     // from 1
}

type phraseNode struct {
	token []byte // of the phrase that ends here, nil if there is none
	leaf  bool   // no phrase continues
}

func edge(node, word int32) uint64 { return uint64(node)<<32 | uint64(word) }

func newPhrasePass(phrases []Phrase) *phrasePass {
	p := &phrasePass{words: map[string]int32{}, next: map[uint64]int32{}, nodes: make([]phraseNode, 1)}
	add := func() int32 {
		p.nodes = append(p.nodes, phraseNode{leaf: true})
		return int32(len(p.nodes) - 1)
	}
	for _, phrase := range phrases {
		var node int32
		for i, w := range phrase.Words {
			id, ok := p.words[w]
			if !ok {
				id = int32(len(p.first))
				p.words[w] = id
				p.first = append(p.first, 0)
			}
			if i == 0 {
				if p.first[id] == 0 {
					p.first[id] = add()
				}
				node = p.first[id]
				continue
			}
			to, ok := p.next[edge(node, id)]
			if !ok {
				to = add()
				p.next[edge(node, id)] = to
				p.nodes[node].leaf = false
			}
			node = to
		}
		p.nodes[node].token = []byte(phrase.Token())
		p.phrases = append(p.phrases, strings.Join(phrase.Words, " "))
	}
	return p
}

// WithPhrases returns a tokenizer that also joins the words of each phrase to one token,
// new_york. The lists are applied in order, after those that t already has: the words
// of a later list may be tokens of an earlier one, as in "new_york times". Adjacent
// words are joined whatever punctuation is between them, but not across a line
// break.
//
// A word that t would never emit in that form is an error.
func (t *Tokenizer) WithPhrases(lists ...*Phrases) (*Tokenizer, error) {
	if t.sub != nil && len(lists) > 0 {
		return nil, fault.New("use a word tokenizer", "phrases need a word tokenizer, but this is a subword tokenizer")
	}
	with := *t
	with.passes = append([]*phrasePass(nil), t.passes...)
	made := map[string]bool{} // by earlier passes
	for _, pass := range with.passes {
		for _, node := range pass.nodes {
			made[string(node.token)] = true
		}
	}
	makers := map[string]string{} // the position of the phrase that makes a token
	for _, list := range lists {
		for i, phrase := range list.List {
			makers[phrase.Token()] = list.at(i)
		}
	}
	plain := *t
	plain.passes = nil
	plain.pools()
	for _, list := range lists {
		known := map[string]bool{}
		for i, phrase := range list.List {
			if err := phrase.Validate(); err != nil {
				return nil, fault.New(hintPhrases, "%s: %w", list.at(i), err)
			}
			for _, w := range phrase.Words {
				if known[w] || made[w] {
					continue
				}
				if maker, ok := makers[w]; ok {
					return nil, fault.New("name lists in the order in which they were made, phrases of phrases last",
						"%s: %q is made only later, by %s", list.at(i), w, maker)
				}
				var written []string
				plain.Words([]byte(w), func(b []byte) { written = append(written, string(b)) })
				if len(written) != 1 || written[0] != w {
					return nil, fault.New("make the list with the same tokenizer options",
						"%s: %q is not a word of this tokenizer, which reads it as %q", list.at(i), w, strings.Join(written, " "))
				}
				known[w] = true
			}
		}
		pass := newPhrasePass(list.List)
		with.passes = append(with.passes, pass)
		for _, node := range pass.nodes {
			made[string(node.token)] = true
		}
	}
	with.pools()
	return &with, nil
}

// Phrases returns the phrases of each list, as their words separated by spaces.
func (t *Tokenizer) Phrases() [][]string {
	var lists [][]string
	for _, pass := range t.passes {
		lists = append(lists, pass.phrases)
	}
	return lists
}

// withPhraseLists is WithPhrases for the result of Phrases.
func (t *Tokenizer) withPhraseLists(name string, lists [][]string) (*Tokenizer, error) {
	if len(lists) == 0 {
		return t, nil
	}
	var all []*Phrases
	for i, list := range lists {
		p := &Phrases{Name: fmt.Sprintf("%s: pass %d", name, i+1)}
		for _, words := range list {
			p.List = append(p.List, Phrase{Words: strings.Split(words, " ")})
		}
		all = append(all, p)
	}
	return t.WithPhrases(all...)
}

// knownPasses returns the passes without the phrases that are not in v: two words are
// better than a phrase without a vector. Phrases that a later pass needs stay.
func knownPasses(passes []*phrasePass, v *Vocabulary) []*phrasePass {
	kept := make([]*phrasePass, len(passes))
	needed := map[string]bool{}
	for i := len(passes) - 1; i >= 0; i-- {
		var known []Phrase
		for _, words := range passes[i].phrases {
			p := Phrase{Words: strings.Split(words, " ")}
			if v.Has(p.Token()) || needed[p.Token()] {
				known = append(known, p)
			}
		}
		for _, p := range known {
			for _, w := range p.Words {
				needed[w] = true
			}
		}
		kept[i] = passes[i]
		if len(known) < len(passes[i].phrases) {
			kept[i] = newPhrasePass(known)
		}
	}
	return kept
}

// joiner joins the words of a text one by one, pass after pass. It owns buffers: each
// goroutine needs its own.
type joiner struct{ passes []joinPass }

type joinPass struct {
	*phrasePass
	held   []heldWord // words that may begin a phrase, and those after them
	n      int        // words held
	walked int        // how many of them are on the path to node
	node   int32
	best   int   // how many of them are the longest phrase so far; 0: none
	end    int32 // the node at the end of that phrase
}

// heldWord is a copy of a word: the finder reuses its buffer.
type heldWord struct {
	text       []byte
	id         int32 // in the words of the pass; -1 if it is not there
	start, end int
}

func newJoiner(passes []*phrasePass) *joiner {
	if len(passes) == 0 {
		return nil
	}
	j := &joiner{passes: make([]joinPass, len(passes))}
	for i, p := range passes {
		j.passes[i].phrasePass = p
	}
	return j
}

// reset forgets the words held.
func (j *joiner) reset() {
	for i := range j.passes {
		p := &j.passes[i]
		p.n, p.walked, p.best = 0, 0, 0
	}
}

// feed gives a word to pass k. Words that are decided go to the next pass, and from the
// last pass to emit.
func (j *joiner) feed(k int, word []byte, start, end int, emit func(word []byte, start, end int)) {
	if k == len(j.passes) {
		emit(word, start, end)
		return
	}
	p := &j.passes[k]
	id, ok := p.words[string(word)]
	if !ok {
		id = -1
	}
	if p.n == 0 && (id < 0 || p.first[id] == 0) { // true of almost all words: nothing to wait for
		j.feed(k+1, word, start, end, emit)
		return
	}
	if p.n == len(p.held) {
		p.held = append(p.held, heldWord{})
	}
	h := &p.held[p.n]
	h.text, h.id, h.start, h.end = append(h.text[:0], word...), id, start, end
	p.n++
	j.decide(k, false, emit)
}

// flush ends a line: no phrase continues.
func (j *joiner) flush(emit func(word []byte, start, end int)) {
	for k := range j.passes {
		j.decide(k, true, emit)
	}
}

// decide hands on the words held by pass k until it must wait for another word, which
// it never does at the end of a line.
func (j *joiner) decide(k int, last bool, emit func(word []byte, start, end int)) {
	p := &j.passes[k]
	for p.n > 0 {
		waits := true
		for waits && p.walked < p.n {
			id := p.held[p.walked].id
			var to int32
			switch {
			case id < 0:
			case p.walked == 0:
				to = p.first[id]
			default:
				to = p.next[edge(p.node, id)]
			}
			if to == 0 {
				waits = false
				break
			}
			p.node = to
			p.walked++
			if p.nodes[to].token != nil {
				p.best, p.end = p.walked, to
			}
			waits = !p.nodes[to].leaf
		}
		if waits && !last {
			return
		}
		n := max(p.best, 1)
		text := p.held[0].text
		if p.best > 0 {
			text = p.nodes[p.end].token
		}
		j.feed(k+1, text, p.held[0].start, p.held[n-1].end, emit)
		// The buffers of these words are reused: move them to the end.
		rotate(p.held[:p.n], n)
		p.n -= n
		p.walked, p.best = 0, 0
	}
}

// rotate moves the first n words to the end.
func rotate(held []heldWord, n int) {
	for range n {
		first := held[0]
		copy(held, held[1:])
		held[len(held)-1] = first
	}
}
