// Package autograd is the layer between LuminaVec's trainers and gorgonia, which owns
// the expression graphs, their symbolic gradients and the tape machine that runs them.
// It knows no objective: packages bring theirs.
//
//	objective ──► graph of stock operations ──┐
//	          └─► graph of fused Ops ─────────┴─► Compile ─► Program.Run ─► gradients ─► Optimizer
//
// # Two programs, one objective
//
// An objective is written as a graph of gorgonia's own operations. That is short, can be
// any loss at all, and is the definition. Where it is too slow, the package writes it again as a
// fused program: an [Op] that computes the loss with the kernels of internal/kernel,
// whose gradient is another Op. Gorgonia's own row lookup, for example, has a dense V×d gradient
// for every step; at V = 70,000 and d = 100 that is some 200 MB. A fused operation reads and
// writes only the rows of a batch.
//
// [Compile] takes the part of a graph that is wanted, usually the gradients alone, and
// [Program].Run runs it on the tape machine. A run costs 10 to 40 µs whatever it
// computes, so it should compute at least a millisecond's worth. [Fence] turns panics in graph
// construction and in operations into errors.
//
// Tests compare the losses and gradients of the two programs, and [CheckGradient] compares the
// stock graph with finite differences in float64.
//
// # Solvers
//
// An [Optimizer] ([SGD], [AdaGrad], [Adam]) applies gradients to a [Matrix], at the
// learning rate of a [Schedule], after [ClipNorm] if wanted. It updates only the rows that a
// step names, and its [State] can be saved, neither of which gorgonia's solvers
// offer.
//
// # Matrix products
//
// Importing the package makes gorgonia multiply float32 matrices with LuminaVec's
// kernels; see [UseKernels].
package autograd
