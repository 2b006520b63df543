package kernel

// The plain Go versions of the kernels for labeled windows: definition, fallback and
// oracle; norace for the same reason as the other window kernels.

//go:norace
func labelledSkipGramGo(in, out []float32, batch []int32, alpha float32, s *WindowScratch) (loss float64) {
	for len(batch) > 0 {
		var ctx, outs []int32
		_, ctx, outs, batch = labelledWindow(batch)
		dx := s.dx[:len(ctx)*s.stride]
		for i, c := range ctx {
			copy(dx[i*s.stride:(i+1)*s.stride], row(in, s.stride, c))
		}
		loss += s.labelledHiddenGo(dx, out, outs, alpha)
		for i, c := range ctx {
			axpyGo(row(in, s.stride, c), 1, dx[i*s.stride:(i+1)*s.stride])
		}
	}
	return loss
}

//go:norace
func labelledCBOWGo(in, out, position []float32, batch []int32, alpha float32, average bool, s *WindowScratch) (loss float64) {
	for len(batch) > 0 {
		var first int32
		var ctx, outs []int32
		first, ctx, outs, batch = labelledWindow(batch)
		h, part := s.hid[:s.stride], share(len(ctx), average)
		clear(h)
		for i, c := range ctx {
			if position == nil {
				axpyGo(h, 1, row(in, s.stride, c))
			} else {
				multiplyAddGo(h, 1, row(in, s.stride, c), row(position, s.stride, first+int32(i)))
			}
		}
		scaleGo(h, part)
		loss += s.labelledHiddenGo(h, out, outs, alpha)
		for i, c := range ctx {
			x := row(in, s.stride, c)
			if position == nil {
				axpyGo(x, 1, h)
				continue
			}
			d, was := row(position, s.stride, first+int32(i)), s.dx[:s.stride]
			copy(was, x)
			multiplyAddGo(x, 1, d, h)
			multiplyAddGo(d, part, was, h)
		}
	}
	return loss
}

// labelledHiddenGo multiplies the hidden row h with the outputs, updates the outputs, and
// replaces h by its update.
//
//go:norace
func (s *WindowScratch) labelledHiddenGo(h, out []float32, outs []int32, alpha float32) (loss float64) {
	stride, n := s.stride, len(outs)
	m := len(h) / stride
	g := s.grad[:m*n]
	for i := range m {
		for j, o := range outs {
			score := g[i*n+j : i*n+j+1]
			score[0] = dotGo(h[i*stride:(i+1)*stride], row(out, stride, outputRow(o)))
			if o >= 0 {
				loss += gradientGo(score, alpha) // label 1
				continue
			}
			score[0] = -score[0] // label 0: log(1+exp(s)) is the loss of label 1 at -s
			loss += gradientGo(score, alpha)
			score[0] = -score[0]
		}
	}
	dy := s.dy[:n*stride]
	clear(dy)
	for i := range m {
		x := h[i*stride : (i+1)*stride]
		for j := range outs {
			axpyGo(dy[j*stride:(j+1)*stride], g[i*n+j], x)
		}
		clear(x)
		for j, o := range outs {
			axpyGo(x, g[i*n+j], row(out, stride, outputRow(o)))
		}
	}
	for j, o := range outs {
		axpyGo(row(out, stride, outputRow(o)), 1, dy[j*stride:(j+1)*stride])
	}
	return loss
}
