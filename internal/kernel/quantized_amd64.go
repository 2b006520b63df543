//go:build amd64 && !noasm

package kernel

var partSum = partSumAVX2

// stepSum returns the kernel for rows of 8 or 4 bits.
func stepSum(bits int) func(dst *float32, codes *byte, scales *float32, mapping, ids *int32, weights *float32, count, stride, width int) {
	switch {
	case level == levelAVX512 && bits == 8:
		return byteSumAVX512
	case level == levelAVX512:
		return halfByteSumAVX512
	case bits == 8:
		return byteSumAVX2
	}
	return halfByteSumAVX2
}
