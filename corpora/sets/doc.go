// Package sets reads evaluation sets: what people judged, to compare vectors with.
//
//	WordPairs   two words and how similar they are         WordSim353, ReadWordPairs
//	Analogies   man is to king as woman is to queen        GoogleAnalogies, ReadAnalogies
//	STS         two sentences and how similar they are     STSBenchmarkDev, ReadSTS
//	Retrieval   documents, queries and relevant documents  Cranfield, OpenRetrieval
//
// The first name in each row is bundled with the program, the second reads files. The files
// are text as package text reads it, compressed or not. They must be correct: an evaluation
// that skipped part of its set could not be compared with others, so the first bad line is
// an error that names file and line.
//
//	set, err := sets.ReadSTS(ctx, "sts-test.csv")
//	for _, pair := range set.Pairs {
//		score := similarity(pair.A, pair.B) // compare its order with that of pair.Score
//	}
//
// Words and sentences are returned as their authors wrote them; the evaluation normalises
// them as the model does.
//
// The documents of a Retrieval set, in the layout of BEIR, are streamed and never all in
// memory; its queries and judgements are.
//
//	set, err := sets.OpenRetrieval(ctx, "scifact", "test")
//	for document, err := range set.Documents(ctx) {
//		…
//	}
//
// Detect returns which kind of set for word vectors a file is.
package sets
