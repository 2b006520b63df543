package index

import (
	"context"
	"fmt"
)

// Auto is not a kind of its own: New makes a Flat index of it, and Fill and Settle choose between Flat and
// HNSW by the number of vectors, so that the choice is the same on every machine (see AutoKind).
const Auto Kind = "auto"

// autoSummary describes Auto in a few words.
const autoSummary = "flat up to 750,000 vectors (fewer with more than 1,024 values, or without codes), then hnsw"

// Comparing all vectors takes about 5 ms with one thread at these sizes, measured on a machine with AVX-512:
// with codes of up to 1,024 values, 750,000 vectors; without, 32 million values.
const (
	autoVectors = 750_000
	autoCoded   = autoVectors << 10
	autoPlain   = 32_000_000
)

// AutoKind returns the kind that Auto stands for with n vectors: Flat if a search of all of them takes 5 ms or
// less, which are 750,000 with codes, and HNSW otherwise. With more than 1,024 values, or without codes, there are
// fewer. It uses Dim and Quantization of the options. With the quantization Edges it is HNSW.
func AutoKind(o Options, n int) Kind {
	o = o.withDefaults()
	limit := autoPlain / max(o.Dim, 1)
	if o.Quantization != NoQuantization {
		limit = min(autoVectors, autoCoded/max(o.Dim, 1))
	}
	if o.Quantization == Edges || n > limit {
		return HNSW
	}
	return Flat
}

// Settle returns ix if it is of the kind that AutoKind returns for it, and otherwise an index of that kind with the
// same vectors, labels and other options. It does nothing with LSH. Nothing else may change ix
// meanwhile. progress, which may be nil, is called with the number of vectors in the new index.
func Settle(ctx context.Context, ix Index, progress func(done, total int64)) (Index, error) {
	o := ix.Options()
	if kind := AutoKind(o, ix.Len()); o.Kind == LSH || o.Kind == kind {
		return ix, nil
	} else if o.Kind = kind; o.Kind == Flat && o.Quantization == Edges {
		return ix, nil
	}
	labels, err := Labels(ix)
	if err != nil {
		return nil, err
	}
	into, err := New(o)
	if err != nil {
		return nil, err
	}
	var vectors []float32
	for at := 0; at < len(labels); at += fillPortion {
		portion := labels[at:min(at+fillPortion, len(labels))]
		vectors = vectors[:0]
		for _, label := range portion {
			x, ok := ix.Vector(label)
			if !ok {
				return nil, fmt.Errorf("index: the vector of label %d cannot be read", label)
			}
			vectors = append(vectors, x...)
		}
		if err := into.AddBatch(ctx, portion, vectors); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(int64(into.Len()), int64(len(labels)))
		}
	}
	return into, nil
}
