// Package corpora is where text comes in: it reads, finds words, counts them,
// and leaves a stream of ids for the trainers.
//
//	files ──► Source ──► Tokenizer ──► Vocabulary ──► Corpus
//	          lines      words         ids, counts    blocks of ids
//
// # Reading
//
// Open names files, folders, patterns and standard input; Sample is the text
// that comes with the program. Read streams a Source once in bounded memory,
// whatever the length of its lines, through gzip, bzip2 or zstd as the first
// bytes of each file say. What is no text is refused in its first 64 KiB; a
// broken byte further on is replaced, counted, and told by Stats, because one
// bad page should not end a run of hours, but nobody should learn of garbage
// from the vectors.
//
//	src, err := text.Open("wiki/", "more-*.txt.gz")
//
// Select reads structured text: a field of JSON Lines, or a column of CSV or TSV,
// as lines that know where they stood. A record that does not fit is an error
// that names its line; none is passed over.
//
//	err := src.Select(text.Selection{Field: "meta.title"})
//
// # Words
//
// A Tokenizer normalises text (broken UTF-8 repaired, lower case, Unicode
// normal form C), cuts it at the word boundaries of Unicode's UAX #29, and
// keeps what has a letter or a digit: "Don't panic, it's 3.14!" is don't,
// panic, it's, 3.14. Text of ASCII takes a fast path that gives the same
// words. WordOptions.Whitespace cuts at white space only, for text that is in
// words already. With a Vocabulary the words go through the WordLevel model of
// github.com/sugarme/tokenizer, fenced and cached; MarshalJSON writes the
// tokenizer.json that the tokenizers library of Hugging Face opens.
//
// # Subwords
//
// OpenTokenizer reads the tokenizer of another model. Of one of LuminaVec it takes
// the words and phrases; a tokenizer.json of Hugging Face, or a vocab.txt of BERT,
// makes a Tokenizer whose words are the tokens of that file, with its ids:
// "unfathomable" is un, ##fat, ##hom, ##able. Normalisation and the cutting into
// words are done here (splitting.go), since those of github.com/sugarme/tokenizer
// leave out normal form D and fail on some text. Its WordPiece cuts words into tokens,
// behind a cache; BPE and Unigram are own code, since its models give other tokens
// (bpemodel.go and unigrammodel.go say where).
// In 4.3 million tokens of English Wikipedia and 20,000 strings made to be hard,
// version 0.23 of Hugging Face's library found the same ids of WordPiece, and in 3.4
// million of byte-level BPE and 3.5 million of Unigram. Where the tables of Unicode
// differ, which are of version 15 here and of several older ones there, so may the
// tokens of characters that came with it. A line of more than
// MaxChunk without white space is cut there; all else is read as a whole.
//
//	pieces, err := tokenize.Open("tokenizer.json")
//
// TrainSubwords learns such a tokenizer from text: WordPiece, BPE on bytes, or
// Unigram. TrainSubwordsFrom does it from texts of any origin, such as pairs.
//
//	learnt, err := learn.Train(ctx, src, learn.DefaultOptions(learn.Unigram))
//
// # Phrases
//
// FindPhrases counts which words stand together more often than by chance, as
// word2phrase does or by normalised mutual information; WithPhrases makes a
// Tokenizer that joins them, "new york" to new_york, so that they get vectors.
// A second list, found with that tokenizer, joins new_york_times. The phrases are
// in tokenizer.json, so a model reads new text as it read the text it learnt from;
// the library of Hugging Face passes over them and sees single words.
//
//	found, err := learn.FindPhrases(ctx, src, learn.DefaultPhraseOptions(learn.Word2Phrase))
//	words, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithPhrases(found.Phrases)
//
// # Counting
//
// Build makes one pass over a source: it counts words, drops those below
// MinCount, which have too few neighbours to learn from, and those beyond
// MaxVocabulary, numbers the others from the most frequent, and keeps the text
// as ids. So all later epochs read 4 bytes a word, text may come from a pipe, and
// the result is the same at any number of threads. Ids over 256 MiB go to a file
// that ends with the Corpus; of more than MaxDistinct different words the rarest
// are dropped, and told by Corpus.Dropped.
//
// BuildOptions.Base grows the vocabulary of a model by the words of a new text:
// the old words stay, counts are added up, and all are numbered anew.
//
//	corpus, err := corpora.Build(ctx, src, corpora.BuildOptions{MinCount: 5})
//	defer corpus.Close()
//	for i := range corpus.Blocks() {
//		block, err = corpus.Block(block[:0], i) // ids, LineEnd after each line
//	}
//
// # Borders
//
// Windows of context do not cross the end of a line, nor that of a file or of a
// selected record. So blank lines part documents, and a file with a paragraph or a
// sentence a line gets no windows over them. Text in one line, such as text8, may
// have any length: it is read in chunks, and its ids lie in blocks of BlockTokens
// as those of all text do. Windows end with their block too, which costs one
// window in some thousands.
//
// # Cache
//
// WriteCache keeps a corpus in a folder, OpenCache finds it there again, and its
// CacheKey says whether it is still that of the text and the options: then the
// text need not be read. Its ids are read from the file, so it may be larger than
// memory. While a cache is made there are two copies of the ids on disk.
//
//	cache, err := corpora.OpenCache(ctx, dir)
//	if err == nil && cache.Differs(key) == "" {
//		corpus, err = cache.Corpus(ctx, nil)
//	}
//
// A few words make up much of any text (of the sample "the" alone is 7%), and teach
// little after their first thousand occurrences; KeepProbabilities says how
// often each should be kept, by the formula of word2vec.
//
// # Parts of words
//
// NGrams are the character n-grams of fastText: the runs of 3 to 6 letters of a
// word, hashed into buckets, each with a row in a table that words share. So
// words that are spelt alike learn from each other, and a word that the text
// does not have gets a vector from its parts.
//
//	grams, err := tokenize.NewNGrams(corpus.Vocabulary(), tokenize.DefaultNGramOptions())
//	rows = grams.Append(rows[:0], "unheard")
//
// # Pairs
//
// BuildPairs reads pairs of texts that belong together, from which sentence vectors are
// learnt: anchor and positive, with any number of negatives; or two texts and a score, or a
// label. Files are TSV, CSV or JSON Lines, and what their columns are is
// recognised or named; bad rows are passed over and told, or are errors. The
// texts are kept as ids, over 256 MiB of them in a file.
//
//	sources, err := pairs.Open(paths, nil) // or pairs.Sample()
//	pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: pieces})
//	defer pairs.Close()
//	plan, err := pairs.Plan(ctx, pairs.PlanOptions{BatchSize: 1024, Seed: 1, Epoch: 0})
//	for i := range plan.Len() {
//		err = pairs.Batch(&batch, plan, i)
//	}
//
// A Plan is an epoch in batches, any of which can be read at any time: so a run goes on at
// batch i, and one goroutine makes ready what another will train on. In a batch no text
// comes twice, since each example takes the texts of the others for its negatives;
// and with PairOptions.Related a batch tells which of those are none, as far as other
// pairs of the data show it. Files larger than memory are shuffled by runs of
// examples, not one by one. SpoolPairs and EachText are for who trains a tokenizer
// on the texts first.
//
// # Judging
//
// WordPairs (similarity as people see it) and Analogies (man is to king as woman
// to queen) are the field's tests of word vectors. WordSim353 and
// GoogleAnalogies come with the program; ReadWordPairs and ReadAnalogies read
// others. Words stand there as their authors spell them; who evaluates them
// normalises them as the model does.
//
// STS (pairs of sentences, and how alike people found them) and Retrieval
// (documents, queries, and which documents are relevant) are those of sentence
// vectors. STSBenchmarkDev and Cranfield come with the program; ReadSTS reads
// other files, OpenRetrieval folders in the layout of BEIR, whose documents are
// streamed and never all in memory.
//
//	set, err := sets.OpenRetrieval(ctx, "scifact", "test")
//	for document, err := range set.Documents(ctx) {
package corpora
