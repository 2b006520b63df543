package exchange

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// opened describes what a file is read as: its format and its rows, or its error and hint.
func opened(t *testing.T, path string, o Options) string {
	t.Helper()
	v, err := Open(t.Context(), path, o)
	var rows []string
	if err == nil {
		defer v.Close()
		err = v.Each(t.Context(), func(r Row) error {
			rows = append(rows, fmt.Sprintf("%s%v", r.Token, r.Values))
			return nil
		})
	}
	if err != nil {
		if fault.Hint(err) == "" {
			t.Errorf("no hint: %v", err)
		}
		return strings.TrimPrefix(err.Error(), path) + " | " + fault.Hint(err)
	}
	return v.Format + " " + strings.Join(rows, " ")
}

// The lines of a text decide together. named is what a use reads that needs words, free what
// one reads that does not; an error is the start of its message.
func TestTextFormats(t *testing.T) {
	const (
		numbers = ": its rows are %d numbers without a word"
		either  = ": the first of the %d numbers of each row can be its word or a value"
		counts  = " holds no vectors: each line is a word and one number"
		counted = ": the first number of each row may be the count of its word or a value"
		joined  = " holds no vectors: its numbers have "
		none    = " holds no vectors: none of its first lines"
	)
	for _, c := range []struct{ name, content, named, free string }{
		{"words", "king 0.5 1\nqueen 2 -1\n", "glove king[0.5 1] queen[2 -1]", ""},
		{"header", "2 2\nking 0.5 1\nqueen 2 -1\n", "word2vec king[0.5 1] queen[2 -1]", ""},
		{"years", "2010 0.5 1\n2011 2 -1\nking 1 1\n", "glove 2010[0.5 1] 2011[2 -1] king[1 1]", ""},
		{"only years", "2010 0.5 1.5\n2011 0.25 -1\n", "glove 2010[0.5 1.5] 2011[0.25 -1]", fmt.Sprintf(either, 3)},
		{"node ids with a header", "2 3\n17 0.5 1 2\n4 3 1 -1\n", "word2vec 17[0.5 1 2] 4[3 1 -1]", ""},
		{"numpy.savetxt", "5.0e-01 1.0e+00 2.5e+00\n2.0e+00 -1.0e+00 0.0e+00\n", fmt.Sprintf(numbers, 3), "tsv [0.5 1 2.5] [2 -1 0]"},
		{"aligned", "  0.50   1.00  -2.00\n -0.25  10.00   3.00\n", fmt.Sprintf(numbers, 3), "tsv [0.5 1 -2] [-0.25 10 3]"},
		{"whole numbers", "1 0 2\n3 4 5\n", fmt.Sprintf(numbers, 3), "tsv [1 0 2] [3 4 5]"},
		{"two columns", "0.5 1\n2 -1\n", fmt.Sprintf(numbers, 2), "tsv [0.5 1] [2 -1]"},
		{"two columns of whole numbers", "10 20\n30 40\n50 60\n", fmt.Sprintf(numbers, 2), "tsv [10 20] [30 40] [50 60]"},
		{"a row of zeros and one", "0 1\n2 3\n4 5\n", fmt.Sprintf(numbers, 2), "tsv [0 1] [2 3] [4 5]"},
		{"header or row", "3 1\n0 1\n5 1\n7 1\n", ": its first line can be a header (3 words, 1 dimension)", ": its first line can be a header"},
		{"header of another number of rows", "9 1\n0 1\n5 1\n7 1\n", fmt.Sprintf(numbers, 2), "tsv [9 1] [0 1] [5 1] [7 1]"},
		{"one row", "0.5 1 2\n", fmt.Sprintf(numbers, 3), "tsv [0.5 1 2]"},
		{"one row of zeros", "0 0 0\n", fmt.Sprintf(numbers, 3), "tsv [0 0 0]"},
		{"one row that may have a word", "7 0.5 1.5\n", "glove 7[0.5 1.5]", fmt.Sprintf(either, 3)},
		{"a repeated first number", "7 0.5 1.5\n7 2.5 1.5\n", fmt.Sprintf(numbers, 3), "tsv [7 0.5 1.5] [7 2.5 1.5]"},
		{"one number a row", "0.5\n-1\n", ": its rows are 1 number without", "tsv [0.5] [-1]"},
		{"counts", "the 4001\nof 2010\n", counts, counts},
		{"weights", "the\t0.02\nof\t0.05\n", counts, counts},
		{"scores", "tiger cat 7.35\nbook paper 7.46\n", counts, counts},
		{"commas", "0.1, 0.2, 0.3\n0.4, 0.5, 0.6\n", joined + "',' between them", joined},
		{"commas alone", "0.1,0.2\n0.4,0.5\n", joined + "',' between them", joined},
		{"words and commas", "king,-0.1,0.2\nqueen,0.4,-5e-3\n", joined + "',' between them", joined},
		{"semicolons", "king;0,1;0,2\nqueen;0,4;0,5\n", joined + "',' between them", joined},
		{"semicolons and points", "king;0.1;0.2\nqueen;0.4;0.5\n", joined + "';' between them", joined},
		{"bars", "king|0.1|0.2\nqueen|0.4|0.5\n", joined + "'|' between them", joined},
		{"few values of many", "3 1000\nking 1:0.5 9:0.02\nqueen 3:0.1\nman 2:0.1\n", ":2: value 1000 of 1000, \"9:0.02\", is not a number", ":2: value 1000"},
		{"decimal commas", "king 0,1 0,2\nqueen 0,4 0,5\n", joined + "',' between them", joined},
		{"arrays", "[[0.1, 0.2],\n [0.4, 0.5]]\n", joined + "',' between them", joined},
		{"a header alone", "5 3\n", ": ends after 0 of 5 rows", ": ends after 0 of 5 rows"},
		{"prose", "Chapter 1\nIt was the best\n", counts, counts},
		{"prose without numbers", "It was\nthe best\n", none, none},
		{"several fields before two numbers", "a b 1 2\nc d 3 4\n", ": most lines have several words", ": most lines have several words"},
		{"counts before values", "king 120 0.5 1.5\nqueen 88 0.5 -1.5\nman 1 0.1 1e-3\n", counted, counted},
		{"whole first values", "king 120 0.5 1\nqueen 88 0.5 -1.5\n", "glove king[120 0.5 1] queen[88 0.5 -1.5]", ""},
		{"years after words", "king 2010 0.5 1.5\nqueen 2011 0.5 -1.5\n", "glove king[2010 0.5 1.5] queen[2011 0.5 -1.5]", ""},
		{"small first values", "king 1 0.5 1.5\nqueen 0 0.5 -1.5\n", "glove king[1 0.5 1.5] queen[0 0.5 -1.5]", ""},
		{"a header of fewer dimensions", "2 2\nking 0.5 1 3\nqueen 2 -1 4\n", ": its first line states 2 dimensions, but the rows have 3 numbers", ": its first line states 2"},
		{"a header of more dimensions", "2 4\nking 0.5 1 3\nqueen 2 -1 4\n", ":2: expected 4 values but found 3", ":2: expected 4"},
		{"a header of three numbers", "2 2 9\nking 0.5 1 3 4\nqueen 2 -1 4 5\n", ":1: expected 4 values but found 2", ":1: expected 4"},
		{"a header of names", "word x y\nking 0.5 1\nqueen 2 -1\n", ":1: value 2 of 2, \"y\", is not a number", ":1: value 2 of 2"},
		{"numbers, and a row that starts with text", "0.5 1 2\n0.5 2 3\nN/A 1 2\n", ": most rows are numbers without a word, but row 3 starts with \"N/A\"", ": most rows are numbers"},
		{"a comment", "# x y z\n0.5 1 2\n0.5 2 3\n", ": most rows are numbers without a word, but row 1 starts with \"#\"", ": most rows"},
		{"words of numbers, and a header that does not fit", "9 2\nwindows 7 1 2\nof 3 4\n", ": ends after 2 of 9 rows", ": ends after 2 of 9"},
		{"an empty word", "a 1 2\n 3 4\nb 5 6\n", "glove a[1 2] b[5 6]", "glove a[1 2] [3 4] b[5 6]"},
		{"carriage returns", "king 0.5 1\rqueen 2 -1\r", "glove king[0.5 1] queen[2 -1]", ""},
		{"carriage returns after a header", "2 2\rking 0.5 1\rqueen 2 -1", "word2vec king[0.5 1] queen[2 -1]", ""},
		{"numbered columns", "0\t1\t2\n0.5\t1\t2.5\n3\t4.5\t5\n", ":1: this row numbers the columns", ":1: this row numbers the columns"},
		{"numbered columns after words", "\t1\t2\nking\t0.5\t2.5\nqueen\t4.5\t5\n", ":1: this row numbers the columns", ":1: this row numbers the columns"},
		{"a row like that among its kind", "0 1 2\n1 2 3\n5 6 7\n", fmt.Sprintf(numbers, 3), "tsv [0 1 2] [1 2 3] [5 6 7]"},
		{"index and word", "0 king 0.5 1\n1 queen 2 -1\n", ": most lines have several words, or other fields, before 2 numbers", ": most lines"},
		{"ids with a colon", "149:-0.8 1 2\n144:0.5 2 3\n", ": most rows have ':' in their first field, such as \"144:0.5\"", ": most rows have ':'"},
		{"words with a colon", "king: 0.5 1 2\nqueen: 0.5 2 3\n", ": most rows have ':' in their first field, such as \"queen:\"", ": most rows have ':'"},
		{"a comma after words", "king,0.5 1 2\nqueen,0.5 2 3\n", ": most rows have ',' in their first field", ": most rows have ','"},
		{"quotes", "\"king\" 0.5 1 2\n\"queen\" 0.5 2 3\n", ": most rows have '\"' in their first field", ": most rows have '\"'"},
		{"a time among words", "12:30 0.5 1 2\nqueen 0.5 2 3\n\" 1 2 3\n: 2 2 2\n", "glove 12:30[0.5 1 2] queen[0.5 2 3] \"[1 2 3] :[2 2 2]", ""},
		{"sizes before rows without words", "2 3\n0.5 1 2\n3 4 5\n", ": its first line states 3 dimensions, and its rows are 3 numbers without a word", ": its first line states 3 dimensions, and"},
		{"binary", "king\x00\x01 1 2\nqueen 2 3\n", " is binary, but in no known format", " is binary"},
	} {
		for _, name := range []string{"v.txt", "v"} {
			path := fileOf(t, name, c.content)
			if got := opened(t, path, Options{}); !strings.HasPrefix(got, c.named) {
				t.Errorf("%s: %s, want %s", c.name, got, c.named)
			}
			want := c.free
			if want == "" {
				want = c.named
			}
			if got := opened(t, path, Options{Unnamed: true}); !strings.HasPrefix(got, want) {
				t.Errorf("%s, without words: %s, want %s", c.name, got, want)
			}
		}
	}
}

