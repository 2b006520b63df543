package hnsw

import (
	"encoding/binary"

	"github.com/luminavec/luminavec/index/internal/container"
)

// Open uses the sections nodes and upper.
func (g *Graph) Open(m *container.Image, n int) error {
	nodes, err := m.Section("nodes")
	if err == nil {
		err = nodes.Check()
	}
	if err != nil {
		return err
	}
	p := nodes.Payload()
	if len(p) != 4+n*nodeBytes {
		return container.Damaged("nodes", "it has %d bytes, expected %d", len(p), 4+n*nodeBytes)
	}
	g.nodes.Grow(n)
	d := nodeDecoder{g: g, n: n}
	for i := range n {
		if err := d.node(i, p[4+i*nodeBytes:][:nodeBytes]); err != nil {
			return container.Damaged("nodes", "%w", err)
		}
	}
	if err := d.entry(id(binary.LittleEndian.Uint32(p))); err != nil {
		return container.Damaged("nodes", "%w", err)
	}
	upper, err := m.AlignedSection("upper", g.upperRows, g.M*4)
	if err == nil {
		err = upper.Check()
	}
	if err != nil {
		return err
	}
	g.upper.Adopt(container.AsNumbers[slot](upper.Payload()), g.upperRows)
	return g.checkLinks(n, 1)
}
