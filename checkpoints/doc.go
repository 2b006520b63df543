// Package checkpoints keeps a model in a folder: written whole or not at
// all, verified when read, and laid out so that other programs can open it.
//
//	config.json                 what the model is, and how far training has come
//	vocab.tsv                   token TAB count, one a line; line n is row n-1 of the table
//	tokenizer.json              text to tokens, as Hugging Face tokenizers reads it
//	ngrams.txt                  the bucket of each character n-gram (optional)
//	model.safetensors           the tables, as every machine-learning tool reads them
//	README.md                   the model card, for people
//	training/state.safetensors  the tables that only training needs (optional)
//	training/log.jsonl          the course of training, a JSON object a line (optional)
//	training/loss.svg, loss.png a drawing of it (optional)
//	MANIFEST                    size and checksum of every file above
//
// # MANIFEST
//
// Text, lines ended by a single line feed. The first line is
//
//	luminavec-manifest 1
//
// (1 is the FormatVersion), then comes one line a file,
//
//	1180 5ad5…64 hexadecimal digits…90 config.json
//
// size in bytes, SHA-256 of the content in lower case, path with slashes, with
// single spaces between, sorted by path. The last line,
//
//	end 03ac…64 hexadecimal digits…f4
//
// holds the SHA-256 of all bytes before it, so a MANIFEST that was cut or
// changed is told from a changed file. SHA-256, not a CRC: it is what
// sha256sum prints and what model hubs show, so a copy can be compared by hand,
// and processors compute it about as fast as disks read.
//
//	awk 'NF==3 {print $2 "  " $3}' MANIFEST | sha256sum -c
//
// Files that MANIFEST does not name are nobody's business and may lie there.
//
// # model.safetensors
//
// Numbers are little-endian.
//
//	offset  bytes  what
//	0       8      n, the length of the header, as an unsigned integer
//	8       n      the header: JSON in UTF-8, padded with spaces
//	8+n     …      the values of all tensors, with no gap between them
//
// The header maps each name to its type, its shape and the half-open range of
// its bytes, counted from 8+n:
//
//	{"__metadata__":{"format":"pt"},
//	 "embedding.weight":{"dtype":"F32","shape":[4,3],"data_offsets":[0,48]}}
//
// Values are IEEE 754 float32 ("F32"), row after row without padding. Write
// pads the header so that 8+n is a multiple of 64, and stores the tensors in the
// order of their names. The tensors of a model:
//
//	embedding.weight   [V, dim]            always: one row a token
//	linear.weight      [hidden, dim]       of Linear+ReLU on each token
//	linear.bias        [hidden]
//	projection.weight  [project, hidden]   after pooling ([project, dim] without a linear layer)
//	ngrams.weight      [R, dim]            of models with character n-grams: see below
//
// and in training/state.safetensors, for word models,
//
//	output.weight      [V, dim]            the output table: of negative sampling a row a word, of
//	                                       hierarchical softmax a row an inner node of the tree
//	word.weight        [V, dim]            with n-grams, or where the output rows are added to the
//	                                       vectors: the words' own rows
//	position.weight    [2*window, dim]     with position weights: a row a place in the window
//	frozen.rows        [V, 1]              1 for words whose given vectors stay, else 0
//	best.NAME          as NAME             the best model so far, of a training that is validated
//
// # Character n-grams
//
// A model whose words are made of character n-grams (tokenize.NGrams) has their
// rows in ngrams.weight. Their lengths and the number of buckets are in
// config.json, and ngrams.txt has the bucket of each row: a decimal number a line,
// line n for row n-1. So the row of an n-gram is found by the line that holds its
// FNV-1a hash modulo the number of buckets; an n-gram whose bucket has no line
// has no row. Row t of embedding.weight is the vector of token t ready for use:
// the mean of the word's own row and of its n-grams' (of a frozen word its own row
// alone). A word that is not in the
// vocabulary has the mean of the n-grams that it does have rows for.
//
// # Vectors of other programs
//
// OpenVectors reads word vectors row by row, whoever wrote them: word2vec's two
// formats, GloVe, fastText's .vec, NumPy arrays, model folders. Import makes a model
// of them, of the kind "vectors", which has no training to go on with, but every
// command uses it, and a training can start from it. Export is the way back.
//
// What the file says of itself is not believed: rows are counted, values must be
// finite, memory grows with what has been read, and an error names the line or the
// byte.
//
//	vectors, err := checkpoints.OpenVectors(ctx, "glove.txt.gz", checkpoints.VectorsOptions{})
//	defer vectors.Close()
//	err = vectors.Each(ctx, func(row checkpoints.VectorRow) error { … })
//
// # training/log.jsonl
//
// A line of training has the keys time, progress (0 to 1), epoch (from 1), loss
// (mean per target since the line before, in nats), words_per_second and lr. A
// line with the key kind, which is "validation", is one figure of the model at
// its place: set, metric (spearman, accuracy or loss), value, found and of (the
// pairs, questions or words that the model knows, and all of them), and best
// where the model is the best so far.
//
// # What is checked, and when
//
// Read compares the size and the SHA-256 of every file that it uses with
// MANIFEST while it reads them, checks that the parts fit each other (rows,
// tokens, dimensions) and that every value is finite. It does not look at
// README.md, which people edit, and looks at training/ only when asked for it:
// a model copied without training/ opens, and only cannot be trained further.
// Verify looks at every file that MANIFEST names and reports each one.
//
// Write makes the folder under a hidden name beside its place, syncs it and
// renames it (package internal/durable): a reader sees the old model or the new
// one, and a crash costs neither.
package checkpoints
