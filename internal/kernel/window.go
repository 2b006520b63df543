package kernel

import (
	"math"
	"unsafe"
)

// WindowScratch is the working memory of SkipGram and CBOW: one for each
// goroutine that calls them, for windows of at most maxContext context words and
// exactly outputs output words over tables of the given stride.
type WindowScratch struct {
	maxContext, outputs, stride int

	grad []float32 // scores, then gradients, in chunks of gradLanes columns in the assembly
	dy   []float32 // outputs×stride: what the output rows receive
	dx   []float32 // maxContext×stride: what the context rows receive
	hid  []float32 // stride: the mean or the sum of the context (CBOW)

	assembly assemblyScratch
}

const (
	// gradLanes is the length of a row of gradients in the assembly: one chunk's.
	gradLanes = 8
	// leastChunk is the number of outputs that every assembly version takes at once.
	leastChunk = 6
)

// gradSize is the length of one chunk's gradients: an even number of rows.
func gradSize(maxContext int) int { return (maxContext + 1) / 2 * 2 * gradLanes }

// NewWindowScratch returns the scratch for windows of at most maxContext
// context words and exactly outputs output words, at least two (the positive one and
// the negatives). It panics with PanicScratch or PanicStride on sizes that make no
// sense.
func NewWindowScratch(maxContext, outputs, stride int) *WindowScratch {
	if maxContext < 1 || outputs < 2 {
		panic(PanicScratch)
	}
	if stride < Lanes || stride%Lanes != 0 {
		panic(PanicStride)
	}
	return &WindowScratch{
		maxContext: maxContext, outputs: outputs, stride: stride,
		grad: Aligned(gradSize(maxContext) * (outputs + leastChunk - 1) / leastChunk),
		dy:   Aligned(outputs * stride),
		dx:   Aligned(maxContext * stride),
		hid:  Aligned(stride),

		assembly: newAssemblyScratch(maxContext, outputs),
	}
}

// SkipGram trains on a batch of windows with negative sampling, the negatives
// shared by the window (Ji et al. 2016, "Parallelizing Word2Vec in Shared and
// Distributed Memory").
//
// A batch holds windows one after the other, each as m, then m ids of context
// words (rows of in), then outputs ids of output words (rows of out): the centre
// word first, then the negatives. With X the m context rows (m×d), Y the n output
// rows (n×d) and L the labels (1 in the first column, else 0), a window does
//
//	S    = X·Yᵀ                              m×n scores
//	loss = Σ -log σ(S[i,0]) - Σ log σ(-S[i,j])   over i, and over j ≥ 1
//	G    = alpha·(L - σ(S))                  m×n
//	X   += G·Y,  Y += Gᵀ·X                    both from the rows as they were
//
// and the next window sees the updated rows. A row named twice in one window
// receives both updates; the terms of the second order in alpha between the two
// are not defined.
//
// It returns the summed loss and the number of predicted (context) words. It
// panics, before anything is written, with PanicStride, PanicTable,
// PanicOutputs, PanicBatch, PanicContext or PanicID when the arguments do not
// fit together.
func SkipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss float64, targets int64) {
	_, targets = checkBatch(in, out, stride, batch, outputs, s)
	return skipGram(in, out, stride, batch, outputs, alpha, s), targets
}

// CBOW trains on a batch of windows as SkipGram does, but predicts the centre
// word from the mean h of the context rows:
//
//	s_j  = h·Y_j,  g_j = alpha·(L_j - σ(s_j)),  loss = -log σ(s_0) - Σ log σ(-s_j)
//	X_i += Σ_j g_j·Y_j   for every context row, undivided, as in word2vec.c
//	Y_j += g_j·h
//
// It returns the summed loss and the number of windows, one prediction each.
func CBOW(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss float64, targets int64) {
	windows, _ := checkBatch(in, out, stride, batch, outputs, s)
	return cbow(in, out, stride, batch, outputs, alpha, true, s), windows
}

// CBOWSum is CBOW with the sum of the context rows for h, whose gradient is then
// the true one.
func CBOWSum(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss float64, targets int64) {
	windows, _ := checkBatch(in, out, stride, batch, outputs, s)
	return cbow(in, out, stride, batch, outputs, alpha, false, s), windows
}

// checkBatch walks the batch once, so that no kernel meets an id outside the
// tables, and counts the windows and their context words.
func checkBatch(in, out []float32, stride int, batch []int32, outputs int, s *WindowScratch) (windows, context int64) {
	if s.outputs != outputs {
		panic(PanicOutputs)
	}
	s.checkTables(stride, in, out)
	inRows, outRows := rowCount(in, stride), rowCount(out, stride)
	for len(batch) > 0 {
		m := int(batch[0])
		if m < 1 || m > s.maxContext {
			panic(PanicContext)
		}
		if len(batch) < 1+m+outputs {
			panic(PanicBatch)
		}
		for _, id := range batch[1 : 1+m] {
			if uint32(id) >= inRows {
				panic(PanicID)
			}
		}
		for _, id := range batch[1+m : 1+m+outputs] {
			if uint32(id) >= outRows {
				panic(PanicID)
			}
		}
		windows++
		context += int64(m)
		batch = batch[1+m+outputs:]
	}
	return windows, context
}

// checkTables panics unless the tables are aligned rows of the scratch's stride.
func (s *WindowScratch) checkTables(stride int, tables ...[]float32) {
	if stride < Lanes || stride%Lanes != 0 {
		panic(PanicStride)
	}
	if s.stride != stride {
		panic(PanicOutputs)
	}
	for _, t := range tables {
		if len(t)%stride != 0 || !aligned(t) {
			panic(PanicTable)
		}
	}
}

func aligned(x []float32) bool {
	return uintptr(unsafe.Pointer(unsafe.SliceData(x)))%64 == 0
}

// rowCount is the number of rows that an int32 can name.
func rowCount(table []float32, stride int) uint32 {
	return uint32(min(len(table)/stride, math.MaxInt32))
}
