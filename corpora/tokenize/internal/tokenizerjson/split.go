package tokenizerjson

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Split returns a tokenizer.json in which the large fields of the model, "vocab" and "merges", are null,
// and these fields, which share the memory of data and have not been parsed, or nil for a field that is
// missing. So the rest of the file is parsed in no time, by any number of readers. If the file is not
// JSON in this layout, Split may return data and no fields.
func Split(data []byte) (rest []byte, vocab, merges json.RawMessage) {
	var model, fields [2]span
	s := scan{data: data}
	ok := s.object(func(key string, value span) bool {
		if strings.EqualFold(key, "model") {
			if key != "model" || model[0] != (span{}) {
				return false
			}
			model[0] = value
		}
		return true
	})
	if !ok || model[0] == (span{}) {
		return data, nil, nil
	}
	s.at = model[0].from
	ok = s.object(func(key string, value span) bool {
		for i, name := range []string{"vocab", "merges"} {
			if strings.EqualFold(key, name) {
				if key != name || fields[i] != (span{}) {
					return false
				}
				fields[i] = value
			}
		}
		return true
	})
	if !ok {
		return data, nil, nil
	}
	parts := [2]json.RawMessage{}
	cuts := []span{}
	for i, f := range fields {
		if f != (span{}) {
			parts[i] = data[f.from:f.to:f.to]
			cuts = append(cuts, f)
		}
	}
	slices.SortFunc(cuts, func(a, b span) int { return a.from - b.from })
	at := 0
	for _, f := range cuts {
		rest = append(append(rest, data[at:f.from]...), "null"...)
		at = f.to
	}
	return append(rest, data[at:]...), parts[0], parts[1]
}

// span is a range of bytes.
type span struct{ from, to int }

// scan finds the values of JSON. It does not notice all that is wrong in them.
type scan struct {
	data []byte
	at   int
}

// object calls visit with each key and the place of its value, until it returns false. It returns false
// then, for anything but an object, and for keys with escapes.
func (s *scan) object(visit func(key string, value span) bool) bool {
	for first := true; ; first = false {
		if first && !s.next('{') || !first && !s.next(',') {
			return !first && s.next('}')
		}
		key := s.value()
		if n := key.to - key.from; n < 2 || s.data[key.from] != '"' || bytes.IndexByte(s.data[key.from:key.to], '\\') >= 0 || !s.next(':') {
			return false
		}
		value := s.value()
		if value.from == value.to || !visit(string(s.data[key.from+1:key.to-1]), value) {
			return false
		}
	}
}

// next skips white space and a character.
func (s *scan) next(b byte) bool {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			continue
		case b:
			s.at++
			return true
		}
		return false
	}
	return false
}

// value skips a value.
func (s *scan) value() (at span) {
	for s.at < len(s.data) && bytes.IndexByte([]byte(" \t\n\r"), s.data[s.at]) >= 0 {
		s.at++
	}
	at.from = s.at
	for depth := 0; s.at < len(s.data); {
		switch s.data[s.at] {
		case '"':
			if !s.text() {
				return span{}
			}
			if depth == 0 {
				return span{at.from, s.at}
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return span{at.from, s.at}
			}
			if depth == 0 {
				s.at++
				return span{at.from, s.at}
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return span{at.from, s.at}
			}
		}
		s.at++
	}
	return span{}
}

// text skips a string.
func (s *scan) text() bool {
	for s.at++; ; s.at++ {
		n := bytes.IndexByte(s.data[s.at:], '"')
		if n < 0 {
			return false
		}
		from := s.at
		s.at += n
		escapes := 0
		for i := s.at - 1; i >= from && s.data[i] == '\\'; i-- {
			escapes++
		}
		if escapes%2 == 0 {
			s.at++
			return true
		}
	}
}
