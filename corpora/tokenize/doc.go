// Package tokenize turns text into tokens and ids. A [Tokenizer] finds words or subwords; a
// [Vocabulary] gives them ids.
//
//	"Don't panic in New York!"
//	   │ word tokenizer          │ joined phrases           │ vocabulary
//	   ▼                         ▼                          ▼
//	don't panic in new york ──► don't panic in new_york ──► 14 803 5 61
//
//	"unfathomable"
//	   │ subword tokenizer: normalizers, pre-tokenizer, model
//	   ▼
//	un ##fat ##hom ##able ──► 4895 27753 23393 3085
//
// A small example:
//
//	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
//	ids = words.Encode(ids[:0], "Who am I?")
//
//	bert, err := tokenize.Open("tokenizer.json")
//	for _, token := range bert.Tokens("unfathomable") {
//		fmt.Println(token.Text, token.ID, token.Start, token.End)
//	}
//
// # Words
//
// A word tokenizer normalizes text (invalid UTF-8 replaced, lower case, Unicode normal form C),
// splits it at the word boundaries of Unicode's UAX #29, and keeps segments that contain a
// letter or a digit: "Don't panic, it's 3.14!" is don't, panic, it's, 3.14. With
// WordOptions.Whitespace it splits at white space only. ASCII text takes a fast path that gives
// the same words. An id is one lookup in the map of the vocabulary. MarshalJSON writes a
// tokenizer.json with which Hugging Face's tokenizers library finds the same words.
//
// Lower case is that of each character alone: the Greek Σ always becomes σ, even at the end of a word.
// In Turkish it needs WordOptions.Locale. [Tokenizer.CutAgain] detects text that is already split
// into words.
//
// # Subwords
//
// [Open] reads the tokenizer of another model: a tokenizer.json of Hugging Face's library or a
// vocab.txt of BERT. Its stages are internal packages with one file for each variant, which
// registers itself: internal/normalizers change the text, internal/pretokenizers split it into
// words, and internal/models split words into tokens, behind a cache. WordPiece uses
// github.com/sugarme/tokenizer; the other models of that library give wrong tokens. In 4.3
// million tokens of English Wikipedia and 20,000 difficult strings, the ids of WordPiece
// matched those of version 0.23 of Hugging Face's library, as did 3.4 million tokens of
// byte-level BPE and 3.5 million of Unigram. Tokens may differ for characters that were added
// to Unicode after the several older versions used in that library. A line of more than
// text.MaxChunk bytes without white space is split there.
//
// A file may come from anywhere, so [Parse] refuses what would take memory or time without
// bounds: normalizers that multiply a text, huge patterns and long added tokens.
//
// # Phrases
//
// A tokenizer made by [Tokenizer.WithPhrases] joins words into phrases, such as new_york, so
// that these get their own vectors. learn.FindPhrases finds them. They are stored in
// tokenizer.json, so a model reads new text as it read its training text; Hugging Face's
// library ignores them and finds single words.
//
// # Character n-grams
//
// [NGrams] are the character n-grams of fastText: the runs of 3 to 6 letters of a word,
// hashed into buckets. Each bucket has a row in a table that words share. Words with
// similar spelling learn from each other, and a word outside the vocabulary gets a vector
// from its parts.
//
//	grams, err := tokenize.NewNGrams(v, tokenize.DefaultNGramOptions())
//	rows = grams.Append(rows[:0], "unheard")
package tokenize
