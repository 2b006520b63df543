package documents

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCut(t *testing.T) {
	cut := func(d Passage, o Options) (list []Passage) {
		t.Helper()
		if err := Cut(context.Background(), d, o, func(p Passage) error { list = append(list, p); return nil }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	fields := []Field{{"year", int64(1)}}
	one := cut(Passage{Path: "p", ID: "i", Title: " A\n title ", Text: "A text.\n\nIn two paragraphs.", Fields: fields}, Options{})
	if want := []Passage{{Path: "p", ID: "i", Title: "A title", Text: "A text.\n\nIn two paragraphs.", Fields: fields}}; !reflect.DeepEqual(one, want) {
		t.Errorf("%+v, expected %+v", one, want)
	}
	many := cut(Passage{Path: "p", ID: "i", Text: strings.Repeat("This sentence has five words. ", 100)}, Options{Chunk: 50})
	if len(many) != 10 {
		t.Errorf("%d passages of 50 words each from 500", len(many))
	}
	for _, p := range many {
		if p.ID != "i" || p.FirstLine != 0 || len(strings.Fields(p.Text)) != 50 {
			t.Errorf("%+v", p)
		}
	}
	if got := cut(Passage{Title: "only", Text: " \n"}, Options{}); len(got) != 1 || got[0].Text != "only" || got[0].Title != "" {
		t.Errorf("a title alone: %+v", got)
	}
	if got := cut(Passage{Text: "\xff a"}, Options{}); len(got) != 1 || got[0].Text != "\uFFFD a" {
		t.Errorf("invalid UTF-8: %+v", got)
	}
	if got := cut(Passage{Text: "  "}, Options{}); len(got) != 0 {
		t.Errorf("no text: %+v", got)
	}
	stop := errors.New("stop")
	if err := Cut(context.Background(), Passage{Text: "a"}, Options{}, func(Passage) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	if err := Cut(context.Background(), Passage{Text: "a"}, Options{Chunk: -1}, nil); err == nil {
		t.Error("no error for a chunk of -1")
	}
}

func TestFieldsOf(t *testing.T) {
	d := json.NewDecoder(strings.NewReader(`{"s":"text","when":"2024-05-06","n":9007199254740993,"x":1.5,"yes":true,"none":null,"list":["a",2,false,null]}`))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		t.Fatal(err)
	}
	got, err := FieldsOf(members)
	want := []Field{{"list", []string{"a", "2", "false"}}, {"n", int64(9007199254740993)}, {"s", "text"}, {"when", time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)}, {"x", 1.5}, {"yes", true}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %+v, expected %+v", err, got, want)
	}
	for _, bad := range []any{map[string]any{}, []any{[]any{}}, json.Number("1e999")} {
		if _, err := FieldsOf(map[string]any{"f": bad}); err == nil || !strings.Contains(err.Error(), `the field "f" is`) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
