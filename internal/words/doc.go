// Package words is what the trainers of word vectors share: everything but the objective. Each
// objective has its own package, such as skipgram, cbow or the example toyobjective.
//
//	corpus ─► Windows ─► batch of windows ─► Engine ─► Tables ─► checkpoint
//	          subsampling,                   graph or fused
//	          noise or tree                  operation
//
// # A new objective
//
// An [Objective] is a [Loss], the stock graph of one window, which gorgonia differentiates;
// optionally a [Step], the same in plain Go; and optionally a kernel. [Register] makes it
// available to the train command, to resuming and to validation:
//
//	var _ = words.Register(words.Kind{Title: "…", Objective: …, Defaults: …, Rates: …})
//
// Package toyobjective is a complete example.
//
// # Engines
//
// [NewGraph] trains with the stock graph, one window per run: the rows of a window are copied
// into two small input nodes, gorgonia computes the gradient, and the change is added to the
// tables. [NewFused] trains a batch of thousands of windows in one run of a fused operation,
// which does forward, backward and update of the rows in place; gorgonia drives it. Tests
// compare both with each other, and the stock graph with finite differences.
//
// # Batches
//
// A batch is a flat []int32 of windows: the number m of context words, their m rows in the
// input table, then the n output rows, the true word first and the negative samples after it
// ([AppendWindow]). n is fixed for an engine. Placed windows ([Variant].Places, [AppendPlaced])
// also state the place of their first context word; each context word counts by the weight of
// its place ([LinearPlaces]). Labelled windows ([AppendLabelled]) state how many outputs they
// have and which of them are to be predicted: in hierarchical softmax the outputs are the inner
// nodes on the path of the true word. No engine knows the tree.
//
// # Words made of several rows
//
// With any objective and engine, words may be made of character n-grams ([Tables].NGrams) or be
// frozen. The engine then receives a small table of composed vectors instead of the input
// table, for a segment of about ten windows at a time, and the change of each vector is added
// to all of its rows, undivided as in fastText. The twenty rows of a word are therefore read
// and written once per segment instead of once per window.
//
// # Runs
//
// A run starts at random, as word2vec does, or with given vectors for some words ([Start]), or
// from a checkpoint ([Resume], [Reopened]). [Continue] makes such a checkpoint from a trained
// model and new text. [OpenValidation] makes judges from evaluation files.
package words
