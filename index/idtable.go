package index

// idTable is a hash table of ids that holds no keys, only 4 bytes a place: what an
// id stands for, its label or its vector, lies elsewhere, and who asks says how to
// tell. The zero value is empty. It is cut into parts that grow one by one, so that
// no addition waits while all of it grows.
type idTable struct {
	parts [1 << tablePartBits]tablePart
	count int
}

const tablePartBits = 6

// tablePart is a table of linear probing (Knuth, The Art of Computer Programming 3,
// section 6.4, Algorithms L and R).
type tablePart struct {
	slots []slot // none is an empty place; a power of two of them
	count int
}

func (t *idTable) part(hash uint64) *tablePart { return &t.parts[hash>>(64-tablePartBits)] }

// find returns the id with this hash that is says it is, or none.
func (t *idTable) find(hash uint64, is func(id) bool) id {
	p := t.part(hash)
	if at := p.search(hash, is); at >= 0 {
		return id(p.slots[at]) - 1
	}
	return none
}

// search returns the place of the id that find returns, or -1.
func (p *tablePart) search(hash uint64, is func(id) bool) int {
	for i := range p.slots {
		at := (int(hash) + i) & (len(p.slots) - 1)
		n := id(p.slots[at]) - 1
		if n == none {
			return -1
		}
		if is(n) {
			return at
		}
	}
	return -1
}

// add puts n in, which is not there. hashOf is the hash of an id that is.
func (t *idTable) add(hash uint64, n id, hashOf func(id) uint64) {
	p := t.part(hash)
	if p.count >= len(p.slots)*4/5 {
		old := p.slots
		p.slots = make([]slot, max(8, 2*len(old)))
		for _, s := range old {
			if n := id(s) - 1; n != none {
				p.put(hashOf(n), n)
			}
		}
	}
	p.put(hash, n)
	p.count++
	t.count++
}

// put writes n to the first empty place from where its hash belongs.
func (p *tablePart) put(hash uint64, n id) {
	at := int(hash) & (len(p.slots) - 1)
	for p.slots[at] != 0 {
		at = (at + 1) & (len(p.slots) - 1)
	}
	p.slots[at] = slot(n) + 1
}

// replace puts n in the place of the id that find would return, and says whether
// there is one. Both have the same hash.
func (t *idTable) replace(hash uint64, is func(id) bool, n id) bool {
	p := t.part(hash)
	at := p.search(hash, is)
	if at >= 0 {
		p.slots[at] = slot(n) + 1
	}
	return at >= 0
}

// remove takes out the id that find would return, and says whether there was one.
func (t *idTable) remove(hash uint64, is func(id) bool, hashOf func(id) uint64) bool {
	p := t.part(hash)
	hole := p.search(hash, is)
	if hole < 0 {
		return false
	}
	// What follows moves up, unless it would come before the place of its hash.
	mask := len(p.slots) - 1
	for at := (hole + 1) & mask; p.slots[at] != 0; at = (at + 1) & mask {
		home := int(hashOf(id(p.slots[at])-1)) & mask
		if (at-home)&mask >= (at-hole)&mask {
			p.slots[hole] = p.slots[at]
			hole = at
		}
	}
	p.slots[hole] = 0
	p.count--
	t.count--
	return true
}

// bytes is the memory of the table.
func (t *idTable) bytes() int64 {
	places := 0
	for i := range t.parts {
		places += len(t.parts[i].slots)
	}
	return int64(places) * 4
}

// The table of labels. The caller holds mu.

func labelHash(label int64) uint64             { return mix(uint64(label) + 0x9e3779b97f4a7c15) }
func (s *store) labelHashOf(n id) uint64       { return labelHash(s.label(n)) }
func (s *store) has(label int64) func(id) bool { return func(n id) bool { return s.label(n) == label } }

// idOf is the id of a label, or none.
func (s *store) idOf(label int64) id { return s.ids.find(labelHash(label), s.has(label)) }

// setID makes n the id of label, whose row of labels is written.
func (s *store) setID(label int64, n id) {
	delete(s.claimed, label)
	if h := labelHash(label); !s.ids.replace(h, s.has(label), n) {
		s.ids.add(h, n, s.labelHashOf)
	}
}

// forget takes a label out of the table.
func (s *store) forget(label int64) { s.ids.remove(labelHash(label), s.has(label), s.labelHashOf) }

// taken says that a label is in use, or will be.
func (s *store) taken(label int64) bool {
	_, claimed := s.claimed[label]
	return claimed || s.idOf(label) != none
}
