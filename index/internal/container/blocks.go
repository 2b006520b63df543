package container

import "github.com/luminavec/luminavec/internal/mapped"

// blockBytes is the size of a block, the part of a large section that has a checksum of its
// own: a page of memory, which the system reads at once.
const blockBytes = 4096

// blocksSection is the last section of a file with blocks: the CRC-32C of each block of each
// blocked section, in the order of the file. The last block of a section may be shorter.
const blocksSection = "blocks"

// BlockedSection begins an aligned section. If the file has blocks, each of its blocks gets a
// checksum.
func (w *Writer) BlockedSection(name string, length int) {
	w.AlignedSection(name, length)
	w.blocked = w.version >= firstBlocked
}

// Blocks writes the checksums of the blocks, if the file has blocks. It is called once, after
// the last section.
func (w *Writer) Blocks() {
	if w.version >= firstBlocked {
		w.Section(blocksSection, len(w.blocks.List()))
		w.Bytes(w.blocks.List())
		w.End()
	}
}

// Blocks reads over the checksums of the blocks, if the file has blocks: the checksums of whole
// sections have been compared.
func (r *Reader) Blocks() error {
	if r.version < firstBlocked {
		return nil
	}
	if err := r.Section(blocksSection); err != nil {
		return err
	}
	for r.More() {
		if _, err := r.Next(1); err != nil {
			return err
		}
	}
	return r.End()
}

// Blocks are the blocks of a section. Several goroutines may check them.
type Blocks struct {
	section string
	blocks  *mapped.Blocks
}

// Blocks returns the blocks of the blocked sections, which are all of those of the file. In a
// file without blocks it checks the sections as a whole and returns nil.
func (m *Image) Blocks(sections ...Section) ([]*Blocks, error) {
	if m.version < firstBlocked {
		for _, s := range sections {
			if err := s.Check(); err != nil {
				return nil, err
			}
		}
		return make([]*Blocks, len(sections)), nil
	}
	all, err := m.Section(blocksSection)
	if err == nil {
		err = all.Check()
	}
	if err != nil {
		return nil, err
	}
	sums, list := all.Payload(), make([]*Blocks, len(sections))
	for i, s := range sections {
		n := mapped.Count(len(s.Payload()), blockBytes)
		if len(sums) < 4*n {
			return nil, Damaged(blocksSection, "it has %d bytes, too few", len(all.Payload()))
		}
		list[i] = &Blocks{s.name, mapped.NewBlocks(s.Payload(), sums, blockBytes)}
		sums = sums[4*n:]
	}
	if len(sums) > 0 {
		return nil, Damaged(blocksSection, "it has %d bytes too many", len(sums))
	}
	return list, nil
}

// Check compares the checksums of the blocks that hold the bytes of the payload from from up to
// to, which must exist, unless they have been compared before. A nil Blocks has been checked.
func (b *Blocks) Check(from, to int) error {
	if b == nil {
		return nil
	}
	if err := b.blocks.Check(from, to); err != nil {
		return Damaged(b.section, "%w", err)
	}
	return nil
}
