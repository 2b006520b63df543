//go:build (amd64 || arm64) && !noasm

package kernel

import (
	"math"
	"runtime"
	"unsafe"
)

// windowCall is the argument of the window kernels in assembly. gen/window.go depends on
// its layout and documents the fields.
//
// window and ahead are not pointers, because the assembly moves them past the end of the
// batch; the field batch keeps the batch alive and off the stack, which could move.
type windowCall struct {
	in, out       unsafe.Pointer
	stride        int // bytes
	window, ahead uintptr
	grad          *float32
	rows          *uintptr
	first         int // bytes
	outputs       int
	sum           *float32
	next          *uintptr
	nextCount     int
	count         int
	end           uintptr
	batch         unsafe.Pointer
	average       uint64

	sign         [16]uint32
	weight       [16]float32
	lossMax      [16]float32
	lossProduct  [16]float32
	lossExponent [16]int32

	lanes, places  *float32
	total, inverse float32
	lane           *float32
	_              uint32
}

// assemblyScratch is the part of a WindowScratch that only the assembly uses.
type assemblyScratch struct {
	call    *windowCall
	rows    []uintptr // ends of the context rows
	largest int       // maximum number of outputs in a chunk
	chunks  []int     // outputs in each chunk; one chunk if they fit the registers
	window  []int32   // a window in the form that the assembly reads, if its form in the batch differs
	lanes   []float32 // for placed windows: the weight of each place in eight lanes
	weights []float32 // for placed windows: the weight of each context row in eight lanes
}

const (
	// lossRows is approximately the number of context rows whose losses the assembly adds in
	// float32 before the sum is added in float64.
	lossRows = 512
	// prefetchAhead is the number of windows in advance by which rows are prefetched.
	prefetchAhead = 2
)

func newAssemblyScratch(maxContext, outputs int) assemblyScratch {
	largest := largestChunk()
	a := assemblyScratch{
		call:    &windowCall{outputs: outputs, next: &make([]uintptr, maxContext+outputs)[0]},
		rows:    make([]uintptr, maxContext),
		largest: largest,
		chunks:  make([]int, (outputs+largest-1)/largest),
		window:  make([]int32, 1+maxContext+outputs),
	}
	for i := range a.chunks { // as even as possible
		a.chunks[i] = (outputs + i) / len(a.chunks)
	}
	return a
}

// place expands the weights of the places for the assembly.
func (a *assemblyScratch) place(places []float32) {
	a.lanes = make([]float32, gradLanes*(len(places)+1)) // rows are read in pairs
	for i, w := range places {
		for k := range gradLanes {
			a.lanes[gradLanes*i+k] = w
		}
	}
	a.weights = make([]float32, 2*gradLanes)
}

func skipGram(in, out []float32, stride int, batch []int32, outputs int, alpha float32, s *WindowScratch) float64 {
	call := callSkipGram
	if s.places != nil {
		call = callSkipGramPlaced
	}
	switch {
	case level == levelGo:
		return skipGramBlocked(in, out, stride, batch, outputs, alpha, s)
	case len(s.assembly.chunks) > 1:
		return s.apply(in, out, batch, alpha, 1, func(window []int32) { s.skipGramChunks(in, window, alpha) })
	}
	return s.apply(in, out, batch, alpha, lossRows, func([]int32) { call(outputs, s.assembly.call) })
}

func cbow(in, out []float32, stride int, batch []int32, outputs int, alpha float32, average bool, s *WindowScratch) float64 {
	call := callCBOW
	if s.places != nil {
		call = callCBOWPlaced
	}
	switch {
	case level == levelGo:
		return cbowBlocked(in, out, stride, batch, outputs, alpha, average, s)
	case len(s.assembly.chunks) > 1:
		return s.apply(in, out, batch, alpha, 1, func(window []int32) { s.cbowChunks(in, window, alpha, average) })
	}
	s.assembly.call.sum = &s.hid[0]
	s.assembly.call.average = 0
	if average {
		s.assembly.call.average = 1
	}
	return s.apply(in, out, batch, alpha, lossRows, func([]int32) { call(outputs, s.assembly.call) })
}

// apply sets up the call and runs kernel on the checked batch, each time on as many
// windows as it takes to reach the given number of context rows. kernel receives the rest of
// the batch, starting with its first window. apply returns the loss.
func (s *WindowScratch) apply(in, out []float32, batch []int32, alpha float32, rows int, kernel func(window []int32)) (loss float64) {
	if len(batch) == 0 {
		return 0
	}
	c := s.assembly.call
	c.in, c.out = unsafe.Pointer(unsafe.SliceData(in)), unsafe.Pointer(unsafe.SliceData(out))
	c.batch = unsafe.Pointer(&batch[0])
	base := uintptr(c.batch)
	c.end = base + 4*uintptr(len(batch))
	c.stride = 4 * s.stride
	c.rows = &s.assembly.rows[0]
	c.first, c.grad = 0, &s.grad[0]
	for i := range c.weight {
		c.weight[i] = -alpha
	}
	c.label(0, alpha)
	c.takeLoss()
	if s.places != nil {
		c.lanes, c.places = &s.assembly.lanes[0], &s.places[0]
	}

	ahead := 0
	step := func(at int) int { // to the next window
		if at < len(batch) {
			at += s.header() + int(batch[at]) + s.outputs
		}
		return at
	}
	for range prefetchAhead {
		ahead = step(ahead)
	}
	added := 0
	for at := 0; at < len(batch); {
		first := at
		c.window, c.ahead, c.count = base+4*uintptr(at), 0, 0
		if ahead < len(batch) {
			c.ahead = base + 4*uintptr(ahead)
		}
		for n := 0; n < rows && at < len(batch); {
			n += int(batch[at])
			at, ahead = step(at), step(ahead)
			c.count++
		}
		kernel(batch[first:])
		if added += at - first; added >= lossRows {
			loss += c.takeLoss()
			added = 0
		}
	}
	loss += c.takeLoss()
	// The scratch outlives the tables.
	c.in, c.out, c.batch = nil, nil, nil
	runtime.KeepAlive(in)
	runtime.KeepAlive(out)
	runtime.KeepAlive(batch)
	return loss
}

