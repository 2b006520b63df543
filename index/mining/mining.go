// Package mining finds hard negatives for training on pairs: texts that a model
// considers similar to an anchor although they do not belong to it.
//
// Training on pairs uses the other texts of a batch as negatives. Most of these are far from
// the anchor, so after a while they are easy to distinguish from the positive and improve the
// model little. Mining searches all texts for those that a trained model confuses with the
// positive, and the next training run uses them as negatives (Karpukhin et al., "Dense
// passage retrieval for open-domain question answering", EMNLP 2020; Xiong et al.,
// "Approximate nearest neighbor negative contrastive learning", ICLR 2021).
//
//	pairs, err := mining.Read(ctx, sources, mining.ReadOptions{})
//	defer pairs.Close()
//	found, err := pairs.Mine(ctx, encoder, mining.DefaultOptions(), func(e mining.Example) error { … })
//
// # Which texts are negatives
//
// The texts near an anchor are ranked by their cosine. These are ignored and have no
// rank:
//
//   - the anchor itself and every text that is paired with it anywhere, in either order, also
//     in another spelling that the tokenizer of the model reads as the same tokens;
//   - a text whose vector equals that of the anchor, the positive or the previous text,
//     because the model cannot distinguish them.
//
// Of the others, those ranked from RangeMin to RangeMax qualify, unless their cosine is
// above MaxScore or above
//
//	cos(anchor, positive) − Margin − RelativeMargin·|cos(anchor, positive)|
//
// A text that is as near as the positive is more often an unknown positive than a
// negative. The default limit, 95% of the positive's cosine, performed best in Moreira et
// al., "NV-Retriever: improving text embedding models with effective hard-negative
// mining", 2024, arXiv:2407.15831. Options are named as in mine_hard_negatives of
// sentence-transformers, with two differences: ranks are assigned before scores are
// compared, and a positive limits the scores even if it is not a neighbor itself.
//
// # Resources
//
// Texts are stored in a temporary file. Memory holds the vectors of the candidates and
// the graph over them (see Options.Memory), about 50 bytes per pair and, while pairs are
// read, about 50 bytes per distinct text. Fewer than 10,000 candidates are compared one
// by one, which is exact; more are searched with package index, which may miss some.
package mining

