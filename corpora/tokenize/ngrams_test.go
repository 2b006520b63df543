package tokenize

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/luminavec/luminavec/internal/fault"
)

// slowNGrams cuts n-grams by the definition in the paper. word must be valid UTF-8.
func slowNGrams(o NGramOptions, word string) []string {
	whole := "<" + word + ">"
	runes := []rune(whole)
	var grams []string
	for i := range runes {
		for n := o.Min; n <= o.Max && i+n <= len(runes); n++ {
			gram := string(runes[i : i+n])
			if border := n == 1 && (i == 0 || i == len(runes)-1); !border && (gram != whole || o.Whole) {
				grams = append(grams, gram)
			}
		}
	}
	return grams
}

// slowBucket is Dictionary::hash of fastText. For ASCII it is the FNV-1a of the standard
// library; see TestNGramBuckets.
func slowBucket(o NGramOptions, gram string) int32 {
	h := uint64(2166136261)
	for _, b := range []byte(gram) {
		x := uint64(b)
		if b >= 0x80 {
			x += 0xffffff00 // a signed char, made an unsigned int
		}
		h = (h ^ x) * 16777619 % (1 << 32)
	}
	return int32(h % uint64(o.Buckets))
}

func mustNGrams(t testing.TB, v *Vocabulary, o NGramOptions) *NGrams {
	t.Helper()
	g, err := NewNGrams(v, o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestNGramTexts(t *testing.T) {
	v := newVocabulary(t, "where")
	for _, test := range []struct {
		min, max int
		word     string
		want     string
	}{
		{3, 3, "where", "<wh whe her ere re>"}, // as in the paper, section 3.2
		{3, 4, "where", "<wh <whe whe wher her here ere ere> re>"},
		{1, 2, "ab", "<a a ab b b>"},
		{1, 1, "a", "a"},
		{1, 1, "", ""},
		{2, 6, "", ""},
		{3, 6, "a", ""}, // <a> is the whole
		{3, 6, "the", "<th <the the the> he>"},
		{5, 5, "the", ""},
		{2, 3, "né", "<n <né né né> é>"},
		{2, 2, "日本", "<日 日本 本>"},
		{2, 2, "👩\u200d💻", "<👩 👩\u200d \u200d💻 💻>"},
		{2, 3, "aaaa", "<a <aa aa aaa aa aaa aa aa> a>"},
		{4, 30, "ab", ""},
		{1, 2, "<>", "<< < <> > >>"}, // inside they are letters like any other
		{2, 2, "a\x80\x80b", "<a\x80\x80 a\x80\x80b b>"},
		{1, 2, "\x80\xff", "<\x80\xff \xff \xff>"},
	} {
		g := mustNGrams(t, v, NGramOptions{Min: 1, Max: 6, Buckets: 1000})
		g.options = NGramOptions{Min: test.min, Max: test.max, Buckets: 1000}
		var got []string
		for _, gram := range g.Explain(test.word) {
			got = append(got, gram.Text)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%d-%d of %q: %q, want %q", test.min, test.max, test.word, got, test.want)
		}
	}
}

// TestNGramBuckets: the numbers follow from the definition of FNV-1a with signed bytes, and
// agree with gensim.models.fasttext.ft_ngram_hashes, which is that of fastText.
func TestNGramBuckets(t *testing.T) {
	g := mustNGrams(t, newVocabulary(t, "the"), DefaultNGramOptions())
	want := map[string][]int32{
		"the":   {1151151, 409726, 1648960, 861980, 60934, 816280},
		"naïve": {1806890, 1907692, 878190, 933201, 1590546, 1719404, 832043, 156687, 356832, 1223007, 1505331, 1711570, 1788548, 1088654},
		"日本":    {758587, 1313759, 196157},
	}
	for word, buckets := range want {
		var got []int32
		for _, gram := range g.Explain(word) {
			got = append(got, gram.Bucket)
		}
		if !slices.Equal(got, buckets) {
			t.Errorf("%s: buckets %d, want %d", word, got, buckets)
		}
	}
	h := fnv.New32a()
	h.Write([]byte("the>"))
	if got, want := slowBucket(NGramOptions{Min: 3, Max: 6, Buckets: math.MaxInt32}, "the>"), int32(h.Sum32()%math.MaxInt32); got != want {
		t.Errorf("bucket of the> is %d, want %d", got, want)
	}
}

// TestNGramsOracle compares with the definition, for random words of a small alphabet, which
// share many n-grams and buckets.
func TestNGramsOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aab<>é日👩")
	word := func() string {
		runes := make([]rune, r.IntN(9))
		for i := range runes {
			runes[i] = letters[r.IntN(len(letters))]
		}
		return string(runes)
	}
	for range 200 {
		o := NGramOptions{Min: 1 + r.IntN(4), Buckets: []int{1, 7, 100, 2_000_000, math.MaxInt32}[r.IntN(5)]}
		o.Max, o.Whole, o.CountAll = o.Min+r.IntN(4), r.IntN(2) == 0, r.IntN(2) == 0
		var tokens []string
		var counts []int64
		sums := map[int32]int64{}
		for range 1 + r.IntN(30) {
			if w := word(); w != "" && !slices.Contains(tokens, w) {
				tokens, counts = append(tokens, w), append(counts, int64(r.IntN(5)))
				for _, gram := range slowNGrams(o, w) {
					sums[slowBucket(o, gram)] += counts[len(counts)-1]
				}
			}
		}
		v, err := NewVocabulary(tokens, counts)
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewNGrams(v, o)
		if len(sums) == 0 {
			if err == nil || fault.Hint(err) == "" {
				t.Errorf("no n-grams, but error %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		var want []int32
		for bucket := range sums {
			want = append(want, bucket)
		}
		slices.SortFunc(want, func(a, b int32) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b)) })
		if !slices.Equal(g.Buckets(), want) || g.Rows() != len(want) || g.Options() != o {
			t.Fatalf("%+v: buckets %d, want %d", o, g.Buckets(), want)
		}
		slow := func(word string) []int32 {
			rows := []int32{}
			for _, gram := range slowNGrams(o, word) {
				if row := slices.Index(want, slowBucket(o, gram)); row >= 0 {
					rows = append(rows, int32(row))
				}
			}
			return rows
		}
		restored, err := RestoreNGrams(v, o, g.Buckets())
		if err != nil {
			t.Fatal(err)
		}
		for id, token := range tokens {
			rows := slow(token)
			for _, g := range []*NGrams{g, restored} {
				if got := g.Of(int32(id)); !slices.Equal(got, rows) || cap(got) != len(got) {
					t.Fatalf("%+v: rows of %q are %d, want %d", o, token, got, rows)
				}
			}
		}
		for range 30 {
			w := word()
			if got := g.Append([]int32{-7}, w); got[0] != -7 || !slices.Equal(got[1:], slow(w)) {
				t.Fatalf("%+v: rows of %q are %d, want %d", o, w, got[1:], slow(w))
			}
			divisor := 3
			if o.CountAll {
				divisor = len(slowNGrams(o, w))
			}
			if got := g.Divisor(w, 3); got != divisor {
				t.Fatalf("%+v: divisor of %q is %d, want %d", o, w, got, divisor)
			}
		}
	}
}

func TestNGramErrors(t *testing.T) {
	v := newVocabulary(t, "the of paris", 10, 4, 3)
	for _, test := range []struct {
		o    NGramOptions
		want string
	}{
		{NGramOptions{}, "longest character n-gram must have 1 to 30 characters, got 0"},
		{NGramOptions{Min: 3, Max: 0, Buckets: 100}, "longest character n-gram must "},
		{NGramOptions{Min: 0, Max: 6, Buckets: 100}, "shortest character n-gram must have 1 to 6 characters, the length of the longest, got 0"},
		{NGramOptions{Min: -1, Max: 6, Buckets: 100}, "shortest character n-gram must "},
		{NGramOptions{Min: 7, Max: 6, Buckets: 100}, "shortest character n-gram must have 1 to 6 characters, the length of the longest, got 7"},
		{NGramOptions{Min: 3, Max: 31, Buckets: 100}, "longest character n-gram must have 1 to 30 characters, got 31"},
		{NGramOptions{Min: 3, Max: -2, Buckets: 100}, "longest character n-gram must "},
		{NGramOptions{Min: 3, Max: 6, Buckets: 0}, "Buckets must be from 1 to 2147483647, got 0"},
		{NGramOptions{Min: 3, Max: 6, Buckets: -5}, "Buckets must be from 1 to 2147483647, got -5"},
		{NGramOptions{Min: 20, Max: 30, Buckets: 100}, "no word of the vocabulary has character n-grams of 20 to 30"},
	} {
		if _, err := NewNGrams(v, test.o); err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%+v: error %v, hint %q", test.o, err, fault.Hint(err))
		}
	}
	if err := (NGramOptions{}).Validate(); err != nil {
		t.Errorf("none: %v", err)
	}
	if err := (NGramOptions{Min: 3, Buckets: 100}).Validate(); err == nil {
		t.Error("a length of 0 is valid")
	}
	if err := (NGramOptions{Min: 1, Max: 30, Buckets: math.MaxInt32}).Validate(); err != nil {
		t.Errorf("the widest: %v", err)
	}
}

