// Package learn trains subword tokenizers and finds phrases.
//
//	text ──► words with counts ──┬─► merges: WordPiece, BPE ──┬─► tokenizer.json
//	                             └─► seeds ─► EM: Unigram ────┘
//
// A small example:
//
//	src, err := text.Open("wiki/")
//	result, err := learn.Train(ctx, src, learn.DefaultOptions(learn.Unigram))
//	file, err := result.Tokenizer.MarshalJSON()
//
// # Subword tokenizers
//
// [Train] learns a tokenizer from a source, [TrainFrom] from any other texts. The text is
// normalized and split into words exactly as the finished tokenizer does it, and the words are
// counted once (counts.go). Everything else works on the counts, because the tokens of a word
// do not depend on its neighbors:
//
//   - WordPiece and BPE start with the characters and repeatedly merge the most frequent
//     pair of adjacent tokens (merges.go);
//   - Unigram starts with the frequent substrings of words (seeds.go), fits their
//     probabilities by EM, and drops those that cost the least likelihood (em.go,
//     lattice.go).
//
// The merges are those of Hugging Face's trainers, token for token; Unigram follows the
// paper and SentencePiece. The result has the same bytes for any number of goroutines. To
// add a model, write one file that registers it (model.go).
//
// # Phrases
//
// [FindPhrases] finds words that occur together more often than by chance, by the score of
// word2phrase or by normalized pointwise mutual information. A tokenizer that joins the
// phrases of a first pass finds longer ones in a second: new_york, then new_york_times.
//
//	found, err := learn.FindPhrases(ctx, src, learn.DefaultPhraseOptions(learn.Word2Phrase))
//	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithPhrases(found.Phrases)
package learn
