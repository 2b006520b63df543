package mapped

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
	"sync/atomic"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Blocks are the blocks of some bytes, each with a checksum, CRC-32C. Several goroutines may check
// them.
type Blocks struct {
	bytes   []byte
	sums    []byte          // 4 bytes for each block, little endian
	shift   int             // of the size of a block, a power of 2
	checked []atomic.Uint64 // a bit for each block
	left    atomic.Int64    // blocks that have not been checked
}

// Count returns the number of blocks of n bytes. The last one may be shorter.
func Count(n, size int) int { return (n + size - 1) / size }

// NewBlocks returns the blocks of size bytes of p. The size must be a power of 2, and there must be a
// checksum of 4 bytes for each block.
func NewBlocks(p, sums []byte, size int) *Blocks {
	n := Count(len(p), size)
	b := &Blocks{bytes: p, sums: sums[:4*n], shift: bits.TrailingZeros(uint(size)), checked: make([]atomic.Uint64, (n+63)/64)}
	b.left.Store(int64(n))
	return b
}

// Mismatch is the error for a block whose checksum is wrong.
type Mismatch struct {
	At        int // its first byte
	Got, Want uint32
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("the checksum of the block at byte %d is %08x, expected %08x", m.At, m.Got, m.Want)
}

// Check compares the checksums of the blocks that hold the bytes from from up to to, which must
// exist, unless they have been compared before. A wrong one is a [*Mismatch].
func (b *Blocks) Check(from, to int) error {
	if b.left.Load() == 0 || from >= to {
		return nil
	}
	for i := from >> b.shift; i<<b.shift < to; i++ {
		if b.checked[i/64].Load()>>(i%64)&1 == 0 {
			if err := b.check(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Blocks) check(i int) error {
	p := b.bytes[i<<b.shift : min(len(b.bytes), (i+1)<<b.shift)]
	want := binary.LittleEndian.Uint32(b.sums[4*i:])
	if sum := crc32.Checksum(p, castagnoli); sum != want {
		return &Mismatch{i << b.shift, sum, want}
	}
	if bit := uint64(1) << (i % 64); b.checked[i/64].Or(bit)&bit == 0 {
		b.left.Add(-1)
	}
	return nil
}

// Sums computes the checksums of the blocks of what is written to it.
type Sums struct {
	size    int
	inBlock int    // bytes in the block so far
	block   uint32 // their checksum
	list    []byte
}

// NewSums returns the checksums of nothing yet, in blocks of size bytes.
func NewSums(size int) *Sums { return &Sums{size: size} }

// Write adds p. It never fails.
func (s *Sums) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), s.size-s.inBlock)
		s.block = crc32.Update(s.block, castagnoli, p[:n])
		p = p[n:]
		if s.inBlock += n; s.inBlock == s.size {
			s.End()
		}
	}
	return written, nil
}

// End ends a block that is shorter than the others.
func (s *Sums) End() {
	if s.inBlock > 0 {
		s.list = binary.LittleEndian.AppendUint32(s.list, s.block)
		s.block, s.inBlock = 0, 0
	}
}

// List returns the checksums of all blocks that have ended, as NewBlocks takes them.
func (s *Sums) List() []byte { return s.list }
