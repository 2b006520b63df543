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
		if s.idOf(label) != none || n == maxNodes {
			return 0, r.damaged("label %d comes twice", label)
		}
		s.labels.grow(n + 1)
		s.labels.row(n)[0] = label
		s.setID(label, id(n))
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
