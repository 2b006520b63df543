// Package evaluate measures: how good word vectors are, and how much an
// approximate index gives up for its speed.
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
