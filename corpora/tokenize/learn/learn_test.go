package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/internal/fault"
)

// sampleLines reads the first n lines of the sample.
func sampleLines(n int) textReader {
	return func(ctx context.Context, emit func([]byte) error) error {
		enough := errors.New("enough")
		left := n
		err := text.Sample().Read(ctx, func(c text.Chunk) error {
			if left--; left < 0 {
				return enough
			}
			return emit(c.Text)
		})
		if errors.Is(err, enough) {
			return nil
		}
		return err
	}
}

// goldenSample is the text that testdata/trainers/make.py reads.
var goldenSample = sampleLines(800)

func trainOn(t testing.TB, read textReader, o Options) *Result {
	t.Helper()
	got, err := TrainFrom(context.Background(), read, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// fileModel is the model of a tokenizer.json as it is written.
type fileModel struct {
	Model struct {
		Merges []string
		Vocab  json.RawMessage
	}
}

func modelOf(t testing.TB, tok *tokenize.Tokenizer) (f fileModel) {
	t.Helper()
	data, err := tok.MarshalJSON()
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func preTokenizerOf(t testing.TB, o Options) *pretokenizers.PreTokenizer {
	t.Helper()
	file := o.file()
	p, err := pretokenizers.Parse(file.Normalizer, file.PreTokenizer)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The file has the same bytes for any number of threads and, read back, gives the same
// tokens.
func TestTrainDeterministic(t *testing.T) {
	for _, model := range Models() {
		o := DefaultOptions(model)
		o.Vocabulary = 1200
		var files [2][]byte
		for i, threads := range []int{1, 5} {
			was := runtime.GOMAXPROCS(threads)
			got := trainOn(t, sampleLines(150), o)
			runtime.GOMAXPROCS(was)
			var err error
			if files[i], err = got.Tokenizer.MarshalJSON(); err != nil {
				t.Fatal(err)
			}
			if n := got.Tokenizer.Vocabulary().Len(); n != o.Vocabulary {
				t.Errorf("%s: %d tokens", model, n)
			}
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Errorf("%s: 1 and 5 threads write different files", model)
		}
		tok, err := tokenize.Parse("file", files[0])
		if err != nil {
			t.Fatal(err)
		}
		for id, token := range o.Special {
			if got := tok.Encode(nil, token); !slices.Equal(got, []int32{int32(id)}) {
				t.Errorf("%s: %s is %v", model, token, got)
			}
		}
		text := "Animalia is an illustrated book of the 1980s"
		var words []string
		for _, token := range tok.Tokens(text) {
			words = append(words, token.Text)
		}
		joined := strings.NewReplacer("##", "", "Ġ", " ", "▁", " ").Replace(strings.Join(words, ""))
		want := text
		if model == WordPiece {
			joined, want = strings.ReplaceAll(joined, " ", ""), strings.ToLower(strings.ReplaceAll(text, " ", ""))
		}
		if strings.TrimPrefix(joined, " ") != want {
			t.Errorf("%s: %q", model, words)
		}
	}
}

// The options of normalization apply to the file and to the training text.
func TestTrainNormalizes(t *testing.T) {
	text := func(_ context.Context, emit func([]byte) error) error {
		return emit([]byte("Café CAFÉ café ﬁn Fin fin"))
	}
	for _, c := range []struct {
		model        Model
		lower, strip bool
		in, want     string
	}{
		{WordPiece, true, true, "CAFÉ", "cafe"},
		{WordPiece, true, false, "CAFÉ", "café"},
		{WordPiece, false, false, "Café", "C ##afé"},
		{BPE, true, true, "CAFÉ", "cafe"},
		{BPE, false, false, "Fin", "F in"},
		{Unigram, true, true, "ﬁn CAFÉ", "▁fin ▁cafe"},
	} {
		o := DefaultOptions(c.model)
		o.Lowercase, o.StripAccents, o.Vocabulary = c.lower, c.strip, 300
		tok := trainOn(t, text, o).Tokenizer
		var got []string
		for _, token := range tok.Tokens(c.in) {
			got = append(got, token.Text)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%+v: %s", c, s)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Model = "words" }, `Model must be bpe, unigram or wordpiece, got "words"`},
		{func(o *Options) { o.Vocabulary = 0 }, "Vocabulary must be from 1 to 10000000, got 0"},
		{func(o *Options) { o.MinCount = 0 }, "MinCount must be at least 1, got 0"},
		{func(o *Options) { o.Alphabet = -1 }, "Alphabet must not be negative, got -1"},
		{func(o *Options) { o.MaxLength = -1 }, "MaxLength must not be negative, got -1"},
		{func(o *Options) { o.Model, o.MaxLength = Unigram, 0 }, "MaxLength must be from 1 to 64, got 0"},
		{func(o *Options) { o.Special = nil }, "Special must contain [UNK], which wordpiece needs"},
		{func(o *Options) { o.Special = []string{"[UNK]", "a", "a"} }, `Special contains "a" twice`},
		{func(o *Options) { o.Special = []string{"[UNK]", ""} }, `Special contains the bad token "": it is empty`},
		{func(o *Options) { o.Special = make([]string, 10_001) }, "Special must name at most 10000 tokens, got 10001"},
	} {
		o := DefaultOptions(WordPiece)
		c.change(&o)
		_, err := TrainFrom(context.Background(), nil, o)
		if err == nil || err.Error() != c.want || fault.Hint(err) == "" {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestTrainErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, model := range Models() {
		o := DefaultOptions(model)
		if _, err := TrainFrom(context.Background(), func(context.Context, func([]byte) error) error { return broken }, o); !errors.Is(err, broken) {
			t.Errorf("%s: %v", model, err)
		}
		_, err := Train(context.Background(), text.FromReader("empty", strings.NewReader(" \n\n")), o)
		if model != BPE && (err == nil || err.Error() != "the text has no words to learn a tokenizer from") {
			t.Errorf("%s: %v", model, err)
		}
		small := o
		small.Vocabulary = 10
		if _, err := Train(context.Background(), text.FromReader("text", strings.NewReader("the quick brown fox jumps")), small); err == nil ||
			!strings.HasPrefix(err.Error(), "a vocabulary of 10 is too small for the special tokens and the characters, ") {
			t.Errorf("%s: %v", model, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		o.OnProgress = func(p Progress) {
			if p.Stage == "learning" || model != Unigram {
				cancel()
			}
		}
		text := text.FromReader("text", strings.NewReader(strings.Repeat("the quick brown fox jumps over the lazy dog\n", 20_000)))
		if _, err := Train(ctx, text, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", model, err)
		}
	}
}

// If there are more words than fit, the rarest are dropped, the same for any number of
// threads.
func TestWordCounterDrops(t *testing.T) {
	var want []countedWord
	for _, threads := range []int{1, 4} {
		c := newWordCounter(preTokenizerOf(t, DefaultOptions(WordPiece)), threads)
		c.most, c.round = 40_000, 100_000
		if err := c.read(context.Background(), sampleLines(2000), func() {}); err != nil {
			t.Fatal(err)
		}
		got := c.counted()
		if c.dropped == 0 || c.droppedBelow == 0 || c.bytes > c.most || got[0].text != "the" {
			t.Errorf("%d dropped up to %d, %d bytes, first %v", c.dropped, c.droppedBelow, c.bytes, got[0])
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d threads the counts differ", threads)
		}
	}
}

func TestWordCounterSkipsLongWords(t *testing.T) {
	content := strings.Repeat("x", maxLearntWord+1) + " x x"
	got, err := Train(context.Background(), text.FromReader("text", strings.NewReader(content)), DefaultOptions(WordPiece))
	if err != nil || got.Skipped != 1 || got.Words != 3 || got.Distinct != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// For any text, the file can be read again and gives the same tokens.
func FuzzTrain(f *testing.F) {
	f.Add([]byte("the low lower newest widest the low"), uint8(0), uint16(300))
	f.Add([]byte("a\tb\r\n \x00\xff\xfe\u2028 ▁▁ <unk> [UNK] <un k>"), uint8(1), uint16(400))
	f.Add([]byte("日本語 日本 İstanbul e\u0301 \u200d 👩‍👩‍👧 \v\f\u0085"), uint8(2), uint16(40))
	f.Add([]byte(strings.Repeat("a", 300)+" "+strings.Repeat("ab", 200)), uint8(2), uint16(70))
	f.Fuzz(func(t *testing.T, text []byte, model uint8, size uint16) {
		o := DefaultOptions([]Model{WordPiece, BPE, Unigram}[int(model)%3])
		o.Vocabulary = 1 + int(size)
		o.MinCount = 1 + int64(model)%2
		read := func(_ context.Context, emit func([]byte) error) error {
			for line := range bytes.SplitSeq(text, []byte("\n")) {
				if err := emit(line); err != nil {
					return err
				}
			}
			return nil
		}
		got, err := TrainFrom(context.Background(), read, o)
		if err != nil {
			if fault.Hint(err) == "" {
				t.Fatalf("no hint: %v", err)
			}
			return
		}
		file, err := got.Tokenizer.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := tokenize.Parse("file", file)
		if err != nil {
			t.Fatal(err)
		}
		if n := again.Vocabulary().Len(); n > o.Vocabulary {
			t.Fatalf("%d tokens, want at most %d", n, o.Vocabulary)
		}
		if a, b := got.Tokenizer.Encode(nil, string(text)), again.Encode(nil, string(text)); !slices.Equal(a, b) {
			t.Fatalf("ids %v, but %v once the file is read again", a, b)
		}
	})
}

func BenchmarkTrain(b *testing.B) {
	for _, model := range Models() {
		b.Run(string(model), func(b *testing.B) {
			for b.Loop() {
				src := text.Sample()
				o := DefaultOptions(model)
				o.Vocabulary = 8000
				if _, err := Train(context.Background(), src, o); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(src.Stats().Bytes)
			}
		})
	}
}
