// Package sets reads evaluation sets: human judgments against which vectors are compared.
//
//	WordPairs   two words and how similar they are         WordSim353, ReadWordPairs
//	Analogies   man is to king as woman is to queen        GoogleAnalogies, ReadAnalogies
//	STS         two sentences and how similar they are     STSBenchmarkDev, ReadSTS
//	Retrieval   documents, queries and relevant documents  Cranfield, OpenRetrieval
//
// The first name in each row is bundled with the program; the second reads files. The files are
// text as package text reads it, compressed or not. They must be correct: an evaluation that
// skipped part of its set could not be compared with others, so the first bad line is an error
// that names file and line.
//
//	set, err := sets.ReadSTS(ctx, "sts-test.csv", sets.STSOptions{})
//	for _, pair := range set.Pairs {
//		score := similarity(pair.A, pair.B) // compare its order with that of pair.Score
//	}
//
// The columns of word pairs are found from the header and the rows of a file ([WordPairsOptions]),
// and the result says which they are, so that a program can report them.
//
// Words and sentences are returned as their authors wrote them; the evaluation normalizes them
// as the model does.
//
// The documents of a Retrieval set, in the BEIR layout, are streamed and never held in memory
// all at once; its queries and judgments are held in memory.
//
//	set, err := sets.OpenRetrieval(ctx, "scifact", "test")
//	for document, err := range set.Documents(ctx) {
//		…
//	}
//
// Detect returns the kind of set for word vectors that a file is.
package sets