// Options, the name of the file and the expected dimension decide what is possible in two ways.
func TestTextFormatChosen(t *testing.T) {
	years := fileOf(t, "v.txt", "2010 0.5 1.5\n2011 0.25 -1\n")
	table := fileOf(t, "v.txt", "0.5 1 2\n3 4 5\n")
	header := fileOf(t, "v.txt", "2 1\n0 1\n5 1\n")
	words := fileOf(t, "words.txt", "a\nb\n")
	for _, c := range []struct {
		path string
		o    Options
		want string
	}{
		{years, Options{Unnamed: true, Format: "tsv"}, "tsv [2010 0.5 1.5] [2011 0.25 -1]"},
		{years, Options{Unnamed: true, Format: "glove"}, "glove 2010[0.5 1.5] 2011[0.25 -1]"},
		{years, Options{Unnamed: true, Dim: 3}, "tsv [2010 0.5 1.5] [2011 0.25 -1]"},
		{years, Options{Unnamed: true, Dim: 2}, "glove 2010[0.5 1.5] 2011[0.25 -1]"},
		{years, Options{WordList: words}, "tsv a[2010 0.5 1.5] b[2011 0.25 -1]"},
		{fileOf(t, "v.tsv", "2010\t0.5\t1.5\n2011\t0.25\t-1\n"), Options{Unnamed: true}, "tsv [2010 0.5 1.5] [2011 0.25 -1]"},
		{fileOf(t, "v.tsv", "0\t0.5\t1.5\n1\t0.25\t-1\n"), Options{Unnamed: true}, ": the first of the 3 numbers of each row can be its word or a value"}, // the index of pandas
		{fileOf(t, "v.tsv", "0\t0.5\t1.5\n1\t0.25\t-1\n"), Options{Unnamed: true, Dim: 3}, "tsv [0 0.5 1.5] [1 0.25 -1]"},
		{fileOf(t, "v.tsv", "1\t0.5\t1.5\n2\t0.25\t-1\n"), Options{WordList: words}, ": the first of the 3 numbers of each row can be its word or a value"},
		{fileOf(t, "v.tsv", "1\t0.5\t1.5\n2\t0.25\t-1\n"), Options{WordList: words, Format: "tsv"}, "tsv a[1 0.5 1.5] b[2 0.25 -1]"},
		{fileOf(t, "v.tsv", "2010\t0.5\t1.5\n2011\t0.25\t-1\n"), Options{}, ": its rows are 3 numbers without a word | list the words"},
		{fileOf(t, "v.tsv", "king\t0.5\t1.5\nqueen\t0.25\t-1\n"), Options{Unnamed: true}, "glove king[0.5 1.5] queen[0.25 -1]"},
		{table, Options{Format: "glove"}, "glove 0.5[1 2] 3[4 5]"},
		{table, Options{WordList: words}, "tsv a[0.5 1 2] b[3 4 5]"},
		{table, Options{Unnamed: true, WordList: words}, "tsv a[0.5 1 2] b[3 4 5]"},
		{table, Options{Format: "word2vec"}, " is not in the format word2vec | leave out Format"},
		{table, Options{Format: "npy"}, " is not in the format npy"},
		{table, Options{Format: "model"}, " is not in the format model"},
		{fileOf(t, "v.txt", "king 120 0.5 1.5\nqueen 88 0.5 -1.5\n"), Options{Format: "glove"}, "glove king[120 0.5 1.5] queen[88 0.5 -1.5]"},
		{table, Options{Limit: -1}, "Limit must not be negative, got -1 | 0 reads all rows"},
		{table, Options{Format: "orc"}, `Format must be a format that can be read, got "orc" | choose bvecs, csv, fasttext-bin, fvecs, glove, ivecs, json`},
		{fileOf(t, "v.txt", "5 3\n"), Options{Unnamed: true, Dim: 2}, "tsv [5 3]"},
		{fileOf(t, "v.txt", "5 3\n"), Options{Unnamed: true, Dim: 3}, "tsv [5 3]"}, // reported as a query of another dimension
		{fileOf(t, "v.txt", "5 3\n"), Options{Unnamed: true, Format: "tsv"}, "tsv [5 3]"},
		{header, Options{Unnamed: true, Format: "word2vec"}, "word2vec 0[1] 5[1]"},
		{header, Options{Unnamed: true, Format: "tsv"}, "tsv [2 1] [0 1] [5 1]"},
		{header, Options{Unnamed: true, Dim: 2}, "tsv [2 1] [0 1] [5 1]"},
		{fileOf(t, "v", "0 1 2\n0.5 1 2\n3 0.5 5\n"), Options{Unnamed: true, Format: "tsv"}, "tsv [0 1 2] [0.5 1 2] [3 0.5 5]"},
		{fileOf(t, "v", "the 4\nof 3\n"), Options{Format: "glove"}, "glove the[4] of[3]"},
		{fileOf(t, "v", "a b 1 2\nc d 3 4\n"), Options{Format: "glove"}, "glove a b[1 2] c d[3 4]"},
		{fileOf(t, "v", "king 1 2\n"), Options{WordList: words}, "WordList lists the words of rows that have none"},
		{fileOf(t, "v", "1 2\nking 1 2\n"), Options{WordList: words}, "WordList lists the words of rows that have none"},
		{fileOf(t, "v", `{"vectors": {"a": [1, 2]}}`), Options{WordList: words}, "WordList lists the words of rows that have none"},
		{fileOf(t, "v", "0.5 1\n3 4\n6 7\n"), Options{WordList: words}, words + ": ends after 2 words, but "},
		{fileOf(t, "v", "0.5 1\n"), Options{WordList: words}, words + ":2: more words than the 1 row of "},
		{table, Options{Format: "tsv"}, ": no list of words: "},
	} {
		if got := opened(t, c.path, c.o); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %+v: %s, want %s", filepath.Base(c.path), c.o, got, c.want)
		}
	}
}

