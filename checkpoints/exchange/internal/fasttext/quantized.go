package fasttext

import (
	"bytes"
	"io"
	"math"
)

// centroids are the rows that a byte chooses from.
const centroids = 256

// codes are the rows of a quantized matrix: row t is the centroids that its codes choose, one
// after the other, times the norm that its norm code chooses.
type codes struct {
	rows, at int64
	codes    []byte // rows × parts
	product  product
	norms    []byte // nil: the centroids have the lengths of the rows
	norm     product
}

// product is a product quantizer: dim numbers in parts of size, of which the last may be shorter.
type product struct {
	dim, parts, size, last int
	values                 []float32
}

// codes reads a quantized matrix.
func (f *File) codes() (*codes, error) {
	const what = "a quantized matrix"
	s, c := &f.s, &codes{}
	normed, err := s.flag("whether norms are quantized")
	if err != nil {
		return nil, err
	}
	if c.rows, err = s.sizes(int64(f.Dim), 1); err != nil {
		return nil, err
	}
	size, err := s.int32(what)
	if err != nil {
		return nil, err
	}
	if c.rows < 1 || int64(size)%c.rows != 0 || size < 1 || int64(size)/c.rows > int64(f.Dim) {
		return nil, s.fail("%d codes for a matrix of %d rows", size, c.rows)
	}
	if err := s.room(int64(size), 1, "codes"); err != nil {
		return nil, err
	}
	c.at = s.at
	if c.codes, err = s.bytes(int64(size), what); err != nil {
		return nil, err
	}
	if err := c.product.read(s, int(f.Dim), int(int64(size)/c.rows)); err != nil {
		return nil, err
	}
	if !normed {
		return c, nil
	}
	if c.norms, err = s.bytes(c.rows, what); err != nil {
		return nil, err
	}
	return c, c.norm.read(s, 1, 1)
}

// bytes reads n bytes; memory grows with what is there.
func (s *source) bytes(n int64, what string) ([]byte, error) {
	var b bytes.Buffer
	if s.size >= 0 && s.size-s.at >= n {
		b.Grow(int(n))
	}
	done, err := io.CopyN(&b, s.r, n)
	s.at += done
	if err != nil {
		return nil, s.cut(what, err)
	}
	return b.Bytes(), nil
}

// read reads the centroids of dim numbers in the given number of parts.
func (p *product) read(s *source, dim, parts int) error {
	for _, to := range []*int{&p.dim, &p.parts, &p.size, &p.last} {
		n, err := s.int32("centroids")
		if err != nil {
			return err
		}
		*to = int(n)
	}
	if p.dim != dim || p.parts != parts || p.size < 1 || p.last < 1 || p.last > p.size || (p.parts-1)*p.size+p.last != dim {
		return s.fail("%d parts of %d numbers, the last of %d, for a row of %d in %d parts", p.parts, p.size, p.last, dim, parts)
	}
	raw, err := s.bytes(int64(4*centroids*dim), "centroids")
	if err != nil {
		return err
	}
	p.values = make([]float32, centroids*dim)
	for i := range p.values {
		p.values[i] = math.Float32frombits(little.Uint32(raw[4*i:]))
	}
	return nil
}

// row writes the centroids of the codes of a row.
func (p *product) row(dst []float32, codes []byte) {
	for i, code := range codes {
		size := p.size
		if i == p.parts-1 {
			size = p.last
		}
		copy(dst[i*p.size:], p.values[centroids*i*p.size+int(code)*size:][:size])
	}
}

func (f *File) quantized(fn func(i, at int64, row []float32) error) error {
	c, err := f.codes()
	if err != nil {
		return err
	}
	if f.Rows = c.rows; f.checkRows() != nil {
		return f.checkRows()
	}
	row, norm, parts := make([]float32, f.Dim), make([]float32, 1), int64(c.product.parts)
	for i := range c.rows {
		c.product.row(row, c.codes[i*parts:(i+1)*parts])
		if c.norms != nil {
			c.norm.row(norm, c.norms[i:i+1])
			for k := range row {
				row[k] *= norm[0]
			}
		}
		if err := fn(i, c.at+i*parts, row); err != nil {
			return err
		}
	}
	return nil
}
