package kernel

import (
	"sync"

	"github.com/luminavec/luminavec/internal/parallel"
)

// The product of two matrices is blocked as in BLIS (Van Zee and van de Geijn 2015,
// "BLIS: A Framework for Rapidly Instantiating BLAS Functionality"): B is packed into
// panels as wide as a tile of C and low enough to stay in the first-level cache, and the
// sums of a tile stay in registers while its panel is read. A is read in place, unless
// that would be slow.
//
// Every value of C is one chain of multiply-adds for each block of k, and the blocks
// depend only on k. So its bits do not depend on how the rows and columns of C are
// divided among calls.
const (
	gemmDepth   = 256     // largest block of k: 16 to 32 KB of a panel of B
	gemmHeight  = 192     // rows of A in a block, a multiple of every tile's height
	gemmWidth   = 1024    // columns of B that are packed at a time, a multiple of every tile's width
	gemmDirect  = 16      // number of rows of C up to which packing B does not pay off
	gemmSpread  = 1 << 21 // number of products from which threads share a product of matrices
	gemmShared  = 1 << 20 // values of B that threads pack for all of them at a time
	largestTile = 12 * 32
)

// Gemm sets C to alpha·op(A)·op(B) + beta·C, where op(A) is m×k, op(B) k×n and C m×n;
// op transposes with tA or tB. The matrices are stored by rows, lda, ldb and ldc values
// apart, as in gonum's Sgemm; C overlaps neither A nor B. With beta 0, C is not read, so
// it may hold anything; with alpha 0, A and B are not read. A row of C has the same bits
// whether it is computed alone or with others, so that rows can be divided among
// goroutines. It replaces
//
//	for i, j: C[i][j] = alpha * Σ_p A[i][p]*B[p][j] + beta*C[i][j]
//
// It panics with PanicMatrix if a leading dimension is smaller than a row or a slice
// ends within its matrix.
func Gemm(tA, tB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	g := product{tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, beta: beta, a: a, b: b, c: c, lda: lda, ldb: ldb, ldc: ldc}
	g.check()
	g.run()
}

// GemmParallel is Gemm on at most the given number of goroutines. The bits of C do not
// depend on that number.
func GemmParallel(threads int, tA, tB bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	g := product{tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, beta: beta, a: a, b: b, c: c, lda: lda, ldb: ldb, ldc: ldc}
	g.check()
	if threads <= 1 || float64(m)*float64(n)*float64(k) < gemmSpread {
		g.run()
		return
	}
	g.share(threads)
}

// share computes the product on several goroutines. They pack B together, and then take parts of C
// until none is left, many more than there are threads, so that a thread that is slow or late does
// fewer of them.
func (g *product) share(threads int) {
	height, width, _ := tileShape()
	if g.alpha == 0 || g.k == 0 || !g.packsB() {
		step := portion(g.n, 4*threads, width)
		parallel.For(threads, g.n, step, func(from, to int) { g.columns(from, to-from).run() })
		return
	}
	s := sharedScratches.Get().(*gemmScratch)
	defer sharedScratches.Put(s)
	blocks := g.blocks()
	for j := 0; j < g.n; j += gemmWidth {
		part := g.columns(j, min(gemmWidth, g.n-j))
		padded := roundUp(part.n, width)
		group := max(1, gemmShared/(padded*gemmDepth))
		for block := 0; block < blocks; block += group {
			part.first, part.last = block, min(block+group, blocks)
			s.b = grow(s.b, padded*(g.row(part.last)-g.row(block)))
			panels := padded / width
			parallel.For(threads, panels*(part.last-block), 4, func(from, to int) {
				for i := from; i < to; i++ {
					p, depth := g.row(block+i/panels), g.row(block+i/panels+1)-g.row(block+i/panels)
					at := i % panels * width
					part.packB(s.b[(p-g.row(block))*padded+at*depth:], width, p, at, depth, min(width, part.n-at))
				}
			})
			x := *part
			x.packed, x.padded, x.left = s.b, padded, 0
			x.divide(threads, height, width)
			part.beta = 1
		}
	}
}

// divide computes a product with B packed, by parts of C.
func (g *product) divide(threads, height, width int) {
	// A part reads all of B, so few rows would be slow. Columns are divided only if there are too
	// few rows for all threads, because each part of them packs A again.
	const partsOfThread = 12
	rows := min(max(portion(g.m, partsOfThread*threads, height), 2*height), gemmHeight)
	down := (g.m + rows - 1) / rows
	columns := g.n
	if down < 2*threads {
		columns = max(portion(g.n, (2*threads+down-1)/down, width), 4*width)
	}
	across := (g.n + columns - 1) / columns
	parallel.For(threads, down*across, 1, func(part, _ int) {
		i, j := part/across*rows, part%across*columns
		g.rows(i, min(rows, g.m-i)).columns(j, min(columns, g.n-j)).run()
	})
}

