package sentence_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/sentence"
)

// The sentences of the exercise in the order of its dot products.
var exerciseTexts = []string{"how are you", "who are you", "who am I"}

const exerciseQuery = "am I you"

type exercise struct {
	Vocab         []string    `json:"vocab"`
	EmbeddingRows [][]float32 `json:"embedding_rows"`
	Sentences     map[string]struct {
		Features [][]float32 `json:"features"`
		MeanX3   []float64   `json:"mean_x3"`
		IndexX3  []float64   `json:"index_x3"`
		DotX9    float64     `json:"dot_x9"`
	} `json:"sentences"`
}

func readExercise(t *testing.T) exercise {
	t.Helper()
	data, err := os.ReadFile("testdata/worked-example.json")
	if err != nil {
		t.Fatal(err)
	}
	var x exercise
	if err := json.Unmarshal(data, &x); err != nil {
		t.Fatal(err)
	}
	return x
}

// thirds returns v/3 rounded to float32 once: the closest to the true value
// that a float32 can be, so equality with it is exactness.
func thirds(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x / 3)
	}
	return out
}

func TestWorkedExampleStages(t *testing.T) {
	x, enc := readExercise(t), sentence.WorkedExample()
	if enc.Dim() != 2 {
		t.Fatalf("Dim = %d, want 2", enc.Dim())
	}
	if len(x.Sentences) != 4 {
		t.Fatalf("the exercise has %d sentences", len(x.Sentences))
	}
	for name, want := range x.Sentences {
		text := strings.TrimSuffix(name, " (query)")
		got, err := enc.Explain(text)
		if err != nil {
			t.Fatal(err)
		}
		if got.Known != 3 || got.Unknown != 0 || len(got.Tokens) != 3 {
			t.Fatalf("%s: %d known and %d unknown tokens, want 3 and 0", text, got.Known, got.Unknown)
		}
		for i, tok := range got.Tokens {
			if x.Vocab[tok.ID] != tok.Text || text[tok.Start:tok.End] != tok.Text {
				t.Errorf("%s: token %d is %q, id %d, at %d-%d", text, i, tok.Text, tok.ID, tok.Start, tok.End)
			}
			for d, v := range tok.Embedding {
				if v != x.EmbeddingRows[d][tok.ID] {
					t.Errorf("%s: embedding of %s = %v", text, tok.Text, tok.Embedding)
				}
			}
			if !slices.Equal(tok.ReLU, want.Features[i]) {
				t.Errorf("%s: features of %s = %v, want %v", text, tok.Text, tok.ReLU, want.Features[i])
			}
		}
		if !slices.Equal(got.Mean, thirds(want.MeanX3)) {
			t.Errorf("%s: mean = %v, want %v thirds", text, got.Mean, want.MeanX3)
		}
		// The projection adds rounded thirds, so it may be off by one rounding.
		for i, v := range got.Projection {
			if math.Abs(float64(v)-want.IndexX3[i]/3) > 1e-6 {
				t.Errorf("%s: projection = %v, want %v thirds", text, got.Projection, want.IndexX3)
			}
		}
		// Three times it is a whole number: exactly the one of the exercise.
		for i, v := range got.Projection {
			if math.Round(3*float64(v)) != want.IndexX3[i] {
				t.Errorf("%s: 3 × projection = %v, want %v", text, 3*v, want.IndexX3[i])
			}
		}
		if got.Normalized != nil || !slices.Equal(got.Vector, got.Projection) {
			t.Errorf("%s: the exercise doesn't normalize, but the vector is %v", text, got.Vector)
		}
	}
}