// A list of words may have counts after a tab or, as word2vec and GloVe save them, after a
// space.
func TestWordLists(t *testing.T) {
	table := "1.5 2\n3 4\n5 6\n"
	for list, want := range map[string]string{
		"the\nof\ncat\n":             `"the" 3 "of" 1 "cat" 1`,
		"the\t90\nof\t40\ncat\t5\n":  `"the" 90 "of" 40 "cat" 5`,
		"the 90\nof 40\ncat 40\n":    `"the" 90 "of" 40 "cat" 40`,
		"the 90\r\nof 40\r\ncat 5":   `"the" 90 "of" 40 "cat" 5`,
		"the\rof\rcat\r":             `"the" 3 "of" 1 "cat" 1`,
		"\ufeffthe\nof\ncat\n":       `"the" 3 "of" 1 "cat" 1`,
		"iphone 4\nwindows 7\ncat\n": `"iphone 4" 3 "windows 7" 1 "cat" 1`,
		"iphone 4\nwindows 7\nx 5\n": `"iphone 4" 3 "windows 7" 1 "x 5" 1`, // counts do not grow
	} {
		c, _, err := Import(context.Background(), fileOf(t, "v.txt", table), ImportOptions{Options: Options{WordList: fileOf(t, "words.txt", list)}})
		if err != nil {
			t.Errorf("%q: %v", list, err)
			continue
		}
		var got []string
		for i, token := range c.Vocabulary.Tokens() {
			got = append(got, fmt.Sprintf("%q %d", token, c.Vocabulary.Count(int32(i))))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", list, got, want)
		}
	}
}

