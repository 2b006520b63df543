// Package training is the one training loop behind all of LuminaVec's
// trainers, and what the two word trainers share: options, windows, noise, the tree
// of hierarchical softmax. What the options mean is told in packages skipgram and
// cbow; the learning rates that go with them are those of UsualRate.
//
// # Blocks
//
// The work of a run is cut into blocks that do not depend on the number of
// threads: block b of the run is the same text, and draws the same random
// numbers, wherever and whenever it is trained. With WordOptions.Shuffle each epoch
// takes the blocks of the text in an order of its own, which follows from the seed and
// the number of the epoch alone. The loop hands out blocks in order, so its
// position is one number, the count of blocks done; the learning rate follows
// from the position. This makes a run with one thread repeatable to the bit, and
// a run that is cut and resumed equal to one that is not.
//
// With more than one thread the workers update the shared tables without locks
// (Hogwild), and the order in which updates meet is not repeatable; unless the
// loop is Ordered: then the threads only prepare blocks (read them, draw windows
// and noise), and one after the other is trained, in order. That gives the bytes
// of one thread at any number of them, and little more than its speed: of a block of
// 100 dimensions preparing is about a seventh of the work with skip-gram and a sixth
// with CBOW, of one of 300 dimensions a tenth and less.
//
// # Beginnings
//
// A run begins at random, as word2vec does, or with given vectors for some words
// (Start), or as a resumed one, at a position with everything as it was. Continue
// makes such a position, the first, of a trained model and new text.
//
// # Legs
//
// To save a checkpoint or to validate the model the loop stops handing out
// blocks, waits for those under way, and goes on afterwards: what is saved is
// never half of an update. The ends of epochs are such places, and the places
// of validation, which a Cadence counts in blocks, so that a run which is
// repeated or resumed takes the same decisions. A cancelled context ends the
// loop in the same way.
//
// # Validation
//
// A Validation measures the model by sets: by a function of the model, or by
// the loss on held-out text. The best model so far is copied beside the one that
// is trained; at the end it takes its place. Until then a checkpoint holds the
// last model, from which the run goes on, and the best as tensors of its state.
package training
