// Package autograd is the layer between LuminaVec's trainers and gorgonia, which provides
// expression graphs, their symbolic gradients, and the tape machine that runs them. The
// package contains no objective: the packages that use it bring their own.
//
//	            ┌─► graph of stock operations ─┐
//	objective ──┤                              ├─► Compile ─► Program.Run ─► gradients ─► Optimizer
//	            └─► graph of fused Ops ────────┘
//
// # One objective, two programs
//
// An objective is first written as a graph of gorgonia's own operations. That is short, works
// for any loss, and is the definition. Where it is too slow, the package that owns the objective
// writes it again as a fused program: an [Op] that computes the loss with the kernels of
// internal/kernel, and a second Op for its gradient. Gorgonia's own row lookup, for example, has
// a dense V×d gradient at every step, which is about 200 MB for V = 70,000 and d = 100. A fused
// operation reads and writes only the rows of a batch.
//
// [Compile] compiles the part of a graph that is needed, usually only the gradients, and
// [Program].Run runs it on the tape machine. A run costs 10 to 40 µs whatever it computes, so
// give each run at least a millisecond of work. [Fence] turns panics into errors, both while a
// graph is built and while it runs.
//
// Tests compare the losses and gradients of the two programs, and [CheckGradient] compares the
// stock graph with finite differences in float64.
//
// # What gorgonia does in each engine
//
//   - Stock graph (words and sentences): gorgonia does all of the differentiation.
//   - Fused word engine: gorgonia's tape machine drives one Op, which does the forward pass,
//     the backward pass and the update in place.
//   - Fused sentence engine: the tape machine runs four Ops, which are the encoder, the loss and
//     their gradients. An Optimizer applies the result.
//
// # Solvers
//
// An [Optimizer] ([SGD], [AdaGrad] or [Adam]) applies gradients to a [Matrix]. A [Schedule]
// gives the learning rate, and [ClipNorm] can limit the norm of the gradients first. Unlike
// gorgonia's solvers, an Optimizer can update only the rows that a step names, and its [State]
// can be saved.
//
// # Matrix products
//
// Importing the package makes gorgonia multiply float32 matrices with LuminaVec's kernels; see
// [UseKernels].
package autograd
