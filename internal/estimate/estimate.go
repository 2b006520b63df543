// Package estimate says before a training what it will need of memory, disk and
// time, and whether the machine has that.
//
//	need := estimate.Words(estimate.Run{Rows: 70_000, Dim: 100, Threads: 2})
//	err := need.Check(estimate.Machine("model"), "lower --dim")
//
// Memory and disk follow from the sizes of the tables, those of character n-grams, of
// vectors that are sums and of a best model kept among them, to a few per cent. Time is
// a guess, by the speed of one machine: it may be half or twice of what is said, and more
// where other work runs beside. Once some blocks are done, the loop of package training
// knows better.
package estimate

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Run is what the needs of a word training follow from.
type Run struct {
	Rows       int  // of the input table: the vocabulary
	OutputRows int  // of the output table; default Rows
	NGramRows  int  // of the table of character n-grams; default 0: none
	Dim        int  // length of a vector
	TokenBytes int  // of all tokens together
	Threads    int  // workers
	Loaded     bool // the tables are in memory already: the training goes on
	Summed     bool // the saved vectors are sums, and stand beside the two tables
	Best       bool // the best model so far is kept beside the last

	Words    int64 // of an epoch
	Epochs   int   // to go
	Window   int
	Negative int
	CBOW     bool // not skip-gram
	Tree     bool // hierarchical softmax
	Graph    bool // the slow engine
}

// Part is a part of a need.
type Part struct {
	What  string
	Bytes int64
}

// Need is what a training will need, beside what it has when this is asked.
type Need struct {
	Memory []Part
	Disk   []Part
	Time   time.Duration // a guess; 0 when the run says nothing of words
}

// Bytes that do not follow from the tables.
const (
	workerBytes = 6 << 20 // batches, random numbers and buffers of a worker
	otherBytes  = 32 << 20
	logBytes    = 64 << 10
	lineBytes   = 32 // of a token in tokenizer.json, beside its text
)

// The time of a word on one thread, fitted to runs of 100 and 300 dimensions on
// English Wikipedia with AVX-512 kernels: a share that each word costs, and one
// that goes with the arithmetic (dimensions, context words, output rows) and has
// this value at 100 dimensions, window 5 and 5 negatives. Other forms take so many
// times as long, some more and some less.
const (
	fixedTime    = 50 * time.Nanosecond
	skipGramTime = 150 * time.Nanosecond
	cbowTime     = 150 * time.Nanosecond
	ngramsSlower = 3
	treeSlower   = 2
	graphSlower  = 300
)

// Words returns what a word training needs.
func Words(r Run) Need {
	row := int64(kernel.Stride(r.Dim)) * 4
	if r.OutputRows == 0 {
		r.OutputRows = r.Rows
	}
	table := int64(r.Rows) * row
	tables := table + int64(r.OutputRows)*row
	if r.NGramRows > 0 || r.Summed {
		// The words' own rows stand beside their vectors, which are made of several.
		tables += int64(r.NGramRows)*row + table
	}
	saved := tables
	if r.Best {
		saved *= 2
	}
	text := int64(r.TokenBytes) + int64(r.Rows)*lineBytes
	n := Need{Disk: []Part{
		// A checkpoint is written beside the one before.
		{"two checkpoints", 2 * (saved/row*int64(r.Dim)*4 + 2*text + logBytes)},
	}}
	if !r.Loaded {
		n.Memory = append(n.Memory, Part{"tables", tables})
	}
	if r.Best {
		n.Memory = append(n.Memory, Part{"the best model so far", tables})
	}
	n.Memory = append(n.Memory,
		Part{"workers", int64(r.Threads) * workerBytes},
		Part{"checkpoint and report", table + text + otherBytes}) // the report has vectors of length 1
	if r.Words > 0 && r.Epochs > 0 {
		n.Time = r.time()
	}
	return n
}

func (r Run) time() time.Duration {
	dim, context, outputs := float64(r.Dim)/100, float64(r.Window+1)/6, float64(r.Negative+1)/6
	word := float64(fixedTime)
	if r.CBOW {
		word += float64(cbowTime) * dim * (context + outputs) / 2
	} else {
		word += float64(skipGramTime) * dim * context * outputs
	}
	if r.NGramRows > 0 {
		word *= ngramsSlower
	}
	if r.Tree {
		word *= treeSlower
	}
	if r.Graph {
		word *= graphSlower
	}
	threads := max(1, min(r.Threads, runtime.GOMAXPROCS(0)))
	return time.Duration(word * float64(r.Words) * float64(r.Epochs) / float64(threads))
}

// Spool returns about how much disk the ids of a text take beyond what is kept in
// memory of them: 4 bytes a word, and a word some 6 bytes of text.
func Spool(textBytes, inMemory int64) int64 { return max(0, textBytes/6*4-inMemory) }

// Total is the sum of parts.
func Total(parts []Part) (bytes int64) {
	for _, p := range parts {
		bytes += p.Bytes
	}
	return bytes
}

// Limits is what a machine has left, in bytes; a negative number is not known.
type Limits struct {
	Memory int64
	Disk   int64
}

// Check returns an error when the limits are below the need, with a hint that says
// lower, the options that lower it. What is not known is enough.
func (n Need) Check(l Limits, lower string) error {
	hint := lower + "; --force tries it all the same"
	if need := Total(n.Memory); l.Memory >= 0 && need > l.Memory {
		return fault.New(hint, "the training needs %s of memory (%s), and %s are free", size(need), listed(n.Memory), size(l.Memory))
	}
	if need := Total(n.Disk); l.Disk >= 0 && need > l.Disk {
		return fault.New(hint, "the training needs %s on the disk of its output (%s), and %s are free", size(need), listed(n.Disk), size(l.Disk))
	}
	return nil
}

func listed(parts []Part) string {
	var s []string
	for _, p := range parts {
		s = append(s, p.What+" "+size(p.Bytes))
	}
	return strings.Join(s, ", ")
}

// size writes bytes with two figures and more: "950 MB", "12.3 GB".
func size(bytes int64) string {
	switch {
	case bytes < 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes < 1e9:
		return fmt.Sprintf("%.0f MB", float64(bytes)/1e6)
	case bytes < 1e12:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	}
	return fmt.Sprintf("%.1f TB", float64(bytes)/1e12)
}

// Machine returns what this machine has left: of memory, and of the disk that
// holds the path, or the folder it will be in.
func Machine(path string) Limits {
	return Limits{Memory: freeMemory(), Disk: freeDisk(path)}
}
