package estimate

import (
	"runtime"
	"time"

	"github.com/luminavec/luminavec/internal/kernel"
)

// SentenceRun describes a run that trains sentence vectors.
type SentenceRun struct {
	Rows       int // rows of the table: the size of the vocabulary
	Dim        int // length of a row
	Hidden     int // outputs of the linear layer; 0: none
	Project    int // outputs of the projection; 0: none
	TokenBytes int // length of all tokens together
	Slots      int // values that the optimizer keeps for each parameter
	Threads    int
	Loaded     bool // the run is resumed: the encoder and the optimizer are already in memory
	Best       bool // the best model so far is kept in addition to the last
	Graph      bool // the slow engine

	Batch    int     // examples in a batch
	Texts    int     // texts in an example
	InBatch  bool    // the loss compares all texts of a batch
	Examples int64   // examples in an epoch
	Tokens   float64 // tokens in an example, on average
	Epochs   float64 // epochs left
}

// The time for an example on one thread, fitted to runs with 256 and 512 dimensions and
// AVX2 kernels.
const (
	tokenTime   = 0.45 // ns for each value of each token's row
	productTime = 0.14 // ns for each value of a text's vector and text of the batch
	layerTime   = 0.05 // ns for each weight of the linear layer and distinct token of a text
	graphTimes  = 20   // how much slower the graph engine is
)

// Sentences returns what a run that trains sentence vectors needs.
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
