package collection

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/sentence"
)

// A record that has the id of another counts once, however many passages it has.
func TestRepeatedIDsAreRecords(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, map[string]string{
		"a.jsonl": `{"id": 1, "text": "how are you"}` + "\n",
		"b.jsonl": `{"id": 1, "text": "` + strings.Repeat("how are you. ", 400) + `"}` + "\n" + `{"id": 1, "text": "who am I"}` + "\n",
	})
	src, err := documents.Open(t.Context(), nil, []string{folder}, documents.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Build(t.Context(), filepath.Join(t.TempDir(), "docs"), sentence.WorkedExample(), src, BuildOptions{Index: index.Options{Kind: index.Flat}})
	if err != nil || s.RepeatedIDs != 2 || s.Passages < 6 {
		t.Errorf("%d passages, %d repeated ids, expected 2: %v", s.Passages, s.RepeatedIDs, err)
	}
}

// Passages of a record of several lines begin on different lines, but have one id.
func TestIDsOfRecordsOfSeveralLines(t *testing.T) {
	folder := t.TempDir()
	long := strings.Repeat("how are you, and who are you\n", 100)
	put(t, folder, map[string]string{"a.csv": "id,text\n1,\"" + long + "\"\n2,\"" + long + "\"\n"})
	for _, id := range []string{"", "id"} {
		src, err := documents.Open(t.Context(), nil, []string{folder}, documents.Options{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Options: documents.Options{ID: id}}
		s, err := Build(t.Context(), filepath.Join(t.TempDir(), "docs"), sentence.WorkedExample(), src, BuildOptions{Input: in, Index: index.Options{Kind: index.Flat}})
		if err != nil || s.RepeatedIDs != 0 || s.Passages < 6 {
			t.Errorf("ID %q: %+v (%v)", id, s, err)
		}
	}
}

// A stored record needs no change if it is read again.
func TestStoredRecordIsTheSame(t *testing.T) {
	p := documents.Passage{ID: "1", Text: "how", FirstLine: 4, LastLine: 4, Record: 3}
	r := parts.Row{Passage: p}
	r.Record = 0
	if !sameAs(&r, &p) {
		t.Error("it differs by what is not stored")
	}
}
