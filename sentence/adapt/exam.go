package adapt

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"github.com/luminavec/luminavec/corpora/pairs/docpairs"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// exam holds questions and the texts among which each must find its own.
type exam struct {
	questions []string
	answers   []int // positions in texts
	texts     []string
}

// newExam takes a sample of the held-out questions and of the texts, with the answers among them. The
// strong kinds of pairs come first.
func newExam(p *docpairs.Pairs, seed uint64) *exam {
	rng := rand.New(rand.NewPCG(seed, 0x6578616d))
	held := slices.Clone(p.HeldOut)
	rng.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	weak := func(p docpairs.Pair) int {
		if p.Kind.Strong() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(held, func(a, b docpairs.Pair) int { return cmp.Compare(weak(a), weak(b)) })
	if strong := slices.IndexFunc(held, func(p docpairs.Pair) bool { return weak(p) == 1 }); strong >= minHeldOut {
		held = held[:strong]
	}
	held = held[:min(len(held), maxQuestions)]
	x := &exam{}
	place := map[string]int{}
	add := func(text string) int {
		i, ok := place[text]
		if !ok {
			i = len(x.texts)
			place[text] = i
			x.texts = append(x.texts, text)
		}
		return i
	}
	for _, h := range held {
		x.questions = append(x.questions, h.Question)
		x.answers = append(x.answers, add(h.Text))
	}
	for _, i := range rng.Perm(len(p.Texts)) {
		if len(x.texts) >= maxTexts {
			break
		}
		add(p.Texts[i])
	}
	return x
}

// Judge returns the mean reciprocal rank of the texts of held-out questions among the first 10 that a model
// finds, for a sample of up to 500 questions, and their number.
func Judge(ctx context.Context, model sentence.Model, p *docpairs.Pairs, o Options) (mrr float64, questions int, err error) {
	o = o.withDefaults()
	x := newExam(p, o.Seed)
	ranks, err := x.take(ctx, model, o.Threads)
	return mean(ranks), len(x.questions), err
}

// take returns the reciprocal rank of the answer to each question, 0 beyond the tenth. Texts as near as
// the answer rank before it.
func (x *exam) take(ctx context.Context, model sentence.Model, threads int) ([]float64, error) {
	q, _, err := model.EncodeBatch(ctx, x.questions, threads)
	if err != nil {
		return nil, err
	}
	t, _, err := model.EncodeBatch(ctx, x.texts, threads)
	if err != nil {
		return nil, err
	}
	dim := model.Dim()
	unit(q, dim)
	unit(t, dim)
	const block = 64 // questions
	ranks := make([]float64, len(x.questions))
	cosines := make([]float32, block*len(x.texts))
	for from := 0; from < len(x.questions); from += block {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(block, len(x.questions)-from)
		kernel.GemmParallel(threads, false, true, n, len(x.texts), dim, 1, q[from*dim:], dim, t, dim, 0, cosines, len(x.texts))
		for i := range n {
			row := cosines[i*len(x.texts):][:len(x.texts)]
			own, rank := row[x.answers[from+i]], 0
			for _, c := range row {
				if c >= own {
					rank++
				}
			}
			if rank <= 10 {
				ranks[from+i] = 1 / float64(rank)
			}
		}
	}
	return ranks, nil
}

// unit divides vectors by their lengths.
func unit(vectors []float32, dim int) {
	for at := 0; at < len(vectors); at += dim {
		if v := vectors[at : at+dim]; kernel.Norm(v) > leastNorm {
			kernel.Scale(v, 1/kernel.Norm(v))
		}
	}
}
