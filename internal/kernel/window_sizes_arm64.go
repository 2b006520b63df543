//go:build arm64 && !noasm

package kernel

import "unsafe"

// largestChunk returns the largest number of outputs that the window kernels keep in registers.
func largestChunk() int { return leastChunk }

// There is a window kernel for each number of outputs.
var (
	skipGramKernels       = [...]func(c *byte){2: skipGram2NEON, skipGram3NEON, skipGram4NEON, skipGram5NEON, skipGram6NEON}
	cbowKernels           = [...]func(c *byte){2: cbow2NEON, cbow3NEON, cbow4NEON, cbow5NEON, cbow6NEON}
	scoresKernels         = [...]func(c *byte){1: scores1NEON, scores2NEON, scores3NEON, scores4NEON, scores5NEON, scores6NEON}
	updateKernels         = [...]func(c *byte){1: update1NEON, update2NEON, update3NEON, update4NEON, update5NEON, update6NEON}
	skipGramPlacedKernels = [...]func(c *byte){2: skipGramPlaced2NEON, skipGramPlaced3NEON, skipGramPlaced4NEON, skipGramPlaced5NEON, skipGramPlaced6NEON}
	cbowPlacedKernels     = [...]func(c *byte){2: cbowPlaced2NEON, cbowPlaced3NEON, cbowPlaced4NEON, cbowPlaced5NEON, cbowPlaced6NEON}
	scoresPlacedKernels   = [...]func(c *byte){1: scoresPlaced1NEON, scoresPlaced2NEON, scoresPlaced3NEON, scoresPlaced4NEON, scoresPlaced5NEON, scoresPlaced6NEON}
)

// callSkipGram applies a skip-gram window whose outputs are one chunk.
func callSkipGram(outputs int, c *windowCall) { skipGramKernels[outputs]((*byte)(unsafe.Pointer(c))) }

// callCBOW applies a CBOW window whose outputs are one chunk.
func callCBOW(outputs int, c *windowCall) { cbowKernels[outputs]((*byte)(unsafe.Pointer(c))) }

// callScores computes the gradients of a chunk.
func callScores(outputs int, c *windowCall) { scoresKernels[outputs]((*byte)(unsafe.Pointer(c))) }

// callUpdate applies the gradients of a chunk.
func callUpdate(outputs int, c *windowCall) { updateKernels[outputs]((*byte)(unsafe.Pointer(c))) }

// callSkipGramPlaced is callSkipGram for placed windows.
func callSkipGramPlaced(outputs int, c *windowCall) {
	skipGramPlacedKernels[outputs]((*byte)(unsafe.Pointer(c)))
}

// callCBOWPlaced is callCBOW for placed windows.
func callCBOWPlaced(outputs int, c *windowCall) {
	cbowPlacedKernels[outputs]((*byte)(unsafe.Pointer(c)))
}

// callScoresPlaced is callScores for placed windows.
func callScoresPlaced(outputs int, c *windowCall) {
	scoresPlacedKernels[outputs]((*byte)(unsafe.Pointer(c)))
}
