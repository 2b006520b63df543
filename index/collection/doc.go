// Package collection stores texts so that they can be found by meaning, in a folder that
// contains everything a query needs.
//
//	docs/
//	  collection.json   format version, number of documents, metric, …
//	  MANIFEST          size and SHA-256 of each file
//	  model/            the encoder, folded into one table (package checkpoints)
//	  index.lvx         one vector per document, by label (package index)
//	  documents.db      label → text, file and line (bbolt)
//
// A query takes the same path as the documents did: the model encodes it, the index finds the
// labels of the nearest vectors, and the database returns their texts.
//
//	c, err := collection.Open(ctx, "docs")
//	…
//	defer c.Close()
//	hits, err := c.Query(ctx, "how do plants make energy", 5, index.SearchOptions{})
//
// # Building
//
// [Build] reads documents from an iterator. It holds one batch of them in memory, and the
// index until that is written. It works in a hidden folder, which it moves to its place when
// everything is on disk, so that a collection is complete or absent. A document of which the
// model does not know any word cannot be found; it is skipped and counted.
//
// # Reading
//
// [Open] checks every file against MANIFEST, so that a flipped byte or a truncated file causes
// an error that names the file, not a strange result. The model's README.md, which people may
// edit, is not checked. Open therefore reads all of documents.db once, at the same time as the
// model and the index: 100 MB take about as long as a model of 70,000 words and 100
// dimensions, so opening becomes slower only if the texts are much larger than that. A query
// reads only the pages of its own hits. The database is opened read-only with a shared lock:
// queries never change it, and any number of processes may run them at once.
package collection
