package index

import (
	"slices"
	"testing"
)

// The registry lists every kind, and New creates it.
func TestKinds(t *testing.T) {
	if got := Kinds(); !slices.Equal(got, []Kind{Flat, HNSW, LSH}) {
		t.Errorf("Kinds() = %v", got)
	}
	for _, kind := range Kinds() {
		if kind.Summary() == "" {
			t.Errorf("%s has no summary", kind)
		}
		if ix := mustNew(t, Options{Dim: 2, Kind: kind}); ix.Stats().Kind != kind {
			t.Errorf("New created a %s index, want %s", ix.Stats().Kind, kind)
		}
	}
	if s := Kind("tree").Summary(); s != "" {
		t.Errorf("an unknown kind has the summary %q", s)
	}
}
