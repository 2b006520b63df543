package words_test

import (
	"slices"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	. "github.com/luminavec/luminavec/internal/words"
)

// The objectives are listed by name, each of which is taken once.
func TestRegistry(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name())
		if found, ok := Lookup(k.Name()); !ok || found.Objective != k.Objective {
			t.Errorf("Lookup(%q) = %+v, %v", k.Name(), found, ok)
		}
		if card := checkpoints.KindOf(k.Name()); card.Title == "" || card.Card == nil || card.Texts {
			t.Errorf("models of %s: %+v", k.Name(), card)
		}
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "cbow") || !slices.Contains(names, "skipgram") {
		t.Errorf("objectives %q", names)
	}
	if k, ok := Lookup("none"); ok {
		t.Errorf("Lookup(none) = %+v", k)
	}
	defer func() {
		if recover() == nil || len(Kinds()) != len(names) {
			t.Error("an objective was registered twice")
		}
	}()
	Register(Kinds()[0])
}
