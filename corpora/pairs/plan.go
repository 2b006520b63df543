package pairs

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Shuffling moves runs of consecutive examples to random positions and then mixes the examples
// of all runs in a window. While training uses a window, only its runs are read from a file
// that is larger than memory (about 200 KiB of ids each, 26 MiB together). A file of at most
// one window is shuffled as a whole.
const (
	shuffleRun    = 1 << 10 // examples
	shuffleWindow = 1 << 17
)

// DefaultBatch is the default number of examples in a batch: in-batch negatives need many.
const DefaultBatch = 1024

const (
	maxBatch = 1 << 20
	maxEpoch = 1_000_000
)

// PlanOptions control how an epoch is split into batches.
type PlanOptions struct {
	BatchSize int    // examples, 1 to 1,048,576; default: 1024
	Seed      uint64 // seed of the order
	Epoch     int    // epoch, from 0; each has its own order
	// Mixed takes the examples of a batch from all files. Default: each batch comes from one
	// file, so that texts are distinguished by their meaning and not by their origin.
	Mixed bool
	// Repeats allows a text to occur twice in a batch and a batch to have one example, for
	// losses that do not use the other texts of the batch as negatives. Default: off.
	Repeats bool
}

func (o PlanOptions) withDefaults() PlanOptions {
	if o.BatchSize == 0 {
		o.BatchSize = DefaultBatch
	}
	return o
}

// Validate returns an error that names the field at fault.
func (o PlanOptions) Validate() error {
	o = o.withDefaults()
	if o.BatchSize < 1 || o.BatchSize > maxBatch {
		return fault.Field("BatchSize", "1024 is usual", "must be between 1 and %d, got %d", maxBatch, o.BatchSize)
	}
	if o.BatchSize == 1 && !o.Repeats {
		return fault.Field("BatchSize", "1024 is usual", "must be at least 2: a batch of 1 has no other texts for negatives")
	}
	if o.Epoch < 0 || o.Epoch > maxEpoch {
		return fault.Field("Epoch", "", "must be between 0 and %d, got %d", maxEpoch, o.Epoch)
	}
	return nil
}

// Plan is one epoch in batches. It does not change, and depends only on the pairs, their
// weights and the options, not on the number of threads or on where the ids are kept.
type Plan struct {
	order   []int32 // examples, those of a batch together
	batches []plannedBatch
	leftOut int64
	warning string
}

type plannedBatch struct {
	from int64 // in order
	n    int32
	file int32 // -1: mixed
}

// Len returns the number of batches.
func (p *Plan) Len() int { return len(p.batches) }

// Examples returns the number of examples in all batches.
func (p *Plan) Examples() int64 { return int64(len(p.order)) }

// MeanSize returns the mean number of examples of a batch.
func (p *Plan) MeanSize() float64 { return float64(len(p.order)) / float64(len(p.batches)) }

// Size returns the number of examples of batch i.
func (p *Plan) Size(i int) int { return int(p.batches[i].n) }

// File returns the index in Dataset.Files of the file of batch i, or -1 for a mixed batch.
func (p *Plan) File(i int) int { return int(p.batches[i].file) }

// LeftOut returns the number of examples that are in no batch, because they were left alone at
// the end or share a text with all others that were left.
func (p *Plan) LeftOut() int64 { return p.leftOut }

// Warning returns a one-line warning for the user, or "": that batches are smaller than
// BatchSize because there are too few examples, or, with their mean size, that they are less
// than half as large as they could be because examples share texts.
func (p *Plan) Warning() string { return p.warning }

