// Package training is the training loop behind all of LuminaVec's trainers: blocks,
// checkpoints, validation and the log. A [Worker] decides what is trained.
//
// # Blocks
//
// The work of a run is split into blocks that do not depend on the number of threads: block b
// of the run is the same data, and draws the same random numbers, wherever and whenever it is
// trained. The [Loop] hands out blocks in order, so its position is one number, the count of
// blocks done; the learning rate is a function of the position. A run with one thread is
// therefore reproducible to the bit, and a run that was interrupted and resumed equals one that
// was not.
//
// With more than one thread the workers update the shared tables without locks (Hogwild), and
// the order of updates is not repeatable, unless the loop is Ordered: then the threads only
// prepare blocks, which are trained one after the other, in order. That gives the bytes of one
// thread at any number of threads, at little more than the speed of one: preparing a block is
// about a seventh of the work for word vectors of 100 dimensions, and a tenth or less for 300
// dimensions.
//
// # Legs
//
// To save a checkpoint or to validate the model, the loop stops handing out blocks, waits for
// those being trained, and continues afterwards: a checkpoint never contains half an update. It
// does so at the end of each epoch and at each validation, which a [Cadence] counts in blocks,
// so that a run that is repeated or resumed makes the same decisions. A canceled context ends
// the loop in the same way.
//
// # Validation
//
// A [Validation] measures the model on sets: by a function of the model, or by the loss on
// held-out text. The best model so far is kept beside the one that is trained, and replaces it
// at the end. Until then a checkpoint holds the last model, from which the run continues, and
// the best as tensors of its state.
package training
