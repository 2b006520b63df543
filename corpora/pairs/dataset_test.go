package pairs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// letterTokenizer is a tokenizer that knows a to z, each with the number of its letter.
func letterTokenizer(t testing.TB) *tokenize.Tokenizer {
	t.Helper()
	var letters []string
	for c := 'a'; c <= 'z'; c++ {
		letters = append(letters, string(c))
	}
	return tokenizerOf(t, letters)
}

func tokenizerOf(t testing.TB, words []string) *tokenize.Tokenizer {
	t.Helper()
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	words2, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return words2
}

// openFiles writes files, given as name and text in turn, and opens them.
func openFiles(t testing.TB, files ...string) []Source {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i := 0; i < len(files); i += 2 {
		paths = append(paths, corporatest.WriteFile(t, dir, files[i], files[i+1]))
	}
	sources, err := Open(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// shown writes pairs as lines: the letters of each text, and the score.
func shown(t testing.TB, p *Dataset) string {
	t.Helper()
	var b strings.Builder
	var spare []int32
	for i := range p.Examples() {
		record, err := p.records.record(&spare, i)
		if err != nil {
			t.Fatal(err)
		}
		f := p.fileOf(int32(i))
		at := f.Columns
		if f.Kind != Paired {
			at++
		}
		for c := range f.Columns {
			if c > 0 {
				b.WriteByte('|')
			}
			for range record[c] {
				b.WriteByte('a' + byte(record[at]))
				at++
			}
		}
		if f.Kind != Paired {
			var batch Batch
			plan := &Plan{order: []int32{int32(i)}, batches: []plannedBatch{{0, 1, int32(slices.Index(p.files, f))}}}
			if err := p.Batch(&batch, plan, 0); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "|%.2g", batch.Scores[0])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// inDir takes the folder of files out of a message.
func inDir(sources []Source, message string) string {
	for _, s := range sources {
		for _, name := range s.Source.Names() {
			message = strings.ReplaceAll(message, filepath.Dir(name)+string(filepath.Separator), "")
		}
	}
	return message
}

func TestOptions(t *testing.T) {
	for want, o := range map[string]Options{
		"MaxTokens must not be negative, got -1":                                {MaxTokens: -1},
		"ScoreRange must be two finite numbers in ascending order, got 5 and 1": {ScoreRange: [2]float64{5, 1}},
		"Columns: a is one text, but a pair has two":                            {Columns: []string{"a"}},
		"Columns: name 2 is empty":                                              {Columns: []string{"a", " "}},
		"Columns: column 0 does not exist":                                      {Columns: []string{"0", "1"}},
		"Columns: a is named twice":                                             {Columns: []string{"a", "b", "a"}},
		"Columns: score=s is not the last":                                      {Columns: []string{"a", "score=s", "b"}},
		"Columns: a score or label needs exactly two texts, got 3":              {Columns: []string{"a", "b", "c", "label"}},
	} {
		if err := o.Validate(); err == nil || err.Error() != want || fault.Hint(err) == "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := Open([]string{"-", "-"}, nil); err == nil {
		t.Error("standard input twice")
	}
	file := corporatest.WriteFile(t, t.TempDir(), "x.tsv", "a\tb\n")
	for _, weights := range []map[string]float64{{"y": 2}, {file: 0}, {file: -1}, {file: 1e9}} {
		if _, err := Open([]string{file}, weights); err == nil || fault.Hint(err) == "" {
			t.Errorf("weights %v: %v", weights, err)
		}
	}
	if s, err := Open([]string{file}, map[string]float64{file: 0.5}); err != nil || s[0].Weight != 0.5 {
		t.Error(s, err)
	}
	if _, err := Build(context.Background(), openFiles(t, "x.tsv", "a\tb\n"), Options{}); err == nil {
		t.Error("no tokenizer")
	}
	if _, err := Build(context.Background(), nil, Options{Tokenizer: letterTokenizer(t)}); err == nil {
		t.Error("no sources")
	}
}

// The result is the same on any number of goroutines, in memory and in a file,
// from a file and from a pipe; and other pairs have another fingerprint.
func TestSameResult(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, "%c %c x\t%s\n", 'a'+i%26, 'a'+i/26%26, strings.Repeat(string(rune('a'+i%7))+" ", 1+i%40))
		if i%1000 == 17 {
			b.WriteString("\tempty\nbad\n?\t?\n")
		}
	}
	content := b.String()
	o := Options{Tokenizer: letterTokenizer(t), MaxTokens: 30, SpoolDir: t.TempDir()}
	build := func(src *text.Source, memory, threads int) *Dataset {
		t.Helper()
		p, err := buildWith(context.Background(), []Source{{Source: src}}, o, memory, threads)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	open := func() *text.Source { return text.FromReader("pipe", strings.NewReader(content)) }
	want := build(open(), idstore.MemoryBlocks, 1)
	if s := want.Stats(); s.Truncated == 0 || len(s.Skipped) != 3 || s.Skipped[0].Rows != 30 || s.Skipped[0].First != "pipe:20: expected 2 columns but found 1" {
		t.Errorf("%+v", s)
	}
	var counted int64
	for _, n := range want.TokenCounts() {
		counted += n
	}
	if counted != want.Tokens() || counted == 0 {
		t.Errorf("%d tokens are counted of %d", counted, want.Tokens())
	}
	lines := shown(t, want)
	for _, memory := range []int{idstore.MemoryBlocks, 0, 3} {
		p := build(open(), memory, 7)
		p.records.cache.most = 2
		if p.Fingerprint() != want.Fingerprint() || shown(t, p) != lines || fmt.Sprint(p.Stats()) != fmt.Sprint(want.Stats()) {
			t.Errorf("with %d blocks in memory the pairs differ", memory)
		}
	}
	content = strings.Replace(content, "\ta", "\tb", 1)
	if build(open(), idstore.MemoryBlocks, 2).Fingerprint() == want.Fingerprint() {
		t.Error("other pairs have the same fingerprint")
	}
	if left, _ := os.ReadDir(o.SpoolDir); len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("files are left: %v", left)
	}
}

func TestEachTextSpooled(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	sources := []Source{{Source: text.FromReader("-", strings.NewReader(corporatest.Gzip3(t, "a\tb\n\nbad\nc\td\n")))}, {Source: mustOpen(t, corporatest.WriteFile(t, t.TempDir(), "x.tsv", "e\tf\n")), Weight: 3}}
	spooled, done, err := Spool(ctx, sources, dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var texts []string
		stats, err := EachText(ctx, spooled, Options{}, func(text []byte) error { texts = append(texts, string(text)); return nil })
		if err != nil || strings.Join(texts, " ") != "a b c d e f" || stats.Rows != 4 || stats.Examples != 3 {
			t.Fatal(texts, stats, err)
		}
	}
	p, err := Build(ctx, spooled, Options{Tokenizer: letterTokenizer(t)})
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(t, p); got != "a|b\nc|d\ne|f\n" || p.Files()[0].Name != "-" || p.Files()[1].Weight != 3 {
		t.Errorf("%s%+v", got, p.Files())
	}
	if err := done(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	wrong := fmt.Errorf("enough")
	if _, err := EachText(ctx, sources[1:], Options{}, func([]byte) error { return wrong }); err != wrong {
		t.Errorf("the error of fn comes as %v", err)
	}
	if _, err := EachText(ctx, sources[:1], Options{}, func([]byte) error { return nil }); err == nil {
		t.Error("standard input is read twice")
	}
}

func mustOpen(t testing.TB, path string) *text.Source {
	t.Helper()
	s, err := text.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// With Strict the first bad row of the file is the error, whoever finds it.
func TestStrictOrder(t *testing.T) {
	for range 20 {
		sources := openFiles(t, "x.tsv", strings.Repeat("a\tb\n", 10)+"?\ta\n"+strings.Repeat("a\tb\n", 10)+"c\n")
		_, err := Build(context.Background(), sources, Options{Tokenizer: letterTokenizer(t), Strict: true})
		if err == nil || !strings.HasPrefix(inDir(sources, err.Error()), "x.tsv:11: text 1") {
			t.Fatal(err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := Options{Tokenizer: letterTokenizer(t), OnProgress: func(_, _ int64) { cancel() }}
	if _, err := Build(ctx, openFiles(t, "x.tsv", strings.Repeat("a\tb\n", 10_000)), o); err != context.Canceled {
		t.Error(err)
	}
}

func TestSample(t *testing.T) {
	p, err := Build(context.Background(), Sample(), Options{Tokenizer: sampleTokenizer(t), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Examples() != 29_400 || p.Kind() != Paired || p.Columns() != 2 || len(p.Files()) != 3 {
		t.Errorf("%d %s: %+v", p.Examples(), p.Kind(), p.Files())
	}
}

// sampleTokenizer knows all words of the bundled pairs.
func sampleTokenizer(t *testing.T) *tokenize.Tokenizer {
	words := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	seen := map[string]bool{}
	_, err := EachText(context.Background(), Sample(), Options{Strict: true}, func(text []byte) error {
		words.Words(text, func(word []byte) { seen[string(word)] = true })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for word := range seen {
		all = append(all, word)
	}
	slices.Sort(all)
	return tokenizerOf(t, all)
}

// FuzzBuild: whatever a file holds, all rows are counted, strict reading fails exactly if
// there is a bad row, and the texts are the same in both passes.
func FuzzBuild(f *testing.F) {
	for _, seed := range []string{"a\tb\nc\td\n", "a,b,0.5\n\"c\nd\",e,1\n", "{\"x\":\"a\",\"y\":\"b\"}\n{\"x\":1}\n", "anchor\tpositive\tnegative\na\tb\tc\n",
		"text1,text2,label\na,b,1\na,b,2\n", "a\xff\tb\x00\n", "\"a\n", "{\"x\":\"\\ud800\",\"y\":\"b\"}", "a;b\nc;d;e\n", "\ufeffa\tb", "\t\t\n", "a,b\n\"\"\"\",c\n", "{}\n", "a\tb\tnan\n"} {
		for _, name := range []string{"x", "x.tsv", "x.csv", "x.jsonl"} {
			f.Add(name, seed, "")
		}
		f.Add("x", seed, "1,2,score=3")
		f.Add("x", seed, "x,y")
	}
	tokenizer := letterTokenizer(f)
	f.Fuzz(func(t *testing.T, name, content, columns string) {
		ctx := context.Background()
		o := Options{Tokenizer: tokenizer, Related: true}
		if columns != "" {
			o.Columns = strings.Split(columns, ",")
		}
		open := func() []Source { return []Source{{Source: text.FromBytes(name, []byte(content))}} }
		p, err := Build(ctx, open(), o)
		if err != nil {
			return
		}
		defer p.Close()
		stats := p.Stats()
		skipped := int64(0)
		unknown := int64(0)
		for _, s := range stats.Skipped {
			skipped += s.Rows
			if s.Reason == badUnknown.String() || s.Reason == badNegative.String() {
				unknown += s.Rows
			}
		}
		if stats.Rows != stats.Examples+skipped || stats.Examples != p.Examples() || p.Examples() == 0 {
			t.Fatalf("%+v, and there are %d examples", stats, p.Examples())
		}
		texts := int64(0)
		if _, err := EachText(ctx, open(), o, func([]byte) error { texts++; return nil }); err != nil {
			t.Fatal(err)
		}
		if want := (stats.Examples + unknown) * int64(p.Columns()); texts != want {
			t.Fatalf("%d texts, want %d", texts, want)
		}
		shown(t, p)
		if plan, err := p.Plan(ctx, PlanOptions{BatchSize: 4, Repeats: true}); err != nil || plan.Examples() != p.Examples() {
			t.Fatal(err)
		}
		o.Strict = true
		strict, err := Build(ctx, open(), o)
		if (err == nil) != (skipped == 0) {
			t.Fatalf("%d rows are bad, and strict reading says %v", skipped, err)
		}
		if err == nil {
			strict.Close()
		}
	})
}
