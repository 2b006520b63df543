// Package sentence turns text into vectors: the encoder that stands between a
// trained model and the index.
//
// # The way of a sentence
//
// The encoder cuts a text into tokens and looks each one up in a table, so a
// sentence of n known tokens becomes n vectors e_1 … e_n as long as the table
// is wide. What follows is, with the layers in brackets optional,
//
//	[ f_i = max(0, W·e_i + b) ]   Linear and ReLU, on each token alone
//	  m   = (f_1 + … + f_n) / n   mean pooling: many vectors become one
//	[ p   = P·m ]                 projection
//	[ v   = p / |p| ]             L2 normalisation
//
// Instead of the mean there are the weighted mean by smooth inverse frequency ([SIF]),
// the element-wise maximum ([Max]) and the first or last token ([First], [Last]).
//
// A word model from skipgram or cbow has none of the optional layers: its
// sentence vector is the mean of its word vectors. Tokens that the table
// doesn't know are left out of the mean; a text without any known token has
// the zero vector and a count of 0, which callers should look at. In a model with
// character n-grams (tokenize.NGrams) a token that the table doesn't know has the
// mean of the rows of its n-grams for e_i, if it has any that the model knows.
//
// # Training
//
// [Train] learns all of it from pairs of texts that belong together (pairs.Dataset): a
// caption and another of the same picture, a title and its text, a question and its
// answer. In a batch each text has to find its partner among all others ([InBatch]; see
// package autograd for this and the other losses). A batch holds no text twice, nor
// counts as wrong what is known to be right elsewhere; and it is of one file, since
// texts of other kinds would be told apart too easily to learn from.
//
//	pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer})
//	…
//	model, err := sentence.Train(ctx, sentence.DefaultOptions(), sentence.Run{Pairs: pairs, Tokenizer: tokenizer})
//
// A step gathers the distinct rows of its batch, has gorgonia's tape machine run the
// encoder, the loss and their gradients, which are four operations that share the
// work among all threads, and gives the gradients to an optimizer that touches these
// rows only. The parts into which the work is cut do not depend on the threads: the
// same options, pairs and seed give the same bytes at any number of them. So does a
// run that was interrupted and resumed. With Engine Graph the same is done by a graph of
// gorgonia's own operations.
//
// # Folding
//
// Linear and ReLU see one token at a time, and the projection is linear, so it
// may be applied before the mean as well as after it. Therefore
//
//	T[t] = P·max(0, W·e_t + b)
//
// can be computed once for each token of the vocabulary, and the mean of rows
// of T is the same vector, not an approximation. [Encoder.Fold] does that: the
// folded encoder costs one addition of a row per token, whatever layers the
// model was trained with. Weights of tokens fold too. [Encoder.Explain] shows the
// arithmetic of the unfolded one, step by step, as one would do it by hand;
// [WorkedExample] is a model small enough to do it by hand.
//
// # In use
//
//	enc, err := sentence.Open(ctx, "model")
//	…
//	vector := make([]float32, enc.Dim())
//	known, err := enc.Encode(vector, "how are you")
//
// An Encoder never changes and may be used by many goroutines at once. Encode
// allocates nothing of its own once its buffers are warm.
package sentence
