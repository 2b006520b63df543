package evaluate

import (
	"math"
	"math/rand/v2"
)

// PairedTest compares two systems on the same items: their mean difference, the 95% interval of the
// difference over bootstrap samples of the items, and the probability of a difference at least as
// large if the systems were equally good, by a randomization test with 10,000 random exchanges of the
// two systems (Smucker, Allan and Carterette, 2007).
type PairedTest struct {
	A          string    `json:"a"`
	B          string    `json:"b"`
	Difference float64   `json:"difference"` // A - B
	Interval   *Interval `json:"difference_ci95,omitempty"`
	P          float64   `json:"p"`
}

// randomizations is the number of random exchanges of a test.
const randomizations = 10000

func testPaired(a, b string, x, y []float64, resamples int) PairedTest {
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - y[i]
	}
	t := PairedTest{A: a, B: b, P: randomization(d)}
	for _, v := range d {
		t.Difference += v / float64(len(d))
	}
	if resamples > 0 && len(d) > 0 {
		t.Interval = meanInterval(d, resamples)
	}
	return t
}

// randomization returns the two-sided probability that the mean of d, with random signs, is at least
// as far from 0 as it is. The draws are the same in every run. With few differences all signs are
// tried.
func randomization(d []float64) float64 {
	var different []float64
	var sum float64
	for _, v := range d {
		if v != 0 {
			different = append(different, v)
			sum += v
		}
	}
	const tolerance = 1e-9 // sums of the same numbers in another order are equal
	extreme := math.Abs(sum) - tolerance
	n := len(different)
	if n == 0 {
		return 1
	}
	if 1<<min(n, 20) <= randomizations {
		hits := 0
		for signs := range 1 << n {
			var s float64
			for i, v := range different {
				if signs>>i&1 == 1 {
					v = -v
				}
				s += v
			}
			if math.Abs(s) >= extreme {
				hits++
			}
		}
		return float64(hits) / float64(int(1)<<n)
	}
	r := rand.New(rand.NewPCG(uint64(n), 0x7e57))
	hits := 1 // the observed one
	for range randomizations {
		var s float64
		var bits uint64
		for i, v := range different {
			if i%64 == 0 {
				bits = r.Uint64()
			}
			if bits>>(i%64)&1 == 1 {
				v = -v
			}
			s += v
		}
		if math.Abs(s) >= extreme {
			hits++
		}
	}
	return float64(hits) / float64(randomizations+1)
}
