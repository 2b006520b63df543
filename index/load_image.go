package index

// loadImage reads what is behind the labels in version 3.
func (s *store) loadImage(r *reader, g *graph, n int) error {
	if g != nil {
		if err := g.loadNodes(r, n); err != nil {
			return err
		}
		if err := r.begin("upper"); err != nil {
			return err
		}
		if err := loadRows(r, g.upper, g.upperRows); err != nil {
			return err
		}
	}
	if err := r.begin("records"); err != nil {
		return err
	}
	if err := loadRows(r, s.arena.records, n); err != nil {
		return err
	}
	if s.arena.coded {
		if err := r.begin("vectors"); err != nil {
			return err
		}
		if err := loadRows(r, s.arena.vectors, n); err != nil {
			return err
		}
	}
	if err := s.checkImage(r, g, n); err != nil {
		return err
	}
	s.encodeAll(n) // no factor in the file need be trusted
	return nil
}

// loadRows reads a section that is n rows of an array.
func loadRows[T float32 | slot](r *reader, c *chunked[T], n int) error {
	if err := r.expect(uint64(n) * uint64(c.width) * 4); err != nil {
		return err
	}
	for at := 0; at < n; {
		c.grow(at + 1) // no more than the file has shown to hold
		rows, count := c.run(at, n-at)
		if err := r.fill(asBytes(rows)); err != nil {
			return err
		}
		toLittleEndian(rows)
		at += count
	}
	return r.end()
}

// checkImage checks what is in the arrays.
func (s *store) checkImage(r *reader, g *graph, n int) error {
	r.name = "records"
	if s.arena.coded {
		r.name = "vectors"
	}
	if err := s.checkVectors(r, n); err != nil {
		return err
	}
	if g == nil {
		return nil
	}
	r.name = "nodes"
	if err := g.checkCopies(r, n); err != nil {
		return err
	}
	if err := g.checkLinks(r, n, 0); err != nil {
		return err
	}
	return g.checkTree(r, n)
}

// checkLinks checks the links of all nodes, from a level up.
func (g *graph) checkLinks(r *reader, n, from int) error {
	for i := range n {
		v := g.node(id(i))
		for l := from; l <= int(v.level); l++ {
			r.name = "upper"
			if l == 0 {
				r.name = "records"
			}
			slots := g.links(id(i), l)
			for j := range slots {
				c := load(&slots[j])
				if c == none {
					continue
				}
				if v.twin != none {
					return r.damaged("vector number %d: a copy with links", i)
				}
				if err := g.checkLink(r, id(i), c, l, n, slots[:j]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkLink checks a link of node at, to c, that comes after others on its level.
func (g *graph) checkLink(r *reader, at, c id, level, n int, before []slot) error {
	if c < 0 || int(c) >= n || c == at || g.node(c).twin != none || int(g.node(c).level) < level {
		return r.damaged("vector number %d, level %d: a link to %d, which is not there", at, level, c)
	}
	for j := range before {
		if load(&before[j]) == c {
			return r.damaged("vector number %d, level %d: two links to %d", at, level, c)
		}
	}
	return nil
}
