package evaluate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a 95% confidence interval: the 2.5th and 97.5th percentiles over bootstrap
// samples (Efron, 1979) of the pairs or queries of a set. It covers the choice of the set, not
// the randomness of training. In JSON it is [low, high].
type Interval struct{ Low, High float64 }

// MarshalJSON writes [low, high].
func (i Interval) MarshalJSON() ([]byte, error) { return json.Marshal([2]float64{i.Low, i.High}) }

// String returns "0.8100 to 0.8400", or "-" if there is no interval.
func (i *Interval) String() string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f to %.4f", i.Low, i.High)
}

// bootstrap returns the interval of a statistic of n items. figure is called with the number of
// times that each was drawn. The draws are the same in every run. The result is nil if the
// statistic is undefined for all samples.
func bootstrap(n, resamples int, figure func(times []int32) float64) *Interval {
	r := rand.New(rand.NewPCG(uint64(n), 0x5eed))
	times := make([]int32, n)
	figures := make([]float64, 0, resamples)
	for range resamples {
		clear(times)
		for range n {
			times[r.IntN(n)]++
		}
		if f := figure(times); !math.IsNaN(f) { // a sample of equal items has no correlation
			figures = append(figures, f)
		}
	}
	return percentiles(figures)
}

// percentiles returns the interval of the figures of samples, which it sorts; nil without any.
func percentiles(figures []float64) *Interval {
	if len(figures) == 0 {
		return nil
	}
	slices.Sort(figures)
	at := func(p float64) float64 { return figures[int(math.Round(p*float64(len(figures)-1)))] }
	return &Interval{at(0.025), at(0.975)}
}

// meanInterval returns the interval of the mean of x.
func meanInterval(x []float64, resamples int) *Interval {
	return bootstrap(len(x), resamples, func(times []int32) float64 {
		var sum float64
		for i, t := range times {
			sum += float64(t) * x[i]
		}
		return sum / float64(len(x))
	})
}

// spearmanInterval returns the interval of the rank correlation of x and y. It sorts both once
// and obtains the ranks of a sample by counting, in linear time.
func spearmanInterval(x, y []float64, resamples int) *Interval {
	n := len(x)
	byX, byY := order(x), order(y)
	rx, ry := make([]float64, n), make([]float64, n)
	return bootstrap(n, resamples, func(times []int32) float64 {
		sampleRanks(rx, x, byX, times)
		sampleRanks(ry, y, byY, times)
		mean := float64(n+1) / 2
		var xy, xx, yy float64
		for i, t := range times {
			dx, dy := rx[i]-mean, ry[i]-mean
			xy += float64(t) * dx * dy
			xx += float64(t) * dx * dx
			yy += float64(t) * dy * dy
		}
		return xy / math.Sqrt(xx*yy)
	})
}

func order(x []float64) []int32 {
	o := make([]int32, len(x))
	for i := range o {
		o[i] = int32(i)
	}
	slices.SortFunc(o, func(a, b int32) int { return cmp.Compare(x[a], x[b]) })
	return o
}

// sampleRanks sets ranks[i] to the rank of x[i] in the sample that contains it times[i] times;
// equal values share theirs. sorted holds the indexes of x by increasing value.
func sampleRanks(ranks, x []float64, sorted, times []int32) {
	below := 0.0 // number of smaller values in the sample
	for i := 0; i < len(sorted); {
		j, equal := i, 0.0
		for ; j < len(sorted) && x[sorted[j]] == x[sorted[i]]; j++ {
			equal += float64(times[sorted[j]])
		}
		for ; i < j; i++ {
			ranks[sorted[i]] = below + (equal+1)/2
		}
		below += equal
	}
}
