package index

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Load reads an index that Save wrote; r must end where the index does. The
// file is not trusted: whatever is in it, the result is an index in which every
// link, level and label is sound, or an error that names the section at fault.
func Load(r io.Reader) (Index, error) {
	in := &reader{from: bufio.NewReaderSize(r, 1<<16), name: "header"}
	o, err := in.header()
	if err != nil {
		return nil, err
	}
	var ix Index
	switch o.Kind {
	case Flat:
		f := newFlat(o)
		ix, err = f, f.store.load(in, nil)
	case LSH:
		l := newLSH(o)
		if err = l.store.load(in, nil); err == nil {
			l.hashAll()
		}
		ix = l
	default:
		g := newGraph(o)
		ix, err = g, g.store.load(in, g)
	}
	if err != nil {
		return nil, err
	}
	if _, err := in.from.ReadByte(); err == nil {
		return nil, fault.New(damagedHint, "index: there is more after section %s, the last", in.name)
	} else if err != io.EOF {
		return nil, fmt.Errorf("index: after section %s: %w", in.name, err)
	}
	return ix, nil
}

// header reads all up to the end of the section options.
func (r *reader) header() (Options, error) {
	r.left = uint64(len(magic) + 4)
	p, err := r.next(len(magic) + 4)
	if err != nil {
		return Options{}, err
	}
	if string(p[:len(magic)]) != magic {
		return Options{}, fault.New("give a file that `search build` wrote", "index: this is no index file: it begins %q", p[:len(magic)])
	}
	version := binary.LittleEndian.Uint32(p[len(magic):])
	if version < 1 || version > formatVersion {
		return Options{}, fault.New("it may come from a newer release: update this one",
			"index: format version %d, this program reads 1 to %d", version, formatVersion)
	}
	r.version = int(version)
	if err := r.section("options"); err != nil {
		return Options{}, err
	}
	if err := r.expect(uint64(optionsBytes[version])); err != nil {
		return Options{}, err
	}
	// What a version has not stays as it is here: no quantization, no change.
	v := [17]uint32{14: uint32(Options{}.withDefaults().Tables)}
	for i := range v[:optionsBytes[version]/4] {
		if v[i], err = r.uint32(); err != nil {
			return Options{}, err
		}
		if (i < 7 || i > 13) && v[i] > math.MaxInt32 {
			return Options{}, r.damaged("value %d is %d", i, v[i])
		}
	}
	if err := r.end(); err != nil {
		return Options{}, err
	}
	r.logName, r.changes = uint64(v[10])|uint64(v[11])<<32, uint64(v[12])|uint64(v[13])<<32
	if v[16] > 1 {
		return Options{}, r.damaged("deterministic is %d", v[16])
	}
	if int(v[0]) >= len(kinds) {
		return Options{}, r.damaged("kind %d is unknown", v[0])
	}
	if int64(v[9]) >= int64(len(quantizations)) {
		return Options{}, r.damaged("quantization %d is unknown", v[9])
	}
	o := Options{
		Kind: kinds[v[0]], Metric: Metric(v[1]), Dim: int(v[2]), M: int(v[3]),
		EfConstruction: int(v[4]), EfSearch: int(v[5]), Threads: int(v[6]),
		Seed: uint64(v[7]) | uint64(v[8])<<32, Quantization: quantizations[v[9]],
		Tables: int(v[14]), Bits: int(v[15]), Deterministic: v[16] == 1,
	}
	if err := o.Validate(); err != nil {
		return Options{}, r.damaged("%w", err)
	}
	if o != o.withDefaults() {
		return Options{}, r.damaged("a value is zero that cannot be")
	}
	return o, nil
}

// load reads all sections behind the options, of any version. g is nil for an
// index without a graph.
func (s *store) load(r *reader, g *graph) error {
	n, err := s.loadLabels(r)
	if err != nil {
		return err
	}
	if r.version >= 3 {
		err = s.loadImage(r, g, n)
	} else {
		err = s.loadVectors(r, n)
		if err == nil && g != nil {
			err = g.load(r, n)
		}
	}
	if err != nil {
		return err
	}
	s.logName = r.logName
	s.changes.Store(r.changes)
	s.reserved.Store(int64(n))
	s.count.Store(int64(n))
	return nil
}

