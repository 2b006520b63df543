// Package sentence turns text into vectors. It is the encoder between a trained
// model and the index: inference only. Package sentence/train trains its models.
//
//	enc, err := sentence.Open(ctx, "model")
//	…
//	vector := make([]float32, enc.Dim())
//	known, err := enc.Encode(vector, "how are you")
//
// An [Encoder] is immutable and safe for concurrent use. Encode does not allocate once
// its buffers are warm. The tables of an opened model stay in their file, and a part of them is
// verified when it is used for the first time.
//
// # From a sentence to a vector
//
// The encoder splits a text into tokens and looks each one up in a table, so a
// sentence of n known tokens becomes n vectors e_1 … e_n. The steps that follow are,
// with optional layers in brackets,
//
//	[ f_i = max(0, W·e_i + b) ]   Linear and ReLU, on each token alone
//	  m   = (f_1 + … + f_n) / n   mean pooling: many vectors become one
//	[ p   = P·m ]                 projection
//	[ v   = p / |p| ]             L2 normalization
//
// Other poolings are the mean weighted by smooth inverse frequency ([SIF]), the
// element-wise maximum ([Max]) and the first or last token ([First], [Last]). In a mean, a token that the
// text repeats may count less ([Repeats]).
//
// A word model from skipgram or cbow has none of the optional layers: its sentence
// vector is the mean of its word vectors. Unknown tokens are ignored; a text without
// known tokens has the zero vector and a count of 0, which callers should check. The token of
// a subword tokenizer for unknown text, such as [UNK], is not a known token. In a
// model with character n-grams (tokenize.NGrams) the vector of an unknown token is
// the mean of the rows of its known n-grams.
//
// # Folding
//
// Linear and ReLU act on one token at a time, and the projection is linear, so it can
// be applied before the mean as well as after it. Therefore
//
//	T[t] = P·max(0, W·e_t + b)
//
// can be computed once for each token of the vocabulary, and the mean of rows of T is
// the same vector, not an approximation. [Encoder.Fold] does that: the folded encoder
// adds one row per token, whatever layers the model was trained with. Weights of
// tokens fold too. An encoder that is not folded computes max(0, W·e_t + b) only once for each
// token that occurs. [Encoder.Explain] shows the arithmetic of the unfolded encoder step
// by step; [WorkedExample] is a model small enough to follow by hand.
package sentence
