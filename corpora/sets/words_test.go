package sets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestBundledSets(t *testing.T) {
	w := WordSim353()
	if len(w.Pairs) != 353 || w.Pairs[0] != (WordPair{"love", "sex", 6.77}) || w.Name != "WordSim-353" {
		t.Errorf("%s: %d pairs, the first %v", w.Name, len(w.Pairs), w.Pairs[0])
	}
	a := GoogleAnalogies()
	n := 0
	for _, s := range a.Sections {
		n += len(s.Questions)
	}
	if n != 19544 || len(a.Sections) != 14 || a.Sections[4].Name != "family" ||
		a.Sections[0].Questions[0] != [4]string{"Athens", "Greece", "Baghdad", "Iraq"} {
		t.Errorf("%d questions in %d sections", n, len(a.Sections))
	}
}

func TestReadWordPairs(t *testing.T) {
	want := "[{old new 1.58} {ice cream 9}]"
	for name, text := range map[string]string{
		"tabs":            "old\tnew\t1.58\nice\tcream\t9\n",
		"spaces":          "old new 1.58\nice   cream  9",
		"CSV":             "old,new,1.58\n\"ice\",\"cream\",9\n",
		"header":          "word1\tword2\tscore\nold\tnew\t1.58\nice\tcream\t9\n",
		"CSV header":      "Word 1,Word 2,Human (mean)\nold,new,1.58\nice,cream,9\n",
		"comments, CRLF":  "# source: people\r\n\r\nold\tnew\t1.58\r\n# more\r\nice\tcream\t9\r\n",
		"mark":            "\xef\xbb\xbfold new 1.58\nice cream 9",
		"further columns": "old\tnew\t1.58\t7\t8\nice\tcream\t9\t10\t11\n",
		"gzip":            corporatest.Gzip3(t, "old\tnew\t1.58\nice\tcream\t9\n"),
	} {
		set, err := ReadWordPairs(context.Background(), corporatest.WriteFile(t, t.TempDir(), "my-set.txt.gz", text))
		if err != nil || fmt.Sprint(set.Pairs) != want || set.Name != "my-set" {
			t.Errorf("%s: %v, error %v", name, set, err)
		}
	}
	set, err := ReadWordPairs(context.Background(), corporatest.WriteFile(t, t.TempDir(), "phrases.tsv", "New York\tbig city\t3\n"))
	if err != nil || set.Pairs[0] != (WordPair{"New York", "big city", 3}) {
		t.Errorf("phrases: %v, error %v", set, err)
	}
}

