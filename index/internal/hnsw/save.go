package hnsw

import "github.com/luminavec/luminavec/index/internal/container"

// Save writes the sections nodes and upper. It returns the number of each id in
// the file, none for none, at id+1.
func (g *Graph) Save(w *container.Writer, ids []id) []id {
	number := make([]id, int(g.Reserved.Load())+1)
	for i := range number {
		number[i] = none
	}
	for i, n := range ids {
		number[n+1] = id(i)
	}
	w.Section("nodes", 4+len(ids)*nodeBytes)
	entry := none
	if e := g.entryPoint(); e != noEntry {
		entry = e.id()
	}
	w.Uint32(uint32(number[entry+1]))
	rows := 0
	for _, n := range ids {
		v := g.node(n)
		rows += int(v.level)
		w.Byte(byte(v.level))
		w.Uint32(uint32(number[load(&v.parent)+1]))
		w.Uint32(uint32(number[v.twin+1]))
	}
	w.End()

	w.AlignedSection("upper", rows*g.M*4)
	for _, n := range ids {
		for l := range int(g.node(n).level) {
			for _, c := range g.upper.Row(int(g.node(n).upper) + l) {
				w.Uint32(uint32(number[load(&c)+1] + 1))
			}
		}
	}
	w.End()
	return number
}
