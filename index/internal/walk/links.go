package walk

// Diverse appends to dst at most m of candidates, which are sorted by distance, that
// lie in different directions (Algorithm 4). A candidate is dropped if it is nearer
// to one already chosen than to the base, from which all distances are measured,
// because a walk reaches it through that one. Candidates for which must reports true
// are always chosen, and room is reserved for them; must may be nil. spread reports whether no chosen
// node is nearer to a candidate than the base is.
func Diverse(dst, candidates []Key, m int, must func(ID) bool, spread func(c Key, chosen []Key) bool) []Key {
	if len(candidates) <= m {
		return append(dst, candidates...)
	}
	held := 0
	if must != nil {
		for _, c := range candidates {
			if must(c.ID()) {
				held++
			}
		}
	}
	for _, c := range candidates {
		if len(dst) == m {
			break
		}
		if held > 0 && must(c.ID()) {
			dst = append(dst, c)
			held--
			continue
		}
		if len(dst)+held < m && spread(c, dst) {
			dst = append(dst, c)
		}
	}
	return dst
}

// Cycle returns an id below n that is its own ancestor, or None. parent returns None for a root.
func Cycle(n int, parent func(ID) ID) ID {
	state := make([]uint8, n) // 1: on the current path, 2: leads to a root
	for i := range ID(n) {
		at := i
		for at != None && state[at] == 0 {
			state[at] = 1
			at = parent(at)
		}
		if at != None && state[at] == 1 {
			return at
		}
		for at := i; at != None && state[at] == 1; at = parent(at) {
			state[at] = 2
		}
	}
	return None
}

// Reach reports which of the nodes below total the links of nodes lead to from start.
func Reach(start ID, total int, links func(ID) []Slot) []bool {
	reached := make([]bool, total)
	reached[start] = true
	for queue := []ID{start}; len(queue) > 0; {
		slots := links(queue[len(queue)-1])
		queue = queue[:len(queue)-1]
		for i := range slots {
			if c := slots[i].Load(); c != None && int(c) < total && !reached[c] {
				reached[c] = true
				queue = append(queue, c)
			}
		}
	}
	return reached
}