func TestReadWordPairsErrors(t *testing.T) {
	for text, message := range map[string]string{
		"":                                    "x.txt holds no word pairs",
		"# nothing\n\n":                       "x.txt holds no word pairs",
		"word1 word2 score\n":                 "x.txt holds no word pairs",
		"old new 1\nold new\n":                `x.txt:2: expected two words and a score but found 2 fields: "old new"`,
		"old new 1\n\na b c\n":                `x.txt:3: score "c" is not a number`,
		"a b c\nd e f\n":                      `x.txt:2: score "f" is not a number`,
		"a b NaN\n":                           `x.txt:1: score "NaN" is not a number`,
		"a b 1e999\nc d 1e999\n":              `x.txt:1: score "1e999" is not a number`,
		"a,,1\n":                              `x.txt:1: a word is missing`,
		strings.Repeat("a", 2*text.MaxChunk):  `x.txt:1: the line is longer than`,
		"a b 1\n" + strings.Repeat("\x00", 9): `is binary`,
	} {
		_, err := ReadWordPairs(context.Background(), corporatest.WriteFile(t, t.TempDir(), "x.txt", text))
		if err == nil || !strings.Contains(err.Error(), message) || fault.Hint(err) == "" {
			t.Errorf("%.30q: error %v, hint %q", text, err, fault.Hint(err))
		}
	}
	dir := t.TempDir()
	corporatest.WriteFile(t, dir, "a", "a b 1")
	corporatest.WriteFile(t, dir, "b", "a b 1")
	for path, message := range map[string]string{dir: "is 2 files", dir + "/none": "no such file"} {
		if _, err := ReadWordPairs(context.Background(), path); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

func TestReadAnalogies(t *testing.T) {
	want := "[{mine [[a b c d]]} {family [[man king woman queen] [boy he girl she]]} {cities [[x y z w]]}]"
	for _, text := range []string{
		"a b c d\n: family\nman king woman queen\nboy he girl she\n: none\n: cities\nx y z w",
		"# mine\na\tb\tc\td\r\n:family\r\nman\tking\twoman\tqueen\r\nboy,he,girl,she\r\n\r\n:none\r\n:  cities \r\nx y z w\r\n",
	} {
		set, err := ReadAnalogies(context.Background(), corporatest.WriteFile(t, t.TempDir(), "mine.txt", text))
		if err != nil || fmt.Sprint(set.Sections) != want || set.Name != "mine" {
			t.Errorf("%v, error %v", set, err)
		}
	}
	for text, message := range map[string]string{
		"":                   "x.txt holds no analogies",
		": family\n":         "x.txt holds no analogies",
		": s\na b c\n":       `x.txt:2: expected four words but found 3: "a b c"`,
		": s\n\na b c d e\n": `x.txt:3: expected four words but found 5: "a b c d e"`,
		":\na b c d\n":       `x.txt:1: the section has no name`,
		"a,b,,d\n":           `x.txt:1: a word is missing`,
	} {
		_, err := ReadAnalogies(context.Background(), corporatest.WriteFile(t, t.TempDir(), "x.txt", text))
		if err == nil || !strings.Contains(err.Error(), message) || fault.Hint(err) == "" {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func FuzzWordPairs(f *testing.F) {
	f.Add([]byte("word1,word2,score\nold,new,1.58\n"))
	f.Add([]byte(",,A\n,,"))
	f.Add([]byte("#c\n\"a,b\",c,2\nx\ty\t-3e2\t5\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseWordPairs(context.Background(), text.FromReader("x", bytes.NewReader(data)))
		if err != nil {
			return
		}
		var b strings.Builder
		for _, p := range set.Pairs {
			if p.A == "" || p.B == "" {
				t.Fatalf("pair %v of %q", p, data)
			}
			if strings.ContainsAny(p.A+p.B, "#\t\n\v\f\r\u0085\u00a0,\" ") || p.A != strings.TrimSpace(p.A) || p.B != strings.TrimSpace(p.B) {
				return
			}
			fmt.Fprintf(&b, "%s\t%s\t%v\n", p.A, p.B, p.Score)
		}
		again, err := parseWordPairs(context.Background(), text.FromReader("x", strings.NewReader(b.String())))
		if err == nil && fmt.Sprint(again.Pairs) != fmt.Sprint(set.Pairs) {
			t.Fatalf("%v becomes %v", set.Pairs, again.Pairs)
		}
	})
}

func FuzzAnalogies(f *testing.F) {
	f.Add([]byte(": family\nman king woman queen\n"))
	f.Add([]byte("a\tb\tc\td\n:x\n:y\n1,2,3,4"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parseAnalogies(context.Background(), text.FromReader("x", bytes.NewReader(data)))
		if err != nil {
			return
		}
		for _, s := range set.Sections {
			if s.Name == "" || len(s.Questions) == 0 {
				t.Fatalf("section %q of %d questions", s.Name, len(s.Questions))
			}
		}
	})
}

// A read of standard input or a pipe ends when its context does.
func TestWordsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := corporatest.WriteFile(t, t.TempDir(), "x.txt", "cat dog 1\n")
	if _, err := ReadWordPairs(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("word pairs: %v", err)
	}
	if _, err := ReadAnalogies(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("analogies: %v", err)
	}
}

// What the names of published sections stand for.
func TestRelation(t *testing.T) {
	for _, s := range GoogleAnalogies().Sections {
		want := Semantic
		if strings.HasPrefix(s.Name, "gram") {
			want = Syntactic
		}
		if s.Relation() != want {
			t.Errorf("%s is %s", s.Name, s.Relation())
		}
	}
	for name, want := range map[string]Relation{
		"gram1-adjective-to-adverb": Syntactic, "GRAM8_plural": Syntactic, "gram2 opposite": Syntactic,
		"JJ_JJR": Syntactic, "NN_NNPOS": Syntactic, "VBD_VBZ": Syntactic,
		"I01 [noun - plural_reg]": Syntactic, "D05 [adj+ness_reg]": Syntactic, "I10_[verb_VBG - verb_Ved]": Syntactic, "1_Inflectional_morphology": Unknown,
		"E01 [country - capital]": Semantic, "L02 [hypernyms - misc]": Semantic, "e10_male-female": Semantic, "inflectional_morphology": Syntactic, "Encyclopedic semantics": Semantic,
		"Capital Common Countries": Semantic, "city_in_state": Semantic, "FAMILY": Semantic, "semantic: rivers": Semantic, "syntactic-cases": Syntactic,
		"grammar schools": Unknown, "gramophones": Unknown, "royalty": Unknown, "families": Unknown, "ice": Unknown, "d1": Unknown, "e2e": Unknown, "L0123": Unknown, "мастер": Unknown, "questions-words": Unknown,
	} {
		if got := (&AnalogySection{Name: name}).Relation(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// A set that cannot have a correlation is known from its pairs.
func TestUndecided(t *testing.T) {
	for want, pairs := range map[string][]WordPair{
		"": {{"a", "b", 1}, {"c", "c", 2}},
		"the correlation is undefined: all scores are 2.5":                   {{"a", "b", 2.5}, {"c", "d", 2.5}},
		"the correlation is undefined: both sides of each pair are the same": {{"a", "a", 1}, {"c", "c", 2}},
	} {
		if got := (&WordPairs{Pairs: pairs}).Undecided(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