func (s *store) loadLabels(r *reader) (int, error) {
	if err := r.begin("labels"); err != nil {
		return 0, err
	}
	n := 0
	for ; r.left > 0 || len(r.pending) > 0; n++ {
		p, err := r.next(8)
		if err != nil {
			return 0, err
		}
		label := int64(binary.LittleEndian.Uint64(p))
		if _, taken := s.ids[label]; taken || n == maxNodes {
			return 0, r.damaged("label %d comes twice", label)
		}
		s.ids[label] = id(n)
		s.labels.grow(n + 1)
		s.labels.row(n)[0] = label
		s.states.grow(n + 1)
		s.mark(id(n), ready)
	}
	return n, r.end()
}

// loadVectors reads the section vectors of versions 1 and 2.
func (s *store) loadVectors(r *reader, n int) error {
	if err := r.section("vectors"); err != nil {
		return err
	}
	dim := s.options.Dim
	if err := r.expect(uint64(n) * uint64(dim) * 4); err != nil {
		return err
	}
	for i := range n {
		s.arena.grow(i + 1)
		vector := s.arena.vector(id(i))[:dim]
		for j := range vector {
			v, err := r.uint32()
			if err != nil {
				return err
			}
			vector[j] = math.Float32frombits(v)
		}
	}
	if err := s.checkVectors(r, n); err != nil {
		return err
	}
	s.encodeAll(n)
	return r.end()
}

// checkVectors checks that every vector is one that the metric stores.
func (s *store) checkVectors(r *reader, n int) error {
	dim := s.options.Dim
	for i := range n {
		vector := s.arena.vector(id(i))
		if !s.options.Metric.storable(vector[:dim]) || !zero(vector[dim:]) {
			return r.damaged("the vector of label %d is none that %s stores", s.label(id(i)), s.options.Metric)
		}
	}
	return nil
}

// encodeAll makes the codes of n vectors.
func (s *store) encodeAll(n int) {
	for i := range n {
		s.arena.encode(id(i), s.options.Dim)
	}
}

// storable says that prepare could have made vector.
func (m Metric) storable(vector []float32) bool {
	var sum float64
	for _, v := range vector {
		sum += float64(v) * float64(v)
	}
	if m == Cosine {
		return sum == 0 || math.Abs(sum-1) < 1e-3
	}
	return math.Sqrt(sum) <= MaxLength // false for NaN
}

// load reads the graph of versions 1 and 2 over n vectors.
func (g *graph) load(r *reader, n int) error {
	if err := g.loadNodes(r, n); err != nil {
		return err
	}
	if err := g.checkCopies(r, n); err != nil {
		return err
	}
	if err := g.loadLinks(r, n); err != nil {
		return err
	}
	return g.checkTree(r, n)
}

// loadNodes reads the section nodes and sets the entry point.
func (g *graph) loadNodes(r *reader, n int) error {
	if err := r.section("nodes"); err != nil {
		return err
	}
	if err := r.expect(4 + uint64(n)*nodeBytes); err != nil {
		return err
	}
	p, err := r.next(4)
	if err != nil {
		return err
	}
	entry := id(binary.LittleEndian.Uint32(p))
	c := nodeChecker{g: g, n: n}
	for i := range n {
		p, err := r.next(nodeBytes)
		if err != nil {
			return err
		}
		g.nodes.grow(i + 1)
		if err := c.node(i, p); err != nil {
			return r.damaged("%w", err)
		}
	}
	if err := c.entry(entry); err != nil {
		return r.damaged("%w", err)
	}
	return r.end()
}

// nodeChecker takes up the entries of a section nodes.
type nodeChecker struct {
	g           *graph
	n           int
	top, levels int
}

// node takes up entry i.
func (c *nodeChecker) node(i int, p []byte) error {
	level := int(p[0])
	// Levels are drawn with chance M^-l: their sum is about n/(M-1). What is
	// allowed here is far more, and keeps memory in proportion to the file.
	if level > maxLevel || c.levels+level > 2*c.n+maxLevel {
		return fmt.Errorf("vector number %d: level %d", i, level)
	}
	parent, twin := id(binary.LittleEndian.Uint32(p[1:])), id(binary.LittleEndian.Uint32(p[5:]))
	if max(int(parent), int(twin)) >= c.n || min(parent, twin) < none {
		return fmt.Errorf("vector number %d: parent %d, twin %d, but there are %d", i, parent, twin, c.n)
	}
	if twin != none && (level > 0 || parent != none) {
		return fmt.Errorf("vector number %d: a copy in the graph", i)
	}
	v := c.g.node(id(i))
	*v = node{upper: -1, twin: twin, prev: none, level: int8(level)}
	put(&v.parent, parent)
	if level > 0 {
		v.upper = int32(c.levels)
	}
	c.levels += level
	c.top = max(c.top, level)
	return nil
}

