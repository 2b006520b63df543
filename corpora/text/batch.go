package text

// BatchBytes is the size of a batch of text: what one goroutine processes between two channel
// operations.
const BatchBytes = 256 << 10

// batchLimit is the size at which a batch ends even inside a line.
const batchLimit = 1 << 20

// Batch holds consecutive chunks of text that one goroutine processes together.
type Batch struct {
	Text []byte     // text of all chunks, without line ends
	Ends []ChunkEnd // end of each chunk
}

// ChunkEnd is where a chunk of a Batch ends.
type ChunkEnd struct {
	At   int  // offset in Text
	Line bool // a line ends here
}

// NewBatch returns an empty batch with room for a full one.
func NewBatch() *Batch { return &Batch{Text: make([]byte, 0, BatchBytes+MaxChunk)} }

// Add appends a chunk of text; lineEnd reports whether it ends a line.
func (b *Batch) Add(text []byte, lineEnd bool) {
	b.Text = append(b.Text, text...)
	b.Ends = append(b.Ends, ChunkEnd{len(b.Text), lineEnd})
}

// Full reports whether the batch should be processed now. A batch ends inside a line only
// if the line is very long. Blank lines count, so that a file of blank lines fills batches too.
func (b *Batch) Full() bool {
	n := len(b.Text) + len(b.Ends)
	return n >= BatchBytes && b.Ends[len(b.Ends)-1].Line || n >= batchLimit
}
