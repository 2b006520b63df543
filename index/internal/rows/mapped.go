package rows

import (
	"fmt"
	"sync/atomic"

	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Mapped is the state of rows that are used where a file has them: which of its blocks were checked, and
// the damage found in them. The zero value is that of rows that were not mapped.
type Mapped struct {
	Unchecked atomic.Bool          // large sections were not checked
	Path      string               // of the file
	Blocks    [3]*container.Blocks // of the records, the vectors and the signs; nil: checked
	damage    atomic.Pointer[error]
}

// Touch checks the records that a search is about to read.
func (r *Rows) Touch(ids []id) {
	width := r.Arena.Records.Width() * 4
	for _, n := range ids {
		r.check(r.Blocks[0], int(n)*width, width)
	}
}

// TouchVectors checks n vectors from at on.
func (r *Rows) TouchVectors(at, n int) {
	if r.Unchecked.Load() {
		width := r.Arena.Stored().Width() * 4
		r.check(r.Blocks[1], at*width, n*width)
		if r.Arena.Split && n > 0 {
			first := at / kernel.ScanCodes
			r.TouchSigns(first, (at+n-1)/kernel.ScanCodes+1-first)
		}
	}
}

// TouchSigns checks n blocks of signs from at on.
func (r *Rows) TouchSigns(at, n int) {
	if r.Unchecked.Load() {
		width := r.Arena.Signs.Width() * 4
		r.check(r.Blocks[2], at*width, n*width)
	}
}

// check checks a part of a section. A search goes on with damaged bytes, which do no harm,
// and returns the error at its end.
func (m *Mapped) check(b *container.Blocks, from, size int) {
	if err := b.Check(from, from+size); err != nil {
		m.noteDamage(err)
	}
}

// noteDamage is not in check, where err would be allocated by each call.
func (m *Mapped) noteDamage(err error) {
	if m.Path != "" {
		err = fmt.Errorf("%s: %w", m.Path, err)
	}
	m.damage.CompareAndSwap(nil, &err)
}

// Damaged returns the damage that searches have found, if any.
func (m *Mapped) Damaged() error {
	if err := m.damage.Load(); err != nil {
		return *err
	}
	return nil
}