// entry takes up the entry point, once all nodes are there.
func (c *nodeChecker) entry(entry id) error {
	g := c.g
	switch {
	case entry == none && c.n > 0:
		return errors.New("no entry point")
	case entry < none || int(entry) >= c.n:
		return fmt.Errorf("the entry point is %d, but there are %d", entry, c.n)
	case entry == none:
		return nil
	case g.node(entry).twin != none || int(g.node(entry).level) != c.top:
		return errors.New("the entry point is not on the highest level")
	}
	g.entry.Store(int64(newEntry(entry, c.top)))
	g.upperRows = c.levels
	for i := range c.n {
		if twin := g.node(id(i)).twin; twin != none {
			if g.node(twin).twin != none {
				return fmt.Errorf("vector number %d: a copy of a copy", i)
			}
			g.joinCopies(id(i), twin)
		}
	}
	return nil
}

// checkCopies checks that copies are, and fills the map of twins.
func (g *graph) checkCopies(r *reader, n int) error {
	for i := range n {
		twin := g.node(id(i)).twin
		if twin != none {
			if !equal(g.arena.vector(twin), g.arena.vector(id(i))) {
				return r.damaged("vector number %d: no copy of number %d", i, twin)
			}
			continue
		}
		h := hash(g.arena.vector(id(i)))
		if _, taken := g.twins[h]; !taken {
			g.twins[h] = id(i)
		}
	}
	return nil
}

func (g *graph) loadLinks(r *reader, n int) error {
	if err := r.section("links"); err != nil {
		return err
	}
	for i := range n {
		v := g.node(id(i))
		if v.twin != none {
			continue
		}
		for l := range int(v.level) + 1 {
			if l > 0 {
				g.upper.grow(int(v.upper) + l)
			}
			if err := g.loadList(r, id(i), l, n); err != nil {
				return err
			}
		}
	}
	return r.end()
}

func (g *graph) loadList(r *reader, at id, level, n int) error {
	p, err := r.next(2)
	if err != nil {
		return err
	}
	count := int(binary.LittleEndian.Uint16(p))
	slots := g.links(at, level)
	if count > len(slots) {
		return r.damaged("vector number %d, level %d: %d links, at most %d", at, level, count, len(slots))
	}
	for i := range count {
		c, err := r.id(n)
		if err != nil {
			return err
		}
		if err := g.checkLink(r, at, c, level, n, slots[:i]); err != nil {
			return err
		}
		put(&slots[i], c)
	}
	return nil
}

// checkTree checks that the parents form one tree over all nodes, with a link
// each way between parent and child, and counts the children.
func (g *graph) checkTree(r *reader, n int) error {
	roots := 0
	for i := range n {
		v := g.node(id(i))
		if v.twin != none {
			continue
		}
		if load(&v.parent) == none {
			roots++
			continue
		}
		parent := load(&v.parent)
		p := g.node(parent)
		p.children++
		if !g.linked(parent, id(i)) || !g.linked(id(i), parent) || int(p.children) >= 2*g.options.M {
			return r.damaged("vector number %d does not hang on its parent %d", i, parent)
		}
	}
	if n > 0 && roots != 1 {
		return r.damaged("%d roots, expected 1", roots)
	}
	// With one root and a parent for all others, what the root does not reach
	// going down hangs on a cycle.
	below := make([]uint8, n) // 1: on the path being climbed, 2: leads to the root
	for i := range n {
		at := id(i)
		for at != none && below[at] == 0 {
			below[at] = 1
			at = g.parent(at)
		}
		if at != none && below[at] == 1 {
			return r.damaged("vector number %d is its own ancestor", at)
		}
		for at := id(i); at != none && below[at] == 1; at = g.parent(at) {
			below[at] = 2
		}
	}
	return nil
}
