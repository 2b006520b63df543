package index

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/luminavec/luminavec/index/internal/arena"
	"github.com/luminavec/luminavec/index/internal/codes"
	"github.com/luminavec/luminavec/index/internal/container"
	"github.com/luminavec/luminavec/index/internal/rows"
	"github.com/luminavec/luminavec/internal/pipe"
)

// OpenFile opens the index at path without reading it. The file is mapped into memory, and
// the operating system reads the parts that searches access, so that the first answer comes
// at once and an index larger than memory can be searched. Changes stay in memory, as after
// LoadFile; use OpenDurable to keep them.
//
// OpenFile compares the checksums of all small sections: everything but vectors and the links
// of level 0. Of those, a search compares the checksums of the blocks that it reads, the first
// time it does; if one is wrong, this and all later searches return an error. A file without
// blocks, which is one of less than 32 MiB without codes or of an earlier release, is compared as a whole when
// it is opened; saving a large one again adds blocks. All is checked, as by Load, before the
// first change, and by Verify or Vector.
//
// The file may be replaced (SaveFile) while it is open, except on Windows, but must not
// be written to. It stays mapped until the index is garbage collected. A file of an older
// version (with codes, before 5), an LSH index, and a file that cannot be mapped are loaded as by LoadFile.
func OpenFile(path string) (Index, error) {
	if pipe.Blocks(path) {
		return LoadFile(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, explainOpen(err)
	}
	defer f.Close()
	m := container.Map(f)
	if m == nil {
		return LoadFile(path)
	}
	ix, err := openImage(m)
	if errors.Is(err, errMustLoad) {
		container.Unmap(m)
		return LoadFile(path)
	}
	if err != nil {
		container.Unmap(m)
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ix.base().Path = path
	// The garbage collector does not know the memory that the arrays use.
	runtime.AddCleanup(ix.base(), container.Unmap, m)
	return ix, nil
}

// errMustLoad is returned for a file that cannot be used where it is.
var errMustLoad = errors.New("the file must be loaded")

// openImage returns an index that uses a file in memory.
func openImage(file []byte) (ix kindIndex, err error) {
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	m, err := container.NewImage(file)
	if err != nil {
		return nil, err
	}
	options, err := m.Section("options")
	if err == nil {
		err = options.Check()
	}
	if err != nil {
		return nil, err
	}
	if got, want := len(options.Payload()), optionsBytes[m.Version()]; got != want {
		return nil, container.Damaged("options", "it has %d bytes, expected %d", got, want)
	}
	h, err := decodeHeader(options.Payload())
	if err != nil {
		return nil, err
	}
	if m.Version() < 3 || m.Version() < container.Coded && h.Quantization != NoQuantization {
		return nil, errMustLoad
	}
	ix = h.create(m.Version())
	return ix, ix.open(m)
}

// open uses the sections after the options. g is nil for an index without a graph.
func (s *store) open(m *container.Image, g *graph) error {
	labels, err := m.AlignedSection("labels", -1, 8)
	if err == nil {
		err = labels.Check()
	}
	if err != nil {
		return err
	}
	n := len(labels.Payload()) / 8
	if n > maxNodes {
		return container.Damaged("labels", "it has %d labels, at most %d are possible", n, maxNodes)
	}
	s.Labels.Adopt(container.AsNumbers[int64](labels.Payload()), n)
	s.States.Grow(n)
	for i := range n {
		s.States.Row(i)[0].Store(rows.Ready)
	}
	if m.Version() >= container.Kept {
		if err := openSmall(m, "kept", s.adoptKept); err != nil {
			return err
		}
	}
	if s.Arena.Space != nil && m.Version() >= container.Coded {
		if err := s.openCenter(m); err != nil {
			return err
		}
	}
	if s.hasWidths(m.Version()) {
		if err := openSmall(m, "widths", func(p []byte) error { return s.adoptWidths(p, m.Version()) }); err != nil {
			return err
		}
	}
	if g != nil {
		if err := g.net.Open(m, n); err != nil {
			return err
		}
	}
	large := make([]container.Section, 0, 3)
	records, err := m.AlignedSection("records", n, s.Arena.Records.Width()*4)
	if err != nil {
		return err
	}
	large = append(large, records)
	s.Arena.Records.Adopt(container.AsNumbers[float32](records.Payload()), n)
	separate := s.Arena.Coded && s.Arena.Form != arena.Codes
	if separate {
		vectors, err := m.AlignedSection("vectors", n, s.Arena.Vectors.Width()*4)
		if err != nil {
			return err
		}
		large = append(large, vectors)
		s.Arena.Vectors.Adopt(container.AsNumbers[float32](vectors.Payload()), n)
	}
	if s.Arena.Signs != nil {
		signs, err := m.AlignedSection("signs", arena.Blocks(n), s.Arena.Signs.Width()*4)
		if err != nil {
			return err
		}
		large = append(large, signs)
		s.Arena.Signs.Adopt(container.AsNumbers[float32](signs.Payload()), arena.Blocks(n))
	}
	blocks, err := m.Blocks(large...)
	if err != nil {
		return err
	}
	s.Blocks = [3]*container.Blocks{blocks[0], blocks[0]}
	if separate {
		s.Blocks[1] = blocks[1]
	}
	if s.Arena.Signs != nil {
		s.Blocks[2] = blocks[len(blocks)-1]
	}
	if err := m.Finish(); err != nil {
		return err
	}
	s.Reserved.Store(int64(n))
	s.Count.Store(int64(n))
	s.Unchecked.Store(true)
	if blocks[0] == nil {
		large = nil // checked
	}
	s.completing = sync.OnceValue(func() error { return s.checkOpened(g, n, large, blocks) })
	s.recenter.Store(codes.NextCenter(n))
	return nil
}

// checkOpened checks what open has left unchecked, and fills the tables.
func (s *store) checkOpened(g *graph, n int, large []container.Section, blocks []*container.Blocks) error {
	for i, section := range large {
		if err := cmp.Or(section.Check(), blocks[i].Check(0, len(section.Payload()))); err != nil {
			return err
		}
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for i := range n {
		label := s.Label(id(i))
		if s.IDOf(label) != none {
			return duplicateLabel(label)
		}
		s.SetID(label, id(i))
	}
	if err := s.checkArrays(g, n); err != nil {
		return err
	}
	s.Unchecked.Store(false)
	return nil
}

// complete makes sure that an opened index is checked and its tables are filled.
// Everything but a search calls it first, without holding a lock.
func (s *store) complete() (err error) {
	if s.completing == nil {
		return nil
	}
	defer container.Unfault(debug.SetPanicOnFault(true), &err)
	return s.completing()
}
