package rows

import (
	"github.com/luminavec/luminavec/index/internal/chunk"
	"github.com/luminavec/luminavec/index/internal/container"
)

// Load reads a section that consists of n rows of an array.
func Load[T ~float32 | ~int32](r *container.Reader, section string, a *chunk.Array[T], n int) error {
	if err := r.AlignedSection(section); err != nil {
		return err
	}
	if err := r.Expect(uint64(n) * uint64(a.Width()) * 4); err != nil {
		return err
	}
	for at := 0; at < n; {
		a.Grow(at + 1) // chunk by chunk, as the file turns out to have the rows
		rows, count := a.Run(at, n-at)
		if err := r.Fill(container.AsBytes(rows)); err != nil {
			return err
		}
		container.SwapToLittleEndian(rows)
		at += count
	}
	return r.End()
}
