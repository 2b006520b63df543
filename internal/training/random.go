package training

// Random is SplitMix64 (Steele, Lea and Flood, 2014): eight bytes of state, a
// nanosecond per number, and streams that differ for any two seeds.
type Random uint64

// NewRandom returns the stream of block b of a run seeded with seed.
func NewRandom(seed uint64, b int64) *Random {
	r := Random(mix(seed) ^ mix(uint64(b)+golden))
	return &r
}

const golden = 0x9e3779b97f4a7c15

// orderStream distinguishes the streams that order the blocks from those of blocks.
const orderStream = 0x6f72646572

// BlockOrder returns the order of n blocks in an epoch of a run seeded with seed;
// all orders are equally likely (Fisher and Yates).
func BlockOrder(seed uint64, epoch int64, n int) []int32 {
	rng := NewRandom(seed^orderStream, epoch)
	order := make([]int32, n)
	for i := range order {
		j := Below(rng.Next(), i+1)
		order[i], order[j] = order[j], int32(i)
	}
	return order
}

// Next returns 64 random bits.
func (r *Random) Next() uint64 {
	*r += golden
	return mix(uint64(*r))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below returns a number in [0, n) from the upper half of r.
func Below(r uint64, n int) int { return int((r >> 32) * uint64(n) >> 32) }