func TestRestoreNGrams(t *testing.T) {
	v := newVocabulary(t, "the of paris", 10, 4, 3)
	o := NGramOptions{Min: 3, Max: 6, Buckets: 5}
	for _, test := range []struct {
		buckets []int32
		want    string
	}{
		{nil, "the list of character n-grams is empty"},
		{[]int32{0, 5}, "row 1 of the character n-grams has bucket 5; buckets are 0 to 4"},
		{[]int32{-1}, "row 0 of the character n-grams has bucket -1; buckets are 0 to 4"},
		{[]int32{3, 1, 4, 1}, "rows 1 and 3 of the character n-grams both have bucket 1"},
		{[]int32{0, 1, 2, 3, 4, 0}, "6 rows of character n-grams, but only 5 buckets"},
	} {
		if _, err := RestoreNGrams(v, o, test.buckets); err == nil || err.Error() != test.want {
			t.Errorf("%d: error %v, want %s", test.buckets, err, test.want)
		}
	}
	if _, err := RestoreNGrams(v, NGramOptions{}, []int32{1}); err == nil {
		t.Error("a length of 0 is accepted")
	}
	// Buckets may be missing, and in any order.
	all := mustNGrams(t, v, DefaultNGramOptions())
	some := slices.Clone(all.Buckets()[:all.Rows()/2])
	slices.Reverse(some)
	g, err := RestoreNGrams(v, DefaultNGramOptions(), some)
	if err != nil {
		t.Fatal(err)
	}
	for id, token := range v.Tokens() {
		var want []int32
		for _, gram := range all.Explain(token) {
			if row := slices.Index(some, gram.Bucket); row >= 0 {
				want = append(want, int32(row))
			}
		}
		if !slices.Equal(g.Of(int32(id)), want) {
			t.Errorf("%s: %d, want %d", token, g.Of(int32(id)), want)
		}
	}
}

