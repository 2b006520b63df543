package kernel

import "math"

// SignSums returns the sum of the absolute values of x, and that of the values of y with the signs of x. It
// panics with PanicLength unless x has a multiple of Lanes values and y at least as many.
func SignSums(x, y []float32) (length, along float32) {
	if len(x) > len(y) || len(x)%Lanes != 0 {
		panic(PanicLength)
	}
	if len(x) == 0 {
		return 0, 0
	}
	return signSums(x, y)
}

// The other functions of this file round queries. Integers are the same in all versions; what rounding took
// from a query is summed in different orders.

// largestGo returns the largest absolute value of x.
func largestGo(x []float32) float32 {
	var most float32
	for _, v := range x {
		most = max(most, v, -v)
	}
	return most
}

// largestFourGo returns the largest sum of the absolute values of four of x.
func largestFourGo(x []float32) float32 {
	var most float32
	for i := 0; i < len(x); i += 4 {
		a, b, c, d := abs(x[i]), abs(x[i+1]), abs(x[i+2]), abs(x[i+3])
		most = max(most, (a+b)+(c+d))
	}
	return most
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// queryBytesGo rounds each line of 64 values of x, times inverse, to bytes, which it stores step apart.
// It returns their sum and the squared length of what rounding took, in steps.
func queryBytesGo(dst []int8, x []float32, step int, inverse float32) (sum int32, rest float32) {
	for i, v := range x {
		// Positive here, so that dropping the fraction rounds.
		y := float32(v * inverse)
		c := int32(y+128.5) - 128
		dst[i/64*step+i%64] = int8(c)
		sum += c
		d := y - float32(c)
		rest += d * d
	}
	return sum, rest
}

// queryTablesGo rounds the values of x, times inverse, to integers, and writes 16 entries for each four of
// them to tables: entry n has for each value what it is above 0, if its bit is set in n, and otherwise
// what it is below 0. It returns the sums of the integers and of what they are below 0, and the
// squared length of what rounding took, in steps.
func queryTablesGo(tables []uint8, x []float32, inverse float32) (sum, below int32, rest float32) {
	for i := 0; i < len(x); i += 4 {
		var c [4]int32
		base := int32(0)
		for j, v := range x[i : i+4] {
			y := float32(v * inverse)
			c[j] = int32(y+256.5) - 256
			sum += c[j]
			base -= min(c[j], 0)
			d := y - float32(c[j])
			rest += d * d
		}
		below += base
		t := tables[4*i : 4*i+16]
		t[0] = uint8(base)
		for n := 1; n < 16; n++ {
			// n without its lowest bit is already there.
			t[n] = uint8(int32(t[n&(n-1)]) + c[lowest[n]])
		}
	}
	return sum, below, rest
}

// lowest is the lowest bit of a nibble.
var lowest = [16]uint8{1: 0, 2: 1, 3: 0, 4: 2, 5: 0, 6: 1, 7: 0, 8: 3, 9: 0, 10: 1, 11: 0, 12: 2, 13: 0, 14: 1, 15: 0}

// signsGo sets bit i of dst unless x[i] is negative.
func signsGo(dst []uint64, x []float32) {
	for i := range dst[:len(x)/64] {
		var word uint64
		for j, v := range x[64*i : 64*i+64] {
			if v >= 0 {
				word |= 1 << j
			}
		}
		dst[i] = word
	}
}

func signSumsGo(x, y []float32) (length, along float32) {
	const sign = 1 << 31
	for i, v := range x {
		b := math.Float32bits(v)
		length += math.Float32frombits(b &^ sign)
		along += math.Float32frombits(math.Float32bits(y[i]) ^ b&sign)
	}
	return length, along
}
