// Package corpora turns text into a corpus: a vocabulary with counts and a stream of word ids
// for the trainers.
//
//	text ──► tokenizer ──► vocabulary ──► corpus
//	lines    words         ids, counts    blocks of ids
//
// Related packages do one step each: corpora/text reads files, corpora/tokenize finds words,
// corpora/tokenize/learn trains tokenizers and finds phrases, corpora/pairs reads pairs of
// texts, and corpora/sets reads evaluation sets.
//
//	src, err := text.Open("wiki/", "more-*.txt.gz")
//	corpus, err := corpora.Build(ctx, src, corpora.BuildOptions{MinCount: 5})
//	defer corpus.Close()
//	for i := range corpus.Blocks() {
//		block, err = corpus.Block(block[:0], i) // ids, LineEnd after each line
//	}
//
// # Counting
//
// Build reads the source once. It counts the words, drops those below MinCount, which have too
// few neighbors to learn from, and those beyond MaxVocabulary, and numbers the rest, most
// frequent first. The text is stored as ids, so later epochs read 4 bytes per word, the source
// may be a pipe, and the result is the same for any number of goroutines. Ids beyond 256 MiB go
// to a temporary file that Close removes. If there are more than MaxDistinct distinct words,
// the rarest are dropped; Corpus.Dropped reports them.
//
// With BuildOptions.Base, the vocabulary of an existing model grows by the words of a new text:
// all old words stay, counts are added, and ids are assigned again. WordCounts counts words in
// texts from any source.
//
// # Lines
//
// Context windows do not cross the end of a line, a file or a record. In a text with one
// sentence or paragraph per line, no window spans two of them. A text on a single line, such as
// text8, may have any length: it is read in chunks. Windows also end with a block of
// BlockTokens ids, which costs about one window in several thousand.
//
// # Cache
//
// WriteCache stores a corpus in a folder; OpenCache opens it. A CacheKey shows whether the text
// and the options are unchanged; if they are, the text need not be read. The corpus of a cache
// is read from its file and may be larger than memory.
//
//	key, err := corpora.NewCacheKey(src, options)
//	cache, err := corpora.OpenCache(ctx, dir)
//	if err == nil && cache.Differs(key) == "" {
//		corpus, err = cache.Corpus(ctx, nil)
//	}
//
// # Subsampling
//
// A few words make up much of any text (in the bundled sample, "the" alone is 7%) and
// teach little after their first thousand occurrences. KeepProbabilities returns how often
// to keep each word, by the formula of word2vec.
package corpora
