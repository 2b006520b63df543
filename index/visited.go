package index

// visited is the set of nodes that a walk has seen: a node is in it when its
// stamp is the walk's version. Starting a walk raises the version, so nothing
// is cleared but once in 65,535 walks.
type visited struct {
	stamps  []uint16
	version uint16
}

// start empties the set, with room for n nodes.
func (v *visited) start(n int) {
	if n > len(v.stamps) {
		v.grow(n)
	}
	v.version++
	if v.version == 0 {
		clear(v.stamps)
		v.version = 1
	}
}

// add puts n in the set and says whether it is new there.
func (v *visited) add(n id) bool {
	if int(n) >= len(v.stamps) {
		v.grow(int(n) + 1) // added to the index after the walk began
	}
	if v.stamps[n] == v.version {
		return false
	}
	v.stamps[n] = v.version
	return true
}

func (v *visited) grow(n int) {
	v.stamps = append(v.stamps, make([]uint16, n+n/4+64-len(v.stamps))...)
}
