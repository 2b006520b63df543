package sets

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestSTSBenchmarkDev(t *testing.T) {
	set := STSBenchmarkDev()
	first := STSPair{A: "A man with a hard hat is dancing.", B: "A man wearing a hard hat is dancing.", Score: 5}
	if len(set.Pairs) != 1500 || set.Pairs[0] != first || set.Name != "STS benchmark dev" {
		t.Errorf("%s: %d pairs, the first %v", set.Name, len(set.Pairs), set.Pairs[0])
	}
	quoted := 0
	for _, p := range set.Pairs {
		if strings.Contains(p.A+p.B, `"`) {
			quoted++
		}
	}
	if quoted != 110 { // as grep -c '""' counts them
		t.Errorf("%d pairs with quotes", quoted)
	}
}

func TestReadSTS(t *testing.T) {
	want := `[{A man eats, slowly. A man is "eating". 4.5 } {It rains. Cats sleep. 0 }]`
	of := func(subset string) string {
		return strings.ReplaceAll(strings.ReplaceAll(want, " }", " "+subset+"}"), " ]", "]")
	}
	csv := "\"A man eats, slowly.\",\"A man is \"\"eating\"\".\",4.5\nIt rains.,Cats sleep.,0\n"
	tsv := "A man eats, slowly.\tA man is \"eating\".\t4.5\nIt rains.\tCats sleep.\t0\n"
	for name, c := range map[string][2]string{
		"CSV":               {csv, want},
		"CSV header":        {"sentence1,sentence2,score\n" + csv, want},
		"CSV other header":  {"First,Second,Human (mean)\n" + csv, want},
		"CRLF, blank, mark": {"\xef\xbb\xbf\r\n" + strings.ReplaceAll(csv, "\n", "\r\n\r\n"), want},
		"semicolons":        {"A man eats. Now;A man;3\n", "[{A man eats. Now A man 3 }]"},
		"line break":        {"\"A\nman\",B,1\nC,D,2", "[{A\nman B 1 } {C D 2 }]"},
		"TSV":               {tsv, want},
		"TSV no last break": {strings.TrimSpace(tsv), want},
		"TSV quoted":        {strings.ReplaceAll(tsv, `A man is "eating".`, `"A man is ""eating""."`), want},
		"TSV text quotes":   {"\"So\" he said \"now\"\tb\"c\t3\n", `[{"So" he said "now" b"c 3 }]`},
		"gzip":              {corporatest.Gzip3(t, tsv), want},
		"original": {"main-news\tMSRvid\t2012test\t0001\t4.500\tA man eats, slowly.\tA man is \"eating\".\nforum\tx\t2015\t0002\t0\tIt rains.\tCats sleep.\tmore\t\n",
			`[{A man eats, slowly. A man is "eating". 4.5 main-news} {It rains. Cats sleep. 0 forum}]`},
		"GLUE": {"index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n0\tg\tf\t2012\t1\tn\tn\tA man eats, slowly.\tA man is \"eating\".\t4.500\n" +
			"1\tg\tf\t2012\t1\tn\tn\tIt rains.\tCats sleep.\t0\n", of("g")},
		"SICK":       {"pair_ID\tsentence_A\tsentence_B\tentailment_label\trelatedness_score\n1\tA man eats, slowly.\tA man is \"eating\".\tNEUTRAL\t4.5\n2\tIt rains.\tCats sleep.\tNEUTRAL\t0", want},
		"JSON":       {`{"sentence1": "A man eats, slowly.", "sentence2": "A man is \"eating\".", "score": 4.5}` + "\n\n" + `{"sentence1":"It rains.","sentence2":"Cats sleep.","score":"0","list":[1]}`, want},
		"JSON genre": {`{"genre": "g", "text1": "A man eats, slowly.", "text2": "A man is \"eating\".", "label": 4.5}` + "\n" + `{"genre": "g", "text1":"It rains.","text2":"Cats sleep.","label":0}`, of("g")},
		"numbers":    {"1\t2\t3\n", "[{1 2 3 }]"},
	} {
		set, err := ReadSTS(context.Background(), corporatest.WriteFile(t, t.TempDir(), "my-set.csv.gz", c[0]), STSOptions{})
		if err != nil || fmt.Sprint(set.Pairs) != c[1] || set.Name != "my-set" {
			t.Errorf("%s: %v, error %v; want %s", name, set, err, c[1])
		}
	}
}

