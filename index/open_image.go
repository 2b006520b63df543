package index

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"sync"

	"github.com/luminavec/luminavec/internal/fault"
)

// openImage makes an index that lies in a file of version 3 in memory.
func openImage(file []byte) (Index, error) {
	m := &image{file: file}
	head := &reader{from: bufio.NewReaderSize(bytes.NewReader(file), 1<<10), name: "header"}
	o, err := head.header()
	if err != nil {
		return nil, err
	}
	if head.version < 3 || o.Kind == LSH {
		return nil, errToLoad
	}
	m.version, m.logName, m.changes = head.version, head.logName, head.changes
	m.at = len(magic) + 4 + headBytes + optionsBytes[head.version] + 4
	if o.Kind == Flat {
		f := newFlat(o)
		return f, f.store.open(m, nil)
	}
	g := newGraph(o)
	return g, g.store.open(m, g)
}

// open takes up the sections behind the options. g is nil for an index without a
// graph.
func (s *store) open(m *image, g *graph) error {
	labels, err := m.section("labels", true)
	if err != nil {
		return err
	}
	if err := labels.check(&m.reader); err != nil {
		return err
	}
	n := len(labels.payload()) / 8
	if len(labels.payload())%8 != 0 || n > maxNodes || n > 0 && m.aligned(labels) != 0 {
		return m.damaged("%d bytes, %d off", len(labels.payload()), m.aligned(labels))
	}
	s.labels.adopt(asNumbers[int64](labels.payload()), n)
	s.states.grow(n)
	for i := range n {
		s.states.row(i)[0].Store(ready)
	}
	if g != nil {
		if err := g.openNodes(m, n); err != nil {
			return err
		}
	}
	large := make([]sectionOf, 0, 2)
	records, err := m.rows("records", n, s.arena.records.width, 4)
	if err != nil {
		return err
	}
	large = append(large, records)
	s.arena.records.adopt(asNumbers[float32](records.payload()), n)
	if s.arena.coded {
		vectors, err := m.rows("vectors", n, s.arena.vectors.width, 4)
		if err != nil {
			return err
		}
		large = append(large, vectors)
		s.arena.vectors.adopt(asNumbers[float32](vectors.payload()), n)
	}
	if m.at != len(m.file) {
		return fault.New(damagedHint, "index: there is more after section %s, the last", m.name)
	}
	s.logName = m.logName
	s.changes.Store(m.changes)
	s.reserved.Store(int64(n))
	s.count.Store(int64(n))
	s.unchecked.Store(true)
	s.completing = sync.OnceValue(func() error { return s.checkOpened(&m.reader, g, n, large) })
	return nil
}

// openNodes takes up the sections nodes and upper.
func (g *graph) openNodes(m *image, n int) error {
	nodes, err := m.section("nodes", false)
	if err != nil {
		return err
	}
	if err := nodes.check(&m.reader); err != nil {
		return err
	}
	p := nodes.payload()
	if len(p) != 4+n*nodeBytes {
		return m.damaged("%d bytes, expected %d", len(p), 4+n*nodeBytes)
	}
	g.nodes.grow(n)
	c := nodeChecker{g: g, n: n}
	for i := range n {
		if err := c.node(i, p[4+i*nodeBytes:][:nodeBytes]); err != nil {
			return m.damaged("%w", err)
		}
	}
	if err := c.entry(id(binary.LittleEndian.Uint32(p))); err != nil {
		return m.damaged("%w", err)
	}
	upper, err := m.rows("upper", g.upperRows, g.options.M, 4)
	if err != nil {
		return err
	}
	if err := upper.check(&m.reader); err != nil {
		return err
	}
	g.upper.adopt(asNumbers[slot](upper.payload()), g.upperRows)
	return g.checkLinks(&m.reader, n, 1)
}

// checkOpened checks what open has left unchecked, and fills the maps.
func (s *store) checkOpened(r *reader, g *graph, n int, large []sectionOf) error {
	for _, section := range large {
		if err := section.check(r); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		label := s.label(id(i))
		if s.idOf(label) != none {
			r.name = "labels"
			return r.damaged("label %d comes twice", label)
		}
		s.setID(label, id(i))
	}
	if err := s.checkImage(r, g, n); err != nil {
		return err
	}
	s.unchecked.Store(false)
	return nil
}

// complete makes sure that an opened index is checked and its maps filled. Who
// needs more than a plain search calls it first, holding no lock.
func (s *store) complete() error {
	if s.completing == nil {
		return nil
	}
	return s.completing()
}
