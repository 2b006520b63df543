package parts

import (
	"reflect"
	"testing"

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
	var data []byte
	before, sizes := Row{}, []int{}
	for i := range rows {
		size := len(data)
		data = appendRow(data, &rows[i], &before)
		before, sizes = rows[i], append(sizes, len(data)-size)
	}
	if want := len("three") + 9; sizes[1] != want {
		t.Errorf("the second row has %d bytes, want %d", sizes[1], want)
	}
	r := &Reader{Data: data}
	var last Row
	for i := range rows {
		last = r.row(rows[i].Label, &last)
		if r.Err != nil || !reflect.DeepEqual(last, rows[i]) {
			t.Errorf("row %d: %+v, want %+v (%v)", i, last, rows[i], r.Err)
		}
	}
	for n := range data {
		r, last := &Reader{Data: data[:n]}, Row{}
		for i := range rows {
			last = r.row(rows[i].Label, &last)
		}
		if r.Err == nil {
			t.Errorf("no error for the first %d of %d bytes", n, len(data))
		}
	}
}
