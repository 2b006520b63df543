// Package collection keeps texts so that they can be found by meaning: a
// folder with everything that a query needs and nothing that has to be named
// beside it.
//
//	docs/
//	  collection.json   what this is: format, how many documents, metric, …
//	  MANIFEST          size and SHA-256 of each file
//	  model/            the encoder, folded into one table (checkpoints)
//	  index.lvx         one vector a document, by label (index)
//	  documents.db      label → text, file and line (bbolt)
//
// A query goes the way the documents went: the model makes a vector of it, the
// index finds the labels of the nearest, the database has their texts.
//
//	c, err := collection.Open(ctx, "docs")
//	…
//	defer c.Close()
//	hits, err := c.Query(ctx, "how do plants make energy", 5, index.SearchOptions{})
//
// # Building
//
// [Build] reads documents from an iterator and holds one batch of them at a
// time, beside the index, which is in memory until it is written. It works in a
// hidden folder and puts it in place when all is on the disk, so a collection
// is whole or absent. A document without a word that the model knows has no
// direction to be found in; it is skipped and counted.
//
// # Reading
//
// [Open] checks every file against MANIFEST, so a flipped byte or a cut file is
// an error with the file's name and not a strange result; only the model's
// README.md, which people may edit, is left alone. That reads all of
// documents.db once, at the same time as the model and the index, which are
// read anyway: 100 MB of it take about as long as a model of 70,000 words and
// 100 dimensions, or less, so opening is no slower for it until the texts are
// much larger than that. Afterwards a query reads only the pages of its own
// hits. The database is opened read-only under a shared lock: a query never
// changes a byte, and any number of processes may ask at once.
package collection
