package kernel

// QuantizedRows is a table of rows that are stored as small numbers; package checkpoints describes
// them. Row id is Scales[id] times the values of row Mapping[id] of Codes, or of row id without a
// Mapping. A row of Codes has, for Cols values,
//
//   - with Bits 8, a signed byte for each;
//   - with Bits 4, half a byte for each, plus 8: value 2j in the low half of byte j, value 2j+1 in
//     the high half;
//   - with Bits 2, a byte for 4 values: the number of one of the 256 vectors of 4 values that
//     Codebook has for each byte of the row.
type QuantizedRows struct {
	Bits, Cols int
	Codes      []byte
	Scales     []float32
	Mapping    []int32
	Codebook   []float32
}

// Sum sets dst, which has Stride(Cols) values, to the sum of weights[i] times row ids[i], and its
// padding to zero. The values of a row are rounded to float32 before they are weighted. Sum panics
// with PanicLength if dst or weights is too short or Codebook does not fit, and with PanicID if a
// row is outside the table.
func (t *QuantizedRows) Sum(dst []float32, ids []int32, weights []float32) {
	n := t.width()
	if len(dst) < Stride(t.Cols) || len(weights) < len(ids) || t.Bits == 2 && len(t.Codebook) < 1024*n {
		panic(PanicLength)
	}
	rows := len(t.Codes) / n
	for _, id := range ids {
		if uint(id) >= uint(len(t.Scales)) {
			panic(PanicID)
		}
		if t.Mapping != nil {
			id = t.Mapping[id]
		}
		if uint(id) >= uint(rows) {
			panic(PanicID)
		}
	}
	t.sum(dst, ids, weights)
	clear(dst[t.Cols:Stride(t.Cols)])
}

// width returns the length of a row of Codes.
func (t *QuantizedRows) width() int {
	switch t.Bits {
	case 8:
		return t.Cols
	case 4:
		return (t.Cols + 1) / 2
	case 2:
		return (t.Cols + 3) / 4
	}
	panic(PanicCodes)
}

// code returns the row of Codes of a row.
func (t *QuantizedRows) code(id int32) []byte {
	if t.Mapping != nil {
		id = t.Mapping[id]
	}
	n := t.width()
	return t.Codes[int(id)*n : (int(id)+1)*n]
}

// sumGo is the definition.
func (t *QuantizedRows) sumGo(dst []float32, ids []int32, weights []float32) {
	dst = dst[:t.Cols]
	clear(dst)
	for i, id := range ids {
		weight, scale, code := weights[i], t.Scales[id], t.code(id)
		switch t.Bits {
		case 8:
			for j, c := range code {
				v := float32(scale * float32(int8(c)))
				dst[j] += weight * v
			}
		case 4:
			for j := range dst {
				v := float32(scale * float32(int(code[j/2]>>(4*(j&1))&15)-8))
				dst[j] += weight * v
			}
		case 2:
			for part, c := range code {
				values := t.Codebook[4*(256*part+int(c)):]
				for j := range dst[4*part : min(4*part+4, len(dst))] {
					v := float32(scale * values[j])
					dst[4*part+j] += weight * v
				}
			}
		}
	}
}
