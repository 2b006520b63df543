package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkPlainGo compares the plain Go path with the simple loops that define the kernels, in turns, and reports
// the fastest run of each, so that other load of the machine matters less. A cycle is the third part of a shift, an
// or and an addition that wait for each other.
func BenchmarkPlainGo(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	values := func(n int) []float32 {
		x := Aligned(n)
		for i := range x {
			x[i] = float32(r.NormFloat64()) / 100
		}
		return x
	}
	compare := func(name string, products float64, simple, blocked func()) {
		b.Run(name, func(b *testing.B) {
			before, after, cycles := time.Hour, time.Hour, time.Hour
			timed := func(least *time.Duration, f func()) {
				start := time.Now()
				f()
				*least = min(*least, time.Since(start))
			}
			for b.Loop() {
				timed(&before, simple)
				timed(&after, blocked)
				timed(&cycles, func() { chained = chain(1000, chained) })
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(before)/float64(after), "times")
			b.ReportMetric(products*float64(cycles)/3000/float64(after), "products/cycle")
			b.ReportMetric(float64(after), "fastest-ns")
		})
	}

	const dim, rows = 100, 500
	stride := Stride(dim)
	in, out := values(rows*stride), values(rows*stride)
	for i := range in {
		if i%stride >= dim {
			in[i], out[i] = 0, 0
		}
	}
	batch := zipfBatches(rows, 6, 100, 1)[0]
	context := 0
	for at := 0; at < len(batch); at += 1 + int(batch[at]) + 6 {
		context += int(batch[at])
	}
	s := NewWindowScratch(10, 6, stride)
	s.Values(dim)
	compare("SkipGram", float64(3*6*context*dim),
		func() { skipGramGo(in, out, stride, batch, 6, 1e-4, s) },
		func() { skipGramBlocked(in, out, stride, batch, 6, 1e-4, s) })
	compare("CBOW", float64((2*context+3*6*100)*dim),
		func() { cbowGo(in, out, stride, batch, 6, 1e-4, true, s) },
		func() { cbowBlocked(in, out, stride, batch, 6, 1e-4, true, s) })

	const size = 96
	x, y, z := values(size*256), values(size*256), values(size*size)
	simple := func() { // the tiles of the same product, packed
		var sums [4][2]float32
		for i := 0; i < size; i += 4 {
			for j := 0; j < size; j += 2 {
				simpleSums(&sums, x[i*256:(i+4)*256], y[j*256:(j+2)*256])
				for r, s := range sums {
					z[(i+r)*size+j], z[(i+r)*size+j+1] = s[0], s[1]
				}
			}
		}
	}
	var tile [tileHeightGo][tileWidthGo]float32
	var before [4][2]float32
	compare("GemmTile", 100*256*tileHeightGo*tileWidthGo, func() {
		for range 75 { // as many products
			simpleSums(&before, x[:4*256], y[:2*256])
		}
	}, func() {
		for range 100 {
			tileSums(&tile, x[:tileHeightGo*256], y[:tileWidthGo*256])
		}
	})
	compare("Gemm", size*size*256, simple, func() { Gemm(false, false, size, size, 256, 1, x, 256, y, size, 0, z, size) })
	compare("GemmT", size*size*256, simple, func() { Gemm(false, true, size, size, 256, 1, x, 256, y, 256, 0, z, size) })

	const count = 64
	dst, q, table := values(count), values(128), values(count*128)
	compare("Dots", count*128, func() {
		for i := range dst {
			dst[i] = dotGo(q, table[i*128:(i+1)*128])
		}
	}, func() { dotsBlocked(dst, q, table, 128) })

	ids := make([]int32, count)
	for i := range ids {
		ids[i] = int32(i)
	}
	for _, bits := range []int{8, 4, 2, 1} {
		codes := codeTable(values(count*128), 128, bits, 0, 6, false)
		var query CodeQuery
		query.Encode(q, bits)
		compare(fmt.Sprintf("Codes%d", bits), count*128, func() { codes.distancesGo(dst, &query, ids) }, func() { codes.distancesWide(dst, &query, ids) })
	}
	blocks := scanBlocks(r, values(count*128), 128, true)
	var scan ScanQuery
	scan.Encode(q)
	masks := make([]uint32, count/ScanCodes)
	compare("FastScan", count*128, func() { scan.scanGo(dst, masks, blocks, true, 1, 0) }, func() { scan.scanWide(dst, masks, blocks, true, 1, 0) })
}

// simpleSums is tileSums without unrolling, for a tile of 4×2 sums.
//
//go:noinline
func simpleSums(sums *[4][2]float32, a, b []float32) {
	var s00, s01, s10, s11, s20, s21, s30, s31 float32
	for len(a) >= 4 && len(b) >= 2 {
		b0, b1 := b[0], b[1]
		v := a[0]
		s00, s01 = s00+v*b0, s01+v*b1
		v = a[1]
		s10, s11 = s10+v*b0, s11+v*b1
		v = a[2]
		s20, s21 = s20+v*b0, s21+v*b1
		v = a[3]
		s30, s31 = s30+v*b0, s31+v*b1
		a, b = a[4:], b[2:]
	}
	*sums = [4][2]float32{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}}
}

var chained uint64

//go:noinline
func chain(n int, x uint64) uint64 {
	for range n {
		x += x>>1 | 1
	}
	return x
}
