//go:build amd64 && !noasm

package kernel

import "unsafe"

// largestChunk returns the largest number of outputs that the window kernels keep in registers.
func largestChunk() int {
	if level == levelAVX512 {
		return 8
	}
	return leastChunk
}

// There is a window kernel for each number of outputs. These functions call the right one.

// callSkipGram applies a skip-gram window whose outputs are one chunk.
func callSkipGram(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 2:
			skipGram2AVX512(p)
		case 3:
			skipGram3AVX512(p)
		case 4:
			skipGram4AVX512(p)
		case 5:
			skipGram5AVX512(p)
		case 6:
			skipGram6AVX512(p)
		case 7:
			skipGram7AVX512(p)
		case 8:
			skipGram8AVX512(p)
		}
		return
	}
	switch outputs {
	case 2:
		skipGram2AVX2(p)
	case 3:
		skipGram3AVX2(p)
	case 4:
		skipGram4AVX2(p)
	case 5:
		skipGram5AVX2(p)
	case 6:
		skipGram6AVX2(p)
	}
}

// callCBOW applies a CBOW window whose outputs are one chunk.
func callCBOW(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 2:
			cbow2AVX512(p)
		case 3:
			cbow3AVX512(p)
		case 4:
			cbow4AVX512(p)
		case 5:
			cbow5AVX512(p)
		case 6:
			cbow6AVX512(p)
		case 7:
			cbow7AVX512(p)
		case 8:
			cbow8AVX512(p)
		}
		return
	}
	switch outputs {
	case 2:
		cbow2AVX2(p)
	case 3:
		cbow3AVX2(p)
	case 4:
		cbow4AVX2(p)
	case 5:
		cbow5AVX2(p)
	case 6:
		cbow6AVX2(p)
	}
}

// callScores computes the gradients of a chunk.
func callScores(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 1:
			scores1AVX512(p)
		case 2:
			scores2AVX512(p)
		case 3:
			scores3AVX512(p)
		case 4:
			scores4AVX512(p)
		case 5:
			scores5AVX512(p)
		case 6:
			scores6AVX512(p)
		case 7:
			scores7AVX512(p)
		case 8:
			scores8AVX512(p)
		}
		return
	}
	switch outputs {
	case 1:
		scores1AVX2(p)
	case 2:
		scores2AVX2(p)
	case 3:
		scores3AVX2(p)
	case 4:
		scores4AVX2(p)
	case 5:
		scores5AVX2(p)
	case 6:
		scores6AVX2(p)
	}
}

// callUpdate applies the gradients of a chunk.
func callUpdate(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 1:
			update1AVX512(p)
		case 2:
			update2AVX512(p)
		case 3:
			update3AVX512(p)
		case 4:
			update4AVX512(p)
		case 5:
			update5AVX512(p)
		case 6:
			update6AVX512(p)
		case 7:
			update7AVX512(p)
		case 8:
			update8AVX512(p)
		}
		return
	}
	switch outputs {
	case 1:
		update1AVX2(p)
	case 2:
		update2AVX2(p)
	case 3:
		update3AVX2(p)
	case 4:
		update4AVX2(p)
	case 5:
		update5AVX2(p)
	case 6:
		update6AVX2(p)
	}
}