// portion divides n rows or columns into the given number of parts, of a multiple of unit.
func portion(n, parts, unit int) int { return roundUp((n+parts-1)/parts, unit) }

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// product holds the arguments of a call.
type product struct {
	tA, tB        bool
	m, n, k       int
	alpha, beta   float32
	a, b, c       []float32
	lda, ldb, ldc int

	// A part of op(B) that has been packed: at most gemmWidth columns, of which the product has those
	// from left on. Nil: none.
	packed []float32
	padded int // columns of packed, a multiple of a tile's width
	left   int
	// The blocks of k of which the sum consists.
	first, last int // last is 0 for all
}

func (g *product) check() {
	if !fits(g.a, g.tA, g.m, g.k, g.lda) || !fits(g.b, g.tB, g.k, g.n, g.ldb) || !fits(g.c, false, g.m, g.n, g.ldc) {
		panic(PanicMatrix)
	}
}

// fits reports whether x holds a matrix of that shape.
func fits(x []float32, transposed bool, rows, columns, ld int) bool {
	if transposed {
		rows, columns = columns, rows
	}
	return rows >= 0 && columns >= 0 && ld >= columns &&
		(rows == 0 || columns == 0 || len(x) >= (rows-1)*ld+columns)
}

// rows computes the product of m rows of op(A), starting at row i.
func (g *product) rows(i, m int) *product {
	part := *g
	part.m, part.c = m, g.c[i*g.ldc:]
	part.a = g.a[g.aAt(i, 0):]
	return &part
}

// columns computes the product of n columns of op(B), starting at column j.
func (g *product) columns(j, n int) *product {
	part := *g
	part.n, part.c, part.left = n, g.c[j:], g.left+j
	if g.packed == nil {
		part.b = g.b[g.bAt(0, j):]
	}
	return &part
}

func (g *product) aAt(i, p int) int {
	if g.tA {
		return p*g.lda + i
	}
	return i*g.lda + p
}

func (g *product) bAt(p, j int) int {
	if g.tB {
		return j*g.ldb + p
	}
	return p*g.ldb + j
}

// gemmScratch is the working memory of a product. It grows as needed, up to 1.2 MB.
type gemmScratch struct {
	a, b []float32 // packed panels
	tile []float32 // a tile at the edge of C
}

var gemmScratches = sync.Pool{New: func() any { return &gemmScratch{tile: Aligned(largestTile)} }}

// sharedScratches holds the panels of B that threads pack together, 4 MB or a little more.
var sharedScratches = sync.Pool{New: func() any { return &gemmScratch{} }}

// grow returns x, or n new values if it is shorter.
func grow(x []float32, n int) []float32 {
	if len(x) < n {
		return Aligned(n)
	}
	return x
}

// panel describes the layout of a panel: off is the distance between neighbors along the tile,
// and step the distance between neighbors along k.
type panel struct {
	x         []float32
	off, step int
}

func (g *product) run() {
	if g.m == 0 || g.n == 0 {
		return
	}
	if g.alpha == 0 || g.k == 0 {
		g.scale()
		return
	}
	height, width, anywhere := tileShape()
	s := gemmScratches.Get().(*gemmScratch)
	defer gemmScratches.Put(s)
	packA := !anywhere || g.packsA()
	packB := g.packed != nil || g.packsB()
	deepest := min(g.k, gemmDepth)
	s.a = grow(s.a, min(g.m+height, gemmHeight)*deepest+Lanes) // packing writes past the end
	if g.packed == nil {
		s.b = grow(s.b, min(g.n+width, gemmWidth)*deepest)
	}
	last := g.last
	if last == 0 {
		last = g.blocks()
	}
	for j := 0; j < g.n; j += gemmWidth {
		columns := min(gemmWidth, g.n-j)
		beta := g.beta
		for block := g.first; block < last; block++ {
			p := g.row(block)
			depth := g.row(block+1) - p
			panels := s.b
			if g.packed != nil {
				panels = g.packed[(p-g.row(g.first))*g.padded+g.left*depth:]
			} else {
				g.packPanels(panels, width, p, j, depth, columns, packB)
			}
			bPanels := func(at int) panel { return panel{panels[at*depth:], 1, width} }
			for i := 0; i < g.m; i += gemmHeight {
				rows := min(gemmHeight, g.m-i)
				g.packA(s.a, height, i, p, rows, depth, packA)
				for right := 0; right < columns; right += width {
					w := min(width, columns-right)
					b := bPanels(right)
					if !packB && w == width {
						b = panel{g.b[p*g.ldb+j+right:], 1, g.ldb}
					}
					for down := 0; down < rows; down += height {
						h := min(height, rows-down)
						a := panel{s.a[down*depth:], 1, height}
						if !packA && h == height {
							a = panel{g.a[(i+down)*g.lda+p:], g.lda, 1}
						}
						c := g.c[(i+down)*g.ldc+j+right:]
						if h == height && w == width {
							gemmTile(c, g.ldc, a, b, depth, g.alpha, beta)
							continue
						}
						// The kernels compute whole tiles only.
						for r := range h {
							copy(s.tile[r*width:r*width+w], c[r*g.ldc:])
						}
						gemmTile(s.tile, width, a, b, depth, g.alpha, beta)
						for r := range h {
							copy(c[r*g.ldc:r*g.ldc+w], s.tile[r*width:])
						}
					}
				}
			}
			beta = 1
		}
	}
}