import (
	"context"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Encoder encodes texts as vectors. *sentence.Encoder implements it.
type Encoder interface {
	// Dim returns the dimension of the vectors.
	Dim() int
	// EncodeBatch returns the vectors of texts, packed, and the number of known tokens of
	// each text. With 0 threads it uses one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
}

// Sampling selects which of the qualifying texts are used.
type Sampling string

const (
	Top    Sampling = "top"    // the nearest
	Random Sampling = "random" // a random choice
)

// Samplings returns all samplings, the default first.
func Samplings() []Sampling { return []Sampling{Top, Random} }

// Summary describes the sampling in a few words. It is empty for an unknown one.
func (s Sampling) Summary() string {
	return map[Sampling]string{Top: "the nearest", Random: "random ones"}[s]
}

// MaxNegatives is the maximum number of negatives in an example, because training on pairs
// reads up to 32 texts per example.
const MaxNegatives = 30

// MaxRange is the maximum of RangeMax.
const MaxRange = 10_000

// exactBelow is the minimum number of candidates for which a graph is used. Tests lower it.
var exactBelow = 10_000

// Options select the negatives and how they are searched for.
type Options struct {
	// Negatives is the number of negatives per example, 1 to MaxNegatives. Pairs with fewer
	// are skipped. Default 5.
	Negatives int
	// RangeMin is the number of nearest texts to skip. Default 0.
	RangeMin int
	// RangeMax is the last rank that is considered, from RangeMin + Negatives to
	// MaxRange. Default 100.
	RangeMax int
	// MaxScore is the highest cosine of a negative, -1 to 1. Default 1: all.
	MaxScore float64
	// Margin is the minimum difference by which the cosine of a negative must be below that
	// of the positive, -2 to 2. With -2, no text is too near. Default 0.
	Margin float64
	// RelativeMargin is a further margin, as a fraction of the positive's cosine, 0 to 1.
	// Default 0.05.
	RelativeMargin float64
	// Sample selects which of the qualifying texts are used. Default Top.
	Sample Sampling
	// Seed is the random seed for Random. Default 1.
	Seed uint64
	// Ef is the width of the beam of a search in the graph, see index.SearchOptions. It is
	// never less than the number of texts considered. Default 0: that number, or 100 if that
	// is greater.
	Ef int
	// Exact compares with all candidates, however many there are. Default false: exact only
	// with fewer than 10,000.
	Exact bool
	// ParallelBuild builds the graph on all threads. The graph, and with it some negatives,
	// then differ from run to run. Default false: one thread, always the same result.
	ParallelBuild bool
	// Threads is the number of goroutines. Default 0: one per core. The result does not
	// depend on it.
	Threads int
	// OnProgress is called, from one goroutine at a time, with the number of texts or
	// pairs of a stage ("encoding", "searching") that are done. Default nil.
	OnProgress func(stage string, done, all int64)
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{Negatives: 5, RangeMax: 100, MaxScore: 1, RelativeMargin: 0.05, Sample: Top, Seed: 1}
}

// Validate returns an error that names the first field out of range.
func (o Options) Validate() error {
	switch {
	case o.Negatives < 1 || o.Negatives > MaxNegatives:
		return fault.Field("Negatives", "5 is usual; training reads at most 30", "must be from 1 to %d, got %d", MaxNegatives, o.Negatives)
	case o.RangeMin < 0:
		return fault.Field("RangeMin", "0 skips nothing", "must be at least 0, got %d", o.RangeMin)
	case o.RangeMax > MaxRange:
		return fault.Field("RangeMax", "hard negatives are among the nearest: 100 is usual", "must be at most %d, got %d", MaxRange, o.RangeMax)
	case o.RangeMax-o.Negatives < o.RangeMin:
		return fault.Field("RangeMax", "", "must be at least RangeMin %d plus Negatives %d, got %d", o.RangeMin, o.Negatives, o.RangeMax)
	case !(o.MaxScore > -1 && o.MaxScore <= 1): // NaN is out of range as well
		return fault.Field("MaxScore", "it is a cosine: 1 excludes nothing", "must be above -1 and at most 1, got %v", o.MaxScore)
	case !(o.Margin >= -2 && o.Margin <= 2):
		return fault.Field("Margin", "it is a difference of cosines, such as 0.1", "must be from -2 to 2, got %v", o.Margin)
	case !(o.RelativeMargin >= 0 && o.RelativeMargin <= 1):
		return fault.Field("RelativeMargin", "it is a share of the positive's cosine, such as 0.05", "must be from 0 to 1, got %v", o.RelativeMargin)
	case o.Sample != Top && o.Sample != Random:
		return fault.Field("Sample", "", "must be %s or %s, got %q", Top, Random, string(o.Sample))
	case o.Ef < 0 || o.Ef > index.MaxEf:
		return fault.Field("Ef", "0 chooses a value", "must be from 0 to %d, got %d", index.MaxEf, o.Ef)
	case o.Threads < 0 || o.Threads > index.MaxThreads:
		return fault.Field("Threads", "0 uses all cores", "must be from 0 to %d, got %d", index.MaxThreads, o.Threads)
	}
	return nil
}

// kind returns the kind of index for a number of candidates.
func (o Options) kind(candidates int) index.Kind {
	if o.Exact || candidates < exactBelow {
		return index.Flat
	}
	return index.HNSW
}

// Memory estimates the size in bytes of the index over the given number of candidates with dim
// dimensions.
func (o Options) Memory(candidates, dim int) int64 {
	const (
		slots = 32 // links of a node on the lowest level: twice the default of M
		label = 8 + 24
		node  = 28 + 24 + 4 // with its copy in a map and its share of the levels above
	)
	bytes := kernel.Stride(dim)*4 + label
	if o.kind(candidates) == index.HNSW {
		bytes += kernel.Stride(slots)*4 + node
	}
	return int64(candidates) * int64(bytes)
}
