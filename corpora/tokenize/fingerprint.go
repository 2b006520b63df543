package tokenize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A fingerprint is the first 128 bits of a SHA-256 in hexadecimal: enough to rule out
// collisions, and short enough to read.
const fingerprintBytes = 16

// Fingerprint returns a hash of the options and phrases of a word tokenizer, or of the
// file of a subword tokenizer. Tokenizers that find different words have different
// fingerprints; the vocabulary of a word tokenizer does not count.
func (t *Tokenizer) Fingerprint() string {
	h := sha256.New()
	if t.sub != nil {
		h.Write(t.sub.file)
		return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
	}
	fmt.Fprintf(h, "words cased=%t whitespace=%t\n", t.options.Cased, t.options.Whitespace)
	if t.options.Locale != "" {
		fmt.Fprintf(h, "locale=%s\n", t.options.Locale)
	}
	for _, list := range t.Phrases() {
		for _, phrase := range list {
			fmt.Fprintf(h, "%q ", phrase)
		}
		h.Write([]byte("\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}

// Fingerprint returns a hash of the tokens and counts in their order.
func (v *Vocabulary) Fingerprint() string {
	h := sha256.New()
	v.WriteTo(h) // writing to a hash does not fail
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}
