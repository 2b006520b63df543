package sentence

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
)

// A saved encoder gives the vectors of the one that was saved.
func TestSave(t *testing.T) {
	ctx, texts := context.Background(), []string{"how are you", "unheard of", ""}
	var m Model = WorkedExample()
	dir := filepath.Join(t.TempDir(), "model")
	if err := m.Save(ctx, dir); err != nil {
		t.Fatal(err)
	}
	saved, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	want, wantKnown, _ := m.EncodeBatch(ctx, texts, 1)
	got, known, err := saved.EncodeBatch(ctx, texts, 1)
	if err != nil || !slices.Equal(known, wantKnown) {
		t.Fatalf("known tokens %v, want %v, error %v", known, wantKnown, err)
	}
	for i := range want {
		if d := want[i] - got[i]; d > 1e-6 || d < -1e-6 {
			t.Errorf("value %d is %g, want %g", i, got[i], want[i])
		}
	}
}
