package collection

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/internal/fault"
)

// Records that are given inline are found, replaced, removed, and left alone by Sync; a record of a file that
// was replaced does not come back when the file changes.
func TestWriteRecords(t *testing.T) {
	ctx, dir, folder := t.Context(), filepath.Join(t.TempDir(), "c"), t.TempDir()
	put(t, folder, map[string]string{"r.jsonl": `{"id":"a","text":"how are you"}` + "\n" + `{"id":"b","text":"who are you"}` + "\n"})
	buildFolder(t, dir, folder, documents.Options{})
	write := func(records []Record, remove ...string) *Changes {
		t.Helper()
		c, err := WriteRecords(ctx, dir, records, remove, ChangeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	texts := func() string {
		t.Helper()
		var list []string
		for _, p := range all(t, dir) {
			list = append(list, p.ID+"="+p.Text)
		}
		slices.Sort(list)
		return strings.Join(list, "; ")
	}
	fields := []documents.Field{{Name: "when", Value: time.Date(2024, 5, 6, 7, 0, 0, 0, time.FixedZone("", 3600))}, {Name: "n", Value: int64(3)}}
	records := []Record{{ID: "c", Text: "who am I", Fields: fields}, {ID: "a", Text: "am I you"}}
	if c := write(records, "b", "unknown"); !reflect.DeepEqual([]any{c.Added, c.Changed, c.Removed, c.Unchanged}, []any{[]string{"c"}, []string{"a"}, []string{"b"}, int64(0)}) {
		t.Errorf("%+v", c)
	}
	if got := texts(); got != "a=am I you; c=who am I" {
		t.Errorf("%s", got)
	}
	if c := write(records); c.Unchanged != 2 || !c.Empty() {
		t.Errorf("the same again: %+v", c)
	}
	if c := write([]Record{{ID: "c", Text: "who am I", Fields: fields[:1]}}); len(c.Changed) != 1 {
		t.Errorf("other fields: %+v", c)
	}
	c, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Ask(ctx, Question{Text: "who am I", K: 1, Where: "when >= 2024-05-06"})
	if err != nil || len(answer.Hits) != 1 || answer.Hits[0].Path != "record:c" || answer.Hits[0].ID != "c" {
		t.Errorf("%v: %+v", err, answer)
	}
	c.Close()
	if c := sync1(t, dir); !c.Empty() {
		t.Errorf("sync removed %+v", c)
	}
	put(t, folder, map[string]string{"r.jsonl": `{"id":"a","text":"they are you"}` + "\n" + `{"id":"d","text":"how am I"}` + "\n"})
	sync1(t, dir)
	if got := texts(); got != "a=am I you; c=who am I; d=how am I" {
		t.Errorf("after a sync: %s", got)
	}
	write(nil, "c", "a")
	if got := texts(); got != "d=how am I" {
		t.Errorf("%s", got)
	}
	texted, err := OpenTexts(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer texted.Close()
	if files, err := texted.Files(); err != nil || len(files) != 1 {
		t.Errorf("%v: %+v", err, files)
	}
	if _, err := Verify(ctx, dir); err != nil {
		t.Error(err)
	}
}

func TestBadRecords(t *testing.T) {
	for _, c := range []struct {
		r     Record
		field string
	}{{Record{Text: "a"}, "ID"}, {Record{ID: strings.Repeat("x", 513), Text: "a"}, "ID"}, {Record{ID: "a\n", Text: "a"}, "ID"}, {Record{ID: "\xff", Text: "a"}, "ID"}, {Record{ID: "a", Text: " "}, "Text"}} {
		var field *fault.FieldError
		if _, err := WriteRecords(context.Background(), "none", []Record{c.r}, nil, ChangeOptions{}); !errors.As(err, &field) || field.Field != c.field {
			t.Errorf("%+v: %v", c.r, err)
		}
	}
	if _, err := WriteRecords(context.Background(), "none", []Record{{ID: "a", Text: "a"}}, []string{"a"}, ChangeOptions{}); err == nil {
		t.Error("an id was given twice")
	}
}
