package tokenize

import (
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
)

// bertScan encodes text for BERT in one pass from bytes to ids: the key of a word is made while its
// bytes are classified, and the words of a text are then looked up together, so that the processor
// waits for many of them at once. It cuts ASCII as pretokenizers.BertWords does; words with other
// characters go through that.
type bertScan struct {
	words *pretokenizers.BertWords
	class [256]uint8 // 0: part of a word; else one of the scan constants
	fold  [256]byte
	keys  []pieceKey // of words that have not been looked up
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

// encodeBert appends the ids of the tokens of text, which has no added tokens.
func (s *subwordScanner) encodeBert(dst []int32, text []byte) []int32 {
	scan := s.bert
	class, fold := &scan.class, &scan.fold
	keys := scan.keys[:0]
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
		dst = s.lookUp(dst, keys)
		keys = keys[:0]
		for i < len(text) && text[i] != ' ' && text[i] != '\n' {
			i++
		}
		s.dst = dst
		scan.words.Each(text[start:i], s.appendWord)
		dst = s.dst
	}
	scan.keys = keys
	dst = s.lookUp(dst, keys)
	s.dst = nil
	return dst
}

// lookUp appends the tokens of the words with the keys.
func (s *subwordScanner) lookUp(dst []int32, keys []pieceKey) []int32 {
	dst = slices.Grow(dst, pieceInSlot*len(keys))
	for _, key := range keys {
		slot := s.cache.slot(key)
		switch {
		case slot.key == pieceKey{}:
			s.word = key.appendWord(s.word[:0])
			dst = append(dst, s.idsOf(s.word)...)
		case slot.n <= pieceInSlot:
			n := len(dst)
			dst = append(dst, slot.ids[:]...)[:n+int(slot.n)]
		default:
			dst = append(dst, s.cache.tokens(slot)...)
		}
	}
	return dst
}