// Plan splits an epoch into batches. In a file of weight 1 each example is used once. In
// general the passes over a file, each in its own order, form a stream, of which an epoch takes
// weight times the number of examples in the file.
//
// No text occurs twice in a batch, in any column, as in-batch negatives would then be wrong: if
// two examples share a text, the second is postponed to a later batch of the epoch. Batches are
// therefore smaller at the end, or where most examples share texts, and an example that would
// be alone is dropped, see LeftOut. Batches of different files are in random order.
//
// A plan needs 4 bytes per example.
func (p *Dataset) Plan(ctx context.Context, o PlanOptions) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	plan := &Plan{}
	var streams []*exampleStream
	largest, possible := int64(0), int64(0) // possible: batches, if no two examples shared a text
	batches := func(examples int64) int64 { return (examples + int64(o.BatchSize) - 1) / int64(o.BatchSize) }
	for i, f := range p.files {
		s := newExampleStream(f, i, o)
		streams = append(streams, s)
		largest = max(largest, s.left)
		possible += batches(s.left)
	}
	if o.Mixed {
		columns := p.files[0].Columns
		largest = 0
		for i, f := range p.files {
			if f.Columns != columns {
				return nil, fault.Mention("turn Mixed off, or give all files the same number of negatives",
					"%s has %d texts per row, but %s has %d: they cannot be mixed", text.Describe(p.files[0].Name), columns, text.Describe(f.Name), f.Columns)
			}
			largest += streams[i].left
		}
		possible = batches(largest)
		if err := p.cut(ctx, plan, mixed(streams, o), -1, o); err != nil {
			return nil, err
		}
	} else {
		for i, s := range streams {
			if err := p.cut(ctx, plan, s, i, o); err != nil {
				return nil, err
			}
		}
		plan.interleave(len(p.files), o)
	}
	switch {
	case len(plan.batches) == 0 && o.Repeats:
		return nil, fault.New("increase the weights of the files, or train for more epochs", "epoch %d has no examples", o.Epoch+1)
	case len(plan.batches) == 0 && p.records.n == 1:
		return nil, fault.New("negatives are the other texts of a batch: add pairs, or choose a loss without negatives",
			"no batch can be made of a single example")
	case len(plan.batches) == 0:
		return nil, fault.New("negatives are the other texts of a batch: add different pairs, or choose a loss without negatives",
			"no batch can be made: no two of the %d examples differ in all their texts", p.records.n)
	}
	if int64(o.BatchSize) > largest {
		what := "the largest file has"
		if o.Mixed {
			what = "there are"
		}
		plan.warning = fmt.Sprintf("the batch size is %d, but %s only %d examples per epoch: batches will be smaller", o.BatchSize, what, largest)
	}
	if int64(len(plan.batches)) > 2*possible {
		plan.warning = strings.TrimPrefix(fmt.Sprintf("%s; the batches have %.1f examples on average, although the batch size is %d: "+
			"no batch holds a text twice, and the examples share many texts", plan.warning, plan.MeanSize(), o.BatchSize), "; ")
	}
	return plan, nil
}

// cut adds the batches of one stream to the plan.
func (p *Dataset) cut(ctx context.Context, plan *Plan, s examples, file int, o PlanOptions) error {
	cutter := newBatchCutter(p, s, file, o)
	for n := 0; ; n++ {
		if n%16 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		from := int64(len(plan.order))
		var done bool
		plan.order, done = cutter.next(plan.order)
		if n := int32(int64(len(plan.order)) - from); n > 0 {
			plan.batches = append(plan.batches, plannedBatch{from, n, int32(file)})
		}
		if done {
			plan.leftOut += cutter.leftOut
			return nil
		}
	}
}

// interleave puts the batches of all files into random order and keeps the order within each
// file.
func (p *Plan) interleave(files int, o PlanOptions) {
	next := make([]int, files) // batch of each file
	turns := make([]int32, len(p.batches))
	for i := len(p.batches) - 1; i >= 0; i-- {
		turns[i] = p.batches[i].file
		next[turns[i]] = i
	}
	shuffle(newRand(o.Seed, saltTurns, uint64(o.Epoch), 0), turns)
	batches := make([]plannedBatch, len(p.batches))
	for i, file := range turns {
		batches[i] = p.batches[next[file]]
		next[file]++
	}
	p.batches = batches
}

// examples is a stream of numbers of examples, -1 at its end.
type examples interface {
	next() int32
	total() int64
}

