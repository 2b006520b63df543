package arena

import (
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// block returns the block of signs with those of n, and the place of n in it.
func (a *Arena) block(n walk.ID) (block []float32, at int) {
	return a.Signs.Row(int(n) / kernel.ScanCodes), int(n) % kernel.ScanCodes
}

// loosen writes the code of n, which is tight, to code.
func (a *Arena) loosen(code []float32, n walk.ID) {
	record := a.Records.Row(int(n))
	if a.Split {
		block, at := a.block(n)
		kernel.JoinCode(code, record, block, at, a.Space.Len)
		return
	}
	kernel.LoosenCode(code, record, a.Space.Len, a.Bits)
}

// putTight stores what the code of x represents as the vector of n, and writes it to x. u is the rotated difference
// of x from the center, which it overwrites.
func (a *Arena) putTight(n walk.ID, x, u []float32) {
	c, s := a.buffers.Get().(*[]float32), a.buffers.Get().(*[]float32)
	defer a.buffers.Put(c)
	defer a.buffers.Put(s)
	a.Space.Round(*c, x, a.Bits, u)
	if !a.Split {
		kernel.TightenCode(a.Records.Row(int(n)), *c, a.Space.Len, a.Bits)
		block, at := a.block(n)
		a.Space.EncodeSigns(block, at, x, u)
		return
	}
	kernel.SplitCode(a.Records.Row(int(n)), *c, a.Space.Len)
	kernel.HighestBits(*s, *c)
	block, at := a.block(n)
	a.Space.EncodeSignsAs(block, at, x, u, *s)
}

// prefetch prefetches what loosen reads of a split code.
func (a *Arena) prefetch(n walk.ID) {
	block, _ := a.block(n)
	kernel.Prefetch(block[:a.Space.Len])
	kernel.Prefetch(a.Records.Row(int(n)))
}

// loose is the number of codes that are padded and compared at once.
const loose = 32

var places = func() (p [loose]int32) {
	for i := range p {
		p[i] = int32(i)
	}
	return p
}()

// Distances sets dst[i] to the distance of q to the code of ids[i]. It uses room for codes that are tight.
func (a *Arena) Distances(dst []float32, q *kernel.CodeQuery, ids []walk.ID, room *[]float32) {
	if !a.Tight {
		t := a.Codes()
		t.Prefetch(q, walk.AsInt32(ids))
		t.Distances(dst, q, walk.AsInt32(ids))
		return
	}
	width := kernel.CodeStride(a.Space.Len, a.Bits) / 4
	if len(*room) != loose*width {
		*room = kernel.Aligned(loose * width)
	}
	t := kernel.CodeTable{Chunks: [][]float32{*room}, Shift: 5, Width: width}
	if !a.Split {
		records := a.Codes()
		records.Prefetch(q, walk.AsInt32(ids))
	}
	for at := 0; at < len(ids); at += loose {
		part := ids[at:min(at+loose, len(ids))]
		for i, n := range part {
			if code := (*room)[i*width:][:width]; !a.Split {
				record := a.Records.Row(int(n))
				values := len(record) - 3
				copy(code, record[:values]) // what follows is zero
				copy((*[3]float32)(code[width-3:])[:], record[values:])
				continue
			}
			if i == 0 {
				a.prefetch(n)
			}
			if i+1 < len(part) {
				a.prefetch(part[i+1])
			}
			a.loosen((*room)[i*width:], n)
		}
		t.Distances(dst[at:], q, places[:len(part)])
	}
}
