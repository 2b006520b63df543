package tokenize

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// Strip, Metaspace and added tokens give the ids of Hugging Face's library in all combinations;
// see testdata/reference/metaspace.py.
func TestMetaspaceReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference/metaspace.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Strings []string
		Cases   map[string]struct {
			File json.RawMessage
			IDs  [][]int32
		}
	}
	if err := json.Unmarshal(data, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 25 {
		t.Fatalf("%d cases", len(reference.Cases))
	}
	for name, c := range reference.Cases {
		tokenizer, err := Parse(name, c.File)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, text := range reference.Strings {
			var placed []int32
			for _, token := range tokenizer.Tokens(text) {
				placed = append(placed, token.ID)
			}
			if got := tokenizer.Encode(nil, text); !slices.Equal(got, c.IDs[i]) || !slices.Equal(placed, got) {
				t.Errorf("%s: %+q: %d, with positions %d, want %d", name, text, got, placed, c.IDs[i])
			}
		}
	}
}
