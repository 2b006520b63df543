package serve

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"net/http"

	"github.com/luminavec/luminavec/index/layout"
	"github.com/luminavec/luminavec/internal/fault"
)

// Map is the passages of a collection as points.
type Map struct {
	Method    string           `json:"method" enum:"umap,pca" doc:"how it was computed; pca if 'search map' has stored none"`
	Seed      uint64           `json:"seed,omitempty" doc:"of umap"`
	Stored    bool             `json:"stored" doc:"whether it is a part of the collection"`
	Located   int              `json:"located,omitempty" doc:"points, the last ones, of passages that are newer than the map"`
	Removed   int              `json:"removed,omitempty" doc:"points whose passages are gone"`
	Explained []float64        `json:"explained,omitempty" doc:"of pca: the share of the variance that each axis has"`
	Points    Points           `json:"points"`
	Clusters  []layout.Cluster `json:"clusters" doc:"the largest first"`
}

// Points are arrays of the same length, as base64 of their bytes in little-endian order.
type Points struct {
	Labels  string `json:"labels" doc:"int64: passages"`
	X       string `json:"x" doc:"float32"`
	Y       string `json:"y" doc:"float32"`
	Cluster string `json:"cluster,omitempty" doc:"int32: places in clusters, or -1"`
}

// Located is the place of a text on the map.
type Located struct {
	X float32 `json:"x"`
	Y float32 `json:"y"`
}

type locateInput struct {
	Named
	Body struct {
		Text string `json:"text" minLength:"1"`
	}
}

func (s *Server) mapRoutes() {
	register(s, http.MethodGet, "/v1/collections/{name}/map", "get-map", aboutCollections, "Get the passages as points in two dimensions", s.getMap)
	register(s, http.MethodPost, "/v1/collections/{name}/map/locate", "locate", aboutCollections, "Find the place of a question on the map", s.locate)
}

func packed[T any](values []T, add func([]byte, T) []byte) string {
	var data []byte
	for _, v := range values {
		data = add(data, v)
	}
	return base64.StdEncoding.EncodeToString(data)
}

func (s *Server) getMap(ctx context.Context, in *Named) (*Map, error) {
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	m, err := c.Drawn(ctx)
	if err != nil {
		return nil, err
	}
	order := binary.LittleEndian
	float := func(b []byte, x float32) []byte { return order.AppendUint32(b, math.Float32bits(x)) }
	out := &Map{Method: string(m.Method), Seed: m.Seed, Stored: c.HasMap(), Located: m.Located, Removed: m.Removed, Clusters: m.Clusters}
	if m.Method == layout.PCA {
		out.Explained = m.Explained[:]
	}
	if out.Clusters == nil {
		out.Clusters = []layout.Cluster{}
	}
	out.Points = Points{X: packed(m.X, float), Y: packed(m.Y, float),
		Labels:  packed(m.Labels, func(b []byte, v int64) []byte { return order.AppendUint64(b, uint64(v)) }),
		Cluster: packed(m.Cluster, func(b []byte, v int32) []byte { return order.AppendUint32(b, uint32(v)) })}
	return out, nil
}

func (s *Server) locate(ctx context.Context, in *locateInput) (*Located, error) {
	if err := checkText(in.Body.Text); err != nil {
		return nil, err
	}
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	m, err := c.Drawn(ctx)
	if err != nil {
		return nil, err
	}
	vector, known, err := c.Model().EncodeBatch(ctx, []string{in.Body.Text}, 1)
	if err != nil {
		return nil, err
	}
	if known[0] == 0 {
		return nil, refuse("body.text", "use other words", "has no word that the model knows", in.Body.Text)
	}
	if m.Len() == 0 {
		return nil, fault.Mark(errors.New("the map has no points"), errNotFound)
	}
	l := &Located{}
	l.X, l.Y, err = m.Locate(vector)
	return l, err
}
