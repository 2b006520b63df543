package index

// visited is the set of nodes that a walk has seen: a node is in it when its
// stamp is the walk's version. Starting a walk raises the version, so nothing
// is cleared but once in 65,535 walks. Stamps are in the order of slots: the
// first is that of an empty one, which always counts as seen.
type visited struct {
	stamps  []uint16
	version uint16
	limit   int // nodes from here on are no nodes: in a file that nobody has checked
}

// start empties the set, with room for n nodes.
func (v *visited) start(n int) {
	if n+1 > len(v.stamps) {
		v.grow(n + 1)
	}
	v.limit = maxNodes
	v.version++
	if v.version == 0 {
		clear(v.stamps)
		v.version = 1
	}
	v.stamps[0] = v.version
}

// add puts n in the set and says whether it is new there.
func (v *visited) add(n id) bool {
	s := int(n) + 1
	if s >= len(v.stamps) {
		v.grow(s + 1) // added to the index after the walk began
	}
	if v.stamps[s] == v.version {
		return false
	}
	v.stamps[s] = v.version
	return true
}

// addNew puts the nodes of slots in the set and returns those new there, in dst.
// Half of them are, at random, so there is no branch on it.
func (v *visited) addNew(dst []id, slots []slot) []id {
	if cap(dst) < len(slots) {
		dst = make([]id, len(slots))
	}
	dst = dst[:len(slots)]
	stamps, version, count := v.stamps, v.version, 0
	for i := range slots {
		n := load(&slots[i])
		s := int(n) + 1
		if uint(s) >= uint(len(stamps)) {
			if uint(s) > uint(v.limit) {
				continue
			}
			v.grow(s + 1)
			stamps = v.stamps
		}
		dst[count] = n
		fresh := 0
		if stamps[s] != version {
			fresh = 1
		}
		stamps[s] = version
		count += fresh
	}
	return dst[:count]
}

func (v *visited) grow(n int) {
	v.stamps = append(v.stamps, make([]uint16, n+n/4+64-len(v.stamps))...)
}

// confine leaves nodes from n on out of all sets until the next start.
func (v *visited) confine(n int) {
	v.limit = n
	v.stamps = v.stamps[:n+1]
}
