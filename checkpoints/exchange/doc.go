// Package exchange reads and writes vectors in the formats of other programs:
// word2vec, GloVe, fastText's .vec and .bin, NumPy arrays (npy and npz), fvecs, raw values, rows of
// numbers, CSV, Parquet, JSON, JSON Lines, and files and folders of safetensors.
//
// A [Format] describes one of them: its name, how its files are detected, and how they are read
// and written. Each format has its own file in this package and registers itself there with one
// call of [Register]; everything else asks the registry, so help texts, hints and error
// messages list a new format without further changes.
//
//	foreign file ─► Open ─► Vectors.Each ─► rows ─► a model (Import), a training, an index
//	model ─► Export ─► NewWriter ─► foreign file
//
// # Reading
//
// [Open] detects the format from the first MiB of a file, decompresses gzip, bzip2 and zstd,
// and reads row by row. Text needs a closer look, because a word may be a number, and two numbers
// may be a header: its lines decide together, and what can be read in two ways is an error
// until Options.Format is set. [Vectors.String] says what was read. Headers are not trusted: rows
// are counted, values must be finite, memory grows with what has been read and not with what a
// header promises, and an error names the line or the byte.
//
//	vectors, err := exchange.Open(ctx, "glove.txt.gz", exchange.Options{})
//	defer vectors.Close()
//	err = vectors.Each(ctx, func(row exchange.Row) error { … })
//
// [Import] turns such a file into a model of kind "vectors". It cannot be trained further, but
// every command can use it, and training can start from it. [ReadVectors] reads only the
// vectors, for an index.
//
// # Words
//
// Text is brought to Unicode normal form C, in small letters unless the tokenizer is cased, so
// words in another form would never be found: é as two characters, as some files for French,
// Vietnamese or Korean have it, or a Bengali letter that form C takes apart. Import gives words
// the form of text and keeps their spelling, which Export writes; [Vectors.Normal] does the same
// for a training that starts from a file.
//
// # Writing
//
// [Export] writes the vectors of a model, [NewWriter] any rows, with ids and fields. Text holds
// the shortest decimal number that reads back as the same float32, so that no format loses
// precision; a [DType] other than [Float32] does, in the same way in every format. What an array
// has no place for is in files beside it: [IDsFile] and [InfoFile]. [ExportFolder] writes a whole
// model, with its tokenizer, as a folder of model2vec or sentence-transformers. Package output
// writes files that can be resumed and extended.
package exchange
