// Package fulltext finds passages by their words: an inverted index with BM25, in a folder.
//
//	question ──► analyser ──► terms ──► postings of each segment ──► BM25 ──► labels and scores
//	             lower case,            label, how often              of every passage
//	             no stop words,
//	             stems
//
// The analysers, one for each language, and the format of the segments (zap) are those of bleve.
// The scores are computed here, because bleve scores with the root of a term's frequency and with
// constants that belong to the whole process, and because a hybrid search needs more than the best
// hits: the mean and the deviation of the scores of all passages.
//
//	x, err := fulltext.Create(dir, fulltext.Options{Language: fulltext.DetectLanguage(sample)})
//	…
//	err = x.Add(ctx, fulltext.Document{Label: 7, Heading: "Plants", Text: "Leaves make sugar."})
//	err = x.Commit(ctx)
//	hits, err := x.Search(ctx, "how do plants make energy", 10, nil)
//
// # BM25
//
// The score of a passage is the sum over the terms of the question of
//
//	idf · tf·(k1+1) / (tf + k1·(1 − b + b·length/mean length)),  idf = ln(1 + (N − n + ½)/(n + ½))
//
// where n of N passages have the term, and k1 = 1.2, b = 0.75, the constants of Lucene. The text and
// its headings are one field in which a word of the headings counts [HeadingWeight] times (BM25F;
// Robertson et al., 2004). nDCG@10 on SciFact and Cranfield is 0.695 and 0.396; with the
// constants of Anserini, 0.9 and 0.4, it is 0.687 and 0.387, and with headings that count once 0.681
// and 0.375. Questions are texts: no character of them is an operator.
//
// # Files
//
// A segment is a pair of files, NNNNNN.zap (terms and postings) and NNNNNN.docs (labels and
// lengths). No file is ever changed: [Index.Commit] writes new segments, a new file of deleted
// passages, and then replaces fulltext.json, which lists the files with their sizes and checksums
// (CRC-32C), by a rename. So an index can be copied by hard links ([Index.Clone]), readers of the
// old fulltext.json are not disturbed, and an interrupted Commit leaves the index as it was. The
// checksums are compared when the index is opened.
package fulltext
