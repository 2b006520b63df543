package evaluate

import (
	"math"
	"slices"
)

// relevance holds the measures of trec_eval for one query.
type relevance struct {
	ndcg10, mrr10, recall10, recall100, map100 float64
}

// measure computes the measures of a ranking from the grades of its documents, best first, and
// the grades of all judged documents. A grade above 0 is relevant. The gains of nDCG are the grades
// themselves (Järvelin and Kekäläinen, 2002, as in ndcg_cut of trec_eval), not 2^grade - 1.
func measure(grades []int, judged map[string]int) relevance {
	var ideal []int
	for _, grade := range judged {
		if grade > 0 {
			ideal = append(ideal, grade)
		}
	}
	if len(ideal) == 0 {
		return relevance{}
	}
	slices.SortFunc(ideal, func(a, b int) int { return b - a })
	all := float64(len(ideal))
	r := relevance{ndcg10: gain(grades) / gain(ideal)}
	found := 0.0 // relevant documents so far
	for i, grade := range grades[:min(len(grades), 100)] {
		if grade <= 0 {
			continue
		}
		found++
		rank := float64(i + 1)
		r.map100 += found / rank / all
		r.recall100 = found / all
		if i < 10 {
			r.recall10 = found / all
			if found == 1 {
				r.mrr10 = 1 / rank
			}
		}
	}
	return r
}

// gain returns the discounted cumulative gain of the first 10 grades.
func gain(grades []int) float64 {
	var sum float64
	for i, grade := range grades[:min(len(grades), 10)] {
		if grade > 0 {
			sum += float64(grade) / math.Log2(float64(i+2))
		}
	}
	return sum
}
