package train

import "github.com/luminavec/luminavec/internal/kernel"

// shapeOf returns the shape of the graph for a batch. Row counts and lengths are rounded up to
// one of a few numbers, so that graphs are compiled rarely.
func shapeOf(e *Parameters, b *Batch) graphShape {
	s := graphShape{examples: b.Examples, columns: b.Columns, rows: roundUp(len(b.Rows)), dropout: b.Dropout != nil, scored: b.Scores != nil}
	if e.Max {
		longest := 0
		for k := range b.Texts() {
			longest = max(longest, int(b.Offsets[k+1]-b.Offsets[k]))
		}
		s.length = roundUp(longest)
	}
	return s
}

// roundUp returns the next number, from 2, whose binary form has ones in its first three digits
// only: at most a quarter more.
func roundUp(n int) int {
	step := 1
	for n > 8*step {
		step *= 2
	}
	return max(2, (n+step-1)/step*step)
}

// fillInputs sets the values of the inputs that a graph uses.
func fillInputs(e *Parameters, b *Batch, s graphShape, values *[inputCount][]float32, tokens []int) {
	for i, row := range b.Rows {
		copy(values[inX][i*e.Dim:(i+1)*e.Dim], e.Table[int(row)*kernel.Stride(e.Dim):])
	}
	clear(values[inX][len(b.Rows)*e.Dim:])
	unpad(values[inLinear], e.Linear, e.Dim)
	unpad(values[inBias], e.Bias, e.Hidden)
	unpad(values[inProjection], e.Projection, e.Width())
	unpad(values[inDropout], b.Dropout, e.Width())

	n := b.Texts()
	if pool := values[inPool]; pool != nil {
		clear(pool)
		for k := range n {
			for t := b.Offsets[k]; t < b.Offsets[k+1]; t++ {
				pool[k*s.rows+int(b.Tokens[t])] += b.Weights[t]
			}
		}
	}
	for i := range tokens { // a short text repeats its first token
		text, place := i%n, int32(i/n)
		at := b.Offsets[text]
		if at+place < b.Offsets[text+1] {
			at += place
		}
		tokens[i] = int(b.Tokens[at])
	}
	fillCells(b, values)
}

// unpad copies rows of cols numbers without their padding.
func unpad(dst, src []float32, cols int) {
	if cols == 0 {
		return
	}
	for r := range len(dst) / cols {
		copy(dst[r*cols:(r+1)*cols], src[r*kernel.Stride(cols):])
	}
}

// fillCells sets the matrices of [Nodes].
func fillCells(b *Batch, values *[inputCount][]float32) {
	n, examples := b.Texts(), b.Examples
	for i := inPair; i < inputCount; i++ {
		clear(values[i])
	}
	set := func(input, row, col int, v float32) {
		if m := values[input]; m != nil {
			m[row*n+col] = v
		}
	}
	for i := range examples {
		set(inPair, i, examples+i, 1)
		if examples > 1 {
			set(inNext, i, examples+(i+1)%examples, 1)
		}
		for c := 2; c < b.Columns; c++ {
			set(inNegative, i, c*examples+i, 1)
		}
		if b.Scores != nil {
			set(inScore, i, examples+i, b.Scores[i])
		}
	}

	if m := values[inCandidates]; m != nil {
		for j := range n {
			for i := range n {
				// Columns of given negatives are not used: they must only be finite.
				if i < examples && j < examples || examples <= i && i < 2*examples && j >= examples {
					m[j*n+i] = barred
				}
			}
		}
		for _, cell := range b.Masked {
			anchor, text := int(cell[0]), examples+int(cell[1])
			m[text*n+anchor] = barred
			if text < 2*examples {
				m[anchor*n+text] = barred
			}
		}
	}

	if m := values[inOrder]; m != nil {
		for j := range n {
			for i := range n {
				ordered := b.Scores != nil && i < examples && j < examples && b.Scores[i] > b.Scores[j]
				if !ordered && (i != 0 || j != 0) {
					m[j*n+i] = barred
				}
			}
		}
	}
}
