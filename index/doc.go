// Package index finds the stored vectors that are nearest to a query vector.
//
// An [Index] stores vectors under int64 labels and finds the k nearest to a query:
//
//	ix, err := index.New(index.Options{Dim: 100})
//	err = ix.Add(7, vector)
//	results, err := ix.Search(query, 10, index.SearchOptions{})
//
// There are three kinds, and [Auto], which is Flat up to about a million vectors and then HNSW:
//
//   - [Flat] compares the query with every vector. It is exact and needs no building, but
//     search time grows with the number of vectors. With codes ([Quantization]) it is 20 times
//     as fast at 1,000 values. The other kinds are tested against it.
//   - [HNSW], the default, walks a graph of near neighbors (Malkov and Yashunin,
//     "Efficient and robust approximate nearest neighbor search using Hierarchical
//     Navigable Small World graphs", IEEE TPAMI 42(4), 2018, arXiv:1603.09320). It
//     compares a few thousand vectors, whether there are a hundred thousand or a
//     million, and may miss some of the nearest.
//   - [LSH] probes buckets of hash tables (Charikar 2002 for [Cosine] and [Dot];
//     Datar et al. 2004 for [Euclidean]; multi-probe, Lv et al. 2007). It is built
//     instantly and cheap to change, but has lower recall for the same time. For Dot the
//     hashes depend on directions only, so lengths should be similar. Range searches and
//     filtered searches compare all allowed vectors.
//
// # The graph
//
// Every vector is a node of level 0, linked to at most 2M near nodes in different
// directions. One node in M is also on level 1, one in M² on level 2, and so on, with at
// most M links on each of these sparse levels:
//
//	level 2   o ----------------------- o
//	level 1   o --------- o ----------- o ----- o
//	level 0   o - o - o - o - o - o - o o - o - o - o
//
// A search enters at the top, moves to the nearest neighbor until none is nearer, goes
// down a level, and on level 0 widens the step to a beam: it keeps the efSearch best
// nodes seen so far and expands each once. An insertion is the same search with a beam
// of efConstruction; it then links the new node and the M most diverse neighbors in
// both directions. With the quantization Edges a node has codes of its neighbors, relative to
// itself (Gou et al., "SymphonyQG", SIGMOD 2025). docs/index-tuning.md has measurements for choosing M, EfConstruction,
// EfSearch, the kind and the quantization.
//
// # Guarantees
//
//   - Results are sorted from best to worst, and by label if scores are equal.
//   - Add, Delete, Update and Search can run concurrently. A search finds what was added
//     and not what was deleted before it began, and it finds a label once, with its
//     vector either before or after a concurrent update.
//   - A search returns k results if there are k vectors, whatever was deleted.
//   - Every node of the graph stays reachable: all nodes form a tree of links, in both
//     directions, that pruning never removes. Verify checks this.
//   - The memory of deleted vectors is reused.
//   - Equal vectors share one node of the graph, so that thousands of copies cannot
//     crowd out its links (see [Stats].Copies).
//   - With one thread and one seed, the same additions build the same graph on every
//     machine whose kernels round alike. With [Options].Deterministic, so do batches with
//     any number of threads. Flat and LSH files depend neither on threads nor on timing.
//   - [Load] refuses a file written by Save if any byte is changed or missing.
//
// # Deleting
//
// Searches no longer find a vector once Delete has returned. Its node remains in the
// graph for a while; when one node in 64 is deleted, a cleanup begins, of which every
// change to the index does a small part. It removes the nodes and links their neighbors
// to each other, so that deleting costs about as much as adding.
//
// # Files
//
// [SaveFile] writes an index completely or not at all. [LoadFile] reads and checks it.
// [OpenFile] maps it into memory, so that the first answer comes at once; a search checks what
// it reads of a large file and never answers from damaged bytes. [OpenDurable] keeps a
// log of the changes beside the file: once Add, Delete or Update has returned, the change
// survives a crash. Durable.Flush rewrites the file.
//
// With [KeepVectors] the file, and then the index, has only 16-bit numbers, or the codes alone, which take a
// sixth of the memory of hnswlib at 1,024 values. The recall is measured before the vectors are dropped, and
// [Stats] and the file state it. [Calibrate] measures it, and how wide searches must be, with queries of your own.
//
// # Shards
//
// [Shards] searches several indexes, or functions that ask other machines, as one: all at once,
// with the answers merged.
//
// # Metrics
//
// [Cosine] stores vectors divided by their lengths, and Vector returns these unit vectors. A zero
// vector has no direction: its score with everything is 0. [Euclidean] is the usual
// distance. [Dot] is the inner product; larger is nearer. It is not a distance, because a
// vector need not be nearest to itself, so the graph is a heuristic, as in ip-NSW
// (Morozov and Babenko 2018): long vectors become hubs. It works well if lengths are
// similar; otherwise measure the recall or use Flat.
//
// # Filters
//
// A search can be restricted to some labels ([SearchOptions].Filter and Allowed). The
// walk passes through all nodes and keeps only the allowed ones. If it would cost more
// than comparing all that are allowed, as the search finds before the walk or soon after
// it began, or if it finds fewer than k, the search compares the query with every allowed
// vector instead, codes first, which is exact. A bitmap (Allowed) is faster than a
// function, because the index knows how many labels it holds and can look them up.
package index
