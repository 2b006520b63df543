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

// windowKernels has a kernel for each level and number of outputs.
type windowKernels [levelAVX512 + 1][9]func(c *byte)

func (k *windowKernels) call(outputs int, c *windowCall) {
	k[level][outputs]((*byte)(unsafe.Pointer(c)))
}

var (
	skipGramKernels = windowKernels{
		levelAVX2:   {2: skipGram2AVX2, skipGram3AVX2, skipGram4AVX2, skipGram5AVX2, skipGram6AVX2},
		levelAVX512: {2: skipGram2AVX512, skipGram3AVX512, skipGram4AVX512, skipGram5AVX512, skipGram6AVX512, skipGram7AVX512, skipGram8AVX512},
	}
	cbowKernels = windowKernels{
		levelAVX2:   {2: cbow2AVX2, cbow3AVX2, cbow4AVX2, cbow5AVX2, cbow6AVX2},
		levelAVX512: {2: cbow2AVX512, cbow3AVX512, cbow4AVX512, cbow5AVX512, cbow6AVX512, cbow7AVX512, cbow8AVX512},
	}
	scoresKernels = windowKernels{
		levelAVX2:   {1: scores1AVX2, scores2AVX2, scores3AVX2, scores4AVX2, scores5AVX2, scores6AVX2},
		levelAVX512: {1: scores1AVX512, scores2AVX512, scores3AVX512, scores4AVX512, scores5AVX512, scores6AVX512, scores7AVX512, scores8AVX512},
	}
	updateKernels = windowKernels{
		levelAVX2:   {1: update1AVX2, update2AVX2, update3AVX2, update4AVX2, update5AVX2, update6AVX2},
		levelAVX512: {1: update1AVX512, update2AVX512, update3AVX512, update4AVX512, update5AVX512, update6AVX512, update7AVX512, update8AVX512},
	}
	skipGramPlacedKernels = windowKernels{
		levelAVX2:   {2: skipGramPlaced2AVX2, skipGramPlaced3AVX2, skipGramPlaced4AVX2, skipGramPlaced5AVX2, skipGramPlaced6AVX2},
		levelAVX512: {2: skipGramPlaced2AVX512, skipGramPlaced3AVX512, skipGramPlaced4AVX512, skipGramPlaced5AVX512, skipGramPlaced6AVX512, skipGramPlaced7AVX512, skipGramPlaced8AVX512},
	}
	cbowPlacedKernels = windowKernels{
		levelAVX2:   {2: cbowPlaced2AVX2, cbowPlaced3AVX2, cbowPlaced4AVX2, cbowPlaced5AVX2, cbowPlaced6AVX2},
		levelAVX512: {2: cbowPlaced2AVX512, cbowPlaced3AVX512, cbowPlaced4AVX512, cbowPlaced5AVX512, cbowPlaced6AVX512, cbowPlaced7AVX512, cbowPlaced8AVX512},
	}
	scoresPlacedKernels = windowKernels{
		levelAVX2:   {1: scoresPlaced1AVX2, scoresPlaced2AVX2, scoresPlaced3AVX2, scoresPlaced4AVX2, scoresPlaced5AVX2, scoresPlaced6AVX2},
		levelAVX512: {1: scoresPlaced1AVX512, scoresPlaced2AVX512, scoresPlaced3AVX512, scoresPlaced4AVX512, scoresPlaced5AVX512, scoresPlaced6AVX512, scoresPlaced7AVX512, scoresPlaced8AVX512},
	}
)

// callSkipGram applies a skip-gram window whose outputs are one chunk.
func callSkipGram(outputs int, c *windowCall) { skipGramKernels.call(outputs, c) }

// callCBOW applies a CBOW window whose outputs are one chunk.
func callCBOW(outputs int, c *windowCall) { cbowKernels.call(outputs, c) }

// callScores computes the gradients of a chunk.
func callScores(outputs int, c *windowCall) { scoresKernels.call(outputs, c) }

// callUpdate applies the gradients of a chunk.
func callUpdate(outputs int, c *windowCall) { updateKernels.call(outputs, c) }

// callSkipGramPlaced is callSkipGram for placed windows.
func callSkipGramPlaced(outputs int, c *windowCall) { skipGramPlacedKernels.call(outputs, c) }

// callCBOWPlaced is callCBOW for placed windows.
func callCBOWPlaced(outputs int, c *windowCall) { cbowPlacedKernels.call(outputs, c) }

// callScoresPlaced is callScores for placed windows.
func callScoresPlaced(outputs int, c *windowCall) { scoresPlacedKernels.call(outputs, c) }
