package kernel

// CodeFactor returns the factor of a code of a vector of dim values.
func CodeFactor(code []float32, dim, bits int) float32 { return code[CodeStride(dim, bits)/4-2] }

// DecodeCode writes to x the values in steps that a code of len(x) values represents. It panics as
// EncodeCode does.
func DecodeCode(x, code []float32, bits int) {
	checkBits(bits)
	n := CodeStride(len(x), bits)
	if len(code) < n/4 {
		panic(PanicLength)
	}
	b := asBytes(code[:n/4])
	top := uint8(int(1)<<bits - 1)
	middle := float32(top) / 2
	if bits == 8 {
		from := b[:len(x)]
		for len(x) >= 4 { // in less time than the loop below
			part, c := (*[4]float32)(x), (*[4]byte)(from)
			part[0], part[1], part[2], part[3] = float32(int32(c[0])-128), float32(int32(c[1])-128), float32(int32(c[2])-128), float32(int32(c[3])-128)
			x, from = x[4:], from[4:]
		}
		for i, c := range from {
			x[i] = float32(int32(c) - 128)
		}
		return
	}
	per := (len(x)*bits + 7) / 8
	for at, field := 0, 0; at < len(x); at, field = at+per, field+1 {
		part := x[at:min(at+per, len(x))]
		from, shift := b[:len(part)], field*bits
		for i, c := range from {
			part[i] = float32(c>>shift&top) - middle
		}
	}
}

// HalfWords is the number of float32 words that hold n halves.
func HalfWords(n int) int { return (n + 1) / 2 }
