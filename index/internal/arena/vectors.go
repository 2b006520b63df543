package arena

import (
	"math"
	"runtime"
	"sync/atomic"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/walk"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Stored returns the array whose rows hold the vectors.
func (a *Arena) Stored() *chunk.Array[float32] {
	if a.Form == Codes {
		return a.Records
	}
	return a.Vectors
}

// Vector returns the vector of n with its padding of zeros: where it is, if it is kept in float32, and
// otherwise a copy.
func (a *Arena) Vector(n walk.ID) []float32 {
	if a.Form == Full {
		return a.Vectors.Row(int(n))[a.Before:]
	}
	return a.Read(make([]float32, a.Stride), n)
}

// Read is Vector with room for a copy in buffer, Stride values.
func (a *Arena) Read(buffer []float32, n walk.ID) []float32 {
	if a.Form == Full {
		return a.Vectors.Row(int(n))[a.Before:]
	}
	a.decode(buffer[:a.Stride], n)
	return buffer[:a.Stride]
}

// Prefetch prefetches the vector of n.
func (a *Arena) Prefetch(n walk.ID) {
	if a.Form == Full {
		kernel.Prefetch(a.Vectors.Row(int(n))[a.Before:])
	} else {
		kernel.Prefetch(a.Stored().Row(int(n)))
	}
}

// decode writes to x the vector of n.
func (a *Arena) decode(x []float32, n walk.ID) {
	row, dim := a.Stored().Row(int(n)), a.dim()
	if a.Form == Codes {
		b := a.buffers.Get().(*[]float32)
		defer a.buffers.Put(b)
		code := row[a.Head:]
		if a.Tight {
			c := a.buffers.Get().(*[]float32)
			defer a.buffers.Put(c)
			code = *c
			a.loosen(code, n)
		}
		a.Space.Decode(x, code, a.Bits, *b)
	} else {
		kernel.DecodeHalves(x[:dim], row[a.Before+1:], row[a.Before])
		if a.offset && a.Space != nil {
			kernel.Axpy(x[:dim], 1, a.Space.Center)
		}
	}
	clear(x[dim:])
}

// dim returns the number of values, or a few zeros more.
func (a *Arena) dim() int {
	if a.Space != nil {
		return a.Space.Dim
	}
	return a.Stride
}

// Put stores x as the vector of n. It overwrites x with what is stored. Only one
// goroutine may do so for vectors of the same block of signs.
func (a *Arena) Put(n walk.ID, x []float32) {
	switch a.Form {
	case Full:
		copy(a.Vector(n), x)
	case Halves:
		a.Round(x)
		a.putHalves(a.Vectors.Row(int(n))[a.Before:], x)
	}
	if !a.Later.Load() {
		a.encode(n, x)
	}
}

// Round replaces x by what Put would store.
func (a *Arena) Round(x []float32) {
	switch a.Form {
	case Halves:
		row := make([]float32, halvesWidth(a.dim()))
		a.putHalves(row, x)
		kernel.DecodeHalves(x[:a.dim()], row[1:], row[0])
		if a.offset && a.Space != nil {
			kernel.Axpy(x[:a.dim()], 1, a.Space.Center)
		}
	case Codes:
		b := a.buffers.Get().(*[]float32)
		defer a.buffers.Put(b)
		a.Space.Centered(*b, x[:a.Space.Dim])
		a.Space.Round(make([]float32, kernel.CodeStride(a.Space.Len, a.Bits)/4), x[:a.Space.Dim], a.Bits, *b)
	}
}

func halvesWidth(dim int) int { return (1 + kernel.HalfWords(dim) + 3) / 4 * 4 }

func (a *Arena) putHalves(row, x []float32) {
	dim := a.dim()
	if a.offset && a.Space != nil {
		moved := make([]float32, dim)
		for i, c := range a.Space.Center {
			moved[i] = x[i] - c
		}
		x = moved
	}
	row[0] = kernel.EncodeHalves(row[1:], x[:dim])
}

// Valid reports whether a row of Stored that is not kept in float32 holds a finite vector.
func (a *Arena) Valid(n walk.ID) bool {
	row := a.Stored().Row(int(n))
	if a.Form == Halves && (!(row[a.Before] >= 0 && row[a.Before] <= math.MaxFloat32) || !kernel.HalvesAreFinite(row[a.Before+1:], a.dim())) {
		return false
	}
	for _, v := range a.Vector(n) {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// Encode computes the code and the signs of n from its vector, if the arena has them, again.
func (a *Arena) Encode(n walk.ID) {
	if a.Space != nil {
		a.encode(n, a.Vector(n))
	}
}

func (a *Arena) encode(n walk.ID, x []float32) {
	if a.Space == nil {
		return
	}
	b := a.buffers.Get().(*[]float32)
	defer a.buffers.Put(b)
	x = x[:a.Space.Dim]
	a.Space.Centered(*b, x)
	if a.Tight {
		a.putTight(n, x, *b)
		return
	}
	if code := a.Records.Row(int(n))[a.Head:]; a.Form == Codes {
		a.Space.Round(code, x, a.Bits, *b)
	} else if a.Coded {
		a.Space.EncodeCentered(code, x, a.Bits, *b)
	}
	if a.Signs != nil {
		a.Space.EncodeSigns(a.Signs.Row(int(n)/kernel.ScanCodes), int(n)%kernel.ScanCodes, x, *b)
	}
}

// Adopt makes form the form of an empty arena.
func (a *Arena) Adopt(form Form) {
	a.Form = form
	a.Later.Store(false)
	switch {
	case form == Codes:
		a.Vectors = nil
		if a.Signs != nil && !a.Whole {
			a.Tight, a.Split = true, a.Bits == 8
			width := kernel.CodeWords(a.Space.Len, a.Bits)
			if a.Split {
				width = kernel.SplitStride(a.Space.Len) / 4
			}
			a.Records = chunk.New(width, 4, kernel.Aligned)
		}
	case form == Halves && a.Coded:
		a.Vectors = chunk.New(halvesWidth(a.dim()), 4, kernel.Aligned)
	case form == Halves:
		a.Records = chunk.New(a.Head+halvesWidth(a.dim()), 4, kernel.Aligned)
		a.Vectors = a.Records
	}
}

// Reduce gives the first n vectors, which are kept in float32, another form. Nothing may use the arena
// meanwhile.
func (a *Arena) Reduce(form Form, n int) {
	records, vectors := a.Records, a.Vectors
	a.Adopt(form)
	a.Stored().Grow(n)
	a.each(n, func(i walk.ID) {
		x := make([]float32, a.Stride)
		copy(x, vectors.Row(int(i))[a.Before:])
		if a.Records != records {
			copy(a.Records.Row(int(i))[:a.Head], records.Row(int(i)))
		}
		a.Put(i, x)
	})
}

// EncodeAll encodes the first n vectors with several goroutines.
func (a *Arena) EncodeAll(n int) {
	if a.Space != nil {
		a.each(n, a.Encode)
	}
}

// each calls f for the first n ids with several goroutines, one for those of a block of signs.
func (a *Arena) each(n int, f func(walk.ID)) {
	workers, next := pool.New(), atomic.Int64{}
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				from := int(next.Add(1)-1) * kernel.ScanCodes
				if from >= n {
					return
				}
				for i := from; i < min(n, from+kernel.ScanCodes); i++ {
					f(walk.ID(i))
				}
			}
		})
	}
	workers.Wait()
}
