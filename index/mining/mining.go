// Package mining finds hard negatives for training on pairs: texts that a model considers near to
// an anchor although they do not belong to it.
//
// Training on pairs uses the other texts of a batch as negatives. Most of those are unrelated to
// the anchor: after a while they are easy to distinguish from the positive and teach little. So
// the model trained so far searches all texts for those that it confuses with the positive, and
// the next training uses them as negatives (Karpukhin et al., "Dense passage retrieval for
// open-domain question answering", EMNLP 2020; Xiong et al., "Approximate nearest neighbor
// negative contrastive learning", ICLR 2021).
//
//	pairs, err := mining.Read(ctx, sources, mining.ReadOptions{})
//	defer pairs.Close()
//	found, err := pairs.Mine(ctx, encoder, mining.DefaultOptions(), func(e mining.Example) error { … })
//
// # Selection
//
// The texts nearest to an anchor are ranked by their cosine. The ranking excludes
//
//   - the anchor itself and every text that is paired with it anywhere, in either direction;
//   - texts with the same vector as the anchor, the positive or the previous text, because the
//     model cannot distinguish them.
//
// Texts with ranks from RangeMin to RangeMax are candidates, except those whose cosine is above
// MaxScore or above
//
//	cos(anchor, positive) − Margin − RelativeMargin·|cos(anchor, positive)|
//
// because a text that is as near as the positive often belongs to the anchor too. The default is
// 95% of the positive's cosine, the best threshold of Moreira et al., "NV-Retriever: improving
// text embedding models with effective hard-negative mining", 2024, arXiv:2407.15831. Options
// have the names and meanings of mine_hard_negatives in sentence-transformers, with two
// differences: ranks are assigned before scores are checked, and a positive sets the limit even
// if it is not among the neighbors.
//
// # Resources
//
// Texts are kept in a temporary file. Memory is needed for the vectors of the candidates and
// their graph (see Memory), about 50 bytes per pair, and about 50 bytes per distinct text while
// the pairs are read. Up to 10,000 candidates are compared exactly; more are searched with an
// approximate index, which may miss some.
package mining

import (
	"context"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Encoder encodes texts as vectors. *sentence.Encoder implements it.
type Encoder interface {
	// Dim returns the length of the vectors.
	Dim() int
	// EncodeBatch returns the vectors of texts, packed, and the number of known tokens of
	// each text. With 0 threads it uses one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
}

// Sampling says which of the qualifying texts are chosen.
type Sampling string

const (
	Top    Sampling = "top"    // the nearest
	Random Sampling = "random" // any
)

// MaxNegatives is the maximum number of negatives of an example: training on pairs reads at most
// 32 texts per example.
const MaxNegatives = 30

// MaxRange is the maximum of RangeMax.
const MaxRange = 10_000

// exactBelow is the number of candidates from which a graph is built. Tests lower it.
var exactBelow = 10_000

// Options say which negatives are searched for, and how.
type Options struct {
	// Negatives is the number of negatives per example, 1 to MaxNegatives; pairs with fewer
	// are skipped. Default 5.
	Negatives int
	// RangeMin is the number of nearest texts to skip. Default 0.
	RangeMin int
	// RangeMax is the last rank to consider, from RangeMin + Negatives to MaxRange.
	// Default 100.
	RangeMax int
	// MaxScore is the maximum cosine of a negative, -1 to 1. Default 1: no limit.
	MaxScore float64
	// Margin is the minimum difference between the cosines of the positive and a negative,
	// -2 to 2; -2 disables both margins. Default 0.
	Margin float64
	// RelativeMargin is that difference as a fraction of the positive's cosine, 0 to 1.
	// Default 0.05.
	RelativeMargin float64
	// Sample says which of the qualifying texts are chosen. Default Top.
	Sample Sampling
	// Seed is the seed for Random. Default 1.
	Seed uint64
	// Ef is the width of the beam of searches in the graph, see index.SearchOptions.
	// Default 0: the number of results, at least 100.
	Ef int
	// Exact compares all candidates, however many there are. Default: below 10,000.
	Exact bool
	// ParallelBuild builds the graph with all threads. The graph, and with it some negatives,
	// then differ from run to run. Default: one thread, for reproducible results.
	ParallelBuild bool
	// Threads is the number of goroutines. Default 0: one per core. The result does not
	// depend on it.
	Threads int
	// OnProgress, if set, is called from one goroutine at a time with the number of texts
	// or pairs processed in a stage ("encoding", "searching").
	OnProgress func(stage string, done, all int64)
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{Negatives: 5, RangeMax: 100, MaxScore: 1, RelativeMargin: 0.05, Sample: Top, Seed: 1}
}

// Validate returns an error that names the first option out of its range.
func (o Options) Validate() error {
	if o.Negatives < 1 || o.Negatives > MaxNegatives {
		return fault.Field("Negatives", "5 is usual, and 30 is the maximum that training reads", "must be from 1 to %d, got %d", MaxNegatives, o.Negatives)
	}
	if o.RangeMin < 0 {
		return fault.Field("RangeMin", "0 skips nothing", "must not be negative, got %d", o.RangeMin)
	}
	if o.RangeMax > MaxRange {
		return fault.Field("RangeMax", "hard negatives are among the nearest: 100 is usual", "must be at most %d, got %d", MaxRange, o.RangeMax)
	}
	if o.RangeMax-o.Negatives < o.RangeMin {
		return fault.Field("RangeMax", "raise RangeMax", "must be at least RangeMin %d + Negatives %d, got %d", o.RangeMin, o.Negatives, o.RangeMax)
	}
	if !(o.MaxScore > -1 && o.MaxScore <= 1) { // false for NaN
		return fault.Field("MaxScore", "it is a cosine: 1 is no limit", "must be above -1 and at most 1, got %v", o.MaxScore)
	}
	if !(o.Margin >= -2 && o.Margin <= 2) {
		return fault.Field("Margin", "it is a difference of cosines, such as 0.1", "must be from -2 to 2, got %v", o.Margin)
	}
	if !(o.RelativeMargin >= 0 && o.RelativeMargin <= 1) {
		return fault.Field("RelativeMargin", "it is a fraction of the positive's cosine, such as 0.05", "must be from 0 to 1, got %v", o.RelativeMargin)
	}
	if o.Sample != Top && o.Sample != Random {
		return fault.Field("Sample", "choose top or random", "must be top or random, got %q", string(o.Sample))
	}
	if o.Ef < 0 || o.Ef > index.MaxEf {
		return fault.Field("Ef", "0 chooses it", "must be from 0 to %d, got %d", index.MaxEf, o.Ef)
	}
	if o.Threads < 0 || o.Threads > index.MaxThreads {
		return fault.Field("Threads", "0 uses all cores", "must be from 0 to %d, got %d", index.MaxThreads, o.Threads)
	}
	return nil
}

// kind returns the kind of index for this number of candidates.
func (o Options) kind(candidates int) index.Kind {
	if o.Exact || candidates < exactBelow {
		return index.Flat
	}
	return index.HNSW
}

// Memory returns approximately the number of bytes of the index for this number of candidates,
// whose vectors have dim values.
func (o Options) Memory(candidates, dim int) int64 {
	const (
		slots = 32 // links of a node on the lowest level: twice the default of M
		label = 8 + 24
		node  = 28 + 24 + 4 // with its entry in a table and its share of the upper levels
	)
	bytes := kernel.Stride(dim)*4 + label
	if o.kind(candidates) == index.HNSW {
		bytes += kernel.Stride(slots)*4 + node
	}
	return int64(candidates) * int64(bytes)
}
