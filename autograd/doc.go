// Package autograd is the layer between LuminaVec's trainers and gorgonia,
// which owns the expression graphs, their symbolic gradients and the tape
// machine that runs them.
//
// # Two engines, one objective
//
// A word objective (skip-gram, CBOW) is written twice.
//
//   - As a stock graph: a [Loss] builds it from gorgonia's own operations, one
//     window at a time. It is short, it can be any loss at all, and it is the
//     oracle. [NewGraph] trains with it: the rows a window touches are gathered
//     into two small input nodes, gorgonia's gradient goes through a solver
//     ([SGD]) and the result is scattered back into the tables.
//   - As a fused operation: one gorgonia Op whose gradient is another Op that
//     walks a whole batch of windows with the kernels of internal/kernel and
//     updates the rows in place. [NewFused] compiles only that gradient
//     program, so a run of the tape machine is one pass, with the loss as its
//     by-product.
//
// Gathering whole tables with gorgonia's own row lookup would give a dense
// V×d gradient for every step; at V = 70,000 and d = 100 that is some 60 MB
// a window. This is why both engines keep the tables out of the gradient.
//
// Tests hold the losses and the gradients of the two engines together, and
// the stock graph against finite differences in float64 ([CheckGradient]).
//
// # Batches
//
// A batch is a flat []int32 of windows: the number m of context words, their
// m rows in the input table, then the n output rows, the true word first and
// the negative samples behind it. n is fixed for an engine. [AppendWindow]
// writes the layout.
//
// Word models train in placed windows by default ([Variant].Places, [AppendPlaced]):
// these say where in the window their first context word stands, and each context word
// counts by the weight of its place, in skip-gram by its loss, in CBOW in the mean.
// [LinearPlaces] are weights that fall with the distance.
//
// An objective may take labelled windows instead ([Variant].Labelled), each of which says
// how many outputs it has and which of them are to be predicted ([AppendLabelled]):
// hierarchical softmax (Morin and Bengio, 2005; Mikolov et al., 2013) is that, with
// the inner nodes on the path of the true word for outputs. No engine knows the
// tree. CBOW may also add its context words, or learn how much each place in the
// window counts (Mikolov, Grave, Bojanowski, Puhrsch and Joulin, 2018).
//
// # Words made of several rows
//
// Of every objective and engine the words may be made of character n-grams
// ([Tables].NGrams; Bojanowski et al., 2017), and some may be frozen. The engine is
// then given a small table of composed vectors in place of the input table, a
// segment of some ten windows at a time, and what each vector has gained goes back to
// all of its rows, undivided as in fastText. So a word's twenty rows are read and
// written once a segment, not once for each window that the word is in, and the
// kernels that train are those of whole rows.
//
// # Sentences
//
// A [TextEngine] computes the loss of a batch of texts ([TextBatch], [TextLoss]) and its
// gradient with respect to a [TextEncoder]: of the rows that the batch reads, and of its dense
// matrices. [NewTextGraph] is made of gorgonia's own operations and is the definition.
// [NewTextFused] has four operations of its own, the encoder, the loss and their gradients,
// which the tape machine runs; each works on all threads, to the same bits at any number of
// them. Both are held against plain Go in float64. An
// [Optimizer] ([SGD], [AdaGrad], [Adam]) applies the gradients, at the learning rate of a
// [Schedule], after [ClipNorm] if wanted. It updates rows sparsely and gives its state away, which
// gorgonia's solvers do not.
//
// # A new objective
//
// A function that builds a stock graph is enough: see the examples of
// [NewGraph] and [NewTextGraphOf]. It trains at the speed of the graph engine, some hundred times
// slower than a fused one, and it needs no other code.
package autograd
