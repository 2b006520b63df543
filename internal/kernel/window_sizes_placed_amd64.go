//go:build amd64 && !noasm

package kernel

import "unsafe"

// callSkipGramPlaced is callSkipGram for placed windows.
func callSkipGramPlaced(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 2:
			skipGramPlaced2AVX512(p)
		case 3:
			skipGramPlaced3AVX512(p)
		case 4:
			skipGramPlaced4AVX512(p)
		case 5:
			skipGramPlaced5AVX512(p)
		case 6:
			skipGramPlaced6AVX512(p)
		case 7:
			skipGramPlaced7AVX512(p)
		case 8:
			skipGramPlaced8AVX512(p)
		}
		return
	}
	switch outputs {
	case 2:
		skipGramPlaced2AVX2(p)
	case 3:
		skipGramPlaced3AVX2(p)
	case 4:
		skipGramPlaced4AVX2(p)
	case 5:
		skipGramPlaced5AVX2(p)
	case 6:
		skipGramPlaced6AVX2(p)
	}
}

// callCBOWPlaced is callCBOW for placed windows.
func callCBOWPlaced(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 2:
			cbowPlaced2AVX512(p)
		case 3:
			cbowPlaced3AVX512(p)
		case 4:
			cbowPlaced4AVX512(p)
		case 5:
			cbowPlaced5AVX512(p)
		case 6:
			cbowPlaced6AVX512(p)
		case 7:
			cbowPlaced7AVX512(p)
		case 8:
			cbowPlaced8AVX512(p)
		}
		return
	}
	switch outputs {
	case 2:
		cbowPlaced2AVX2(p)
	case 3:
		cbowPlaced3AVX2(p)
	case 4:
		cbowPlaced4AVX2(p)
	case 5:
		cbowPlaced5AVX2(p)
	case 6:
		cbowPlaced6AVX2(p)
	}
}

// callScoresPlaced is callScores for placed windows.
func callScoresPlaced(outputs int, c *windowCall) {
	p := (*byte)(unsafe.Pointer(c))
	if level == levelAVX512 {
		switch outputs {
		case 1:
			scoresPlaced1AVX512(p)
		case 2:
			scoresPlaced2AVX512(p)
		case 3:
			scoresPlaced3AVX512(p)
		case 4:
			scoresPlaced4AVX512(p)
		case 5:
			scoresPlaced5AVX512(p)
		case 6:
			scoresPlaced6AVX512(p)
		case 7:
			scoresPlaced7AVX512(p)
		case 8:
			scoresPlaced8AVX512(p)
		}
		return
	}
	switch outputs {
	case 1:
		scoresPlaced1AVX2(p)
	case 2:
		scoresPlaced2AVX2(p)
	case 3:
		scoresPlaced3AVX2(p)
	case 4:
		scoresPlaced4AVX2(p)
	case 5:
		scoresPlaced5AVX2(p)
	case 6:
		scoresPlaced6AVX2(p)
	}
}
