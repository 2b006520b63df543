package collection

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/layout"
)

// A map is stored, and survives changes: passages that are gone have no points, and new ones are put
// between the others, those with the same vector at the same point. Compact and Verify know it.
func TestMap(t *testing.T) {
	ctx := context.Background()
	for _, method := range layout.Methods() {
		folder, dir := filepath.Join(t.TempDir(), "notes"), filepath.Join(t.TempDir(), "docs")
		put(t, folder, map[string]string{"a.txt": "how are you\nwho are you\nwho am I\nhow am I\nyou\n", "b.txt": "I am\nare you\nwho\nhow\nam I\n"})
		buildFolder(t, dir, folder, documents.Options{Split: documents.Line})
		c := open1(t, dir)
		if m, err := c.Map(ctx); m != nil || err != nil || c.HasMap() {
			t.Errorf("a map before one is stored: %v, %v", m, err)
		}
		m, err := c.ComputeMap(ctx, layout.Options{Method: method, Neighbors: 4, Epochs: 50}, cluster.Options{K: 2})
		if err != nil {
			t.Fatal(err)
		}
		if m.Len() != 10 || len(m.Clusters) != 2 || m.Clusters[0].Size+m.Clusters[1].Size != 10 || m.Clusters[0].Name == "" {
			t.Errorf("%d points, clusters %+v", m.Len(), m.Clusters)
		}
		for range 2 { // the second replaces the first
			if err := SetMap(ctx, dir, m); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		same := func(want *layout.Map, gone ...int64) *layout.Map {
			t.Helper()
			c := open1(t, dir)
			defer c.Close()
			got, err := c.Map(ctx)
			if err != nil || got == nil {
				t.Fatal(got, err)
			}
			for i, j := 0, 0; i < want.Len(); i++ {
				if slices.Contains(gone, want.Labels[i]) {
					continue
				}
				if got.Labels[j] != want.Labels[i] || got.X[j] != want.X[i] || got.Y[j] != want.Y[i] || got.Cluster[j] != want.Cluster[i] {
					t.Errorf("point %d of label %d is not the same", j, got.Labels[j])
				}
				j++
			}
			return got
		}
		if got := same(m); got.Located != 0 || got.Removed != 0 || got.Method != method {
			t.Errorf("%+v", got)
		}
		put(t, folder, map[string]string{"b.txt": "I am\nare you\nwho are you\nwho\nhow\n"}) // "am I" is gone
		sync1(t, dir)
		got := same(m, 9)
		if got.Located != 1 || got.Removed != 1 || got.Len() != 10 || got.Labels[9] != 10 {
			t.Errorf("%d located, %d removed, labels %v", got.Located, got.Removed, got.Labels)
		}
		// Labels 1 and 10 are both "who are you".
		if dx, dy := got.X[9]-got.X[1], got.Y[9]-got.Y[1]; dx*dx+dy*dy > 1e-6 || got.Cluster[9] != got.Cluster[1] {
			t.Errorf("label 10 is at (%g, %g), not at (%g, %g)", got.X[9], got.Y[9], got.X[1], got.Y[1])
		}
		if _, err := Compact(ctx, dir, ChangeOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := same(m, 9); got.Located != 1 {
			t.Errorf("after Compact: %d located", got.Located)
		}
		if maps, _ := filepath.Glob(filepath.Join(dir, "*.map")); len(maps) != 1 {
			t.Errorf("maps %v", maps)
		} else {
			if _, _, err := VerifyPath(ctx, dir); err != nil {
				t.Error(err)
			}
			data, err := os.ReadFile(maps[0])
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 1
			if err := os.WriteFile(maps[0], data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(ctx, dir); err == nil || !strings.Contains(err.Error(), filepath.Base(maps[0])) {
				t.Errorf("a damaged map: %v", err)
			}
			c := open1(t, dir)
			if _, err := c.Map(ctx); err == nil || !strings.Contains(err.Error(), "checksum") {
				t.Errorf("a damaged map: %v", err)
			}
			c.Close()
		}
	}
}
