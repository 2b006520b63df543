package sentence

import "math"

// Repeats weakens the tokens that a text repeats: a token that occurs n times counts n^Power instead of
// n times, as in full-text search the second occurrence of a word counts less than the first. It has scratch
// memory, so each goroutine needs its own. The zero value and a Power of 1 change nothing.
type Repeats struct {
	Power  float64
	counts []int32 // by id; zero between the calls
}

// Any reports whether repetition counts less.
func (r *Repeats) Any() bool { return r.Power != 0 && r.Power != 1 }

// Scale multiplies weights[i], the weight of an occurrence of the token ids[i], by n^(Power−1), where n
// is how often ids has the token. The ids must not be negative.
func (r *Repeats) Scale(weights []float32, ids []int32) {
	if !r.Any() {
		return
	}
	repeated := false
	for _, id := range ids {
		if int(id) >= len(r.counts) {
			r.counts = append(r.counts, make([]int32, int(id)+1-len(r.counts))...)
		}
		r.counts[id]++
		repeated = repeated || r.counts[id] > 1
	}
	if repeated {
		for i, id := range ids {
			if n := r.counts[id]; n > 1 {
				weights[i] *= float32(math.Pow(float64(n), r.Power-1))
			}
		}
	}
	for _, id := range ids {
		r.counts[id] = 0
	}
}
