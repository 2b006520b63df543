package estimate

import (
	"runtime"
	"time"

	"github.com/luminavec/luminavec/internal/kernel"
)

// SentenceRun is what the needs of a training of sentences follow from.
type SentenceRun struct {
	Rows       int // of the table: the vocabulary
	Dim        int // length of its rows
	Hidden     int // outputs of Linear, 0: none
	Project    int // outputs of the projection, 0: none
	TokenBytes int // of all tokens together
	Slots      int // numbers that the optimizer keeps for each of the encoder's
	Threads    int
	Loaded     bool // the encoder and the optimizer's numbers are in memory already: the training goes on
	Best       bool // the best model so far is kept beside the last
	Graph      bool // the slow engine

	Batch    int // examples
	Texts    int // of an example
	InBatch  bool
	Examples int64   // of an epoch
	Tokens   float64 // of an example, on average
	Epochs   float64 // to go
}

// The time of an example on one thread, fitted to runs of 256 and 512 dimensions with
// AVX2 kernels: a share for each number of each token's row, and one for each number
// that the product of vectors with those of the batch multiplies.
const (
	tokenTime   = 0.45 // ns a number
	productTime = 0.14 // ns a number and text of the batch
	layerTime   = 0.05 // ns a number of Linear and distinct token of a text
	graphTimes  = 20
)

// Sentences returns what a training of sentences needs.
func Sentences(r SentenceRun) Need {
	width := r.Dim
	if r.Hidden > 0 {
		width = r.Hidden
	}
	out := width
	if r.Project > 0 {
		out = r.Project
	}
	bytes := func(rows, cols int) int64 { return int64(rows) * int64(kernel.Stride(cols)) * 4 }
	encoder := bytes(r.Rows, r.Dim) + bytes(r.Hidden, r.Dim) + bytes(r.Project, width)
	state := int64(r.Slots) * encoder
	texts := r.Batch * r.Texts
	rows := min(r.Rows, int(float64(r.Batch)*r.Tokens))
	work := 2*bytes(rows, r.Dim) + 4*bytes(texts, out)
	if r.Hidden > 0 {
		work += 2 * bytes(rows, width)
	}
	if r.InBatch {
		work += int64(r.Batch) * int64(texts-r.Batch) * 4
	}
	saved := encoder + state
	if r.Best {
		saved *= 2
	}
	text := int64(r.TokenBytes) + int64(r.Rows)*lineBytes
	n := Need{Disk: []Part{{"two checkpoints", 2 * (saved + 2*text + logBytes)}}}
	if !r.Loaded {
		n.Memory = append(n.Memory, Part{"encoder", encoder}, Part{"optimizer", state})
	}
	if r.Best {
		n.Memory = append(n.Memory, Part{"the best model so far", encoder + state})
	}
	n.Memory = append(n.Memory, Part{"batches", work}, Part{"checkpoint and report", encoder + text + otherBytes})

	ns := tokenTime * r.Tokens * float64(width)
	if r.InBatch {
		ns += productTime * float64(texts-r.Batch) * float64(out)
	}
	if r.Hidden > 0 {
		ns += layerTime * float64(rows) / float64(max(1, r.Batch)) * float64(r.Dim) * float64(r.Hidden)
	}
	if r.Graph {
		ns *= graphTimes
	}
	threads := max(1, min(r.Threads, runtime.GOMAXPROCS(0)))
	n.Time = time.Duration(ns * float64(r.Examples) * r.Epochs / float64(threads))
	return n
}