// TestNGramCounts: the sums of counts may overflow.
func TestNGramCounts(t *testing.T) {
	v, err := NewVocabulary([]string{"aaaaaaaa", "b"}, []int64{math.MaxInt64, 0})
	if err != nil {
		t.Fatal(err)
	}
	g := mustNGrams(t, v, NGramOptions{Min: 1, Max: 1, Buckets: math.MaxInt32})
	if want := []int32{slowBucket(g.Options(), "a"), slowBucket(g.Options(), "b")}; !slices.Equal(g.Buckets(), want) {
		t.Errorf("buckets %d, want %d", g.Buckets(), want)
	}
}

func TestNGramsAllocate(t *testing.T) {
	g := mustNGrams(t, newVocabulary(t, "walking talked"), DefaultNGramOptions())
	rows := make([]int32, 0, 100)
	if n := testing.AllocsPerRun(100, func() { rows = g.Append(rows[:0], "talking") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { g.Of(1) }); n != 0 {
		t.Errorf("Of: %v allocations", n)
	}
	if len(rows) == 0 {
		t.Error("talking has no known n-grams")
	}
	long := g.Append(nil, strings.Repeat("talk", 1<<18)) // a megabyte
	if len(long) < 1<<18 {
		t.Errorf("a long word has %d known n-grams", len(long))
	}
}

// FuzzNGrams: for any options, a word of valid UTF-8 has the n-grams of the definition, and
// restored n-grams equal the original ones.
func FuzzNGrams(f *testing.F) {
	f.Add("where", "her", 3, 6, 2_000_000)
	f.Add("日本", "日本語", 1, 2, 7)
	f.Add("a\x80\xff", "\x80", 1, 30, 1)
	f.Add("x", "", 0, -1, math.MaxInt)
	f.Fuzz(func(t *testing.T, known, word string, shortest, longest, buckets int) {
		o := NGramOptions{Min: shortest, Max: longest, Buckets: buckets, Whole: buckets%2 == 0, CountAll: true}
		v, err := NewVocabulary([]string{known}, nil)
		if err != nil || len(known)+len(word) > 1000 {
			return
		}
		g, err := NewNGrams(v, o)
		if err != nil {
			return
		}
		if utf8.ValidString(word) {
			var texts, want []string
			for _, gram := range g.Explain(word) {
				texts = append(texts, fmt.Sprint(gram.Text, gram.Bucket))
			}
			for _, gram := range slowNGrams(o, word) {
				want = append(want, fmt.Sprint(gram, slowBucket(o, gram)))
			}
			if !slices.Equal(texts, want) {
				t.Errorf("n-grams of %q: %q, want %q", word, texts, want)
			}
		}
		if n := len(g.Explain(word)); n != g.Divisor(word, 0) {
			t.Errorf("divisor of %q: %d, want %d", word, g.Divisor(word, 0), n)
		}
		restored, err := RestoreNGrams(v, o, g.Buckets())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(restored.Of(0), g.Of(0)) || !slices.Equal(g.Append(nil, known), g.Of(0)) || !slices.Equal(restored.Append(nil, word), g.Append(nil, word)) {
			t.Error("restored n-grams differ")
		}
	})
}

func BenchmarkNewNGrams(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var tokens []string
	seen := map[string]bool{}
	for len(tokens) < 70_000 {
		word := make([]byte, 3+r.IntN(10))
		for i := range word {
			word[i] = "etaoinshrdlu"[min(r.IntN(12), r.IntN(12))]
		}
		if w := string(word); !seen[w] {
			seen[w] = true
			tokens = append(tokens, w)
		}
	}
	v, err := NewVocabulary(tokens, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		mustNGrams(b, v, DefaultNGramOptions())
	}
}

func BenchmarkNGramsOf(b *testing.B) {
	g := mustNGrams(b, newVocabulary(b, "walking talked"), DefaultNGramOptions())
	for b.Loop() {
		g.Of(1)
	}
}
