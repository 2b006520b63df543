// Package checkpoints stores a model in a folder that is written completely or not at all,
// verified when it is read, and laid out so that other programs can open it.
//
//	config.json                 what the model is, and how far training has come
//	vocab.tsv                   token TAB count, one per line; line n is row n-1 of the table
//	tokenizer.json              text to tokens, in the format of Hugging Face tokenizers
//	ngrams.txt                  the bucket of each character n-gram (optional)
//	spellings.tsv               token TAB word, for words imported in another spelling (optional)
//	model.safetensors           the tables, readable by every machine-learning tool
//	model.blocks                checksums of the blocks of the tables (optional)
//	README.md                   the model card, for people
//	training/state.safetensors  the tables that only training needs (optional)
//	training/log.jsonl          the training log, a JSON object per line (optional)
//	training/loss.svg, loss.png a plot of the loss (optional)
//	MANIFEST                    size and checksum of every file above
//
// A few lines read a model and look up a word:
//
//	model, err := checkpoints.Read(ctx, "model", checkpoints.ReadOptions{})
//	vector := make([]float32, model.Config.Dim)
//	known := model.Vector(vector, "cat")
//
// # Files
//
// MANIFEST is described in package internal/manifest; its first line is
// "luminavec-manifest 1". Files that it does not list are
// ignored. docs/model-folder.md describes the other files byte by byte.
//
// sentence-transformers opens the folder if it computes the same vectors from it: then there are
// also modules.json and config_sentence_transformers.json, and the table has a row of zeros for
// unknown text, which Read leaves out.
//
// The tensors of model.safetensors are float32, row after row. EmbeddingTensor is
// always there; LinearTensor, BiasTensor and ProjectionTensor are the layers of an
// encoder, PoolingTensor the weights of SIF pooling.
//
// # Character n-grams
//
// If words are composed of character n-grams (tokenize.NGrams), NGramTensor has their rows, and
// line n of ngrams.txt is the bucket of row n-1: the FNV-1a hash of the n-gram modulo the
// number of buckets in config.json. An n-gram whose bucket is not listed has no row. Row t of
// EmbeddingTensor is the final vector of token t: the mean of its own row and those of its
// n-grams (for a frozen word, its own row alone). A word outside the vocabulary has the mean of
// its n-grams that have rows.
//
// # Kinds of models
//
// A trainer registers the kind of model that it makes with [RegisterKind]: its title
// and the rows of its model card. Reading a model does not require its trainer.
//
// # Verification
//
// [Read] compares the size and the SHA-256 of every file it uses with MANIFEST while reading,
// and checks that the parts are consistent (rows, tokens, dimensions) and that every value is
// finite. It ignores README.md, which people edit, and reads training/ only on request: a model
// copied without training/ can be used but not trained further. [Verify] checks every file that
// MANIFEST lists and reports each one.
//
// With ReadOptions.Mapped, the tables stay in model.safetensors, which is mapped into memory, and a
// block of 64 KiB is compared with its checksum in model.blocks (CRC-32C) when it is used for the
// first time. A model of any size then opens in the time that its vocabulary takes, and processes
// share the memory of the tables.
//
// [Write] makes the folder under a hidden name beside its destination, syncs it and renames it
// (package internal/durable): a reader sees either the old model or the new one, and a crash
// loses neither.
//
// Package exchange reads and writes the vectors of other programs.
package checkpoints
