package fulltext

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/internal/fault"
)

func create(t *testing.T, language string, docs ...Document) *Index {
	t.Helper()
	x, err := Create(t.TempDir(), Options{Language: language, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	if err := x.Add(context.Background(), docs...); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	return x
}

func search(t *testing.T, x *Index, question string, allowed ...uint64) []int64 {
	t.Helper()
	var set *roaring64.Bitmap
	if allowed != nil {
		set = roaring64.BitmapOf(allowed...)
	}
	hits, err := x.Search(context.Background(), question, 10, set)
	if err != nil {
		t.Fatal(err)
	}
	labels := []int64{}
	for _, h := range hits {
		labels = append(labels, h.Label)
	}
	return labels
}

// The scores are those of the formula, by hand: three passages of lengths 2, 3 and 4.
func TestBM25(t *testing.T) {
	x := create(t, NoLanguage,
		Document{10, "", "red fox"},
		Document{20, "", "red red hen"},
		Document{30, "", "blue hen blue sky"})
	m, err := x.Query(context.Background(), "red hen zebra")
	if err != nil {
		t.Fatal(err)
	}
	idf := math.Log(1 + (3-2+0.5)/(2+0.5)) // 0.47000, of both
	score := func(tf, length float64) float64 { return idf * tf * 2.2 / (tf + 1.2*(0.25+0.75*length/3)) }
	want := map[int64]float64{10: score(1, 2), 20: score(2, 3) + score(1, 3), 30: score(1, 4), 40: 0}
	sum, squares := 0.0, 0.0
	for label, w := range want {
		if got := m.Score(label); math.Abs(got-w) > 1e-6 {
			t.Errorf("score of %d: %v, want %v", label, got, w)
		}
		sum += w
		squares += w * w
	}
	if math.Abs(m.Mean-sum/3) > 1e-6 || math.Abs(m.Deviation-math.Sqrt(squares/3-sum*sum/9)) > 1e-6 {
		t.Errorf("mean %v, deviation %v", m.Mean, m.Deviation)
	}
	if !slices.Equal(m.Unknown, []string{"zebra"}) || m.Matched != 3 {
		t.Errorf("unknown %v, %d matched", m.Unknown, m.Matched)
	}
	if got := search(t, x, "red hen"); !slices.Equal(got, []int64{20, 10, 30}) {
		t.Errorf("found %v", got)
	}
	if got := search(t, x, "red hen", 10, 30); !slices.Equal(got, []int64{10, 30}) {
		t.Errorf("found of two allowed: %v", got)
	}
}

// A word of the heading counts HeadingWeight times, in the frequency and in the length.
func TestHeadings(t *testing.T) {
	x := create(t, NoLanguage, Document{1, "red", "fox runs"}, Document{2, "", "red fox runs"}, Document{3, "", "hen"})
	m, err := x.Query(context.Background(), "red")
	if err != nil {
		t.Fatal(err)
	}
	idf := math.Log(1 + (3-2+0.5)/(2+0.5))
	mean := (5. + 3 + 1) / 3
	score := func(tf, length float64) float64 { return idf * tf * 2.2 / (tf + 1.2*(0.25+0.75*length/mean)) }
	if got, want := m.Score(1), score(3, 5); math.Abs(got-want) > 1e-6 {
		t.Errorf("in the heading: %v, want %v", got, want)
	}
	if got, want := m.Score(2), score(1, 3); math.Abs(got-want) > 1e-6 {
		t.Errorf("in the text: %v, want %v", got, want)
	}
	if math.Abs(m.Ideal-idf*2.2) > 1e-9 {
		t.Errorf("ideal %v", m.Ideal)
	}
}

// Documents are added, replaced and deleted, over several commits and segments, and after opening
// again; a clone does not change with the original.
func TestChanges(t *testing.T) {
	ctx := context.Background()
	x := create(t, "en", Document{1, "", "apples and pears"}, Document{2, "", "an apple"}, Document{3, "", "plums"}, Document{3, "", "cherries"})
	check := func(x *Index, question string, want ...int64) {
		t.Helper()
		got := search(t, x, question)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", question, got, want)
		}
	}
	check(x, "apple", 1, 2)
	check(x, "plum")
	check(x, "cherry", 3)
	if x.Len() != 3 {
		t.Errorf("%d documents", x.Len())
	}
	clone := t.TempDir()
	if err := x.Clone(clone); err != nil {
		t.Fatal(err)
	}
	if err := x.Delete(1, 99); err != nil {
		t.Fatal(err)
	}
	check(x, "apple", 1, 2) // not committed
	if err := x.Add(ctx, Document{2, "", "bananas"}, Document{7, "", "an apple pie"}); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	again := func() *Index {
		y, err := Open(x.dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { y.Close() })
		return y
	}
	for _, y := range []*Index{x, again()} {
		check(y, "apple", 7)
		check(y, "banana", 2)
		check(y, "cherry", 3)
		if y.Len() != 3 || y.Segments() != 2 {
			t.Errorf("%d documents in %d segments", y.Len(), y.Segments())
		}
	}
	if err := x.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, y := range []*Index{x, again()} {
		check(y, "apples", 7)
		check(y, "banana", 2)
		if y.Len() != 3 || y.Segments() != 1 {
			t.Errorf("compacted: %d documents in %d segments", y.Len(), y.Segments())
		}
	}
	old, err := Open(clone)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	check(old, "apple", 1, 2)
	check(old, "banana")
	if err := old.Verify(ctx); err != nil {
		t.Error(err)
	}
	// Deleting everything leaves an empty index that can be filled again.
	if err := x.Delete(2, 3, 7); err != nil {
		t.Fatal(err)
	}
	if err := x.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	check(x, "apple")
	if err := x.Add(ctx, Document{2, "", "apple"}); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	check(x, "apple", 2)
}

// Every byte of the files matters: an index with one changed byte, or a shorter file, is refused when
// it is opened or first searched.
func TestDamage(t *testing.T) {
	ctx := context.Background()
	x := create(t, "en", Document{1, "fruit", "apples and pears"}, Document{2, "", "an apple"}, Document{9, "", "plums"})
	if err := x.Delete(2); err != nil {
		t.Fatal(err)
	}
	if err := x.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	x.Close()
	files, err := os.ReadDir(x.dir)
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, %v", files, err)
	}
	try := func() error {
		y, err := Open(x.dir)
		if err != nil {
			return err
		}
		defer y.Close()
		_, err = y.Search(ctx, "apple", 5, nil)
		return err
	}
	for _, f := range files {
		path := filepath.Join(x.dir, f.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(data); at += 1 + len(data)/50 {
			for name, bad := range map[string][]byte{"changed": slices.Clone(data), "cut": data[:at]} {
				if name == "changed" {
					bad[at] ^= 0x10
				}
				os.Remove(path)
				if err := os.WriteFile(path, bad, 0o666); err != nil {
					t.Fatal(err)
				}
				err := try()
				if f.Name() == infoFile && name == "changed" {
					continue // the collection has its checksum; here it must not panic
				}
				if err == nil || fault.Hint(err) == "" || strings.Contains(err.Error(), "runtime") {
					t.Errorf("%s %s at %d: %v", f.Name(), name, at, err)
				}
			}
		}
		os.Remove(path)
		if err := try(); err == nil || !strings.Contains(err.Error(), f.Name()) {
			t.Errorf("%s missing: %v", f.Name(), err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := try(); err != nil {
		t.Fatal(err)
	}
}

// Questions are texts: nothing in them is an operator, and none is too strange.
func TestQuestions(t *testing.T) {
	x := create(t, "en", Document{1, "", "the C++ language: parseFile(max_size) and naïve café"}, Document{2, "", "plain text"})
	for question, want := range map[string][]int64{
		`+text -plain title:"x" ~2 ^3 /.*/ * ? AND NOT`: {2},
		"parse": {1}, "parsefile": {1}, "size": {1}, "MAX_SIZE": {1}, "cafe\u0301": {1}, "NAÏVE": {1},
		"": {}, "the of and": {}, "\x00\xff\x1b[31m": {}, "zebra": {}, "*": {}, strings.Repeat("text ", 10000): {2}, strings.Repeat("x", 1<<20): {},
	} {
		if got := search(t, x, question); !slices.Equal(got, want) {
			t.Errorf("%.40q: %v, want %v", question, got, want)
		}
	}
	if _, err := x.Search(context.Background(), strings.Repeat("x", 1<<20+1), 5, nil); err == nil || fault.Hint(err) == "" {
		t.Errorf("a question of more than 1 MiB: %v", err)
	}
}

func TestDetectLanguage(t *testing.T) {
	for want, sample := range map[string]string{
		"en":       "How do plants make the energy that they need? They use the light of the sun, which is absorbed by their leaves.",
		"de":       "Wie machen Pflanzen die Energie, die sie brauchen? Sie nutzen das Licht der Sonne, das von ihren Blättern aufgenommen wird.",
		"fr":       "Comment les plantes produisent-elles l'énergie dont elles ont besoin ? Elles utilisent la lumière du soleil, qui est absorbée par leurs feuilles.",
		"es":       "¿Cómo producen las plantas la energía que necesitan? Utilizan la luz del sol, que es absorbida por sus hojas.",
		"it":       "Come producono le piante l'energia di cui hanno bisogno? Usano la luce del sole, che è assorbita dalle loro foglie.",
		"nl":       "Hoe maken planten de energie die zij nodig hebben? Zij gebruiken het licht van de zon, dat door hun bladeren wordt opgenomen.",
		"sv":       "Hur gör växterna den energi som de behöver? De använder solens ljus, som tas upp av deras blad när det är dag.",
		"ru":       "Как растения производят энергию, которая им нужна? Они используют свет солнца, который поглощают их листья.",
		"cjk":      "植物はどのようにエネルギーを作りますか。葉が太陽の光を吸収します。",
		"ar":       "كيف تصنع النباتات الطاقة التي تحتاج إليها؟ إنها تستخدم ضوء الشمس الذي تمتصه أوراقها.",
		"hi":       "पौधे अपनी ऊर्जा कैसे बनाते हैं? वे सूर्य के प्रकाश का उपयोग करते हैं।",
		"pt":       "Como é que as plantas produzem a energia de que precisam? Elas usam a luz do sol, que é absorvida pelas suas folhas.",
		NoLanguage: "x1 y2 z3 0.5 0.7 foo bar baz qux quux corge",
	} {
		if got := DetectLanguage(sample); got != want {
			t.Errorf("%.30s…: %s, want %s", sample, got, want)
		}
	}
	if got := DetectLanguage(""); got != NoLanguage {
		t.Errorf("nothing: %s", got)
	}
}

// Every language finds a word in its own text, and marks it where it is.
func TestLanguages(t *testing.T) {
	for _, name := range Languages() {
		text := "Größe naïve плоды 植物の光 نباتات पौधे windows"
		x := create(t, name, Document{5, "", text})
		for word := range strings.FieldsSeq(text) {
			if got := search(t, x, word); !slices.Equal(got, []int64{5}) {
				t.Errorf("%s: %s: %v", name, word, got)
			}
			for _, s := range x.Spans(word, text) {
				if !utf8.ValidString(text[s.From:s.To]) || strings.Contains(text[s.From:s.To], " ") || !strings.Contains(word, text[s.From:s.To]) {
					t.Errorf("%s: %s: span %q", name, word, text[s.From:s.To])
				}
			}
		}
	}
	if _, err := Create(t.TempDir(), Options{Language: "xx"}); err == nil || !strings.HasPrefix(err.Error(), "Language must be one of ar, cjk") {
		t.Errorf("%v", err)
	}
}

func TestSpans(t *testing.T) {
	x := create(t, "en")
	for _, c := range []struct{ question, text, want string }{
		{"plants and energy", "A plant's energies; PLANTING", "[plant's] [energies] [PLANTING]"},
		{"parse", "call parseFile(x)", "[parse]"},
		{"parseFile", "call parseFile(x) or parse", "[parseFile] [parse]"},
		{"café", "Cafe\u0301 cafés", "[Cafe\u0301] [cafés]"},
		{"the", "the end", ""},
	} {
		var found []string
		for _, s := range x.Spans(c.question, c.text) {
			found = append(found, "["+c.text[s.From:s.To]+"]")
		}
		if got := strings.Join(found, " "); got != c.want {
			t.Errorf("%q in %q: %s, want %s", c.question, c.text, got, c.want)
		}
	}
}

// An index that was interrupted before its commit is as it was before.
func TestInterrupted(t *testing.T) {
	x := create(t, "en", Document{1, "", "apple"})
	ctx, cancel := context.WithCancel(context.Background())
	if err := x.Add(ctx, Document{2, "", "apple"}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := x.Commit(ctx); err != context.Canceled {
		t.Fatalf("%v", err)
	}
	x.Close()
	y, err := Open(x.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	if got := search(t, y, "apple"); !slices.Equal(got, []int64{1}) {
		t.Errorf("%v", got)
	}
	// What was left over is written over, even if it is linked elsewhere.
	if err := y.Add(context.Background(), Document{3, "", "pear"}); err != nil {
		t.Fatal(err)
	}
	if err := y.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := search(t, y, "pear apple"); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// Whoever may read one file of an index may read all, although zap makes files for their owner.
func TestFileModes(t *testing.T) {
	dir := t.TempDir()
	x, err := Create(dir, Options{Language: "en"})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, change := range []func() error{
		func() error {
			return x.Add(t.Context(), Document{Label: 1, Text: "one text"}, Document{Label: 2, Text: "two"})
		},
		func() error { return x.Commit(t.Context()) },
		func() error { return x.Delete(1) },
		func() error { return x.Compact(t.Context()) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		modes := map[os.FileMode]string{}
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				modes[info.Mode().Perm()] = e.Name()
			}
		}
		if len(modes) > 1 {
			t.Errorf("files have different permissions: %v", modes)
		}
	}
}
