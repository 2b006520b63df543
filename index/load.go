package index

import (
	"bufio"
	"encoding/binary"
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
		err = f.load(in)
		f.count.Store(f.reserved.Load())
		ix = f
	default:
		g := newGraph(o)
		if err = g.store.load(in); err == nil {
			err = g.load(in, int(g.reserved.Load()))
		}
		ix = g
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
	if err := r.section("options"); err != nil {
		return Options{}, err
	}
	length := uint64(optionsBytes)
	if version >= 2 {
		length += 4
	}
	if err := r.expect(length); err != nil {
		return Options{}, err
	}
	var v [10]uint32 // the last stays 0, which is none, in version 1
	for i := range v[:length/4] {
		if v[i], err = r.uint32(); err != nil {
			return Options{}, err
		}
		if i < 7 && v[i] > math.MaxInt32 {
			return Options{}, r.damaged("value %d is %d", i, v[i])
		}
	}
	if err := r.end(); err != nil {
		return Options{}, err
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
	}
	if err := o.Validate(); err != nil {
		return Options{}, r.damaged("%w", err)
	}
	if o != o.withDefaults() {
		return Options{}, r.damaged("a value is zero that cannot be")
	}
	return o, nil
}

// load reads labels and vectors.
func (s *store) load(r *reader) error {
	if err := r.section("labels"); err != nil {
		return err
	}
	n := 0
	for ; r.left > 0 || len(r.pending) > 0; n++ {
		p, err := r.next(8)
		if err != nil {
			return err
		}
		label := int64(binary.LittleEndian.Uint64(p))
		if _, taken := s.ids[label]; taken || n == maxNodes {
			return r.damaged("label %d comes twice", label)
		}
		s.ids[label] = id(n)
		s.states.grow(n + 1)
		s.mark(id(n), ready)
		s.labels.grow(n + 1)
		s.labels.row(n)[0] = label
	}
	if err := r.end(); err != nil {
		return err
	}

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
		if !s.options.Metric.storable(vector) {
			return r.damaged("the vector of label %d is none that %s stores", s.label(id(i)), s.options.Metric)
		}
		s.arena.encode(id(i), dim)
	}
	s.reserved.Store(int64(n))
	return r.end()
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

// load reads the graph over n vectors.
func (g *graph) load(r *reader, n int) error {
	entry, err := g.loadNodes(r, n)
	if err != nil {
		return err
	}
	if err := g.loadLinks(r, n); err != nil {
		return err
	}
	if err := g.checkTree(r, n); err != nil {
		return err
	}
	if entry != none {
		g.entry.Store(int64(newEntry(entry, int(g.node(entry).level))))
	}
	g.count.Store(int64(n))
	return nil
}

func (g *graph) loadNodes(r *reader, n int) (entry id, err error) {
	if err := r.section("nodes"); err != nil {
		return none, err
	}
	if err := r.expect(4 + uint64(n)*nodeBytes); err != nil {
		return none, err
	}
	if entry, err = r.id(n); err != nil {
		return none, err
	}
	if entry == none && n > 0 {
		return none, r.damaged("no entry point")
	}
	top, levels := 0, 0
	for i := range n {
		p, err := r.next(1)
		if err != nil {
			return none, err
		}
		level := int(p[0])
		// Levels are drawn with chance M^-l: their sum is about n/(M-1). What is
		// allowed here is far more, and keeps memory in proportion to the file.
		if levels += level; level > maxLevel || levels > 2*n+maxLevel {
			return none, r.damaged("vector number %d: level %d", i, level)
		}
		g.nodes.grow(i + 1)
		v := g.node(id(i))
		v.level, v.upper = int8(level), -1
		v.prev = none
		parent, err := r.id(n)
		if err != nil {
			return none, err
		}
		put(&v.parent, parent)
		if v.twin, err = r.id(n); err != nil {
			return none, err
		}
		if v.twin != none && (level > 0 || parent != none) {
			return none, r.damaged("vector number %d: a copy in the graph", i)
		}
		top = max(top, level)
	}
	for i := range n {
		v := g.node(id(i))
		if v.twin == none {
			h := hash(g.arena.vector(id(i)))
			if _, taken := g.twins[h]; !taken {
				g.twins[h] = id(i)
			}
			continue
		}
		twin := g.node(v.twin)
		if twin.twin != none || !equal(g.arena.vector(v.twin), g.arena.vector(id(i))) {
			return none, r.damaged("vector number %d: no copy of number %d", i, v.twin)
		}
		g.joinCopies(id(i), v.twin)
	}
	if entry != none && (g.node(entry).twin != none || int(g.node(entry).level) != top) {
		return none, r.damaged("the entry point is not on the highest level")
	}
	return entry, r.end()
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
			if l == 1 {
				v.upper = int32(g.upperRows)
				g.upperRows += int(v.level)
				g.upper.grow(g.upperRows)
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
		if c == none || c == at || g.node(c).twin != none || int(g.node(c).level) < level {
			return r.damaged("vector number %d, level %d: a link to %d, which is not there", at, level, c)
		}
		for j := range slots[:i] {
			if load(&slots[j]) == c {
				return r.damaged("vector number %d, level %d: two links to %d", at, level, c)
			}
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
