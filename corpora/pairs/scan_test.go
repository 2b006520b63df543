package pairs

import (
	"context"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Bad rows are skipped and reported, or with Strict are errors.
func TestBadRows(t *testing.T) {
	ctx := context.Background()
	tokenizer := letterTokenizer(t)
	long := strings.Repeat("a ", text.MaxRecord/2+1)
	for _, c := range []struct {
		name, file, text, columns, want, reason, first string
		scores                                         [2]float64
	}{
		{"few columns", "x.tsv", "a\tb\nc\nd\te\n", "", "a|b\nd|e\n", "too few or too many columns", "x.tsv:2: expected 2 columns but found 1", [2]float64{}},
		{"many columns", "x.tsv", "a\tb\nd\te\nc\td\te\n", "", "a|b\nd|e\n", "too few or too many columns", "x.tsv:3: expected 2 columns but found 3", [2]float64{}},
		{"comma in CSV", "x.csv", "a,b\nd,e\nc,d,e\n", "", "a|b\nd|e\n", "too few or too many columns", "x.csv:3: expected 2 columns but found 3", [2]float64{}},
		{"few for the numbers", "x.tsv", "a\tb\tc\nd\te\n", "1,3", "a|c\n", "too few or too many columns", "x.tsv:2: expected 3 columns but found 2", [2]float64{}},
		{"empty", "x.tsv", "a\tb\n\tc\nd\t \nd\te\n", "", "a|b\nd|e\n", "an empty text", "x.tsv:2: text 1 is empty", [2]float64{}},
		{"empty in quotes", "x.csv", "a,\"\"\nd,e\n", "", "d|e\n", "an empty text", "x.csv:1: text 2 is empty", [2]float64{}},
		{"unknown", "x.tsv", "a\tb\nc\tünknown 日本\n...\tc\n", "", "a|b\n", "a text without a known token", `x.tsv:2: text 2 has no known token: "ünknown 日本"`, [2]float64{}},
		{"no number", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\tmuch\n", "", "a|b|1\nb|c|0.5\n", "a score that is not a number", `x.tsv:3: score "much" is not a number`, [2]float64{}},
		{"NaN", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\tNaN\n", "", "a|b|1\nb|c|0.5\n", "a score that is not a number", `x.tsv:3: score "NaN" is not a number`, [2]float64{}},
		{"infinite", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\t-inf\n", "", "a|b|1\nb|c|0.5\n", "a score that is not a number", `x.tsv:3: score "-inf" is not a number`, [2]float64{}},
		{"huge", "x.tsv", "a\tb\t1\nb\tc\t0.5\na\tb\t1e300\n", "", "a|b|1\nb|c|0.5\n", "a score out of range", `x.tsv:3: score 1e+300 is too large`, [2]float64{}},
		{"range", "x.tsv", "a\tb\t4\nb\tc\t2\na\tb\t4.5\n", "", "a|b|1\nb|c|0\n", "a score out of range", `x.tsv:3: score 4.5 is not between 2 and 4`, [2]float64{2, 4}},
		{"label", "x.tsv", "text1\ttext2\tlabel\na\tb\t1\nb\tc\tmaybe\n", "", "a|b|1\n", "an unknown label", `x.tsv:3: label "maybe" has no known meaning`, [2]float64{}},
		{"one label of many", "x.tsv", "text1\ttext2\tlabel\nb\tc\t2\n" + strings.Repeat("a\tb\t1\n", 99), "", strings.Repeat("a|b|1\n", 99), "an unknown label", `x.tsv:2: label "2" is not 0 or 1`, [2]float64{}},
		{"JSON", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\nnull\n[1]\n", "", "a|b\n", "not a JSON object", "x.jsonl:2: the line is not a JSON object: unexpected end of JSON input", [2]float64{}},
		{"JSON list", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n[\"a\",\"b\"]\n", "", "a|b\n", "not a JSON object", "x.jsonl:2: the line is an array, not a JSON object", [2]float64{}},
		{"first JSON", "x.jsonl", "{\"a\":\n{\"a\":\"a\",\"b\":\"b\"}\n", "", "a|b\n", "not a JSON object", "x.jsonl:1: the line is not a JSON object: unexpected end of JSON input", [2]float64{}},
		{"no field", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\"a\"}\n", "", "a|b\n", "a field that is missing or not a string", `x.jsonl:2: the record has no field "b"`, [2]float64{}},
		{"no string", "x.jsonl", "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\"a\",\"b\":3}\n", "", "a|b\n", "a field that is missing or not a string", `x.jsonl:2: field "b" is a number, not a string`, [2]float64{}},
		{"quotes", "x.csv", "a,b\nc,d \"e\"\nf,g\n", "", "a|b\nf|g\n", "misplaced quotes", "x.csv:2: byte 5: a quote inside an unquoted field", [2]float64{}},
		{"quotes over lines", "x.csv", "a,b\n\"c,d\ne,\"f\ng,h\n", "", "a|b\ng|h\n", "misplaced quotes",
			"x.csv:3: byte 3: a quoted field is not closed correctly; the record starts on line 2", [2]float64{}},
		{"negative", "x.tsv", "a\tb\tc\na\tb\tB!\n", "1,2,3", "a|b|c\n", "a negative equal to the anchor or the positive", `x.tsv:2: negative 1 is the anchor or the positive: "B!"`, [2]float64{}},
		{"long", "x.tsv", "a\tb\n" + long + "\tb\nc\td\n", "", "a|b\nc|d\n", "too long", "x.tsv:2: the record is longer than 16 MiB", [2]float64{}},
	} {
		o := Options{Tokenizer: tokenizer, ScoreRange: c.scores}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		sources := openFiles(t, c.file, c.text)
		p, err := Build(ctx, sources, o)
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
		if _, err := Build(ctx, sources, o); err == nil || inDir(sources, err.Error()) != c.first || fault.Hint(err) == "" {
			t.Errorf("%s, strict: %v (%s)", c.name, err, fault.Hint(err))
		}
	}
}

func TestErrors(t *testing.T) {
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
		{"all bad", []string{"x.tsv", "a\t\n\tb\n"}, "", "x.tsv holds no usable pairs; first bad row: x.tsv:1: text 2 is empty"},
		{"all unknown", []string{"x.tsv", "a\tb\n", "y.tsv", "?\t?\n"}, "", `y.tsv holds no usable pairs; first bad row: y.tsv:1: text 1 has no known token: "?"`},
		{"one column", []string{"x.txt", "just text\nand more\n"}, "", `x.txt:1: the rows are not pairs: they have one column each, such as "just text"`},
		{"three texts", []string{"x.tsv", "a\tb\tc\n"}, "", `x.tsv:1: cannot tell which of the 3 columns are the pair: the first row is "a", "b", "c"`},
		{"an id and a text", []string{"x.tsv", "key\ttext\n7\ta\n8\tb\n"}, "", "x.tsv:1: cannot tell which columns are the pair: column 1 holds numbers, such as 8"},
		{"an id, a text and a score", []string{"x.csv", "7,a,0.5\n8,b,1\n9,c,0\n"}, "", "x.csv:1: cannot tell which columns are the pair: column 1 holds numbers, such as 9"},
		{"an id that is not a number", []string{"x.tsv", "id\ttext\nd7\ta\nd8\tb\n"}, "", `x.tsv:1: cannot tell which columns are the pair: the header is "id", "text"`},
		{"documents of BEIR", []string{"x.jsonl", `{"_id":"d1","text":"a"}`}, "", `x.jsonl:1: cannot tell which fields are the pair: field "_id" holds an id or a number, such as d1`},
		{"a number as a string", []string{"x.jsonl", `{"nr":"7","y":"a"}`}, "", `x.jsonl:1: cannot tell which fields are the pair: field "nr" holds an id or a number, such as 7`},
		{"three fields", []string{"x.jsonl", `{"x":"a","y":"b","z":"c"}`}, "", `x.jsonl:1: cannot tell which fields are the pair: the first record has the texts "x", "y", "z"`},
		{"two anchors", []string{"x.jsonl", `{"query":"a","question":"b","answer":"c"}`}, "", `x.jsonl:1: cannot tell which fields are the pair: the first record has the texts "query", "question", "answer"`},
		{"JSON list", []string{"x.json", "[\n{\"a\":\"b\"}]"}, "", "x.json is a JSON array, not JSON Lines"},
		{"kinds", []string{"x.tsv", "a\tb\n", "y.csv", "a,b,0.5\n"}, "",
			"x.tsv holds pairs (TSV without a header: anchor is column 1, positive is column 2), but y.csv holds scored pairs (CSV without a header: text1 is column 1, text2 is column 2, score is column 3)"},
		{"no such column", []string{"x.tsv", "one\ttwo\na\tb\n"}, "one,three", `x.tsv:1: no column is named "three": the header is "one", "two"`},
		{"two of a name", []string{"x.tsv", "one\tone\na\tb\n"}, "one,two", `x.tsv:1: two columns are named "one"`},
		{"open quote", []string{"x.csv", "a,b\n\"c,d\ne,f\ng,h\n"}, "", "x.csv:2: a quoted field of this record is not closed before the end of the file"},
		{"long quote", []string{"x.csv", "a,b\n\"" + strings.Repeat("c,d\n", text.MaxRecord/4+50000)}, "", "x.csv:2: the record is longer than 16 MiB"},
		{"binary", []string{"x.tsv", "a\x00\tb\n"}, "", "x.tsv is binary, not plain text: NUL at byte 2"},
	} {
		sources := openFiles(t, c.files...)
		o := Options{Tokenizer: letterTokenizer(t)}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		_, err := Build(ctx, sources, o)
		if err == nil || inDir(sources, err.Error()) != c.want || fault.Hint(err) == "" {
			t.Errorf("%s: %v (%s)\nwant %s", c.name, err, fault.Hint(err), c.want)
		}
	}
}