// blocks returns the number of blocks of k, and row the first row of a block.
func (g *product) blocks() int       { return (g.k + gemmDepth - 1) / gemmDepth }
func (g *product) row(block int) int { return g.k * block / g.blocks() }

// packsB reports whether B is packed: unless a tile's row can be read in place and is read only once
// or twice.
func (g *product) packsB() bool {
	_, _, anywhere := tileShape()
	return !anywhere || g.tB || g.m > gemmDirect
}

// packsA reports whether A is packed: if the values of a tile's column are neighbors, or
// if the rows are so far apart that they map to the same lines of the first-level cache.
func (g *product) packsA() bool { return g.tA || g.lda%256 == 0 && g.n > 64 }

// packA packs rows of op(A), starting at (i, p), into panels of depth rows of height values.
// Unless all is set, it packs only the last panel, and only if that is incomplete.
func (g *product) packA(dst []float32, height, i, p, rows, depth int, all bool) {
	first := 0
	if !all {
		first = rows / height * height
	}
	if !g.tA {
		for at := first; at < rows; at += height {
			packColumns(dst[at*depth:], height, g.a[(i+at)*g.lda+p:], g.lda, depth, min(height, rows-at))
		}
		return
	}
	// Process a few stored rows for all panels, then the next few, so that they stay in the
	// cache from one panel to the next.
	const few = 32
	for from := 0; from < depth; from += few {
		for at := first; at < rows; at += height {
			packRows(dst[at*depth+from*height:], height, g.a[(p+from)*g.lda+i+at:], g.lda, min(few, depth-from), min(height, rows-at))
		}
	}
}

// packPanels packs the panels of depth rows and the given number of columns of op(B), starting at
// (p, j). Unless all is set, it packs only the last panel, and only if that is incomplete.
func (g *product) packPanels(dst []float32, width, p, j, depth, columns int, all bool) {
	for at := 0; at < columns; at += width {
		if lanes := min(width, columns-at); all || lanes < width {
			g.packB(dst[at*depth:], width, p, j+at, depth, lanes)
		}
	}
}

// packB packs lanes columns of op(B), starting at (p, j), into depth rows of width values.
func (g *product) packB(dst []float32, width, p, j, depth, lanes int) {
	if g.tB {
		packColumns(dst, width, g.b[j*g.ldb+p:], g.ldb, depth, lanes)
		return
	}
	packRows(dst, width, g.b[p*g.ldb+j:], g.ldb, depth, lanes)
}

// scale computes the product if op(A)·op(B) does not contribute.
func (g *product) scale() {
	for i := range g.m {
		row := g.c[i*g.ldc : i*g.ldc+g.n]
		if g.beta == 0 {
			clear(row)
		} else if g.beta != 1 {
			scale(row, g.beta)
		}
	}
}

// A Factor is the right factor of products, packed once for all of them.
type Factor struct {
	n, k, width int
	packed      []float32
}

// NewFactor packs op(B), which is k×n; op transposes with tB. B is stored by rows, ldb values apart,
// and is not needed afterwards. It panics as Gemm does.
func NewFactor(tB bool, n, k int, b []float32, ldb int) *Factor {
	g := product{tB: tB, n: n, k: k, b: b, lda: k, ldb: ldb, ldc: n} // of no rows
	g.check()
	f := &Factor{n: n, k: k}
	_, f.width, _ = tileShape()
	f.packed = Aligned((n+f.width-1)/f.width*f.width*k + Lanes)
	for j := 0; j < n; j += gemmWidth {
		columns := min(gemmWidth, n-j)
		for block := range g.blocks() {
			p := g.row(block)
			g.packPanels(f.packed[j*k+p*roundUp(columns, f.width):], f.width, p, j, g.row(block+1)-p, columns, true)
		}
	}
	return f
}

// Gemm sets C to alpha·A·op(B) + beta·C, where A is m×k and C m×n, with the bits of [Gemm]. It
// panics as Gemm does.
func (f *Factor) Gemm(m int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	g := product{m: m, n: f.n, k: f.k, alpha: alpha, beta: beta, a: a, c: c, lda: lda, ldb: f.n, ldc: ldc}
	if _, width, _ := tileShape(); width != f.width || !fits(a, false, m, f.k, lda) || !fits(c, false, m, f.n, ldc) {
		panic(PanicMatrix)
	}
	for j := 0; j < f.n; j += gemmWidth {
		part := g
		part.n, part.c = min(gemmWidth, f.n-j), c[min(j, len(c)):]
		part.packed, part.padded = f.packed[j*f.k:], roundUp(part.n, f.width)
		part.run()
	}
}
