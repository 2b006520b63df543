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
// A word model from skipgram or cbow has none of the optional layers: its
// sentence vector is the mean of its word vectors. Tokens that the table
// doesn't know are left out of the mean; a text without any known token has
// the zero vector and a count of 0, which callers should look at. In a model with
// character n-grams (corpora.NGrams) a token that the table doesn't know has the
// mean of the rows of its n-grams for e_i, if it has any that the model knows.
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
// model was trained with. [Encoder.Explain] shows the arithmetic of the
// unfolded one, step by step, as one would do it by hand; [WorkedExample] is a
// model small enough to do it by hand.
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
