package layout

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/cluster"
)

// Two bundles of vectors are two clusters, whose medians are those of their points: of 1, 2 and 5 it is 2.
func TestGroup(t *testing.T) {
	m := &Map{Method: PCA, Dim: 2, X: []float32{1, 2, 5, -1, -2}, Y: []float32{0, 3, 1, 7, 9}, Labels: []int64{0, 1, 2, 3, 4}}
	vectors := []float32{1, 0.1, 2, 0, 1, -0.1, 0, 1, 0.1, 3}
	if err := m.Group(context.Background(), vectors, cluster.Options{K: 2}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Cluster, []int32{0, 0, 0, 1, 1}) || !reflect.DeepEqual(m.Clusters, []Cluster{{0, "", 2, 1, 3}, {1, "", -1, 9, 2}}) {
		t.Errorf("%v %+v", m.Cluster, m.Clusters)
	}
	if err := m.Group(context.Background(), vectors, cluster.Options{}); err != nil || m.Cluster != nil {
		t.Errorf("five points are divided: %v, %v", m.Cluster, err)
	}
	// Those of UMAP are regions: the points at the left and the one at the right.
	m.Method, m.X, m.Y = UMAP, []float32{0, 1, 40, 1, 0}, []float32{0, 1, 3, 0, 2}
	if err := m.Group(context.Background(), vectors, cluster.Options{K: 2}); err != nil || !slices.Equal(m.Cluster, []int32{0, 0, 1, 0, 0}) {
		t.Errorf("%v, %v", m.Cluster, err)
	}
	if got := m.Central(2); !reflect.DeepEqual(got, [][]int{{1, 3}, {2}}) { // the median is (1, 1)
		t.Errorf("central points %v", got)
	}
}

// A file holds everything, and a map is the same when it is read.
func TestFile(t *testing.T) {
	for _, method := range Methods() {
		m, err := Compute(context.Background(), waves(30), 20, Options{Method: method, Seed: 1 << 63, Epochs: 20, Metric: index.Euclidean})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			data, err := m.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			var got Map
			if err := got.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			near := m.near
			m.near = nil
			if !reflect.DeepEqual(&got, m) {
				t.Errorf("%s: %+v, want %+v", method, got, m)
			}
			m.near = near
			if method == UMAP {
				got.Connect(near)
			}
			x, y, err := got.Locate(waves(31)[30*20:])
			wx, wy, _ := m.Locate(waves(31)[30*20:])
			if err != nil || x != wx || y != wy {
				t.Errorf("%s: located at (%g, %g), not at (%g, %g): %v", method, x, y, wx, wy, err)
			}
			for i := range data { // any damage is noticed
				data[i] ^= 0x41
				if err := got.UnmarshalBinary(data); err == nil {
					t.Fatalf("%s: byte %d may be damaged", method, i)
				}
				data[i] ^= 0x41
				if err := got.UnmarshalBinary(data[:i]); err == nil {
					t.Fatalf("%s: a map of %d bytes can be read", method, i)
				}
			}
			if err := m.Group(context.Background(), waves(30), cluster.Options{K: 3}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Headers that lie, under a checksum that matches, do not cost memory and do not panic.
func TestFileHostile(t *testing.T) {
	file := func(header string, body []byte) []byte {
		b := append([]byte(fileMagic), binary.LittleEndian.AppendUint32(nil, uint32(len(header)))...)
		b = append(append(b, header...), body...)
		return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	}
	point := func(label int64, x float32) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(label))
		return binary.LittleEndian.AppendUint64(b, uint64(math.Float32bits(x)))
	}
	good := `{"method":"umap","metric":"cosine","dim":3,"points":1}`
	var m Map
	if err := m.UnmarshalBinary(file(good, point(7, 1.5))); err != nil || m.Len() != 1 || m.X[0] != 1.5 || m.Labels[0] != 7 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, _, err := m.Locate(make([]float32, 3)); err == nil {
		t.Error("a map without vectors locates one")
	}
	for name, data := range map[string][]byte{
		"not a number":  file(good, point(7, float32(math.NaN()))),
		"points":        file(strings.Replace(good, `"points":1`, `"points":2000000000`, 1), point(7, 1)),
		"negative":      file(strings.Replace(good, `"points":1`, `"points":-1`, 1), nil),
		"overflow":      file(strings.Replace(good, `"points":1`, `"points":1152921504606846977`, 1), point(7, 1)),
		"dimensions":    file(strings.Replace(good, `"dim":3`, `"dim":0`, 1), point(7, 1)),
		"method":        file(strings.Replace(good, `umap`, `tsne`, 1), point(7, 1)),
		"metric":        file(strings.Replace(good, `cosine`, ``, 1), point(7, 1)),
		"order":         file(strings.Replace(good, `"points":1`, `"points":2`, 1), append(append(binary.LittleEndian.AppendUint64(nil, 9), make([]byte, 8)...), make([]byte, 16)...)),
		"cluster":       file(strings.Replace(good, `"points":1`, `"points":1,"clusters":[{}]`, 1), append(point(7, 1), 1, 0, 0, 0)),
		"rest":          file(good, append(point(7, 1), 0)),
		"no JSON":       file(`{"method"`, nil),
		"another magic": []byte("lvmap\x02\r\n........................"),
	} {
		if err := m.UnmarshalBinary(data); err == nil || !strings.HasPrefix(err.Error(), "the map is damaged: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
