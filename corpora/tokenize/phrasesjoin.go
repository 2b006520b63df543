package tokenize

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// phrasePass is a list of phrases as a trie over words: at each word of a text the
// longest phrase that begins there is joined, and the text goes on behind it, as
// word2phrase does. It does not change once made.
type phrasePass struct {
	phrases []string         // as in tokenizer.json: the words with a space between them
	words   map[string]int32 // of any phrase
	first   []int32          // by word: the node of a phrase's first word, 0 when none begins with it
	next    map[uint64]int32 // node and word: the node behind it
	nodes   []phraseNode     // from 1
}

type phraseNode struct {
	token []byte // of the phrase that ends here, nil when none does
	leaf  bool   // no phrase goes on
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

// WithPhrases returns a tokenizer that joins the words of phrases to one token,
// new_york, list after list: a later one finds the tokens of an earlier one as its
// words, as in "new_york times". It comes after the passes t has already. Words
// that stand beside each other are joined whatever signs are between them; a line
// break keeps them apart.
//
// A word of a list that t would write another way could never be found, so it is
// an error.
func (t *Tokenizer) WithPhrases(lists ...*Phrases) (*Tokenizer, error) {
	if t.sub != nil && len(lists) > 0 {
		return nil, fault.New("use the tokenizer words", "phrases are of words, and the tokenizer has parts of words")
	}
	with := *t
	with.passes = append([]*phrasePass(nil), t.passes...)
	made := map[string]bool{} // tokens of earlier passes
	for _, pass := range with.passes {
		for _, node := range pass.nodes {
			made[string(node.token)] = true
		}
	}
	makers := map[string]string{} // where a token is a phrase
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
			if err := CheckPhrase(phrase.Words); err != nil {
				return nil, fault.New(hintPhrases, "%s: %w", list.at(i), err)
			}
			for _, w := range phrase.Words {
				if known[w] || made[w] {
					continue
				}
				if maker, ok := makers[w]; ok {
					return nil, fault.New("give lists in the order they were made, the phrases of phrases last",
						"%s: %q is made only by a list behind it, or by this: %s", list.at(i), w, maker)
				}
				var written []string
				plain.Words([]byte(w), func(b []byte) { written = append(written, string(b)) })
				if len(written) != 1 || written[0] != w {
					return nil, fault.New("make the list with the options of the words that are given here",
						"%s: %q is no word of this tokenizer: it writes %q", list.at(i), w, strings.Join(written, " "))
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

// Phrases returns the phrases of each pass, the words with a space between them.
func (t *Tokenizer) Phrases() [][]string {
	var lists [][]string
	for _, pass := range t.passes {
		lists = append(lists, pass.phrases)
	}
	return lists
}

// withPhraseLists is WithPhrases of what Phrases returns.
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

// knownPasses are the passes without the phrases that v has not: better two words
// than a phrase without a vector. Those that a later pass needs stay.
func knownPasses(passes []*phrasePass, v *Vocabulary) []*phrasePass {
	kept := make([]*phrasePass, len(passes))
	needed := map[string]bool{}
	for i := len(passes) - 1; i >= 0; i-- {
		var known []Phrase
		for _, words := range passes[i].phrases {
			p := Phrase{Words: strings.Split(words, " ")}
			if _, ok := v.ids[p.Token()]; ok || needed[p.Token()] {
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

// joiner joins the words of a text as they come by, pass after pass. It owns
// buffers: one goroutine each.
type joiner struct{ passes []joinPass }

type joinPass struct {
	*phrasePass
	held   []heldWord // words that may begin a phrase, and what followed
	n      int        // of held in use
	walked int        // of those are on the path to node
	node   int32
	best   int   // of those are the longest phrase so far; 0 when none
	end    int32 // the node of that phrase
}

// heldWord is a word with a buffer of its own: a scanner's is gone by now.
type heldWord struct {
	text       []byte
	id         int32 // in the words of the pass; -1 when it has it not
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

// reset forgets the words that are held.
func (j *joiner) reset() {
	for i := range j.passes {
		p := &j.passes[i]
		p.n, p.walked, p.best = 0, 0, 0
	}
}

// feed gives pass k a word; what it has decided goes to the next pass, and from the
// last one to emit.
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
	if p.n == 0 && (id < 0 || p.first[id] == 0) { // nearly all words: nothing to wait for
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

// flush ends a line: no phrase goes on.
func (j *joiner) flush(emit func(word []byte, start, end int)) {
	for k := range j.passes {
		j.decide(k, true, emit)
	}
}

// decide passes on what is held by pass k until it has to wait for another word,
// which at the end of a line it does not.
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
		// The buffers of the words that have gone come behind the others.
		rotate(p.held[:p.n], n)
		p.n -= n
		p.walked, p.best = 0, 0
	}
}

// rotate moves the first n words behind the others.
func rotate(held []heldWord, n int) {
	for range n {
		first := held[0]
		copy(held, held[1:])
		held[len(held)-1] = first
	}
}

// scan calls emit with each word of a text, phrases joined, and, with places, the
// bytes of text it stands for. The word is valid until emit returns.
func (s *Scanner) scan(text []byte, emit func(word []byte, start, end int)) {
	if s.joiner == nil {
		s.find(text, emit)
		return
	}
	s.joiner.reset()
	for from := 0; from < len(text); {
		// Not bytes.IndexByte, in assembly: for all that the compiler knows it could
		// change text, and Encode would have to copy its string.
		end := from
		for end < len(text) && text[end] != '\n' {
			end++
		}
		s.Part(text[from:end], from, emit)
		s.joiner.flush(emit)
		from = end + 1
	}
}

// part is scan of a part of a line, at byte from of the text: another part may
// come, and a phrase goes on in it. At the end of the line comes flush.
func (s *Scanner) Part(text []byte, from int, emit func(word []byte, start, end int)) {
	if s.joiner == nil {
		s.find(text, emit)
		return
	}
	s.find(text, func(word []byte, start, end int) {
		s.joiner.feed(0, word, from+start, from+end, emit)
	})
}

// flush ends a line that came by part.
func (s *Scanner) Flush(emit func(word []byte, start, end int)) {
	if s.joiner != nil {
		s.joiner.flush(emit)
	}
}
