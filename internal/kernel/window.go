package kernel

import (
	"math"
	"slices"
	"unsafe"
)

// WindowScratch is the working memory of SkipGram and CBOW. Each goroutine that calls them needs
// its own. The arguments of [NewWindowScratch] or [NewPlacedScratch] fix the stride of the tables,
// the number of outputs and the maximum number of context words.
type WindowScratch struct {
	maxContext, outputs, stride int

	places []float32 // weights of the places of placed windows; nil for other windows

	grad []float32 // scores, then gradients, in chunks of gradLanes columns in the assembly
	dy   []float32 // outputs×stride: updates of the output rows
	dx   []float32 // maxContext×stride: updates of the context rows
	hid  []float32 // stride: the mean or the sum of the context (CBOW)

	values int          // of a row that are not padding
	own    []int32      // 0, 1, …: the rows of dx
	loss   []windowLoss // by place

	assembly assemblyScratch
}

const (
	// gradLanes is the length of a row of gradients in the assembly, for one chunk of outputs.
	gradLanes = 8
	// leastChunk is the number of outputs that every assembly version can process at once.
	leastChunk = 6
)

// gradSize is the length of one chunk's gradients: an even number of rows.
func gradSize(maxContext int) int { return (maxContext + 1) / 2 * 2 * gradLanes }

// NewWindowScratch returns the scratch for windows of at most maxContext
// context words and exactly outputs output words, at least two (the positive one and
// the negatives). It panics with PanicScratch or PanicStride if the sizes are invalid.
func NewWindowScratch(maxContext, outputs, stride int) *WindowScratch {
	if maxContext < 1 || outputs < 2 {
		panic(PanicScratch)
	}
	if stride < Lanes || stride%Lanes != 0 {
		panic(PanicStride)
	}
	own := make([]int32, maxContext)
	for i := range own {
		own[i] = int32(i)
	}
	return &WindowScratch{
		values: stride, own: own, loss: make([]windowLoss, maxContext),
		maxContext: maxContext, outputs: outputs, stride: stride,
		grad: Aligned(gradSize(maxContext) * (outputs + leastChunk - 1) / leastChunk),
		dy:   Aligned(outputs * stride),
		dx:   Aligned(maxContext * stride),
		hid:  Aligned(stride),

		assembly: newAssemblyScratch(maxContext, outputs),
	}
}

// NewPlacedScratch returns the scratch for placed windows, which have at most as many
// context words as there are places. Each window of such a batch states the place of
// its first context word, and places[p] is the weight of the context word at place p. See
// SkipGram and CBOW.
func NewPlacedScratch(places []float32, outputs, stride int) *WindowScratch {
	s := NewWindowScratch(len(places), outputs, stride)
	s.places = slices.Clone(places)
	s.assembly.place(places)
	return s
}

// Values states that only the first n values of each row differ from zero, so that the plain Go
// versions skip the others. It panics with PanicStride if a row does not have n values.
func (s *WindowScratch) Values(n int) {
	if n < 1 || n > s.stride {
		panic(PanicStride)
	}
	s.values = n
}

// header returns the number of values before the ids of a window.
func (s *WindowScratch) header() int {
	if s.places != nil {
		return 2
	}
	return 1
}

// cut splits off the first window of a checked batch. first is the place of its first
// context word.
func (s *WindowScratch) cut(batch []int32) (first int, ctx, outs, rest []int32) {
	m, header := int(batch[0]), s.header()
	if header == 2 {
		first = int(batch[1])
	}
	end := header + m + s.outputs
	return first, batch[header : header+m], batch[header+m : end], batch[end:]
}

// weight returns the weight of context word i in a window that starts at place first.
func (s *WindowScratch) weight(first, i int) float32 {
	if s.places == nil {
		return 1
	}
	return s.places[first+i]
}

// total returns the sum of the weights of m context words starting at place first, or 1 if the
// context is summed instead of averaged.
func (s *WindowScratch) total(first, m int, average bool) float32 {
	switch {
	case !average:
		return 1
	case s.places == nil:
		return float32(m)
	}
	var total float32
	for _, w := range s.places[first : first+m] {
		total += w
	}
	return total
}