// exampleStream is the part of the passes over a file that belongs to an epoch.
type exampleStream struct {
	file   *File
	index  uint64
	seed   uint64
	pass   uint64
	left   int64 // examples of the epoch still to come
	runs   []int32
	window []int32 // shuffled examples of the runs
	at     int     // in window
	run    int     // the next one
	rand   *rand.PCG
}

func newExampleStream(f *File, index int, o PlanOptions) *exampleStream {
	place := func(epoch int) int64 { return int64(math.Round(float64(epoch) * f.Weight * float64(f.Examples))) }
	from, to := place(o.Epoch), place(o.Epoch+1)
	s := &exampleStream{file: f, index: uint64(index), seed: o.Seed, left: to - from, pass: uint64(from / f.Examples)}
	s.begin()
	skip := from % f.Examples
	for skip > 0 { // windows of the previous epoch
		s.fill()
		s.at = int(min(skip, int64(len(s.window))))
		skip -= int64(s.at)
	}
	return s
}

// begin prepares a pass.
func (s *exampleStream) begin() {
	s.rand = newRand(s.seed, saltPass, s.index, s.pass)
	s.runs = s.runs[:0]
	for i := range (s.file.Examples + shuffleRun - 1) / shuffleRun {
		s.runs = append(s.runs, int32(i))
	}
	if s.file.Examples > shuffleWindow {
		shuffle(s.rand, s.runs)
	}
	s.run, s.at, s.window = 0, 0, s.window[:0]
}

// fill makes the next window.
func (s *exampleStream) fill() {
	s.window, s.at = s.window[:0], 0
	for ; s.run < len(s.runs) && len(s.window)+shuffleRun <= shuffleWindow; s.run++ {
		first := int64(s.runs[s.run]) * shuffleRun
		for i := first; i < min(first+shuffleRun, s.file.Examples); i++ {
			s.window = append(s.window, int32(s.file.from+i))
		}
	}
	shuffle(s.rand, s.window)
}

func (s *exampleStream) total() int64 { return s.left }

func (s *exampleStream) next() int32 {
	if s.left == 0 {
		return -1
	}
	s.left--
	for s.at == len(s.window) {
		if s.run == len(s.runs) {
			s.pass++
			s.begin()
		}
		s.fill()
	}
	s.at++
	return s.window[s.at-1]
}

// mixedStream draws from several streams, from each as often as it has examples.
type mixedStream struct {
	streams []*exampleStream
	left    int64
	rand    *rand.PCG
}

func mixed(streams []*exampleStream, o PlanOptions) *mixedStream {
	m := &mixedStream{streams: streams, rand: newRand(o.Seed, saltTurns, uint64(o.Epoch), 1)}
	for _, s := range streams {
		m.left += s.left
	}
	return m
}

func (m *mixedStream) total() int64 { return m.left }

func (m *mixedStream) next() int32 {
	if m.left == 0 {
		return -1
	}
	n := int64(below(m.rand, uint64(m.left)))
	m.left--
	for _, s := range m.streams {
		if n < s.left {
			return s.next()
		}
		n -= s.left
	}
	return -1
}

// Purposes of random numbers, so that none are used twice.
const (
	saltPass  = 1
	saltTurns = 2
)

// newRand returns the random numbers of a purpose; a and b must be less than 2^32.
func newRand(seed, salt, a, b uint64) *rand.PCG {
	return rand.NewPCG(fold(seed^0x9e3779b97f4a7c15, salt^0xb7e151628aed2a6b), a<<32|b)
}

// below returns a number below n, uniform up to 2^-64·n.
func below(r *rand.PCG, n uint64) uint64 {
	hi, _ := bits.Mul64(r.Uint64(), n)
	return hi
}

// shuffle is the Fisher–Yates shuffle; the one in math/rand may change.
func shuffle(r *rand.PCG, s []int32) {
	for i := len(s) - 1; i > 0; i-- {
		j := below(r, uint64(i+1))
		s[i], s[j] = s[j], s[i]
	}
}