// The folded encoder adds whole numbers and divides once, so its vectors are
// the correctly rounded thirds, and three times them the whole numbers.
func TestWorkedExampleSearch(t *testing.T) {
	x := readExercise(t)
	folded, err := sentence.WorkedExample().Fold()
	if err != nil {
		t.Fatal(err)
	}
	for name, enc := range map[string]*sentence.Encoder{"layers": sentence.WorkedExample(), "folded": folded} {
		t.Run(name, func(t *testing.T) {
			ix, err := index.New(index.Options{Dim: 2, Metric: index.Dot, Kind: index.Flat})
			if err != nil {
				t.Fatal(err)
			}
			v := make([]float32, 2)
			for label, text := range exerciseTexts {
				if _, err := enc.Encode(v, text); err != nil {
					t.Fatal(err)
				}
				if want := thirds(x.Sentences[text].IndexX3); name == "folded" && !slices.Equal(v, want) {
					t.Errorf("%s = %v, want exactly %v", text, v, want)
				}
				if err := ix.Add(int64(label), v); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := enc.Encode(v, exerciseQuery); err != nil {
				t.Fatal(err)
			}
			results, err := ix.Search(v, 3, index.SearchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []struct {
				text string
				dot9 float64
			}{{"who am I", 62}, {"how are you", 44}, {"who are you", 42}} {
				r := results[i]
				if exerciseTexts[r.Label] != want.text || math.Abs(float64(r.Score)-want.dot9/9) > 1e-6 {
					t.Errorf("result %d: %q with %v, want %q with %v/9", i, exerciseTexts[r.Label], r.Score, want.text, want.dot9)
				}
				if got := x.Sentences[want.text].DotX9; got != want.dot9 {
					t.Errorf("%s: the file says %v/9, the test %v/9", want.text, got, want.dot9)
				}
			}
		})
	}
}

// The dot products as whole ninths, from the exact vectors times three.
func TestWorkedExampleDotsExact(t *testing.T) {
	enc, err := sentence.WorkedExample().Fold()
	if err != nil {
		t.Fatal(err)
	}
	times3 := func(text string) [2]float64 {
		v := make([]float32, 2)
		if _, err := enc.Encode(v, text); err != nil {
			t.Fatal(err)
		}
		return [2]float64{math.Round(float64(v[0]) * 3), math.Round(float64(v[1]) * 3)}
	}
	q := times3(exerciseQuery)
	for i, want := range []float64{44, 42, 62} {
		v := times3(exerciseTexts[i])
		if got := q[0]*v[0] + q[1]*v[1]; got != want || got/9 != want/9 {
			t.Errorf("%q · %q = %v/9, want %v/9", exerciseQuery, exerciseTexts[i], got, want)
		}
	}
}

func TestWorkedExampleVocabulary(t *testing.T) {
	enc := sentence.WorkedExample()
	for _, c := range []struct {
		text string
		ids  []int32
	}{
		{"she", []int32{16}}, // listed twice: the first
		{"I", []int32{14}},
		{"i", nil}, // cased
		{"How are YOU", []int32{7}},
		{"she (18)", []int32{16}}, // the second "she" can't be spelled
	} {
		if got := enc.Tokenizer().Encode(nil, c.text); !slices.Equal(got, c.ids) {
			t.Errorf("ids of %q = %v, want %v", c.text, got, c.ids)
		}
	}
	if n := enc.Tokenizer().Vocabulary().Len(); n != 22 {
		t.Errorf("the vocabulary has %d words, want 22", n)
	}
}

func ExampleEncoder_Explain() {
	x, err := sentence.WorkedExample().Explain("who am I")
	if err != nil {
		fmt.Println(err)
		return
	}
	x.WriteTo(os.Stdout)
	// Output:
	// text        "who am I"
	//
	// tokens      3 known, 0 unknown
	//   who  id 5
	//   am   id 9
	//   I    id 14
	//
	// weights
	//   W   1   1   0   0
	//       0   1   0   1
	//       1   0   1   0
	//       1  -1   0   0
	//   b   0   0  -1   0
	//   P   1   1   0   0
	//       0   0   1   1
	//
	// embedding   e = the token's row of the table
	//   who  1  0  0  0
	//   am   1  0  1  0
	//   I    1  2  0  0
	//
	// linear      W·e + b
	//   who   1   0   0   1
	//   am    1   0   1   1
	//   I     3   2   0  -1
	//
	// ReLU        max(0, W·e + b)
	//   who  1  0  0  1
	//   am   1  0  1  1
	//   I    3  2  0  0
	//
	// mean        m = the sum of these rows, divided by 3
	//   m   1.667  0.6667  0.3333  0.6667
	//
	// projection  p = P·m
	//   p  2.333      1
	//
	// folded      t = the token's row after all layers
	//   who  1  1
	//   am   1  2
	//   I    5  0
	//
	// from t      the vector of the text, from these rows alone
	//   v  2.333      1
	//
	// folding     changes the vector by up to 0; 116 numbers become 44
}

func ExampleEncoder_Encode() {
	enc := sentence.WorkedExample()
	vector := make([]float32, enc.Dim())
	known, err := enc.Encode(vector, "who are you, Ishmael?")
	fmt.Println(known, vector, err)
	// Output: 3 [1.6666667 0.33333334] <nil>
}
