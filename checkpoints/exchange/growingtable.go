package exchange

import "github.com/luminavec/luminavec/checkpoints"

// growingTable collects rows whose number is unknown or cannot be trusted.
type growingTable struct {
	dim   int
	rows  int
	whole checkpoints.Tensor // used if the file is long enough for its header
	parts [][]float32        // else: partRows rows each, packed
}

const partBytes = 8 << 20

// partRows is the number of rows of a part.
func (t *growingTable) partRows() int { return max(1, partBytes/4/t.dim) }

// reserve allocates the whole table at once if the file is long enough for all the
// rows that it promises, which saves copying them later.
func (t *growingTable) reserve(v *Vectors) {
	if r, ok := v.reader.(*fastTextRows); ok {
		t.whole = r.table // its rows stay, or move up
		return
	}
	const least = 2 // bytes of a value: in text, a digit and a space
	if v.Rows > 0 && v.Rows <= v.stored(least*v.Dim) {
		rows := int(v.Rows)
		if v.Options.Limit > 0 {
			rows = min(rows, v.Options.Limit)
		}
		t.whole = checkpoints.NewTensor(rows, v.Dim)
	}
}

func (t *growingTable) add(row []float32) {
	if t.whole.Data != nil {
		copy(t.whole.Row(t.rows), row)
	} else {
		if t.rows%t.partRows() == 0 {
			t.parts = append(t.parts, make([]float32, 0, min(t.partRows()*t.dim, max(1024*t.dim, t.rows*t.dim))))
		}
		last := len(t.parts) - 1
		t.parts[last] = append(t.parts[last], row...)
	}
	t.rows++
}

// tensor returns the table. No row may be added afterwards.
func (t *growingTable) tensor() checkpoints.Tensor {
	if t.whole.Data != nil {
		t.whole.Shape = []int{t.rows, t.dim}
		t.whole.Data = t.whole.Data[:t.rows*t.whole.Stride]
		return t.whole
	}
	x := checkpoints.NewTensor(t.rows, t.dim)
	for i := range t.rows {
		part, at := i/t.partRows(), i%t.partRows()*t.dim
		copy(x.Row(i), t.parts[part][at:at+t.dim])
		if (i+1)%t.partRows() == 0 {
			t.parts[part] = nil // memory for the rest
		}
	}
	return x
}