// What every format writes, every reader of vectors reads with the right dimension: a use that
// needs no words, one that does, and one with a list of words.
func TestRoundTrip(t *testing.T) {
	list := fileOf(t, "words.txt", "w0\nw1\nw2\n")
	for _, dim := range []int{1, 2, 3, 128} {
		for _, first := range []float32{0, 1, 2010, 0.5, -3} { // the first value, which looks like a word or not
			for rows := 1; rows <= 3; rows++ {
				for _, f := range Writable() {
					if f.Name == "toy" || f.Write == nil {
						continue
					}
					path := filepath.Join(t.TempDir(), "v"+f.Extensions[0])
					var want, named []string
					file, err := os.Create(path)
					if err != nil {
						t.Fatal(err)
					}
					w, err := NewWriter(file, f.Name, Shape{Rows: Unknown, Dim: dim, Text: true})
					if err != nil {
						t.Fatal(err)
					}
					for i := range rows {
						x := make([]float32, dim)
						for k := range x {
							x[k] = float32(i+k)/7 - 0.25
						}
						x[0] = first + 3*float32(i)
						word := fmt.Sprintf("w%d", i)
						if err := w.Write(Row{Token: []byte(word), Known: 1, Values: x}); err != nil {
							t.Fatal(err)
						}
						want, named = append(want, fmt.Sprint(x)), append(named, word+fmt.Sprint(x))
					}
					if err := w.Finish(); err != nil {
						t.Fatal(err)
					}
					file.Close()
					if info := w.Info(); info != nil {
						if err := os.WriteFile(InfoFile(path), info, 0o600); err != nil {
							t.Fatal(err)
						}
					}
					bare := !f.Words && f.Name != "jsonl" && f.Name != "csv" && f.Name != "parquet" && f.Name != "npz" // rows have no words
					for _, r := range []struct {
						name string
						o    Options
						want string
					}{
						{"no words", Options{Unnamed: true}, f.Name + " " + strings.Join(want, " ")},
						{"the format", Options{Unnamed: true, Format: f.Name}, f.Name + " " + strings.Join(want, " ")},
						{"words", Options{}, f.Name + " " + strings.Join(named, " ")},
						{"a list", Options{WordList: list, Limit: rows}, f.Name + " " + strings.Join(named, " ")},
					} {
						if r.o.Unnamed && !bare {
							r.want = f.Name + " " + strings.Join(named, " ")
						}
						switch {
						case dim == 1 && f.Name == "glove" && r.o.Format == "" && r.o.WordList == "":
							r.want = " holds no vectors: each line is a word and one number"
						case r.name == "words" && bare && f.Name != "tsv":
							r.want = ": no list of words"
						case r.name == "words" && f.Name == "tsv":
							r.want = ": its rows are "
						case r.name == "a list" && !bare && f.Name != "npz":
							r.want = ""
						}
						if got := opened(t, path, r.o); !strings.HasPrefix(got, r.want) || r.want == "" && !strings.Contains(got, "WordList lists") && dim > 1 {
							t.Errorf("%s of %d rows of %d from %v, read by %s: %.200s, want %.200s", f.Name, rows, dim, first, r.name, got, r.want)
						}
					}
				}
			}
		}
	}
}