// label sets the signs and weights of the lanes: each row of eight lanes starts with the
// positive output in the first chunk and with a negative in the others. Lanes beyond the
// outputs of the chunk are never read.
func (c *windowCall) label(k int, alpha float32) {
	for i := 0; i < len(c.weight); i += gradLanes {
		c.sign[i], c.weight[i] = 0, -alpha
		if k == 0 {
			c.sign[i], c.weight[i] = 1<<31, alpha
		}
	}
}

// takeLoss returns the loss that the assembly has accumulated and resets it.
func (c *windowCall) takeLoss() (loss float64) {
	var sum float64
	product, exponent := 1.0, 0
	for i := range c.lossMax {
		sum += float64(c.lossMax[i])
		product *= float64(c.lossProduct[i]) // below 2 each
		exponent += int(c.lossExponent[i])
		c.lossMax[i], c.lossProduct[i], c.lossExponent[i] = 0, 1, 0
	}
	return sum + math.Log(product) + math.Ln2*float64(exponent)
}

// skipGramChunks applies a window whose outputs do not all fit in the registers: first all
// gradients, then the updates. Those of the context are summed separately until the last
// chunk has read the old rows.
func (s *WindowScratch) skipGramChunks(in []float32, window []int32, alpha float32) {
	first, ctx, outs, _ := s.cut(window)
	base := uintptr(s.assembly.call.in)
	for i, id := range ctx {
		s.assembly.rows[i] = base + uintptr(id+1)*uintptr(4*s.stride)
	}
	if s.places != nil {
		s.plain(ctx, outs)
		s.assembly.call.lane = &s.assembly.lanes[gradLanes*first]
	}
	s.chunks(len(ctx), alpha)
	for i, id := range ctx {
		axpy(row(in, s.stride, id), 1, s.dx[i*s.stride:(i+1)*s.stride])
	}
}

// plain replaces the window of the call by one without a place.
func (s *WindowScratch) plain(ctx, outs []int32) {
	w := s.assembly.window
	w[0] = int32(len(ctx))
	copy(w[1+copy(w[1:], ctx):], outs)
	s.assembly.call.window, s.assembly.call.ahead = uintptr(unsafe.Pointer(&w[0])), 0
}

// cbowChunks is skipGramChunks for the mean of the context as the only context
// row.
func (s *WindowScratch) cbowChunks(in []float32, window []int32, alpha float32, average bool) {
	first, ctx, outs, _ := s.cut(window)
	clear(s.hid)
	for i, id := range ctx {
		axpy(s.hid, s.weight(first, i), row(in, s.stride, id))
	}
	total := s.total(first, len(ctx), average)
	scale(s.hid, 1/total)
	ahead := s.assembly.call.ahead
	s.plain([]int32{0}, outs)
	if s.places == nil {
		s.assembly.call.ahead = ahead
	} else {
		for i := range s.assembly.weights {
			s.assembly.weights[i] = total
		}
		s.assembly.call.lane = &s.assembly.weights[0]
	}
	s.assembly.rows[0] = uintptr(unsafe.Pointer(&s.hid[0])) + uintptr(4*s.stride)
	s.chunks(1, alpha)
	for i, id := range ctx {
		part := float32(1)
		if s.places != nil {
			part = s.weight(first, i) / total
		}
		axpy(row(in, s.stride, id), part, s.dx[:s.stride])
	}
}

// chunks updates the output rows and stores at dx the updates of the m context rows.
func (s *WindowScratch) chunks(m int, alpha float32) {
	c := s.assembly.call
	size := gradSize(s.maxContext)
	scores := callScores
	if s.places != nil {
		scores = callScoresPlaced
	}
	lane := c.lane
	c.first = 0
	for k, n := range s.assembly.chunks {
		c.grad, c.lane = &s.grad[k*size], lane
		c.label(k, alpha)
		scores(n, c)
		c.first += 4 * n
	}
	clear(s.dx[:m*s.stride])
	c.sum = &s.dx[0]
	c.first = 0
	for k, n := range s.assembly.chunks {
		c.grad = &s.grad[k*size]
		callUpdate(n, c)
		c.ahead = 0 // the first chunk prefetches for all
		c.first += 4 * n
	}
}
