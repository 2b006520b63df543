package text_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
)

// A copy of a small record takes little memory, also after a record of many members.
func TestCloneAfterLargeRecord(t *testing.T) {
	const small = 50
	var b strings.Builder
	b.WriteString(`{"text": "first"`)
	for i := range 20000 {
		fmt.Fprintf(&b, `, "k%d": 1`, i)
	}
	b.WriteString("}\n" + strings.Repeat(`{"text": "next"}`+"\n", small))
	var kept []text.Record
	var before, after runtime.MemStats
	err := text.FromBytes("x.jsonl", []byte(b.String())).Records(context.Background(), text.RecordOptions{Format: text.JSONLines}, func(in *text.Records) error {
		return in.Each(func(r *text.Record) error {
			if _, large := r.Field("k7"); large {
				runtime.ReadMemStats(&before)
				return nil
			}
			kept = append(kept, r.Clone())
			return nil
		})
	})
	runtime.ReadMemStats(&after)
	if err != nil || len(kept) != small {
		t.Fatalf("%d records, %v", len(kept), err)
	}
	if got := (after.TotalAlloc - before.TotalAlloc) / small; got > 16<<10 {
		t.Errorf("a record of 16 bytes and its copy take %d bytes", got)
	}
	for _, r := range kept {
		if value, ok := r.Field("text"); !ok || value.Literal() != "next" {
			t.Fatalf("a copy has text %q, %v", value.Literal(), ok)
		}
	}
}
