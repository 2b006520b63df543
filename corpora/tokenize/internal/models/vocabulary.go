package models

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
	"unsafe"
)

// ReadTokens reads the "vocab" object of a model: the id of each token. A token that occurs twice is an
// error. If the tokens and ids are those of known, which may be nil, it returns known. Otherwise the
// tokens may share the memory of data.
func ReadTokens(data json.RawMessage, known *Tokens) (*Tokens, error) {
	if t := plainTokens(data, known); t != nil {
		return t, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it is not a JSON object")
	}
	found := &collected{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w", err)
		}
		token, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a token", t)
		}
		var id int
		if err := d.Decode(&id); err != nil {
			return nil, fmt.Errorf("id of %q: %w", token, err)
		}
		found.add(token, id)
	}
	t, second, first := found.tokens()
	if t == nil {
		return nil, fmt.Errorf("it has more than %d tokens", math.MaxInt32)
	}
	if second >= 0 {
		return nil, fmt.Errorf("%q occurs twice, with the ids %d and %d", t.list[second], found.id(first), found.id(second))
	}
	return t, nil
}

// collected are tokens that are being read.
type collected struct {
	list []string
	ids  []int // nil as long as they are the indexes
}

func (c *collected) add(token string, id int) {
	if c.ids == nil && id != len(c.list) {
		c.ids = make([]int, len(c.list), cap(c.list))
		for i := range c.ids {
			c.ids[i] = i
		}
	}
	if c.list = append(c.list, token); c.ids != nil {
		c.ids = append(c.ids, id)
	}
}

func (c *collected) id(i int) int {
	if c.ids == nil {
		return i
	}
	return c.ids[i]
}

// tokens is NewTokens. It returns nil if there are too many.
func (c *collected) tokens() (t *Tokens, second, first int) {
	if len(c.list) > math.MaxInt32 {
		return nil, -1, -1
	}
	t, second, first = NewTokens(c.list)
	t.ids = c.ids
	return t, second, first
}

// plainTokens reads an object of strings and whole numbers much faster than encoding/json. It
// returns nil for any other.
func plainTokens(data []byte, known *Tokens) *Tokens {
	var expected []string
	if known != nil {
		expected = known.InOrder()
	}
	var found *collected // nil as long as all are the first of expected
	p, n := plain{data}, 0
	for ; ; n++ {
		if n == 0 && !p.next('{') || n > 0 && !p.next(',') {
			break
		}
		token, ok := p.text()
		if !ok || !p.next(':') {
			return nil
		}
		id, ok := p.whole()
		if !ok {
			return nil
		}
		if found == nil {
			if n < len(expected) && id == n && token == expected[n] {
				continue
			}
			found = &collected{list: append(make([]string, 0, n+len(p.data)/12), expected[:n]...)}
		}
		found.add(token, id)
	}
	if n == 0 || !p.next('}') || len(bytes.TrimSpace(p.data)) > 0 {
		return nil
	}
	if found == nil {
		if n == len(expected) {
			return known
		}
		found = &collected{list: expected[:n]}
	}
	t, second, _ := found.tokens()
	if t == nil || second >= 0 {
		return nil
	}
	return t
}

// plain is the rest of a JSON text of strings and numbers.
type plain struct{ data []byte }

func (p *plain) space() {
	i := 0
	for i < len(p.data) && (p.data[i] == ' ' || p.data[i] == '\n' || p.data[i] == '\t' || p.data[i] == '\r') {
		i++
	}
	p.data = p.data[i:]
}

// next skips white space and a character; false: another one comes next.
func (p *plain) next(b byte) bool {
	if len(p.data) == 0 || p.data[0] != b {
		if p.space(); len(p.data) == 0 || p.data[0] != b {
			return false
		}
	}
	p.data = p.data[1:]
	return true
}

// text reads a string, which shares the memory of the JSON text unless it is escaped.
func (p *plain) text() (string, bool) {
	if !p.next('"') {
		return "", false
	}
	end, simple := 0, true
	for ; ; end++ {
		if end >= len(p.data) || p.data[end] < ' ' {
			return "", false
		}
		if p.data[end] == '"' {
			break
		}
		if p.data[end] == '\\' {
			if end++; end >= len(p.data) {
				return "", false
			}
			simple = false
		}
	}
	raw := p.data[:end]
	p.data = p.data[end+1:]
	if token := unsafe.String(unsafe.SliceData(raw), len(raw)); simple && utf8.ValidString(token) {
		return token, true
	}
	var token string
	if json.Unmarshal(fmt.Appendf(nil, `"%s"`, raw), &token) != nil {
		return "", false
	}
	return token, true
}

// whole reads a whole number of at most 9 digits.
func (p *plain) whole() (int, bool) {
	p.space()
	number, n := 0, 0
	for n < len(p.data) && n < 10 && '0' <= p.data[n] && p.data[n] <= '9' {
		number, n = 10*number+int(p.data[n]-'0'), n+1
	}
	if n == 0 || n == 10 || n > 1 && p.data[0] == '0' {
		return 0, false
	}
	p.data = p.data[n:]
	return number, true
}

// number reads a number. What comes after it must not be part of one.
func (p *plain) number() (float64, bool) {
	p.space()
	n := 0
	for n < len(p.data) && (p.data[n] >= '0' && p.data[n] <= '9' || bytes.IndexByte([]byte("+-.eE"), p.data[n]) >= 0) {
		n++
	}
	raw := p.data[:n]
	if !json.Valid(raw) { // strconv reads more than JSON has
		return 0, false
	}
	p.data = p.data[n:]
	x, err := strconv.ParseFloat(string(raw), 64)
	return x, err == nil
}

// unknownID returns the index of unk_token, which WordPiece and WordLevel need.
func unknownID(tokens *Tokens, token string) (int32, error) {
	id, ok := tokens.Find(token)
	if !ok {
		return 0, fmt.Errorf("unk_token %q is not in the vocabulary", token)
	}
	return int32(id), nil
}
