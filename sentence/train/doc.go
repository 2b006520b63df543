// Package train trains sentence encoders from pairs of related texts: two captions of one
// picture, a title and its text, a question and its answer.
//
//	pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer})
//	…
//	model, err := train.Train(ctx, train.DefaultOptions(), train.Run{Pairs: pairs, Tokenizer: tokenizer})
//	…
//	encoder, err := sentence.FromCheckpoint(model)
//
// # Losses
//
// With the default loss, [InBatch], each text of a batch must find its partner among all
// others: its cosines, times Scale, go through a softmax over the batch. A batch holds no text
// twice, excludes negatives that are known to be positives elsewhere, and comes from one file,
// since texts of different kinds would be too easy to distinguish. Other losses take scores
// ([Cosine], [CoSENT]), labels ([Related], [Contrastive]) or given negatives ([Triplet]). With
// Matryoshka the loss also applies to truncated vectors, so that these can be used alone.
//
// # Two engines, one objective
//
// Each loss exists twice, side by side in its file: as a graph of gorgonia's own operations,
// which is the definition and the reference ([NewGraph]), and as plain Go inside a fused
// operation ([NewFused]). The fused program has four operations, the encoder, the loss and
// their gradients, which gorgonia's tape machine runs; each uses all threads. The work is split
// into parts that do not depend on the number of threads, so the same options, pairs and seed
// produce the same bytes at any number of threads. Tests compare both engines with plain Go in
// float64, and the graph with finite differences. [NewGraphOf] trains with a custom loss.
//
// # A step
//
// A step gathers the distinct rows of its batch, computes loss and gradient, and passes the
// gradient to an optimizer (package autograd) that updates only these rows. The learning rate
// depends only on the position in the run. A run that was interrupted and resumed
// ([Run].Resume) ends with the same bytes as one that was not.
//
// # Around a run
//
// [Input] reads pairs from files, [Tokens] trains or opens a tokenizer for them, [OpenInit]
// starts from a model or from word vectors, [OpenSets] opens the sets that judge a model while
// it trains, [Estimate] returns the memory, disk and time that a run needs, and [Interrupted]
// returns everything needed to resume a checkpoint.
package train
