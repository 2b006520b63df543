package layout

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// A file of a map has a magic, the size of a JSON header, the header, and arrays of little-endian
// numbers: labels (int64), x and y (float32), clusters (int32, if there are any), the mean and the axes of
// PCA (float32), and the CRC-32C of all before it.
const fileMagic = "lvmap\x01\r\n"

// maxFileHeader bounds the header, which is mostly the clusters.
const maxFileHeader = 1 << 20

// header is the JSON of a file.
type header struct {
	Method    Method     `json:"method"`
	Metric    string     `json:"metric"`
	Dim       int        `json:"dim"`
	Seed      uint64     `json:"seed"`
	Neighbors int        `json:"neighbors,omitempty"`
	MinDist   float64    `json:"min_dist,omitempty"`
	Points    int        `json:"points"`
	Clusters  []Cluster  `json:"clusters,omitempty"`
	Explained [2]float64 `json:"explained"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// MarshalBinary returns the map as a file, without the points that were located later.
func (m *Map) MarshalBinary() ([]byte, error) {
	n := m.Len() - m.Located
	h, err := json.Marshal(header{m.Method, m.Metric.String(), m.Dim, m.Seed, m.Neighbors, m.MinDist, n, m.Clusters, m.Explained})
	if err != nil {
		return nil, err
	}
	if len(h) > maxFileHeader {
		return nil, errors.New("the names of the clusters are too long")
	}
	b := append([]byte(fileMagic), binary.LittleEndian.AppendUint32(nil, uint32(len(h)))...)
	b = append(b, h...)
	for _, array := range m.arrays(n) {
		if b, err = binary.Append(b, binary.LittleEndian, array); err != nil {
			return nil, err
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli)), nil
}

// arrays returns the arrays of a file.
func (m *Map) arrays(n int) []any {
	list := []any{m.Labels[:n], m.X[:n], m.Y[:n]}
	if len(m.Clusters) > 0 {
		list = append(list, m.Cluster[:n])
	}
	if m.Method == PCA {
		list = append(list, m.mean, m.axes)
	}
	return list
}

// UnmarshalBinary reads what MarshalBinary has written. It does not trust the file. A map of UMAP locates
// vectors only after [Map.Connect].
func (m *Map) UnmarshalBinary(data []byte) error {
	damaged := func(format string, args ...any) error {
		return fault.New("compute the map again", "the map is damaged: "+format, args...)
	}
	if len(data) < len(fileMagic)+8 || string(data[:len(fileMagic)]) != fileMagic {
		return damaged("it does not start as a map does")
	}
	end := len(data) - 4
	if crc32.Checksum(data[:end], castagnoli) != binary.LittleEndian.Uint32(data[end:]) {
		return damaged("its checksum does not match")
	}
	size := int64(binary.LittleEndian.Uint32(data[len(fileMagic):]))
	rest := data[len(fileMagic)+4 : end]
	if size > min(maxFileHeader, int64(len(rest))) {
		return damaged("its header has %d bytes", size)
	}
	var h header
	if err := plainjson.Unmarshal(rest[:size], &h); err != nil {
		return damaged("%w", err)
	}
	rest = rest[size:]
	metric, err := index.ParseMetric(h.Metric)
	if err != nil || h.Method.Summary() == "" {
		return damaged("its method is %q and its metric %q", h.Method, h.Metric)
	}
	want := int64(h.Points) * 16
	if len(h.Clusters) > 0 {
		want += int64(h.Points) * 4
	}
	if h.Method == PCA {
		want += int64(h.Dim) * 12
	}
	if h.Points < 0 || h.Points > math.MaxInt32 || h.Dim < 1 || h.Dim > index.MaxDim || int64(len(rest)) != want {
		return damaged("%d points of %d dimensions do not fit into its %d bytes", h.Points, h.Dim, len(data))
	}
	read := Map{Method: h.Method, Metric: metric, Dim: h.Dim, Seed: h.Seed, Neighbors: min(max(2, h.Neighbors), maxNeighbors), MinDist: h.MinDist,
		Labels: make([]int64, h.Points), X: make([]float32, h.Points), Y: make([]float32, h.Points), Clusters: h.Clusters, Explained: h.Explained}
	if len(h.Clusters) > 0 {
		read.Cluster = make([]int32, h.Points)
	}
	if h.Method == PCA {
		read.mean, read.axes, read.Neighbors = make([]float32, h.Dim), make([]float32, 2*h.Dim), 0
	}
	in := bytes.NewReader(rest)
	for _, array := range read.arrays(h.Points) {
		if err := binary.Read(in, binary.LittleEndian, array); err != nil {
			return damaged("%w", err)
		}
	}
	if err := read.check(); err != nil {
		return damaged("%w", err)
	}
	*m = read
	return nil
}

// check returns an error if values are not possible.
func (m *Map) check() error {
	for i, label := range m.Labels {
		if i > 0 && label <= m.Labels[i-1] {
			return fmt.Errorf("label %d follows %d", label, m.Labels[i-1])
		}
	}
	for _, list := range [][]float32{m.X, m.Y, m.mean, m.axes} {
		for _, v := range list {
			if d := v - v; d != 0 {
				return errors.New("a position is not a number")
			}
		}
	}
	for i, c := range m.Cluster {
		if c < -1 || int(c) >= len(m.Clusters) {
			return fmt.Errorf("point %d is of cluster %d of %d", i, c, len(m.Clusters))
		}
	}
	return nil
}

// Connect lets a map of UMAP that was read from a file locate vectors. near returns the k points nearest
// to a vector, by their labels, best first.
func (m *Map) Connect(near func(vector []float32, k int) ([]index.Result, error)) {
	rows := make(map[int64]int, m.Len())
	for i, label := range m.Labels {
		rows[label] = i
	}
	m.near = func(vector []float32, k int) ([]index.Result, error) {
		found, err := near(vector, k)
		if err != nil {
			return nil, err
		}
		kept := make([]index.Result, 0, len(found))
		for _, f := range found {
			if i, ok := rows[f.Label]; ok {
				kept = append(kept, index.Result{Label: int64(i), Score: f.Score})
			}
		}
		return kept, nil
	}
}

// Keep removes the points whose labels are not kept, and counts them in Removed.
func (m *Map) Keep(kept func(label int64) bool) {
	n := 0
	for i, label := range m.Labels {
		if !kept(label) {
			continue
		}
		m.Labels[n], m.X[n], m.Y[n] = label, m.X[i], m.Y[i]
		if m.Cluster != nil {
			m.Cluster[n] = m.Cluster[i]
		}
		n++
	}
	m.Removed += m.Len() - n
	m.Labels, m.X, m.Y = m.Labels[:n], m.X[:n], m.Y[:n]
	if m.Cluster == nil {
		return
	}
	m.Cluster = m.Cluster[:n]
	for i := range m.Clusters {
		m.Clusters[i].Size = 0
	}
	for _, c := range m.Cluster {
		if c >= 0 {
			m.Clusters[c].Size++
		}
	}
}

// Put adds a point for a vector, where Locate puts it, and counts it in Located. Its cluster is that of the
// point that is nearest by its vector (UMAP), or of the nearest median (PCA). Points that were put are not
// neighbors of others.
func (m *Map) Put(label int64, vector []float32) error {
	x, y, err := m.Locate(vector)
	if err != nil {
		return err
	}
	if m.Cluster != nil {
		c := int32(-1)
		best := math.Inf(1)
		for i, k := range m.Clusters {
			if d := math.Hypot(float64(k.X-x), float64(k.Y-y)); k.Size > 0 && d < best {
				best, c = d, int32(i)
			}
		}
		if m.near != nil {
			found, err := m.near(vector, 1)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				c = m.Cluster[found[0].Label]
			}
		}
		m.Cluster = append(m.Cluster, c)
		if c >= 0 {
			m.Clusters[c].Size++
		}
	}
	m.Labels, m.X, m.Y = append(m.Labels, label), append(m.X, x), append(m.Y, y)
	m.Located++
	return nil
}
