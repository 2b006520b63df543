package kernel

import "math"

// A windowLoss sums losses that have one weight. Their logarithms are those of a product.
type windowLoss struct {
	product, rest, weight float64
}

func (l *windowLoss) sum() float64 { return l.weight * (l.rest + math.Log(l.product)) }

// windowLosses are the losses of a batch: one of all windows, or one for each place of placed windows.
type windowLosses []windowLoss

func (s *WindowScratch) losses() windowLosses {
	all := s.loss[:1]
	if s.places != nil {
		all = s.loss[:len(s.places)]
	}
	for i := range all {
		all[i] = windowLoss{1, 0, float64(s.weight(0, i))}
	}
	return all
}

func (l windowLosses) sum() (sum float64) {
	for i := range l {
		sum += l[i].sum()
	}
	return sum
}

// gradientBlocked is gradientGo for all context words of a window, with the exponential of the assembly, and one
// logarithm for many factors 1+exp(-|t|). It adds the losses to one sum, or with weights, which may be nil,
// to one for each context word. Its only branches are those of values that do not occur in training.
func gradientBlocked(g []float32, outputs int, alpha float32, weights []float32, losses windowLosses) {
	const sign = 1 << 31
	l, by := &losses[0], -alpha
	for i := 0; len(g) >= outputs; i++ {
		s := g[:outputs]
		g = g[outputs:]
		if weights != nil {
			l, by = &losses[i], -alpha*weights[i]
		}
		s[0] = -s[0]
		product, rest := l.product, l.rest
		for j, t := range s {
			b := math.Float32bits(t)
			v := math.Float32frombits(b | sign) // -|t|
			e := float32(0)
			if v >= -87 {
				// As expGo: adding a large number rounds to an integer.
				const large = 3 << 22
				z := v*math.Log2E + large
				whole := z - large
				r := v - whole*0.693359375
				r += whole * 2.12194440e-4
				q := float32(0.0013814467)
				q = q*r + 0.008368781
				q = q*r + 0.041668393
				q = q*r + 0.1666652
				q = q*r + 0.49999994
				q = q*(r*r) + r + 1
				e = math.Float32frombits(math.Float32bits(q) + math.Float32bits(z)<<23)
			} else if t != t {
				rest = math.NaN() // so that the loss shows it
			}
			negative := uint32(int32(b) >> 31)
			rest += float64(math.Float32frombits(b &^ negative)) // t above 0
			over := 1 + e
			product *= float64(over)
			// The numerator is e below 0, and 1 above.
			top := math.Float32frombits(math.Float32bits(e)&negative | 0x3f800000&^negative)
			s[j] = by * (top / over)
		}
		s[0] = -s[0]
		if product > 1<<500 {
			rest += math.Log(product)
			product = 1
		}
		l.product, l.rest = product, rest
	}
}
