// Package transformer applies sentence encoders of the BERT family, in pure Go.
//
//	e, err := transformer.Open(ctx, "all-MiniLM-L6-v2")
//	vectors, counts, err := e.EncodeBatch(ctx, []string{"a text"}, 0)
//
// It reads the folders that sentence-transformers writes: BERT, MiniLM, DistilBERT, RoBERTa,
// XLM-RoBERTa, CamemBERT and MPNet with absolute positions, in float32, float16 or bfloat16, in one file
// of weights or several. Everything else is refused by name. Models are applied, not trained.
//
// # The network
//
// A text becomes n tokens, among them those that mark its beginning and its end. The vector of a
// token is the sum of its row in the table of tokens and the row of its position, standardized
// (layer normalization). Then come the layers (Vaswani et al. 2017, arXiv:1706.03762; Devlin et al.
// 2019, arXiv:1810.04805). In each of them, the tokens look at one another and then each is
// transformed on its own; d is the width of a head:
//
//	Q, K, V = X·Wq + bq, X·Wk + bk, X·Wv + bv       for each head
//	A       = softmax(Q·Kᵀ / √d)                     n × n attention weights, by row
//	X       = LayerNorm(X + concat(A·V)·Wo + bo)
//	X       = LayerNorm(X + gelu(X·W1 + b1)·W2 + b2)
//
// The vector of the text is the mean of the last X over the tokens, or that of the first token, or what
// else [Pooling] names, joined if there are several. Layers may follow (see [Dense]), and the vector is scaled to
// length 1 if the folder says so.
package transformer
