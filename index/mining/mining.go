// Package mining finds hard negatives for training on pairs: texts that a model
// takes for near to an anchor and that do not belong to it.
//
// Training on pairs learns from the other texts of a batch, and most of those are far
// off: to tell them from the positive is easy after a while, and teaches little. So the
// model that has learnt so far looks among all texts for those that it confuses with the
// positive, and the next training has them as negatives (Karpukhin et al., "Dense
// passage retrieval for open-domain question answering", EMNLP 2020; Xiong et al.,
// "Approximate nearest neighbor negative contrastive learning", ICLR 2021).
//
//	pairs, err := mining.Read(ctx, sources, mining.ReadOptions{})
//	defer pairs.Close()
//	found, err := pairs.Mine(ctx, encoder, mining.DefaultOptions(), func(e mining.Example) error { … })
//
// # Which texts are negatives
//
// The texts near to an anchor are looked at in the order of their cosine. These do
// not count, nor have they a rank:
//
//   - the anchor itself and every text that is paired with it anywhere, either way;
//   - a text whose vector is that of the anchor, of the positive or of the text
//     before: the model cannot tell it from them.
//
// Of the others, ranks from RangeMin to RangeMax are candidates, and those whose cosine
// is above MaxScore or above
//
//	cos(anchor, positive) − Margin − RelativeMargin·|cos(anchor, positive)|
//
// are left out: a text that is as near as the positive is more often one that belongs
// to the anchor and is not known to than a negative. The default is the 95% of the
// positive's cosine that did best in Moreira et al., "NV-Retriever: improving text embedding
// models with effective hard-negative mining", 2024, arXiv:2407.15831. Options and
// names are those of mine_hard_negatives in sentence-transformers, but for two things: ranks
// are given before scores are looked at, and a positive that is no neighbour limits all the same.
//
// # What it takes
//
// Texts lie in a temporary file. In memory are the vectors of the candidates and the
// graph over them (see Memory), and some 50 bytes a pair; while the pairs are read
// also some 50 bytes for each different text. Fewer than 10,000 candidates are compared one
// by one, which is exact; more are searched with package index, which may miss some.
package mining

import (
	"context"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Encoder turns texts into vectors; *sentence.Encoder is one.
type Encoder interface {
	// Dim is the length of the vectors.
	Dim() int
	// EncodeBatch returns the vectors of texts one after the other, and the
	// number of known tokens of each text. 0 threads are one per core.
	EncodeBatch(ctx context.Context, texts []string, threads int) (vectors []float32, known []int, err error)
}

// Sampling says which of the texts that qualify are taken.
type Sampling string

const (
	Top    Sampling = "top"    // the nearest
	Random Sampling = "random" // any
)

// MaxNegatives is how many negatives an example may have: training on pairs reads 32
// texts of an example.
const MaxNegatives = 30

// MaxRange is the most that RangeMax may be.
const MaxRange = 10_000

// exactBelow is the number of candidates from which on there is a graph. Tests lower it.
var exactBelow = 10_000

// Options say which negatives are looked for, and how.
type Options struct {
	// Negatives is how many an example gets, 1 to MaxNegatives; pairs with fewer are
	// left out. Default 5.
	Negatives int
	// RangeMin is how many of the nearest are passed over. Default 0.
	RangeMin int
	// RangeMax is the rank up to which is looked, from RangeMin + Negatives to
	// MaxRange. Default 100.
	RangeMax int
	// MaxScore is the highest cosine of a negative, -1 to 1. Default 1: all.
	MaxScore float64
	// Margin is how far the cosine of a negative is to be below that of the positive, -2 to
	// 2; with -2 no text is too near. Default 0.
	Margin float64
	// RelativeMargin is the same as a part of the positive's cosine, 0 to 1. Default 0.05.
	RelativeMargin float64
	// Sample is which of the texts that qualify are taken. Default Top.
	Sample Sampling
	// Seed draws the random ones. Default 1.
	Seed uint64
	// Ef is the width of the beam of a search in the graph, see index.SearchOptions: at
	// least what is looked at. Default 0: just that, or 100.
	Ef int
	// Exact compares with all candidates, however many there are. Default: below 10,000.
	Exact bool
	// ParallelBuild builds the graph on all threads. It is another one each time, and with
	// it some negatives. Default: on one thread, so that the result is always the same.
	ParallelBuild bool
	// Threads is the number of goroutines. Default 0: one per core. The result does not
	// depend on it.
	Threads int
	// OnProgress hears, from one goroutine at a time, how many of the texts or
	// pairs of a stage ("encoding", "searching") are done. Default: nobody.
	OnProgress func(stage string, done, all int64)
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{Negatives: 5, RangeMax: 100, MaxScore: 1, RelativeMargin: 0.05, Sample: Top, Seed: 1}
}

// Validate names the field that is out of range.
func (o Options) Validate() error {
	if o.Negatives < 1 || o.Negatives > MaxNegatives {
		return fault.New("5 is usual, and 30 the most that training reads", "negatives is %d", o.Negatives)
	}
	if o.RangeMin < 0 {
		return fault.New("0 passes over nothing", "range-min %d is negative", o.RangeMin)
	}
	if o.RangeMax > MaxRange {
		return fault.New("hard negatives are among the nearest: 100 is usual", "range-max %d is above %d", o.RangeMax, MaxRange)
	}
	if o.RangeMax-o.Negatives < o.RangeMin {
		return fault.New("raise range-max", "there are not %d ranks for negatives between range-min %d and range-max %d", o.Negatives, o.RangeMin, o.RangeMax)
	}
	if !(o.MaxScore > -1 && o.MaxScore <= 1) { // false for NaN
		return fault.New("it is a cosine: 1 leaves out nothing", "max-score %v is not above -1 and at most 1", o.MaxScore)
	}
	if !(o.Margin >= -2 && o.Margin <= 2) {
		return fault.New("it is a difference of cosines, such as 0.1", "margin %v is not from -2 to 2", o.Margin)
	}
	if !(o.RelativeMargin >= 0 && o.RelativeMargin <= 1) {
		return fault.New("it is a part of the positive's cosine, such as 0.05", "relative-margin %v is not from 0 to 1", o.RelativeMargin)
	}
	if o.Sample != Top && o.Sample != Random {
		return fault.New("choose top or random", "unknown sample %q", string(o.Sample))
	}
	if o.Ef < 0 || o.Ef > index.MaxEf {
		return fault.New("0 chooses it", "ef %d is not from 0 to %d", o.Ef, index.MaxEf)
	}
	if o.Threads < 0 || o.Threads > index.MaxThreads {
		return fault.New("0 takes all cores", "threads %d is not from 0 to %d", o.Threads, index.MaxThreads)
	}
	return nil
}

// kind is the index for so many candidates.
func (o Options) kind(candidates int) index.Kind {
	if o.Exact || candidates < exactBelow {
		return index.Flat
	}
	return index.HNSW
}

// Memory is about how many bytes the index of so many candidates takes, whose
// vectors have dim numbers.
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
