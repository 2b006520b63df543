package kernel

// A labeled window gives a label for each of its outputs, and windows may have different
// numbers of outputs: for example the inner nodes on a word's path in the tree of
// hierarchical softmax. A batch is a sequence of labeled windows. A window is
//
//	m, n, p    the numbers of context rows and of outputs, and the row of
//	           position weights for the first context row
//	m ids      rows of in
//	n outputs  rows of out: id for label 1, ^id for label 0
//
// labelledHeader is the length of m, n, p.
const labelledHeader = 3

// LabelledSkipGram trains as SkipGram does, on labeled windows whose context rows and outputs
// fit the scratch. It returns the summed loss and the number of context words, one prediction
// each, and panics as SkipGram does.
func LabelledSkipGram(in, out []float32, stride int, batch []int32, alpha float32, s *WindowScratch) (loss float64, targets int64) {
	_, targets = checkLabelled(in, out, nil, stride, batch, s)
	return labelledSkipGram(in, out, batch, alpha, s), targets
}

// LabelledCBOW trains on labeled windows as CBOW does or, if average is false, as CBOWSum does.
// With position weights (position is not nil) each context row X_i is multiplied, column by
// column, by the row for its place in the window, d_i = position[p+i] (Mikolov et al. 2018,
// "Advances in Pre-Training Distributed Word Representations"):
//
//	h    = s Σ_i d_i ⊙ X_i            s = 1/m, or 1 for the sum
//	X_i += d_i ⊙ Σ_j g_j·Y_j          undivided, as in CBOW
//	d_i += s·X_i ⊙ Σ_j g_j·Y_j        the true gradient
//
// All of these are computed from the rows as they were before. LabelledCBOW returns the summed
// loss and the number of windows, one prediction each, and panics as SkipGram does.
func LabelledCBOW(in, out, position []float32, average bool, stride int, batch []int32, alpha float32, s *WindowScratch) (loss float64, targets int64) {
	targets, _ = checkLabelled(in, out, position, stride, batch, s)
	return labelledCBOW(in, out, position, batch, alpha, average, s), targets
}

// labelledWindow splits the first window off a checked batch.
func labelledWindow(batch []int32) (first int32, context, outputs, rest []int32) {
	m, n := int(batch[0]), int(batch[1])
	end := labelledHeader + m + n
	return batch[2], batch[labelledHeader : labelledHeader+m], batch[labelledHeader+m : end], batch[end:]
}

func checkLabelled(in, out, position []float32, stride int, batch []int32, s *WindowScratch) (windows, context int64) {
	s.checkTables(stride, in, out, position)
	inRows, outRows, positions := rowCount(in, stride), rowCount(out, stride), rowCount(position, stride)
	for len(batch) > 0 {
		if len(batch) < labelledHeader {
			panic(PanicBatch)
		}
		m, n := int(batch[0]), int(batch[1])
		switch {
		case m < 1 || m > s.maxContext:
			panic(PanicContext)
		case n < 1 || n > s.outputs:
			panic(PanicOutputs)
		case len(batch) < labelledHeader+m+n:
			panic(PanicBatch)
		}
		first, ctx, outs, rest := labelledWindow(batch)
		if position != nil && (first < 0 || uint32(first)+uint32(m) > positions) {
			panic(PanicID)
		}
		for _, id := range ctx {
			if uint32(id) >= inRows {
				panic(PanicID)
			}
		}
		for _, id := range outs {
			if uint32(outputRow(id)) >= outRows {
				panic(PanicID)
			}
		}
		windows++
		context += int64(m)
		batch = rest
	}
	return windows, context
}

// outputRow returns the row of a labeled output.
func outputRow(id int32) int32 { return id ^ id>>31 }
