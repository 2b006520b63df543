// Package train trains sentence encoders from pairs of texts that belong together: a
// caption and another of the same picture, a title and its text, a question and its
// answer.
//
//	pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer})
//	…
//	model, err := train.Train(ctx, train.DefaultOptions(), train.Run{Pairs: pairs, Tokenizer: tokenizer})
//	…
//	encoder, err := sentence.FromCheckpoint(model)
//
// # Losses
//
// With the default loss, [InBatch], each text of a batch has to find its partner among
// all others: the cosine with it, times Scale, goes through a softmax over the batch. A
// batch holds no text twice, excludes negatives that are known to be right elsewhere,
// and is of one file, since texts of different kinds would be too easy to tell apart.
// Other losses take scores ([Cosine], [CoSENT]), labels ([Related], [Contrastive]) or
// given negatives ([Triplet]). With Matryoshka the loss also applies to truncated
// vectors, so that these can be used alone.
//
// # Two engines, one objective
//
// Each loss exists twice, side by side in its file: as a graph of gorgonia's own
// operations, which is the definition and the reference ([NewGraph]), and as plain Go
// inside a fused operation ([NewFused]). The fused program has four operations, the
// encoder, the loss and their gradients, which gorgonia's tape machine runs; each works
// on all threads. The parts into which the work is split do not depend on the number of
// threads, so the same options, pairs and seed produce the same bytes at any number of
// them. Tests hold both engines against plain Go in float64, and the graph against
// finite differences. [NewGraphOf] trains with a loss of your own.
//
// # A step
//
// A step gathers the distinct rows of its batch, computes loss and gradient, and passes
// the gradient to an optimizer (package autograd) that updates these rows only. The
// learning rate follows from the position in the run alone. A run that was interrupted
// and resumed ([Run].Resume) ends with the same bytes as one that was not.
//
// # Around a run
//
// [Input] reads pairs from files, [Tokens] trains or opens a tokenizer for them,
// [OpenInit] starts from a model or from word vectors, [OpenSets] opens the sets that
// judge a model while it trains, [Estimate] returns the memory, disk and time that a run
// needs, and [Interrupted] returns all that it takes to resume a checkpoint.
package train