func TestReadSTSErrors(t *testing.T) {
	for text, message := range map[string]string{
		"":                            "x.csv holds no sentence pairs",
		"\n\n":                        "x.csv holds no sentence pairs",
		"sentence1,sentence2,score\n": "x.csv holds no sentence pairs",
		"a,b,1\nc,d\n":                "x.csv:2: expected 3 fields as in the first record but found 2",
		"a,b\nc,d\n":                  `x.csv:1: expected 3 columns or more but found 2: "a | b"`,
		"a\tb\t1\n\nc\td\n":           `x.csv:3: expected 3 columns or more but found 2: "c | d"`,
		"a,b,4.O\nc,d,1\n":            `x.csv:1: score "4.O" is not a number`,
		"a,b,1\nc,d,\n":               `x.csv:2: score "" is not a number`,
		"a,b,score\nc,d,high\n":       `x.csv:2: score "high" is not a number`,
		"a,b,1\nc,d,NaN\n":            `x.csv:2: score "NaN" is not a number`,
		"a,b,1e999\n":                 `x.csv:1: score "1e999" is not a number`,
		"a,,1\n":                      "x.csv:1: a sentence is empty",
		"a\t \t1\n":                   "x.csv:1: a sentence is empty",
		"a,b,1\n\"c,d,2\n":            "x.csv:2: byte 8: a quoted field is not closed",
		"a,b,1\nc \"q\" x,d,2\n":      "x.csv:2: byte 3: a quote inside an unquoted field",
		"{\"sentence1\": \"a\"}\n":    `x.csv:1: the record does not have two sentences and a score, only "sentence1"`,
		"{\"s1\": \"a\", \"s2\": 1, \"score\": 2}":              `x.csv:1: field "s2" is a number, not a sentence`,
		"{\"s1\": \"a\", \"s2\": \"b\", \"score\": 2}\n{\"s1\"": "x.csv:2: the line is not a JSON object",
		"a\tb\t1\n" + strings.Repeat("\x00", 9):                 "is binary",
	} {
		_, err := ReadSTS(context.Background(), corporatest.WriteFile(t, t.TempDir(), "x.csv", text), STSOptions{})
		if err == nil || !strings.Contains(err.Error(), message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v, hint %q, want %s", text, err, fault.Hint(err), message)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadSTS(ctx, corporatest.WriteFile(t, t.TempDir(), "x.csv", "a,b,1\n"), STSOptions{}); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
}

// Memory is bounded, even for a set that decompresses to a huge size.
func TestReadSTSBounded(t *testing.T) {
	row := strings.Repeat("a", 1000) + "\tb\t1\n"
	_, err := parseSTSWithin(context.Background(), text.FromReader("x", strings.NewReader(strings.Repeat(row, 1100))), STSOptions{}, 1<<20)
	if err == nil || !strings.Contains(err.Error(), "x:985: the set is larger than 1 MiB") || fault.Hint(err) == "" {
		t.Errorf("error %v", err)
	}
	long := strings.Repeat("a", text.MaxRecord)
	for content, message := range map[string]string{
		"a\tb\t1\n" + long + "\t":  "x:2: the record is longer than 16 MiB",
		"a,b,1\n\"c" + long + long: "x:2: the record is longer than 16 MiB",
		"{\"text1\": \"a" + long:   "x:1: the record is longer than 16 MiB",
	} {
		if _, err := parseSTS(context.Background(), text.FromReader("x", strings.NewReader(content)), STSOptions{}); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%.20q: error %.200v", content, err)
		}
	}
}

func FuzzSTS(f *testing.F) {
	f.Add([]byte("sentence1,sentence2,score\n\"a, b\",c,1\n"))
	f.Add([]byte("g\tf\t2012\t1\t4.5\ta\tb\n"))
	f.Add([]byte("a\t\"b \"\"c\"\"\"\t1\n\nd\te\t2"))
	f.Add([]byte("{\"text1\": \"a\", \"text2\": \"b\", \"label\": \"3\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseSTS(context.Background(), text.FromReader("x", bytes.NewReader(data)), STSOptions{})
		if err != nil {
			if set != nil {
				t.Fatal("a set and an error")
			}
			return
		}
		var b strings.Builder
		for _, p := range set.Pairs {
			if strings.TrimSpace(p.A) == "" || strings.TrimSpace(p.B) == "" || p.Score != p.Score {
				t.Fatalf("pair %v of %q", p, data)
			}
			fmt.Fprintf(&b, "%q,%q,%v\n", strings.NewReplacer(`"`, `'`, `\`, "/").Replace(p.A), "s", p.Score)
		}
		again, err := parseSTS(context.Background(), text.FromReader("x", strings.NewReader("sentence1,sentence2,score\n"+b.String())), STSOptions{})
		if err != nil || len(again.Pairs) != len(set.Pairs) {
			t.Fatalf("%v of %q becomes %v, %v", set.Pairs, b.String(), again, err)
		}
		for i, p := range again.Pairs {
			if p.Score != set.Pairs[i].Score {
				t.Fatalf("score %v becomes %v", set.Pairs[i].Score, p.Score)
			}
		}
	})
}
