package pairs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
)

func TestEach(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	read := func(o Options, paths ...string) (texts []Texts, files []File, stats Stats, err error) {
		sources, err := Open(paths, nil)
		if err != nil {
			t.Fatal(err)
		}
		files, stats, err = Each(context.Background(), sources, o, func(p Texts) error { texts = append(texts, p); return nil })
		return texts, files, stats, err
	}
	pairs := write("pairs.tsv", "a\tb\none\n\"say \"\"c\"\"\"\td\n")
	triplets := write("triplets.jsonl", `{"anchor":"x\ty","positive":"y","negative":"z"}`+"\n")
	got, files, stats, err := read(Options{}, pairs, triplets)
	want := []Texts{{Texts: []string{"a", "b"}}, {Texts: []string{`say "c"`, "d"}}, {Texts: []string{"x\ty", "y", "z"}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v: %v", got, want, err)
	}
	if len(files) != 2 || files[0].Examples != 2 || files[1].Examples != 1 || files[1].Columns != 3 || stats.Rows != 4 || stats.Examples != 3 || len(stats.Skipped) != 1 {
		t.Errorf("%+v %+v", files, stats)
	}
	scored := write("scored.csv", "sentence1,sentence2,score\na,b,3.5\n")
	if got, _, _, err := read(Options{}, scored); err != nil || !reflect.DeepEqual(got, []Texts{{Kind: Scored, Texts: []string{"a", "b"}, Score: 3.5}}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, _, _, err := read(Options{Strict: true}, pairs); err == nil {
		t.Error("a bad row passed in spite of Strict")
	}
	stop := errors.New("enough")
	sources, _ := Open([]string{pairs}, nil)
	if _, _, err := Each(context.Background(), sources, Options{}, func(Texts) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func BenchmarkEachText(b *testing.B) {
	const n = 100_000
	words := "the quick brown fox jumps over the lazy dog while it rains"
	var tsv, csv, jsonl strings.Builder
	for i := range n {
		x, y := words[i%20:], words[:30+i%20]
		fmt.Fprintf(&tsv, "%s\t%s\n", x, y)
		fmt.Fprintf(&csv, "\"%s, \"\"%d\"\"\",%s\n", x, i, y)
		record, err := json.Marshal(map[string]any{"id": i, "anchor": x, "positive": y})
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&jsonl, "%s\n", record)
	}
	for name, content := range map[string]string{"x.tsv": tsv.String(), "x.csv": csv.String(), "x.jsonl": jsonl.String()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				sources := []Source{{Source: text.FromBytes(name, []byte(content))}}
				if _, err := EachText(context.Background(), sources, Options{}, func([]byte) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
