//go:build arm64 && !noasm

package kernel

var partSum = partSumNEON

// stepSum returns the kernel for rows of 8 or 4 bits.
func stepSum(bits int) func(dst *float32, codes *byte, scales *float32, mapping, ids *int32, weights *float32, count, stride, width int) {
	if bits == 8 {
		return byteSumNEON
	}
	return halfByteSumNEON
}
