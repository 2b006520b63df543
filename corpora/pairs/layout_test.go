package pairs

import (
	"context"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"
)

func TestLayouts(t *testing.T) {
	ctx := context.Background()
	tokenizer := letterTokenizer(t)
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
		{"label that is a score", "x.tsv", "sentence1\tsentence2\tlabel\na\tb\t5\nc\td\t2.5\n", "",
			`TSV with a header: text1 is "sentence1", text2 is "sentence2", score is "label"`, "a|b|1\nc|d|0.5\n"},
		{"the header of pandas", "x.csv", "0,1,2\na,b,5.0\nc,d,2.5\n", "", "CSV with a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nc|d|0.5\n"},
		{"a first text that is id", "x.tsv", "id\ta\nb\tc\n", "", "TSV without a header: anchor is column 1, positive is column 2", "b|c\n"},
		{"scores", "x.csv", "a,b,5.0\nc,d,2.5\n", "", "CSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nc|d|0.5\n"},
		{"labels", "x.tsv", "a\tb\t1\nc\td\t0\n", "", "TSV without a header: text1 is column 1, text2 is column 2, label is column 3", "a|b|1\nc|d|0\n"},
		{"0 and 1 and one between are scores", "x.tsv", "a\tb\t1\nc\td\t0\ne\tf\t.25\n", "",
			"TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nc|d|0\ne|f|0.25\n"},
		{"scores below 0", "x.tsv", "a\tb\t-1\nc\td\t.5\n", "", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|0\nc|d|0.75\n"},
		{"entailment", "x.tsv", "a\tb\tentailment\nc\td\tNeutral\ne\tf\tcontradiction\n", "",
			"TSV without a header: text1 is column 1, text2 is column 2, label is column 3", "a|b|1\nc|d|0\ne|f|0\n"},
		{"SNLI", "x.jsonl", `{"annotator_labels":["neutral"],"gold_label":"neutral","sentence1":"a","sentence1_parse":"( a )","sentence2":"b","sentence2_parse":"( b )"}` + "\n" +
			`{"annotator_labels":["entailment"],"gold_label":"entailment","sentence1":"c","sentence1_parse":"( c )","sentence2":"d","sentence2_parse":"( d )"}` + "\n", "",
			`JSON Lines: text1 is "sentence1", text2 is "sentence2", label is "gold_label"`, "a|b|0\nc|d|1\n"},
		{"labels of a premise", "x.csv", "premise,hypothesis,label\na,b,entailment\nc,d,not_entailment\n", "",
			`CSV with a header: text1 is "premise", text2 is "hypothesis", label is "label"`, "a|b|1\nc|d|0\n"},
		{"labels that become scores late", "x.tsv", "text1\ttext2\tlabel\n" + strings.Repeat("a\tb\t0\n", 5000) + "c\td\t0.5\ne\tf\t1\n", "",
			`TSV with a header: text1 is "text1", text2 is "text2", score is "label"`, strings.Repeat("a|b|0\n", 5000) + "c|d|0.5\ne|f|1\n"},
		{"JSON", "x.jsonl", "{\"n\":3,\"z\":\"a \\u0062\",\"y\":\"c\"}\n\n{\"y\":\"e\",\"z\":\"d\"}\n", "", `JSON Lines: anchor is "z", positive is "y"`, "ab|c\nd|e\n"},
		{"JSON by names", "x.json", `{"id":"z","abstract":"b","title":"a"}`, "", `JSON Lines: anchor is "title", positive is "abstract"`, "a|b\n"},
		{"JSON with a score", "x.txt", `{"sentence1":"a","sentence2":"b","score":0.25}` + "\n" + `{"sentence1":"a","sentence2":"b","score":"1"}`, "",
			`JSON Lines: text1 is "sentence1", text2 is "sentence2", score is "score"`, "a|b|0.25\na|b|1\n"},
		{"JSON with a label", "x.ndjson", `{"text1":"a","text2":"b","label":true}` + "\n" + `{"text1":"a","text2":"b","label":0}`, "",
			`JSON Lines: text1 is "text1", text2 is "text2", label is "label"`, "a|b|1\na|b|0\n"},
		{"numbers", "x.tsv", "1\ta\tb\n2\tc\td\textra\n", "3,2", "TSV without a header: anchor is column 3, positive is column 2", "b|a\nd|c\n"},
		{"numbers and a header", "x.tsv", "id\tquery\tanswer\n2\tc\td\n", "2,3", "TSV with a header: anchor is column 2, positive is column 3", "c|d\n"},
		{"triplets by number", "x.tsv", "a\tb\tc\n", "1,2,3", "TSV without a header: anchor is column 1, positive is column 2, negative is column 3", "a|b|c\n"},
		{"score by number", "x.tsv", "4\ta\tb\n0\tc\td\n", "2,3,score=1", "TSV without a header: text1 is column 2, text2 is column 3, score is column 1", "a|b|0.8\nc|d|0\n"},
		{"label by number", "x.tsv", "a\tb\t1\n", "1,2,label=3", "TSV without a header: text1 is column 1, text2 is column 2, label is column 3", "a|b|1\n"},
		{"names of the header", "x.csv", "eins,zwei,wert\na,b,1\n", "zwei,eins,score=wert", `CSV with a header: text1 is "zwei", text2 is "eins", score is "wert"`, "b|a|1\n"},
		{"names for what has no header", "x.tsv", "a\tb\tc\nd\te\tf\n", "anchor,positive,negative",
			"TSV without a header: anchor is column 1, positive is column 2, negative is column 3", "a|b|c\nd|e|f\n"},
		{"score for what has no header", "x.tsv", "a\tb\t1\nd\te\t0\n", "text1,text2,score", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "a|b|1\nd|e|0\n"},
		{"fields", "x.jsonl", `{"m":{"t":"a"},"x.y":"b","s":5}`, `m.t, x\.y ,score=s`, `JSON Lines: text1 is "m.t", text2 is "x\\.y", score is "s"`, "a|b|1\n"},
		{"gzip", "x.tsv.gz", corporatest.Gzip3(t, "a\tb\n"), "", "TSV without a header: anchor is column 1, positive is column 2", "a|b\n"},
		{"unknown words are left out", "x.tsv", "a zzz\tb\n", "", "TSV without a header: anchor is column 1, positive is column 2", "a|b\n"},
		{"the odd first row", "x.tsv", "a\nb\tc\nd\te\n", "", "TSV without a header: anchor is column 1, positive is column 2", "b|c\nd|e\n"},
		{"a score that fits no header", "x.tsv", "a\tb\tscore\nb\tc\t5\nd\te\t4\n", "", "TSV without a header: text1 is column 1, text2 is column 2, score is column 3", "b|c|1\nd|e|0.8\n"},
	} {
		o := Options{Tokenizer: tokenizer}
		if c.columns != "" {
			o.Columns = strings.Split(c.columns, ",")
		}
		p, err := Build(ctx, openFiles(t, c.file, c.text), o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := shown(t, p); got != c.want {
			t.Errorf("%s:\n%swant:\n%s", c.name, got, c.want)
		}
		if got, _, _ := strings.Cut(p.Files()[0].Layout, "; "); got != c.layout {
			t.Errorf("%s: %s\nwant: %s", c.name, got, c.layout)
		}
		p.Close()
	}
}

// A column that is not read is named: it may be a score of another name.
func TestUnusedColumns(t *testing.T) {
	for text, want := range map[string]string{
		"id\tsentence1\tsentence2\trating\n1\ta\tb\t4.5\n": `TSV with a header: anchor is "sentence1", positive is "sentence2"; not used: "id", "rating"`,
		`{"rating":1,"query":"a","answer":"b"}`:            `JSON Lines: anchor is "query", positive is "answer"; not used: "rating"`,
		"a\tb\n":                                           "TSV without a header: anchor is column 1, positive is column 2",
	} {
		p, err := Build(context.Background(), openFiles(t, "x", text), Options{Tokenizer: letterTokenizer(t)})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Files()[0].Layout; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		p.Close()
	}
}
