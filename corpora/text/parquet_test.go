package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every column of every file has the values that pyarrow reads from it (testdata/parquet/make.py).
func TestParquetValues(t *testing.T) {
	data, err := os.ReadFile("testdata/parquet/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string][]map[string]any
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if err := in.Decode(&files); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		src, err := Open(filepath.Join("testdata/parquet", name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = src.Records(t.Context(), RecordOptions{}, func(in *Records) error {
			return in.Each(func(r *Record) error {
				if n >= len(want) || int(r.Line) != n+1 || len(r.Names) != len(want[n]) {
					return fmt.Errorf("row %d with %d columns, want %d rows of %d", r.Line, len(r.Names), len(want), len(want[0]))
				}
				for column, value := range want[n] {
					got, ok := r.Field(column)
					if text := shown(got); !ok || text != wanted(value) {
						t.Errorf("%s: row %d: column %s is %s, want %s", name, n+1, column, text, wanted(value))
					}
				}
				n++
				return nil
			})
		})
		if err != nil || n != len(want) {
			t.Errorf("%s: %d rows, want %d, error %v", name, n, len(want), err)
		}
	}
}

// shown writes a value with its kind; wanted writes the same of a value of want.json.
func shown(v Value) string {
	switch v.Kind() {
	case kindList:
		list, _ := v.List()
		var parts []string
		for _, item := range list {
			parts = append(parts, shown(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case kindObject:
		var parts []string
		for i, name := range v.tree.names {
			parts = append(parts, name+":"+shown(v.tree.items[i]))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case kindNumber:
		x, err := strconv.ParseFloat(v.Literal(), 64)
		if err == nil && strings.ContainsAny(v.Literal(), "e.") && len(v.Literal()) < 16 {
			return fmt.Sprint("number ", x)
		}
		return "number " + v.Literal()
	case kindString:
		return strconv.Quote(v.Literal())
	}
	return v.Literal()
}

func wanted(v any) string {
	switch v := v.(type) {
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, wanted(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case map[string]any:
		if n, ok := v["number"]; ok && len(v) == 1 {
			return shown(number(strings.Replace(n.(string), "e+", "e+", 1)))
		}
		var parts []string
		for name, item := range v {
			parts = append(parts, name+":"+wanted(item))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case string:
		return strconv.Quote(v)
	case json.Number:
		return "number " + v.String()
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}
