// Package idtable provides a hash table of ids that stores no keys.
package idtable

// none is returned when the table does not hold an id.
const none = -1

// A Table maps keys, such as the labels or the vectors of ids, to the ids. It takes 4 bytes
// per slot: keys are stored elsewhere, so the caller passes their hashes and a function that
// compares them. The zero Table is empty. It is
// divided into parts that grow independently, so that no insertion waits while
// the whole table is rebuilt.
type Table[ID ~int32] struct {
	parts [1 << partBits]part[ID]
	count int
}

const partBits = 6

// part is a table with linear probing (Knuth, The Art of Computer Programming 3,
// section 6.4, Algorithms L and R).
type part[ID ~int32] struct {
	slots []ID // id+1, 0 if empty; their number is a power of two
	count int
}

func (t *Table[ID]) part(hash uint64) *part[ID] { return &t.parts[hash>>(64-partBits)] }

// Len returns the number of ids.
func (t *Table[ID]) Len() int { return t.count }

// Find returns the id with this hash for which is reports true, or -1.
func (t *Table[ID]) Find(hash uint64, is func(ID) bool) ID {
	p := t.part(hash)
	if at := p.search(hash, is); at >= 0 {
		return p.slots[at] - 1
	}
	return none
}

// search returns the slot of the id that Find returns, or -1.
func (p *part[ID]) search(hash uint64, is func(ID) bool) int {
	for i := range p.slots {
		at := (int(hash) + i) & (len(p.slots) - 1)
		n := p.slots[at] - 1
		if n == none {
			return -1
		}
		if is(n) {
			return at
		}
	}
	return -1
}

// Add inserts n, which must not be in the table. hashOf returns the hash of an id
// that is.
func (t *Table[ID]) Add(hash uint64, n ID, hashOf func(ID) uint64) {
	p := t.part(hash)
	if p.count >= len(p.slots)*4/5 {
		old := p.slots
		p.slots = make([]ID, max(8, 2*len(old)))
		for _, s := range old {
			if n := s - 1; n != none {
				p.put(hashOf(n), n)
			}
		}
	}
	p.put(hash, n)
	p.count++
	t.count++
}

// put writes n to the first empty slot at or after the one its hash selects.
func (p *part[ID]) put(hash uint64, n ID) {
	at := int(hash) & (len(p.slots) - 1)
	for p.slots[at] != 0 {
		at = (at + 1) & (len(p.slots) - 1)
	}
	p.slots[at] = n + 1
}

// Replace replaces the id that Find would return, which must have the same hash, with n and
// reports whether there was one.
func (t *Table[ID]) Replace(hash uint64, is func(ID) bool, n ID) bool {
	p := t.part(hash)
	at := p.search(hash, is)
	if at >= 0 {
		p.slots[at] = n + 1
	}
	return at >= 0
}

// Remove deletes the id that Find would return, and reports whether there was one.
func (t *Table[ID]) Remove(hash uint64, is func(ID) bool, hashOf func(ID) uint64) bool {
	p := t.part(hash)
	hole := p.search(hash, is)
	if hole < 0 {
		return false
	}
	// Entries that follow move up, unless that would put them before the slot that
	// their hash selects.
	mask := len(p.slots) - 1
	for at := (hole + 1) & mask; p.slots[at] != 0; at = (at + 1) & mask {
		home := int(hashOf(p.slots[at]-1)) & mask
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

// Bytes returns the memory of the table in bytes.
func (t *Table[ID]) Bytes() int64 {
	slots := 0
	for i := range t.parts {
		slots += len(t.parts[i].slots)
	}
	return int64(slots) * 4
}
