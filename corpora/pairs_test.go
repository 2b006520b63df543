package corpora

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// pairWords is a tokenizer that knows a to z, each with the number of its letter.
func pairWords(t testing.TB) *Tokenizer {
	t.Helper()
	var letters []string
	for c := 'a'; c <= 'z'; c++ {
		letters = append(letters, string(c))
	}
	return tokenizerOf(t, letters)
}

func tokenizerOf(t testing.TB, words []string) *Tokenizer {
	t.Helper()
	v, err := NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	words2, err := NewWordTokenizer(WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return words2
}

// pairFiles writes files, given as name and text in turn, and opens them.
func pairFiles(t testing.TB, files ...string) []PairSource {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i := 0; i < len(files); i += 2 {
		paths = append(paths, write(t, dir, files[i], files[i+1]))
	}
	sources, err := OpenPairs(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// shown writes pairs as lines: the letters of each text, and the score.
func shown(t testing.TB, p *Pairs) string {
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
			var batch PairBatch
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
func inDir(sources []PairSource, message string) string {
	for _, s := range sources {
		for _, name := range s.Source.Names() {
			message = strings.ReplaceAll(message, filepath.Dir(name)+string(filepath.Separator), "")
		}
	}
	return message
}

func TestPairLayouts(t *testing.T) {
	ctx := context.Background()
	tokenizer := pairWords(t)
	for _, c := range []struct {
		name, file, text string
		columns          string
		layout, want     string
	}{
		{"two columns", "x.tsv", "a b\tc\nd\te f\n", "", "TSV without a header: anchor is column 1, positive is column 2", "ab|c\nd|ef\n"},
		{"no end, CRLF, mark, blank lines", "x.tsv", "\ufeffa\tb\r\n\r\n  \nc\td", "", "TSV without a header: anchor is column 1, positive is column 2", "a|b\nc|d\n"},
		{"quotes of TSV are text", "x.tsv", "\"a\" b\tc \"d\n\"e\tf\"\n", "", "TSV without a header: anchor is column 1, positive is column 2", "ab|cd\ne|f\n"},
		{"quoted TSV", "x.tsv", "\"a \"\"b\"\"\"\t\"c\"\n", "", "TSV without a header: anchor is column 1, positive is column 2", "ab|c\n"},
		{"tabs under another name", "x.txt", "a \"b\tc\n", "", "TSV without a header: anchor is column 1, positive is column 2", "ab|c\n"},
		{"CSV", "x.csv", "\"a, b\nc\",\"d \"\"e\"\"\"\nf,g\n", "", "CSV without a header: anchor is column 1, positive is column 2", "abc|de\nf|g\n"},
		{"semicolons", "x.csv", "a;b\nc;d\n", "", "CSV without a header: anchor is column 1, positive is column 2", "a|b\nc|d\n"},
		{"header", "x.csv", "id,Question,Answer\n1,a,b\n2,c,d\n", "", `CSV with a header: anchor is "Question", positive is "Answer"`, "a|b\nc|d\n"},
		{"header in another order, negatives", "x.tsv", "neg-2\tpositive\tanchor\tnegative 1\nd\tb\ta\tc\n", "",
			`TSV with a header: anchor is "anchor", positive is "positive", negative 1 is "neg-2", negative 2 is "negative 1"`, "a|b|d|c\n"},
		{"header with a score", "x.csv", "sentence1,sentence2,similarity_score\na,b,0.5\nc,d,1\n", "",
			`CSV with a header: text1 is "sentence1", text2 is "sentence2", score is "similarity_score"`, "a|b|0.5\nc|d|1\n"},
		{"header with a label", "x.tsv", "text1\ttext2\tlabel\na\tb\t1\nc\td\t0\n", "",
			`TSV with a header: text1 is "text1", text2 is "text2", label is "label"`, "a|b|1\nc|d|0\n"},
		{"scores", "x.csv", "a,b,5.0\nc,d,2.5\n", "", "CSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nc|d|0.5\n"},
		{"labels", "x.tsv", "a\tb\t1\nc\td\t0\n", "", "TSV without a header: text1 is column 1, text2 is column 2, label is column 3", "a|b|1\nc|d|0\n"},
		{"0 and 1 and one between are scores", "x.tsv", "a\tb\t1\nc\td\t0\ne\tf\t.25\n", "",
			"TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nc|d|0\ne|f|0.25\n"},
		{"scores below 0", "x.tsv", "a\tb\t-1\nc\td\t.5\n", "", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|0\nc|d|0.75\n"},
		{"scores of no usual range", "x.tsv", "a\tb\t500\nc\td\t800\ne\tf\t650\n", "",
			"TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|0\nc|d|1\ne|f|0.5\n"},
		{"JSON", "x.jsonl", "{\"n\":3,\"z\":\"a \\u0062\",\"y\":\"c\"}\n\n{\"y\":\"e\",\"z\":\"d\"}\n", "", `JSON Lines: anchor is "z", positive is "y"`, "ab|c\nd|e\n"},
		{"JSON by names", "x.json", `{"id":"z","abstract":"b","title":"a"}`, "", `JSON Lines: anchor is "title", positive is "abstract"`, "a|b\n"},
		{"JSON with a score", "x.txt", `{"sentence1":"a","sentence2":"b","score":0.25}` + "\n" + `{"sentence1":"a","sentence2":"b","score":"1"}`, "",
			`JSON Lines: text1 is "sentence1", text2 is "sentence2", score is "score"`, "a|b|0.25\na|b|1\n"},
		{"JSON with a label", "x.ndjson", `{"text1":"a","text2":"b","label":true}` + "\n" + `{"text1":"a","text2":"b","label":0}`, "",
			`JSON Lines: text1 is "text1", text2 is "text2", label is "label"`, "a|b|1\na|b|0\n"},
		{"numbers", "x.tsv", "1\ta\tb\n2\tc\td\textra\n", "3,2", "TSV without a header: anchor is column 3, positive is column 2", "b|a\nd|c\n"},
		{"numbers and a header", "x.tsv", "id\tquery\tanswer\n2\tc\td\n", "2,3", "TSV with a header: anchor is column 2, positive is column 3", "c|d\n"},
		{"triplets by number", "x.tsv", "a\tb\tc\n", "1,2,3", "TSV without a header: anchor is column 1, positive is column 2, negative is column 3", "a|b|c\n"},
		{"score by number", "x.tsv", "3\ta\tb\n0\tc\td\n", "2,3,score=1", "TSV without a header: text1 is column 2, text2 is column 3, score is column 1", "a|b|0.6\nc|d|0\n"},
		{"label by number", "x.tsv", "a\tb\t1\n", "1,2,label=3", "TSV without a header: text1 is column 1, text2 is column 2, label is column 3", "a|b|1\n"},
		{"names of the header", "x.csv", "eins,zwei,wert\na,b,1\n", "zwei,eins,score=wert", `CSV with a header: text1 is "zwei", text2 is "eins", score is "wert"`, "b|a|1\n"},
		{"names for what has no header", "x.tsv", "a\tb\tc\nd\te\tf\n", "anchor,positive,negative",
			"TSV without a header: anchor is column 1, positive is column 2, negative is column 3", "a|b|c\nd|e|f\n"},
		{"score for what has no header", "x.tsv", "a\tb\t1\nd\te\t0\n", "text1,text2,score", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nd|e|0\n"},
		{"fields", "x.jsonl", `{"m":{"t":"a"},"x.y":"b","s":2}`, `m.t, x\.y ,score=s`, `JSON Lines: text1 is "m.t", text2 is "x\\.y", score is "s"`, "a|b|0.4\n"},
		{"gzip", "x.tsv.gz", gzipped3(t, "a\tb\n"), "", "TSV without a header: anchor is column 1, positive is column 2", "a|b\n"},
		{"unknown words are left out", "x.tsv", "a zzz\tb\n", "", "TSV without a header: anchor is column 1, positive is column 2", "a|b\n"},
		{"the odd first row", "x.tsv", "a\nb\tc\nd\te\n", "", "TSV without a header: anchor is column 1, positive is column 2", "b|c\nd|e\n"},
		{"a score that fits no header", "x.tsv", "a\tb\tscore\nb\tc\t5\nd\te\t4\n", "", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "b|c|1\nd|e|0.8\n"},
	} {
		o := PairOptions{Tokenizer: tokenizer}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		p, err := BuildPairs(ctx, pairFiles(t, c.file, c.text), o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := shown(t, p); got != c.want {
			t.Errorf("%s:\n%swant:\n%s", c.name, got, c.want)
		}
		if got := p.Files()[0].Layout; got != c.layout {
			t.Errorf("%s: %s\nwant: %s", c.name, got, c.layout)
		}
		p.Close()
	}
}

// Bad rows are passed over and told, or with Strict are errors.
func TestBadPairs(t *testing.T) {
	ctx := context.Background()
	tokenizer := pairWords(t)
	long := strings.Repeat("a ", MaxRecord/2+1)
	for _, c := range []struct {
		name, file, text, columns, want, reason, first string
		scores                                         [2]float64
	}{
		{"few columns", "x.tsv", "a\tb\nc\nd\te\n", "", "a|b\nd|e\n", "too few or too many columns", "x.tsv:2: the row has 1 columns, not 2", [2]float64{}},
		{"many columns", "x.tsv", "a\tb\nd\te\nc\td\te\n", "", "a|b\nd|e\n", "too few or too many columns", "x.tsv:3: the row has 3 columns, not 2", [2]float64{}},
		{"comma in CSV", "x.csv", "a,b\nd,e\nc,d,e\n", "", "a|b\nd|e\n", "too few or too many columns", "x.csv:3: the row has 3 columns, not 2", [2]float64{}},
		{"few for the numbers", "x.tsv", "a\tb\tc\nd\te\n", "1,3", "a|c\n", "too few or too many columns", "x.tsv:2: the row has 2 columns, not 3", [2]float64{}},
		{"empty", "x.tsv", "a\tb\n\tc\nd\t \nd\te\n", "", "a|b\nd|e\n", "an empty text", "x.tsv:2: text 1 is empty", [2]float64{}},
		{"empty in quotes", "x.csv", "a,\"\"\nd,e\n", "", "d|e\n", "an empty text", "x.csv:1: text 2 is empty", [2]float64{}},
		{"unknown", "x.tsv", "a\tb\nc\tünknown 日本\n...\tc\n", "", "a|b\n", "a text without a known token", `x.tsv:2: text 2 has no known token: "ünknown 日本"`, [2]float64{}},
		{"no number", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\tmuch\n", "", "a|b|1\nb|c|0.5\n", "a score that is no number", `x.tsv:3: score "much" is no number`, [2]float64{}},
		{"NaN", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\tNaN\n", "", "a|b|1\nb|c|0.5\n", "a score that is no number", `x.tsv:3: score "NaN" is no number`, [2]float64{}},
		{"infinite", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\t-inf\n", "", "a|b|1\nb|c|0.5\n", "a score that is no number", `x.tsv:3: score "-inf" is no number`, [2]float64{}},
		{"huge", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\t1e300\n", "", "a|b|1\nb|c|0.5\n", "a score out of range", `x.tsv:3: score 1e+300 is too large`, [2]float64{}},
		{"range", "x.tsv", "a\tb\t4\nb\tc\t2\na\tb\t4.5\n", "", "a|b|1\nb|c|0\n", "a score out of range", `x.tsv:3: score 4.5 is not from 2 to 4`, [2]float64{2, 4}},
		{"label", "x.tsv", "text1\ttext2\tlabel\na\tb\t1\nb\tc\t2\n", "", "a|b|1\n", "a label that is not 0 or 1", `x.tsv:3: label "2" is not 0 or 1`, [2]float64{}},
		{"JSON", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\nnull\n[1]\n", "", "a|b\n", "no JSON object", "x.jsonl:2: the line is no JSON, not a JSON object", [2]float64{}},
		{"JSON list", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n[\"a\",\"b\"]\n", "", "a|b\n", "no JSON object", "x.jsonl:2: the line is a list, not a JSON object", [2]float64{}},
		{"first JSON", "x.jsonl", "{\"a\":\n{\"a\":\"a\",\"b\":\"b\"}\n", "", "a|b\n", "no JSON object", "x.jsonl:1: the line is no JSON, not a JSON object", [2]float64{}},
		{"no field", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\"a\"}\n", "", "a|b\n", "a field that is missing or no text", `x.jsonl:2: the record has no field "b"`, [2]float64{}},
		{"no string", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\"a\",\"b\":3}\n", "", "a|b\n", "a field that is missing or no text", `x.jsonl:2: field "b" is a number, not a string`, [2]float64{}},
		{"quotes", "x.csv", "a,b\nc,d \"e\"\nf,g\n", "", "a|b\nf|g\n", "quotes that are not those of CSV", "x.csv:2: a quote inside a field that does not begin with one: line 2, byte 5", [2]float64{}},
		{"quotes over lines", "x.csv", "a,b\n\"c,d\ne,\"f\ng,h\n", "", "a|b\ng|h\n", "quotes that are not those of CSV",
			"x.csv:2: a quoted field does not end as it should: line 3, byte 3", [2]float64{}},
		{"negative", "x.tsv", "a\tb\tc\na\tb\tB!\n", "1,2,3", "a|b|c\n", "a negative that is the anchor or the positive", `x.tsv:2: negative 1 is the anchor or the positive: "B!"`, [2]float64{}},
		{"long", "x.tsv", "a\tb\n" + long + "\tb\nc\td\n", "", "a|b\nc|d\n", "too long", "x.tsv:2: the row is longer than 16 MiB", [2]float64{}},
	} {
		o := PairOptions{Tokenizer: tokenizer, ScoreRange: c.scores}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		sources := pairFiles(t, c.file, c.text)
		p, err := BuildPairs(ctx, sources, o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		stats := p.Stats()
		if got := shown(t, p); got != c.want || stats.Examples != p.Examples() {
			t.Errorf("%s: %+v\n%swant:\n%s", c.name, stats, got, c.want)
		}
		if len(stats.Skipped) != 1 || stats.Skipped[0].Reason != c.reason || inDir(sources, stats.Skipped[0].First) != c.first ||
			stats.Skipped[0].Rows != stats.Rows-stats.Examples {
			t.Errorf("%s: skipped %+v\nwant %s: %s", c.name, stats.Skipped, c.reason, c.first)
		}
		p.Close()
		o.Strict = true
		if _, err := BuildPairs(ctx, sources, o); err == nil || inDir(sources, err.Error()) != c.first || fault.Hint(err) == "" {
			t.Errorf("%s, strict: %v (%s)", c.name, err, fault.Hint(err))
		}
	}
}

func TestPairErrors(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name    string
		files   []string
		columns string
		want    string
	}{
		{"no row", []string{"x.tsv", "\n\n"}, "", "x.tsv holds no pairs: it has no rows"},
		{"only a header", []string{"x.tsv", "anchor\tpositive\n"}, "", "x.tsv holds no pairs: it has no rows"},
		{"empty", []string{"x.tsv", "a\tb\n", "y.tsv", ""}, "", "y.tsv holds no pairs: it has no rows"},
		{"all bad", []string{"x.tsv", "a\t\n\tb\n"}, "", "x.tsv holds no usable pair; the first row is bad: x.tsv:1: text 2 is empty"},
		{"all unknown", []string{"x.tsv", "a\tb\n", "y.tsv", "?\t?\n"}, "", `y.tsv holds no usable pair; the first row is bad: y.tsv:1: text 1 has no known token: "?"`},
		{"one column", []string{"x.txt", "just text\nand more\n"}, "", `x.txt:1: there are no pairs: the rows have one column each, such as "just text"`},
		{"three texts", []string{"x.tsv", "a\tb\tc\n"}, "", `x.tsv:1: which of the 3 columns are pairs? The first row is "a", "b", "c"`},
		{"three fields", []string{"x.jsonl", `{"x":"a","y":"b","z":"c"}`}, "", `x.jsonl:1: which fields are pairs? The first record has the texts "x", "y", "z"`},
		{"two anchors", []string{"x.jsonl", `{"query":"a","question":"b","answer":"c"}`}, "", `x.jsonl:1: which fields are pairs? The first record has the texts "query", "question", "answer"`},
		{"JSON list", []string{"x.json", "[\n{\"a\":\"b\"}]"}, "", "x.json is a JSON list, not JSON Lines"},
		{"kinds", []string{"x.tsv", "a\tb\n", "y.csv", "a,b,0.5\n"}, "",
			"x.tsv holds pairs (TSV without a header: anchor is column 1, positive is column 2), and y.csv scored pairs (CSV without a header: text1 is column 1, text2 is column 2, score is column 3)"},
		{"no such column", []string{"x.tsv", "one\ttwo\na\tb\n"}, "one,three", `x.tsv:1: there is no column "three" in the header: "one", "two"`},
		{"two of a name", []string{"x.tsv", "one\tone\na\tb\n"}, "one,two", `x.tsv:1: two columns have the name "one"`},
		{"open quote", []string{"x.csv", "a,b\n\"c,d\ne,f\ng,h\n"}, "", "x.csv:2: a quoted field of this row does not end, up to the end of the file"},
		{"long quote", []string{"x.csv", "a,b\n\"" + strings.Repeat("c,d\n", MaxRecord/4+50000)}, "", "x.csv: the row that begins 4 bytes into the text is longer than 16 MiB"},
		{"binary", []string{"x.tsv", "a\x00\tb\n"}, "", "x.tsv is binary, not plain text: NUL at byte 2"},
	} {
		sources := pairFiles(t, c.files...)
		o := PairOptions{Tokenizer: pairWords(t)}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		_, err := BuildPairs(ctx, sources, o)
		if err == nil || inDir(sources, err.Error()) != c.want || fault.Hint(err) == "" {
			t.Errorf("%s: %v (%s)\nwant %s", c.name, err, fault.Hint(err), c.want)
		}
	}
}

func TestPairOptions(t *testing.T) {
	for want, o := range map[string]PairOptions{
		"max-tokens -1 is negative":                                         {MaxTokens: -1},
		"the range of scores is 5 to 1":                                     {ScoreRange: [2]float64{5, 1}},
		"columns: a is one text, and a pair is two":                         {Columns: []string{"a"}},
		"columns: name 2 is empty":                                          {Columns: []string{"a", " "}},
		"columns: there is no column 0":                                     {Columns: []string{"0", "1"}},
		"columns: a is named twice":                                         {Columns: []string{"a", "b", "a"}},
		"columns: score=s is not the last":                                  {Columns: []string{"a", "score=s", "b"}},
		"columns: there are 3 texts with a score or label, which is of two": {Columns: []string{"a", "b", "c", "label"}},
	} {
		if err := o.Validate(); err == nil || err.Error() != want || fault.Hint(err) == "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := OpenPairs([]string{"-", "-"}, nil); err == nil {
		t.Error("standard input twice")
	}
	file := write(t, t.TempDir(), "x.tsv", "a\tb\n")
	for _, weights := range []map[string]float64{{"y": 2}, {file: 0}, {file: -1}, {file: 1e9}} {
		if _, err := OpenPairs([]string{file}, weights); err == nil || fault.Hint(err) == "" {
			t.Errorf("weights %v: %v", weights, err)
		}
	}
	if s, err := OpenPairs([]string{file}, map[string]float64{file: 0.5}); err != nil || s[0].Weight != 0.5 {
		t.Error(s, err)
	}
	if _, err := BuildPairs(context.Background(), pairFiles(t, "x.tsv", "a\tb\n"), PairOptions{}); err == nil {
		t.Error("no tokenizer")
	}
	if _, err := BuildPairs(context.Background(), nil, PairOptions{Tokenizer: pairWords(t)}); err == nil {
		t.Error("no sources")
	}
}

// The result is the same on any number of goroutines, in memory and in a file,
// from a file and from a pipe; and other pairs have another fingerprint.
func TestPairsSame(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, "%c %c x\t%s\n", 'a'+i%26, 'a'+i/26%26, strings.Repeat(string(rune('a'+i%7))+" ", 1+i%40))
		if i%1000 == 17 {
			b.WriteString("\tempty\nbad\n?\t?\n")
		}
	}
	text := b.String()
	o := PairOptions{Tokenizer: pairWords(t), MaxTokens: 30, SpoolDir: t.TempDir()}
	build := func(src *Source, memory, threads int) *Pairs {
		t.Helper()
		p, err := buildPairs(context.Background(), []PairSource{{Source: src}}, o, memory, threads)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return p
	}
	open := func() *Source { return FromReader("pipe", strings.NewReader(text)) }
	want := build(open(), memoryBlocks, 1)
	if s := want.Stats(); s.Truncated == 0 || len(s.Skipped) != 3 || s.Skipped[0].Rows != 30 || s.Skipped[0].First != "pipe:20: the row has 1 columns, not 2" {
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
	for _, memory := range []int{memoryBlocks, 0, 3} {
		p := build(open(), memory, 7)
		p.records.cache.most = 2
		if p.Fingerprint() != want.Fingerprint() || shown(t, p) != lines || fmt.Sprint(p.Stats()) != fmt.Sprint(want.Stats()) {
			t.Errorf("with %d blocks in memory the pairs differ", memory)
		}
	}
	text = strings.Replace(text, "\ta", "\tb", 1)
	if build(open(), memoryBlocks, 2).Fingerprint() == want.Fingerprint() {
		t.Error("other pairs have the same fingerprint")
	}
	if left, _ := os.ReadDir(o.SpoolDir); len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("files are left: %v", left)
	}
}

func TestEachTextSpooled(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	sources := []PairSource{{Source: FromReader("-", strings.NewReader(gzipped3(t, "a\tb\n\nbad\nc\td\n")))}, {Source: mustOpen(t, write(t, t.TempDir(), "x.tsv", "e\tf\n")), Weight: 3}}
	spooled, done, err := SpoolPairs(ctx, sources, dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var texts []string
		stats, err := EachText(ctx, spooled, PairOptions{}, func(text []byte) error { texts = append(texts, string(text)); return nil })
		if err != nil || strings.Join(texts, " ") != "a b c d e f" || stats.Rows != 4 || stats.Examples != 3 {
			t.Fatal(texts, stats, err)
		}
	}
	p, err := BuildPairs(ctx, spooled, PairOptions{Tokenizer: pairWords(t)})
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
	if _, err := EachText(ctx, sources[1:], PairOptions{}, func([]byte) error { return wrong }); err != wrong {
		t.Errorf("the error of fn comes as %v", err)
	}
	if _, err := EachText(ctx, sources[:1], PairOptions{}, func([]byte) error { return nil }); err == nil {
		t.Error("standard input is read twice")
	}
}

func mustOpen(t testing.TB, path string) *Source {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// With Strict the first bad row of the file is the error, whoever finds it.
func TestStrictOrder(t *testing.T) {
	for range 20 {
		sources := pairFiles(t, "x.tsv", strings.Repeat("a\tb\n", 10)+"?\ta\n"+strings.Repeat("a\tb\n", 10)+"c\n")
		_, err := BuildPairs(context.Background(), sources, PairOptions{Tokenizer: pairWords(t), Strict: true})
		if err == nil || !strings.HasPrefix(inDir(sources, err.Error()), "x.tsv:11: text 1") {
			t.Fatal(err)
		}
	}
}

func TestPairsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := PairOptions{Tokenizer: pairWords(t), OnProgress: func(_, _ int64) { cancel() }}
	if _, err := BuildPairs(ctx, pairFiles(t, "x.tsv", strings.Repeat("a\tb\n", 10_000)), o); err != context.Canceled {
		t.Error(err)
	}
}

func TestSamplePairs(t *testing.T) {
	p, err := BuildPairs(context.Background(), SamplePairs(), PairOptions{Tokenizer: pairWordsOfSample(t), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Examples() != 29_400 || p.Kind() != Paired || p.Columns() != 2 || len(p.Files()) != 3 {
		t.Errorf("%d %s: %+v", p.Examples(), p.Kind(), p.Files())
	}
}

// pairWordsOfSample knows all words of the bundled pairs.
func pairWordsOfSample(t *testing.T) *Tokenizer {
	words := NewWordTokenizer(WordOptions{})
	seen := map[string]bool{}
	_, err := EachText(context.Background(), SamplePairs(), PairOptions{Strict: true}, func(text []byte) error {
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

// FuzzPairs: whatever a file holds, all rows are told for, strict reading stops
// exactly if there is a bad one, and the texts are the same in both passes.
func FuzzPairs(f *testing.F) {
	for _, seed := range []string{"a\tb\nc\td\n", "a,b,0.5\n\"c\nd\",e,1\n", "{\"x\":\"a\",\"y\":\"b\"}\n{\"x\":1}\n", "anchor\tpositive\tnegative\na\tb\tc\n",
		"text1,text2,label\na,b,1\na,b,2\n", "a\xff\tb\x00\n", "\"a\n", "{\"x\":\"\\ud800\",\"y\":\"b\"}", "a;b\nc;d;e\n", "\ufeffa\tb", "\t\t\n", "a,b\n\"\"\"\",c\n", "{}\n", "a\tb\tnan\n"} {
		for _, name := range []string{"x", "x.tsv", "x.csv", "x.jsonl"} {
			f.Add(name, seed, "")
		}
		f.Add("x", seed, "1,2,score=3")
		f.Add("x", seed, "x,y")
	}
	tokenizer := pairWords(f)
	f.Fuzz(func(t *testing.T, name, text, columns string) {
		ctx := context.Background()
		o := PairOptions{Tokenizer: tokenizer, Related: true}
		if columns != "" {
			o.Columns = strings.Split(columns, ",")
		}
		open := func() []PairSource { return []PairSource{{Source: embedded(name, []byte(text))}} }
		p, err := BuildPairs(ctx, open(), o)
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
		strict, err := BuildPairs(ctx, open(), o)
		if (err == nil) != (skipped == 0) {
			t.Fatalf("%d rows are bad, and strict reading says %v", skipped, err)
		}
		if err == nil {
			strict.Close()
		}
	})
}
