// Package collection stores documents so that they can be found by meaning and by their words, in a
// folder that contains everything a question needs, and that follows the files it was made of.
//
//	files ──► passages ──► model ──► vectors ──► index.lvx      codes, by label
//	             │
//	             ├──► words ─────────────────► fulltext/      BM25, by label
//	             └──► texts, places, fields ──► passages       zstd blocks, by label
//
//	docs/
//	  collection.json    what the collection holds, and the size and SHA-256 of each part
//	  lock               locked by the program that changes it, whose process it names
//	  model/             the model (package checkpoints, or a transformer)
//	  000001.passages    texts, with path, lines, headings, id and fields; more such files after changes
//	  000002.fulltext/   the full-text index (package fulltext)
//	  000003.index.lvx   one vector per passage, by label (package index)
//	  000004.files       the files: path, size, time, SHA-256 and labels; deleted passages
//
//	src, err := documents.Open(ctx, nil, []string{"notes"}, documents.Options{})
//	_, err = collection.Build(ctx, "docs", model, src, collection.BuildOptions{})
//	…
//	c, err := collection.Open(ctx, "docs")
//	defer c.Close()
//	answer, err := c.Ask(ctx, collection.Question{Text: "how do plants make energy", K: 5})
//
// # Short passages
//
// Codes of 8 bits per value, the default, are larger than passages of a sentence. If the first thousand passages have fewer
// bytes than values, codes have 2 bits ([Info].Rescored), and a search encodes the texts of the best candidates
// again. So its scores are those of exact vectors, and the vectors take a third of the space. [Collection.Vectors]
// returns them all.
//
// # Changing
//
// [Sync] makes a collection agree with its files again, [Add] and [Delete] change which they are, and
// [Compact] removes what changes have left. No part is ever changed: a change writes new ones, with
// numbers that were not used before, flushes them to disk, and then replaces collection.json by one
// rename. So a collection is as before or as after a change, whenever a program is killed; what it
// leaves is removed by the next one. There is one writer at a time.
//
// A passage keeps its label, and so its vector, as long as its text and headings do not change. A
// file of the same size and time is not read, and one with the same SHA-256 under another path was
// renamed.
//
// # Reading
//
// [Open] maps large files into memory and verifies their blocks when they are read first (CRC-32C);
// [Verify] compares the SHA-256 of everything. Readers hold the parts that they have opened, so that
// they see one state until they are closed, even if the collection is changed or deleted.
//
// # Format 1
//
// Collections of earlier releases, with documents.db and index.lvx, can be searched, listed,
// verified and exported, but not changed. Their files are verified as a whole by Open.
package collection
