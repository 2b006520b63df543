package tokenize

import "github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"

// bertScan makes the keys of the words of a text for BERT in one pass over its bytes, while they are
// classified. It cuts ASCII as pretokenizers.BertWords does; words with other characters go through
// that.
type bertScan struct {
	words *pretokenizers.BertWords
	class [256]uint8 // 0: part of a word; else one of the scan constants
	fold  [256]byte
}

const (
	scanSpace   = 1 + iota // ends a word
	scanAlone              // is a word
	scanNotFast            // is not handled here
)

func newBertScan(words *pretokenizers.BertWords) *bertScan {
	s := &bertScan{words: words}
	for b := range 256 {
		class, fold := words.Byte(byte(b))
		s.fold[b] = fold
		switch class {
		case pretokenizers.InWord:
		case pretokenizers.Space:
			s.class[b] = scanSpace
		case pretokenizers.Alone:
			s.class[b] = scanAlone
		default:
			s.class[b] = scanNotFast
		}
	}
	return s
}

// scanBert is scan for a text without added tokens: it appends the keys of its words to s.keys.
func (s *subwordScanner) scanBert(text []byte) {
	class, fold := &s.bert.class, &s.bert.fold
	keys := s.keys
	for i := 0; i < len(text); {
		c := class[text[i]]
		if c == scanSpace {
			i++
			continue
		}
		if c == scanAlone {
			keys = append(keys, pieceKey{uint64(text[i])})
			i++
			continue
		}
		start := i
		var key pieceKey
		for shift := 0; c == 0 && shift < 64; shift += 8 {
			key[0] |= uint64(fold[text[i]]) << shift
			if i++; i == len(text) {
				c = scanSpace
				break
			}
			c = class[text[i]]
		}
		for shift := 0; c == 0 && shift < 64; shift += 8 {
			key[1] |= uint64(fold[text[i]]) << shift
			if i++; i == len(text) {
				c = scanSpace
				break
			}
			c = class[text[i]]
		}
		if c == scanSpace || c == scanAlone {
			keys = append(keys, key)
			continue
		}
		// A long word, or one with other characters than ASCII: up to where BertWords begins anew.
		for i < len(text) && text[i] != ' ' && text[i] != '\n' {
			i++
		}
		s.keys = keys
		s.bert.words.Each(text[start:i], s.appendWord)
		keys = s.keys
	}
	s.keys = keys
}