// SkipGram trains on a batch of windows with negative sampling. The context words of a window
// share its negatives (Ji et al. 2016, "Parallelizing Word2Vec in Shared and Distributed
// Memory").
//
// A batch is a sequence of windows. A window is the number m, then m ids of context
// words (rows of in), then the ids of the output words (rows of out): the center
// word first, then the negatives. With X the m context rows (m×d), Y the n output
// rows (n×d) and L the labels (1 in the first column, else 0), the step for a window is
//
//	S    = X·Yᵀ                              m×n scores
//	loss = Σ -log σ(S[i,0]) - Σ log σ(-S[i,j])   over i, and over j ≥ 1
//	G    = alpha·(L - σ(S))                  m×n
//	X   += G·Y,  Y += Gᵀ·X                    both from the rows as they were
//
// The next window sees the updated rows. A row named twice in one window receives both
// updates; the second-order terms in alpha between the two are unspecified.
//
// With a scratch for placed windows, a window is m, the place p of its first context
// word (the others have the following places), and the ids. Context word i has the
// weight w_i of place p+i, which scales its loss and its row of G.
//
// SkipGram returns the summed loss and the number of predictions, which is one for each
// context word, counted with its weight. It panics, before it writes anything, with
// PanicStride, PanicTable, PanicOutputs, PanicBatch, PanicContext or PanicID if the arguments
// do not fit together.
func SkipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss, targets float64) {
	_, targets = checkBatch(in, out, stride, batch, outputs, s)
	return skipGram(in, out, stride, batch, outputs, alpha, s), targets
}

// CBOW trains on a batch of windows as SkipGram does, but predicts the center
// word from the mean h of the context rows:
//
//	s_j  = h·Y_j,  g_j = alpha·(L_j - σ(s_j)),  loss = -log σ(s_0) - Σ log σ(-s_j)
//	X_i += Σ_j g_j·Y_j   for every context row, undivided, as in word2vec.c
//	Y_j += g_j·h
//
// In placed windows h is the weighted mean, Σ_i w_i·X_i / W with W = Σ_i w_i, the loss
// counts W times, and the updates are its true gradient:
//
//	g_j = alpha·W·(L_j - σ(s_j)),  X_i += w_i/W·Σ_j g_j·Y_j,  Y_j += g_j·h
//
// CBOW returns the summed loss and the number of windows, one prediction each; a placed
// window counts W times.
func CBOW(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss, targets float64) {
	windows, weight := checkBatch(in, out, stride, batch, outputs, s)
	if s.places != nil {
		windows = weight
	}
	return cbow(in, out, stride, batch, outputs, alpha, true, s), windows
}

// CBOWSum trains as CBOW does, but h is the sum of the context rows (in placed windows their
// weighted sum), and W = 1. Its updates are the true gradient.
func CBOWSum(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) (loss, targets float64) {
	windows, _ := checkBatch(in, out, stride, batch, outputs, s)
	return cbow(in, out, stride, batch, outputs, alpha, false, s), windows
}

// checkBatch walks the batch once, so that kernels never see an id outside the tables. It
// counts the windows, and the context words with their weights.
func checkBatch(in, out []float32, stride int, batch []int32, outputs int, s *WindowScratch) (windows, context float64) {
	if s.outputs != outputs {
		panic(PanicOutputs)
	}
	s.checkTables(stride, in, out)
	inRows, outRows := rowCount(in, stride), rowCount(out, stride)
	header := s.header()
	for len(batch) > 0 {
		m := int(batch[0])
		if m < 1 || m > s.maxContext {
			panic(PanicContext)
		}
		if len(batch) < header+m+outputs {
			panic(PanicBatch)
		}
		if s.places == nil {
			context += float64(m)
		} else {
			first := int(batch[1])
			if first < 0 || first+m > len(s.places) {
				panic(PanicContext)
			}
			for _, w := range s.places[first : first+m] {
				context += float64(w)
			}
		}
		for _, id := range batch[header : header+m] {
			if uint32(id) >= inRows {
				panic(PanicID)
			}
		}
		for _, id := range batch[header+m : header+m+outputs] {
			if uint32(id) >= outRows {
				panic(PanicID)
			}
		}
		windows++
		batch = batch[header+m+outputs:]
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

// rowCount is the number of rows that an int32 id can name.
func rowCount(table []float32, stride int) uint32 {
	return uint32(min(len(table)/stride, math.MaxInt32))
}
