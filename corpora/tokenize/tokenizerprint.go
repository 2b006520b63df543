package tokenize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A fingerprint is the first 128 bits of a SHA-256 in hexadecimal digits: enough
// that two texts never have the same by chance, and short enough to be read.
const fingerprintBytes = 16

// Fingerprint tells tokenizers apart that find different words. It is a hash of
// what the tokenizer was made with, phrases included, and not of its vocabulary.
func (t *Tokenizer) Fingerprint() string {
	h := sha256.New()
	if t.sub != nil {
		h.Write(t.sub.file)
		return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
	}
	fmt.Fprintf(h, "words cased=%t whitespace=%t\n", t.options.Cased, t.options.Whitespace)
	for _, list := range t.Phrases() {
		for _, phrase := range list {
			fmt.Fprintf(h, "%q ", phrase)
		}
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}

// fingerprint tells vocabularies apart, by their tokens, counts and order.
func (v *Vocabulary) Fingerprint() string {
	h := sha256.New()
	v.WriteTo(h) // a hash takes all
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}
