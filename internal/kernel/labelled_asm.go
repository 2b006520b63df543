//go:build (amd64 || arm64) && !noasm

package kernel

import (
	"runtime"
	"unsafe"
)

func labelledSkipGram(in, out []float32, batch []int32, alpha float32, s *WindowScratch) float64 {
	if level == levelGo {
		return labelledSkipGramGo(in, out, batch, alpha, s)
	}
	base := uintptr(unsafe.Pointer(unsafe.SliceData(in)))
	loss := s.eachLabelled(in, out, batch, func(_ int32, ctx, outs []int32) {
		for i, id := range ctx {
			s.assembly.rows[i] = base + uintptr(id+1)*uintptr(4*s.stride)
		}
		s.labelledChunks(len(ctx), outs, alpha)
		for i, id := range ctx {
			axpy(row(in, s.stride, id), 1, s.dx[i*s.stride:(i+1)*s.stride])
		}
	})
	runtime.KeepAlive(in)
	return loss
}

func labelledCBOW(in, out, position []float32, batch []int32, alpha float32, average bool, s *WindowScratch) float64 {
	if level == levelGo {
		return labelledCBOWGo(in, out, position, batch, alpha, average, s)
	}
	h, e := s.hid[:s.stride], s.dx[:s.stride]
	return s.eachLabelled(in, out, batch, func(first int32, ctx, outs []int32) {
		part := share(len(ctx), average)
		if position == nil {
			gatherRows(h, nil, in, s.stride, ctx, part)
		} else {
			clear(h)
			for i, id := range ctx {
				multiplyAdd(h, part, row(in, s.stride, id), row(position, s.stride, first+int32(i)))
			}
		}
		s.assembly.rows[0] = uintptr(unsafe.Pointer(&s.hid[0])) + uintptr(4*s.stride)
		s.labelledChunks(1, outs, alpha)
		if position == nil {
			scatterRows(in, s.stride, ctx, e)
			return
		}
		was := h // no longer needed
		for i, id := range ctx {
			x, d := row(in, s.stride, id), row(position, s.stride, first+int32(i))
			clear(was)
			axpy(was, 1, x)
			multiplyAdd(x, 1, d, e)
			multiplyAdd(d, part, was, e)
		}
	})
}

// eachLabelled sets up the call, prefetches, runs kernel on each window of the checked
// batch, and returns the loss.
func (s *WindowScratch) eachLabelled(in, out []float32, batch []int32, kernel func(first int32, ctx, outs []int32)) (loss float64) {
	if len(batch) == 0 {
		return 0
	}
	c := s.assembly.call
	c.in, c.out = unsafe.Pointer(unsafe.SliceData(in)), unsafe.Pointer(unsafe.SliceData(out))
	c.stride, c.ahead = 4*s.stride, 0
	c.rows = &s.assembly.rows[0]
	c.takeLoss()
	added := 0
	ahead := batch
	prefetch := func() {
		if len(ahead) > 0 {
			var ctx, outs []int32
			_, ctx, outs, ahead = labelledWindow(ahead)
			prefetchRows(in, s.stride, ctx)
			prefetchRows(out, s.stride, outs)
		}
	}
	prefetch()
	for len(batch) > 0 {
		var first int32
		var ctx, outs []int32
		first, ctx, outs, batch = labelledWindow(batch)
		prefetch()
		kernel(first, ctx, outs)
		if added += len(ctx) * (1 + len(outs)/leastChunk); added >= lossRows {
			loss += c.takeLoss()
			added = 0
		}
	}
	loss += c.takeLoss()
	c.in, c.out = nil, nil // the scratch outlives the tables
	runtime.KeepAlive(out)
	return loss
}

// labelledChunks multiplies the m hidden rows at assembly.rows with the outputs, in
// chunks as even as possible, updates the outputs and stores at dx the updates of the
// hidden rows.
func (s *WindowScratch) labelledChunks(m int, outs []int32, alpha float32) {
	c, w := s.assembly.call, s.assembly.window
	w[0] = int32(m)
	for i, id := range outs {
		w[1+m+i] = outputRow(id)
	}
	c.window = uintptr(unsafe.Pointer(&w[0]))
	chunks := (len(outs) + s.assembly.largest - 1) / s.assembly.largest
	size := gradSize(s.maxContext)
	first := 0
	for k := range chunks {
		n := (len(outs) + k) / chunks
		c.grad, c.first = &s.grad[k*size], 4*first
		c.labels(outs[first:first+n], alpha)
		callScores(n, c)
		first += n
	}
	clear(s.dx[:m*s.stride])
	c.sum = &s.dx[0]
	first = 0
	for k := range chunks {
		n := (len(outs) + k) / chunks
		c.grad, c.first = &s.grad[k*size], 4*first
		callUpdate(n, c)
		first += n
	}
}

// labels sets the signs and weights of the lanes by the labels of a chunk's outputs, for
// each of the two context rows that share a register.
func (c *windowCall) labels(outs []int32, alpha float32) {
	for i, id := range outs {
		sign, weight := uint32(1<<31), alpha
		if id < 0 {
			sign, weight = 0, -alpha
		}
		c.sign[i], c.sign[i+gradLanes] = sign, sign
		c.weight[i], c.weight[i+gradLanes] = weight, weight
	}
}
