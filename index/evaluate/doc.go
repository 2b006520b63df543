// Package evaluate measures: how good the vectors of words and sentences are, and
// how much an approximate index gives up for its speed.
//
// # Word similarity
//
// People were shown pairs of words and said how alike they are (tiger and cat
// 7.35 of 10, professor and cucumber 0.31). A model scores the same pairs by
// the cosine of the two vectors, and [Words] compares the two lists with
// [Spearman]'s rank correlation: 1 when both put the pairs in the same order,
// 0 when the orders have nothing to do with each other. Pairs with a word the
// model doesn't know are left out and counted, because a correlation over half
// of a set is not comparable with one over all of it: always read the score
// together with the coverage. A model with character n-grams composes the vectors
// of words that it doesn't know, and leaves out only words without a known n-gram.
//
// # Analogies
//
// "Man is to king as woman is to what?" is answered by the word whose vector
// is nearest to king - man + woman, the three given words excluded (3CosAdd).
// [AnalogyReport] does that for a whole set, by section, against the most
// frequent 30,000 words, as word2vec's compute-accuracy does, so that figures
// can be compared with published ones; a word outside them leaves the question
// out, as there, n-grams or not. [WordVectors.Neighbors] and
// [WordVectors.Analogy] answer single questions.
//
// # Sentences
//
// Pairs of sentences are judged as words are: [STS] compares their cosines with
// people's scores. No pair is left out: a sentence of which the model knows
// nothing has cosine 0 with any other, as a program that uses the model would see
// it, and such pairs are counted.
//
// # Retrieval
//
// [Retrieval] searches a collection of documents exactly, by the cosine, for
// queries whose relevant documents people have named, and measures where these
// come: nDCG@10, MRR@10, recall and MAP, by the definitions of trec_eval, which
// BEIR and MTEB use. Documents are streamed, so that memory does not grow with
// their number.
//
// Both take any [Encoder], a number of leading dimensions to compare by
// (Matryoshka), and say with a bootstrap interval how far the figure is chance of
// the set's few hundred pairs or queries.
//
// # Approximate search
//
// [ANN] asks an exact and an approximate index the same queries. Recall@k is
// the share of the true k nearest that the approximate one also returns; the
// search width ef buys recall with time, so the result is a curve, one
// [ANNPoint] per ef with its recall and its queries per second on one thread.
//
// Every report is a struct with JSON names that scripts may rely on, and
// prints itself for people with WriteTo.
package evaluate
