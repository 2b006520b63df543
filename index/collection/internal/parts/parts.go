// Package parts has the files of passages that a collection consists of: segments, with rows of passages in
// compressed blocks, and the table of the files that they come from. None is ever changed.
package parts

// Rebuild is the hint for a damaged collection.
const Rebuild = "rebuild the collection"

// InfoFile is the file that describes a collection. Its presence identifies one.
const InfoFile = "collection.json"

// MaxLabel bounds labels.
const MaxLabel = 1 << 40
