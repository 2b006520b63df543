// Package evaluate measures the quality of word and sentence vectors, and the recall and speed
// of approximate search.
//
// # Word similarity
//
// People have scored the similarity of pairs of words (tiger and cat 7.35 of 10, professor and
// cucumber 0.31). A model scores the same pairs by the cosine of their vectors, and [Words]
// compares both lists by [Spearman]'s rank correlation: 1 if the pairs are in the same order,
// 0 if the orders are unrelated. Pairs with a word that the model does not know are skipped and
// counted. The correlation over half a set is not comparable with that over all of it, so
// always read a score together with the coverage; the report has a warning if it is below one half.
// A model with character n-grams composes
// vectors of unknown words, and skips only words without a known n-gram.
//
// # Analogies
//
// The answer to "man is to king as woman is to what?" is the word nearest to
// king - man + woman, excluding the three given words (3CosAdd). [AnalogyReport] answers a
// whole set, by section, with the most frequent 30,000 words, like compute-accuracy of
// word2vec, so that results are comparable with published ones; questions with other words are
// skipped, even if n-grams could compose them. Sections are summed as semantic or syntactic if their
// names say so ([sets.AnalogySection.Relation]), else apart. [WordVectors.Neighbors] and
// [WordVectors.Analogy] answer single questions.
//
// # Sentences
//
// [STS] compares the cosines of pairs of sentences with human scores in the same way. It skips
// no pair: a sentence without any known token has cosine 0 with all others, as in a program
// that uses the model, and such pairs are counted. Equal sentences have exactly the cosine 1, and
// cosines that differ by rounding errors are ties.
//
// # Retrieval
//
// [Retrieval] searches a collection of documents exactly, by cosine, for queries with known
// relevant documents, and measures their ranks: nDCG@10, MRR@10, recall and MAP, as defined by
// trec_eval, which BEIR and MTEB use. As there, documents of equal cosine rank by descending
// id, so that the order of the collection does not matter. It streams the documents, so that
// memory does not grow with their number.
//
// STS and Retrieval accept any [Encoder], can compare only the first dimensions (Matryoshka),
// and compute a bootstrap interval, which shows how much of a result is due to the choice of a
// few hundred pairs or queries.
//
// # Approximate search
//
// [ANN] searches for the same queries in an exact and an approximate index. Recall@k is the
// fraction of the true k nearest that the approximate one finds. A greater search width ef
// improves recall and takes longer, so the result is a curve: one [ANNPoint] per ef, with its
// recall and its queries per second on one thread.
//
// Every report is a struct whose JSON names are stable, and can be written as a table.
package evaluate
