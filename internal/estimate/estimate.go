// Package estimate predicts how much memory, disk and time a training run needs, and checks
// whether the machine has enough.
//
//	need := estimate.Words(estimate.Run{Rows: 70_000, Dim: 100, Threads: 2})
//	err := need.Check(estimate.Machine("model"), "use fewer dimensions")
//
// Memory and disk follow from the sizes of the tables, including those of character n-grams, of
// summed vectors and of the best model so far. They are accurate to a few percent. Time is a
// rough estimate from the speed of one machine: the real time can be half or twice as long, and
// longer if other programs are running. Once some blocks are done, the loop of package training
// has a better estimate.
package estimate

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Run describes a run that trains word vectors.
type Run struct {
	Rows       int  // rows of the input table: the size of the vocabulary
	NGramRows  int  // rows of the table of character n-grams; default 0: none
	Dim        int  // length of a vector
	TokenBytes int  // length of all tokens together
	Threads    int  // workers
	Loaded     bool // the run is resumed: the tables are already in memory
	Summed     bool // the saved vectors are sums, stored in addition to the two tables
	Best       bool // the best model so far is kept in addition to the last

	Words    int64 // words in an epoch
	Epochs   int   // epochs left
	Window   int
	Negative int
	CBOW     bool // not skip-gram
	Tree     bool // hierarchical softmax
	Graph    bool // the slow engine
}

// Part is a named share of a need.
type Part struct {
	What  string
	Bytes int64
}

// Need is what a run needs in addition to what the process already holds.
type Need struct {
	Memory []Part
	Disk   []Part
	Time   time.Duration // a rough estimate; 0 if Run.Words or Run.Epochs is 0
}

// Bytes that do not depend on the tables.
const (
	workerBytes = 6 << 20 // batches, random numbers and buffers of one worker
	otherBytes  = 32 << 20
	logBytes    = 64 << 10
	lineBytes   = 32 // overhead of a token in tokenizer.json
	wordBytes   = 64 // overhead of a token in memory, in the tables of the tokenizer that is saved and of the report
)

// The time for a word on one thread, fitted to runs with 100 and 300 dimensions on
// English Wikipedia with AVX-512 kernels: a fixed share, and a share that is proportional
// to the arithmetic (dimensions, context words, output rows), given here for 100
// dimensions, window 5 and 5 negatives. Other variants take roughly the given multiple.
const (
	fixedTime    = 50 * time.Nanosecond
	skipGramTime = 150 * time.Nanosecond
	cbowTime     = 150 * time.Nanosecond
	ngramsSlower = 3
	treeSlower   = 2
	graphSlower  = 300
)

// Words returns what a run that trains word vectors needs.
func Words(r Run) Need {
	row := int64(kernel.Stride(r.Dim)) * 4
	table := int64(r.Rows) * row
	tables := 2 * table // input and output
	if r.NGramRows > 0 || r.Summed {
		// The words' own rows are stored besides their vectors, which combine several rows.
		tables += int64(r.NGramRows)*row + table
	}
	saved := tables
	if r.Best {
		saved *= 2
	}
	text := int64(r.TokenBytes) + int64(r.Rows)*lineBytes
	n := Need{Disk: []Part{
		// A new checkpoint is complete before the previous one is removed.
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
		Part{"checkpoint and report", table + text + int64(r.Rows)*wordBytes + otherBytes}) // the report works on normalized vectors
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

// Spool returns approximately how many bytes of disk the ids of a text take in addition to
// those kept in memory. An id takes 4 bytes, and a word about 6 bytes of text.
func Spool(textBytes, inMemory int64) int64 { return max(0, textBytes/6*4-inMemory) }

// Total returns the sum of parts.
func Total(parts []Part) (bytes int64) {
	for _, p := range parts {
		bytes += p.Bytes
	}
	return bytes
}

// Limits holds the free bytes of a machine; a negative number is unknown.
type Limits struct {
	Memory int64
	Disk   int64
}

// Check returns an error with the given hint if the need exceeds a limit. An unknown limit
// is never exceeded.
func (n Need) Check(l Limits, hint string) error {
	if need := Total(n.Memory); l.Memory >= 0 && need > l.Memory {
		return fault.New(hint, "training needs %s of memory (%s), but only %s is free", size(need), listed(n.Memory), size(l.Memory))
	}
	if need := Total(n.Disk); l.Disk >= 0 && need > l.Disk {
		return fault.New(hint, "training needs %s on the output disk (%s), but only %s is free", size(need), listed(n.Disk), size(l.Disk))
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

// size formats bytes with at least two digits: "950 MB", "12.3 GB".
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

// Machine returns the free memory of this machine and the free space of the disk that
// holds path, or will hold it.
func Machine(path string) Limits {
	return Limits{Memory: freeMemory(), Disk: freeDisk(path)}
}
