package parts

import (
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/corpora/documents"
)

// Passages that follow each other take nine bytes beside their texts, and any others are read as they were.
func TestRows(t *testing.T) {
	rows := []Row{
		{Label: 1, File: 3, Passage: documents.Passage{Text: "one two", FirstLine: 900000, LastLine: 900000, Start: 70000000, End: 70000007}},
		{Label: 2, File: 3, Passage: documents.Passage{Text: "three", FirstLine: 900001, LastLine: 900001, Start: 70000008, End: 70000013}},
		{Label: 5, File: 4, Passage: documents.Passage{Text: "four", ID: "x", Title: "T", Heading: []string{"A", "B"}, FirstLine: 1, LastLine: 9, End: 300}},
		{Label: 6, File: 4},
		{Label: 7, File: 1, Passage: documents.Passage{Text: "five", FirstLine: 2, LastLine: 2, Start: 20, End: 21}},
	}
	var data, texts []byte
	before, sizes := Row{}, []int{}
	for i := range rows {
		size := len(data) + len(texts)
		data, texts = appendRow(data, texts, &rows[i], &before)
		before, sizes = rows[i], append(sizes, len(data)+len(texts)-size)
	}
	if want := len("three") + 9; sizes[1] != want {
		t.Errorf("the second row has %d bytes, want %d", sizes[1], want)
	}
	read := func(data, texts []byte) (read []Row, err error) {
		r, in, last := &Reader{Data: data}, &Reader{Data: texts}, Row{}
		for i := range rows {
			last = r.row(rows[i].Label, &last, in)
			read = append(read, last)
		}
		return read, cmp.Or(r.Err, in.Err)
	}
	if got, err := read(data, texts); err != nil || !reflect.DeepEqual(got, rows) {
		t.Errorf("%+v, want %+v (%v)", got, rows, err)
	}
	for n := range data {
		if _, err := read(data[:n], texts); err == nil {
			t.Errorf("no error for the first %d of %d bytes", n, len(data))
		}
	}
	for n := range texts {
		if _, err := read(data, texts[:n]); err == nil {
			t.Errorf("no error for the first %d of %d bytes of texts", n, len(texts))
		}
	}
}

// testdata/v3.passages was written by an earlier release, which stored each text after its length, from
// "# Plants\n\nPlants make sugar from light.\n\n## Roots\n\nRoots take up water.\n" and "One line of text.\n".
func TestOldSegment(t *testing.T) {
	path := filepath.Join("testdata", "v3.passages")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSegment(path, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := []Row{
		{Label: 0, File: 0, Passage: documents.Passage{Title: "Plants", Text: "Plants make sugar from light.\n\nRoots\nRoots take up water.", FirstLine: 3, LastLine: 7, Start: 10, End: 71}},
		{Label: 1, File: 1, Passage: documents.Passage{Title: "b", Text: "One line of text.", FirstLine: 1, LastLine: 1, Start: 0, End: 17}},
	}
	if got, err := s.Live(0, roaring64.New(), true); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
}
