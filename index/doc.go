// Package index finds the stored vectors nearest to a query vector.
//
// An [Index] stores vectors under int64 labels and answers the question "which
// k of them are nearest?". There are three kinds behind the one interface:
//
//   - [Flat] compares the query with every vector. It is exact, needs no
//     building, and its time grows with the number of vectors. It is the
//     oracle that the tests and `search eval ann` measure the other against.
//
//   - [HNSW] walks a graph of near neighbours (Malkov and Yashunin, "Efficient
//     and robust approximate nearest neighbor search using Hierarchical
//     Navigable Small World graphs", IEEE TPAMI 42(4), 2018,
//     arXiv:1603.09320). It looks at a few thousand vectors, hardly more of a
//     million than of a hundred thousand, and may miss some of the nearest.
//
//   - [LSH] looks into buckets of hash tables (Charikar 2002 for [Cosine] and
//     [Dot]; Datar et al. 2004 for [Euclidean]; multi-probe, Lv et al. 2007).
//     It needs no building but hashing, and changes cheaply; for the same recall
//     it compares far more vectors than HNSW (see below). For Dot the hashes see
//     directions only, so it serves when lengths differ little. Its ranges and
//     filtered searches compare all that is allowed.
//
// # The graph, in short
//
// Every vector is a node of level 0, linked to at most 2M nodes that are near
// it and lie in different directions. One node in M is also on level 1, one in
// M² on level 2, and so on, with at most M links each; these sparse levels are
// the motorways. A search enters at the top, steps greedily to the best
// neighbour until none is better, goes down a level, and on level 0 widens the
// step to a beam: the best efSearch nodes seen so far are kept, and each is
// expanded once. An insertion is the same search with a beam of
// efConstruction, then links both ways with the M best spread neighbours.
//
// # Choosing M, efConstruction and efSearch
//
//   - M (16) is how many links a new node makes. More links cost memory (2M×4
//     bytes a vector) and time a step, and help data of high intrinsic
//     dimension: 8 to 12 is enough for tens of dimensions, 32 for hard data or
//     recall above 0.99. More than that seldom pays.
//   - efConstruction (200) is how carefully neighbours are looked for when a
//     vector is added. Building time grows with it, the search does not slow
//     down. Raise it until recall at a fixed efSearch stops rising; below M it
//     makes a poor graph.
//   - efSearch (100) is the beam of a search and the one knob to turn
//     afterwards, query by query ([SearchOptions].Ef): recall rises with it and
//     time is nearly proportional to it. It is never below k.
//
// What M and efConstruction do, on 60,000 words of GloVe 6B (100 dimensions, cosine,
// Int8), 1,000 others asked for ten results: CPU seconds to build, bytes a vector,
// and for each efSearch the recall@10 and how many vectors a search compares, which
// its time follows.
//
//	 M  efConstruction  build  bytes   efSearch 50     100           200           400
//	 4            200     9.4    671   0.669   347   0.780   554   0.861   928   0.924  1644
//	 8            200    11.5    671   0.841   605   0.906   988   0.953  1709   0.982  3030
//	16             20     1.8    746   0.732   523   0.818   829   0.881  1382   0.925  2382
//	16             50     4.0    746   0.876   784   0.932  1287   0.966  2198   0.986  3825
//	16            100     8.5    746   0.905   951   0.955  1593   0.982  2750   0.995  4790
//	16            200    15.5    746   0.917  1034   0.964  1745   0.987  3027   0.997  5278
//	32            200    19.3    877   0.948  1454   0.982  2477   0.995  4267   0.999  7288
//	48            200    19.9   1003   0.951  1505   0.982  2552   0.996  4381   0.999  7454
//
// For the same recall, M 8 compares hardly more vectors than M 16 up to 0.95, and M 32
// a tenth fewer from 0.98 on; M 48 only costs memory.
//
// What efSearch does, with the other options at their defaults, one query thread, on
// all 339,479 words of the same file less 2,000 that are asked for: hard data.
//
//	               vectors            Int8               Int4
//	efSearch  recall  queries/s  recall  queries/s  recall  queries/s
//	    20    0.740    10,500    0.739    18,000    0.733    23,800
//	    40    0.829     7,100    0.828    13,600    0.824    14,000
//	    80    0.897     4,000    0.898     6,600    0.896     8,700
//	   160    0.946     2,100    0.946     3,600    0.944     4,500
//	   240    0.965     1,500    0.966     2,700    0.963     3,200
//	   320    0.976     1,000    0.976     2,200    0.974     2,500
//	   640    0.990       630    0.990     1,200    0.990     1,300
//	   900    0.994       460    0.993       830    0.993     1,000
//
// Word vectors trained on a few megabytes of text are easier: 0.989 at efSearch 10 and
// 1.000 at 40. So the default of 100 is generous there, and hard data wants 200 or
// more. Measure with `search eval ann`.
//
// # Hash tables or a graph
//
// LSH is worth it when vectors come and go faster than they are asked for: the tables
// of the file above were made in 5 seconds, the graph in 99. For recall it is not: at
// 0.55 it answered 1,600 queries a second, at 0.79 450, at 0.95 130 and at 0.99 64,
// where the graph answered 2,000 at 0.95 and 600 at 0.99, and where comparing with
// everything (Flat), which is exact, answered 75 to 100, and 900 when all were asked
// at once.
//
// # Quantization
//
// With [Int8] and [Int4] the walk compares codes of 8 or 4 bits a value, which lie
// beside the links, a list of neighbours in one call, and the beam it ends with is
// compared again by the vectors: scores are exact, and only which nodes the walk
// meets can differ. The walk waits for memory above all, and a code is a quarter or
// an eighth of its vector; it costs that much memory besides, but the graph is built
// by codes too, in half the time. Int4 meets slightly fewer of the nearest, and
// makes it good by its speed, in vectors of some 50 values and more; below, take
// Int8.
//
// The codes of 8 bits have steps of the vector's greatest value over 127, those of 4
// bits about ten times as much. For word and sentence vectors 8 bits are far finer
// than the differences that count; vectors that all lie near each other and far from
// zero (2,000 ± 1) have one code, and the walk is lost. Subtract the mean from such
// data, or leave the default, which compares the vectors themselves.
//
// # What is promised
//
//   - Results come best first; equal scores in the order of their labels.
//   - Add, Delete, Update and Search may run together, from any number of
//     goroutines. What was added before a search began can be found by it, what
//     was deleted before is not, and a label is found once, where it was before
//     an update or where it is after.
//   - A search returns k results as long as there are k, whatever was deleted.
//   - Every node stays reachable: each hangs on a tree of links, both ways,
//     that pruning never removes. Verify walks the graph and counts.
//   - The room of deleted vectors goes to new ones.
//   - Copies of one vector share one node of the graph, so thousands of them
//     cannot crowd out its links (see [Stats].Copies).
//   - With one thread and one seed, the same additions make the same graph, on
//     every machine whose kernels round alike; with [Options].Deterministic so do
//     batches on any number of threads.
//   - A file written by Save is refused by [Load] when a byte of it is changed
//     or missing.
//
// # Deleting
//
// A vector that is deleted is found no more at once. Its node stays in the graph
// for a while, as a bridge; when one in 64 is such a bridge a round begins, in
// which every change to the index does a small share, that takes them out and
// joins those they lay between. Deleting so costs about as much as adding. Half
// of 6,000 clustered vectors deleted and added again, three times, left recall@10
// at 0.984, where a new index had 0.991.
//
// # On disk
//
// [SaveFile] writes an index whole or not at all; [LoadFile] reads it and checks
// everything; [OpenFile] maps it, so that the first answer comes at once, and
// checks the large sections when they are first needed for more than a search.
// [OpenDurable] keeps a log of the changes beside the file: what Add, Delete or
// Update has returned for is there after a crash. Its Flush writes the file anew.
//
// # Metrics
//
// [Cosine] divides by the lengths when a vector is added and asks for the
// inner product afterwards; Vector returns what is stored, of length one. A
// zero vector has no direction: its score is 0 with everything.
// [Euclidean] is the distance in the plain sense. [Dot] is the inner product,
// larger is nearer. It is no distance (a vector need not be its own nearest),
// so the graph is a heuristic there, as in ip-NSW (Morozov and Babenko 2018):
// long vectors become hubs that draw every walk. It serves well when lengths
// differ little; otherwise measure the recall, or use Flat.
//
// # Filters
//
// A filter sees labels, and the walk passes through forbidden nodes but keeps
// only allowed ones. When so few are allowed that the walk would cost more
// than looking at them all, or ends with fewer than k, the search compares the
// query with every allowed vector instead: slower, and exact. A bitmap of the
// allowed labels ([SearchOptions].Allowed) is better than a function: the search
// knows beforehand how many there are, and looks only at those.
package index
