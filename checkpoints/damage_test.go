package checkpoints

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
)

// wantDamage wants Verify, and Read unless the file is the model card, to
// name a damaged file.
func wantDamage(t *testing.T, dir, name, what string) {
	t.Helper()
	if _, err := Verify(context.Background(), dir); err == nil || !strings.Contains(err.Error(), name+":") || fault.Hint(err) == "" {
		t.Fatalf("%s of %s: Verify says %v, hint %q", what, name, err, fault.Hint(err))
	}
	if name == CardFile { // not read: see TestEditedCard
		return
	}
	_, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err == nil || !strings.Contains(err.Error(), name+":") || fault.Hint(err) == "" {
		t.Fatalf("%s of %s: Read says %v, hint %q", what, name, err, fault.Hint(err))
	}
	c, err := Read(context.Background(), dir, ReadOptions{State: true, Mapped: true})
	if err == nil {
		err = c.Embedding().Verify(0, c.Embedding().Rows())
	}
	if err == nil {
		err = c.Tensors[NGramTensor].Verify(0, c.Tensors[NGramTensor].Rows())
	}
	if err == nil || !strings.Contains(err.Error(), name+":") || fault.Hint(err) == "" {
		t.Fatalf("%s of %s: a mapped model says %v, hint %q", what, name, err, fault.Hint(err))
	}
}

// damaged returns the offsets below n at which tests damage a file: all of them in slow tests,
// otherwise the first and the last 16 and every seventh.
func damaged(n int) []int {
	var offsets []int
	for i := range n {
		if slow || i < 16 || i >= n-16 || i%7 == 0 {
			offsets = append(offsets, i)
		}
	}
	return offsets
}

func TestEveryByteFlipped(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	for name, content := range tree(t, dir) {
		f, err := os.OpenFile(filepath.Join(dir, filepath.FromSlash(name)), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, i := range damaged(len(content)) {
			for _, b := range []byte{content[i] ^ []byte{0x01, 0x20, 0xff}[i%3], content[i]} {
				if _, err := f.WriteAt([]byte{b}, int64(i)); err != nil {
					t.Fatal(err)
				}
				if b != content[i] {
					wantDamage(t, dir, name, "a flipped byte")
				}
			}
		}
	}
	if _, err := Read(context.Background(), dir, ReadOptions{State: true}); err != nil {
		t.Fatal("the test did not restore the model:", err)
	}
}

func TestEveryTruncation(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	for name, content := range tree(t, dir) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		for _, n := range slices.Backward(damaged(len(content))) {
			if err := os.Truncate(path, int64(n)); err != nil {
				t.Fatal(err)
			}
			wantDamage(t, dir, name, "a truncation")
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		wantDamage(t, dir, name, "a byte more")
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEditedCard: people may write in the model card.
func TestEditedCard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	if err := os.WriteFile(filepath.Join(dir, CardFile), []byte("# My model\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	wantDamage(t, dir, CardFile, "an edit")
	if _, err := Read(context.Background(), dir, ReadOptions{State: true}); err != nil {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	files := []string{ConfigFile, VocabularyFile, TokenizerFile, NGramFile, ModelFile, BlocksFile, CardFile, StateFile, LogFile}
	for _, name := range files {
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, newSmall(t))
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
		report, err := Verify(context.Background(), dir)
		if err == nil || !strings.Contains(err.Error(), name+" is missing") || report.OK() {
			t.Errorf("%s: Verify says %v", name, err)
		}
		_, err = Read(context.Background(), dir, ReadOptions{State: true})
		if (err == nil) != (name == CardFile) || err != nil && !strings.Contains(err.Error(), name+" is missing") {
			t.Errorf("%s: Read with state says %v", name, err)
		}
		_, err = Read(context.Background(), dir, ReadOptions{})
		training := strings.HasPrefix(name, "training/")
		if (err == nil) != (name == CardFile || training) {
			t.Errorf("%s: Read says %v", name, err)
		}
	}
}

// TestWithoutTraining: a model copied without training/ opens.
func TestWithoutTraining(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	if err := os.RemoveAll(filepath.Join(dir, "training")); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(context.Background(), dir, ReadOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err == nil || fault.Hint(err) != hintState {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	if _, err := Verify(context.Background(), dir); err == nil || fault.Hint(err) != hintState {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

func TestExtraFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	for _, name := range []string{".gitattributes", "training/notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Verify(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{".gitattributes", "training/notes.txt"}; !slices.Equal(report.Extra, want) {
		t.Errorf("extra %q, want %q", report.Extra, want)
	}
	if _, err := Read(context.Background(), dir, ReadOptions{State: true}); err != nil {
		t.Error(err)
	}
}

// The error about a path that is not a model says what it is.
func TestNoModel(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	mustWrite(t, dir, newSmall(t))
	unlisted := filepath.Join(root, "unlisted")
	if err := os.CopyFS(unlisted, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(unlisted, ManifestFile)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(root, "nowhere"), "no such model: " + filepath.Join(root, "nowhere")},
		{filepath.Join(dir, ConfigFile), "is a file; a model is a folder"},
		{t.TempDir(), "is not a model: no MANIFEST"},
		{unlisted, "it is an incomplete copy"},
		{"", "no model is named"},
	} {
		_, err := Read(context.Background(), test.path, ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", test.path, err, fault.Hint(err))
		}
		if _, err2 := Verify(context.Background(), test.path); err == nil || err2.Error() != err.Error() {
			t.Errorf("Verify says %v, and Read %v", err2, err)
		}
	}
	if _, err := Read(context.Background(), filepath.Join(root, "nowhere"), ReadOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

// forge rewrites files of the model in dir and gives it a MANIFEST that
// agrees with them, as only a faulty or hostile program would.
func forge(t *testing.T, dir string, version int, change map[string]string) {
	t.Helper()
	f := format
	f.Version = version
	var listed []manifest.File
	files := tree(t, dir)
	maps.Copy(files, change)
	delete(files, ManifestFile)
	for name, content := range files {
		sum := manifest.NewTally()
		sum.Write([]byte(content))
		listed = append(listed, sum.File(name))
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ManifestFile), f.Marshal(listed), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestForged: content that is wrong although its checksum is right.
func TestForged(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	mustWrite(t, dir, newSmall(t))
	good := tree(t, dir)
	other := newSmall(t)
	other.Config.Dim = 2
	other.Tensors[EmbeddingTensor] = NewTensor(4, 2)
	other.Tensors[LinearTensor] = NewTensor(2, 2)
	other.Tensors[NGramTensor] = NewTensor(other.NGrams.Rows(), 2)
	other.State = nil
	narrow := filepath.Join(root, "narrow")
	mustWrite(t, narrow, other)
	nan := []byte(good[ModelFile])
	copy(nan[len(nan)-4:], "\x00\x00\xc0\x7f")
	for _, test := range []struct {
		change map[string]string
		want   string
	}{
		{map[string]string{ConfigFile: strings.Replace(good[ConfigFile], `"format": 1`, `"format": 5`, 1)}, "config.json format newer"},
		{map[string]string{ConfigFile: strings.Replace(good[ConfigFile], `"dim": 3`, `"dim": 4`, 1)}, "model.safetensors embedding.weight [4 3] [4 4]"},
		{map[string]string{ConfigFile: "{}"}, "config.json version"},
		{map[string]string{ConfigFile: ""}, "config.json"},
		{map[string]string{VocabularyFile: "the\t1\nof\t1\n"}, "tokenizer.json 4 2"},
		{map[string]string{VocabularyFile: "the 1\n"}, "vocab.tsv"},
		{map[string]string{VocabularyFile: ""}, "vocab.tsv"},
		{map[string]string{TokenizerFile: "{}"}, "tokenizer.json"},
		{map[string]string{TokenizerFile: strings.Replace(good[TokenizerFile], `"cat"`, `"dog"`, 1)}, `tokenizer.json "dog" "cat"`},
		{map[string]string{ConfigFile: strings.Replace(good[ConfigFile], `"buckets": 1000`, `"buckets": 10`, 1)}, "ngrams.txt 21 rows 10 buckets"},
		{map[string]string{ConfigFile: strings.Replace(good[ConfigFile], `"buckets": 1000`, `"buckets": 0`, 1)}, "config.json ngrams: Buckets"},
		{map[string]string{ConfigFile: strings.Replace(good[ConfigFile], `"ngrams"`, `"other"`, 1)}, "model.safetensors ngrams.weight no ngrams in config.json"},
		{map[string]string{NGramFile: ""}, "ngrams.txt list of character n-grams is empty"},
		{map[string]string{NGramFile: good[NGramFile] + "1\n"}, "model.safetensors ngrams.weight [21 3] [22 3] ngrams.txt"},
		{map[string]string{NGramFile: good[NGramFile] + strings.SplitAfter(good[NGramFile], "\n")[3]}, "ngrams.txt rows 3 and 21 both"},
		{map[string]string{NGramFile: good[NGramFile] + "1000\n"}, "ngrams.txt row 21 bucket 1000; buckets are 0 to 999"},
		{map[string]string{NGramFile: "12\nx\n"}, `ngrams.txt line 2: "x\n" is not a bucket`},
		{map[string]string{ModelFile: tree(t, narrow)[ModelFile]}, "model.safetensors [4 2] [4 3]"},
		{map[string]string{ModelFile: string(nan)}, "model.safetensors projection.weight row 1, column 1 NaN"},
		{map[string]string{ModelFile: good[StateFile]}, "model.safetensors embedding.weight"},
		{map[string]string{StateFile: good[ModelFile][:40]}, "training/state.safetensors header"},
	} {
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, newSmall(t))
		forge(t, dir, format.Version, test.change)
		if _, err := Verify(context.Background(), dir); err != nil {
			t.Errorf("%s: Verify: %v", test.want, err)
		}
		_, err := Read(context.Background(), dir, ReadOptions{State: true})
		if err == nil || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", test.want, err, fault.Hint(err))
			continue
		}
		for word := range strings.FieldsSeq(test.want) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not have %q", err, word)
			}
		}
	}
	forge(t, dir, format.Version+1, nil)
	_, err := Read(context.Background(), dir, ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), "newer than") || fault.Hint(err) != "update LuminaVec" {
		t.Errorf("newer format: %v, hint %q", err, fault.Hint(err))
	}
}

func TestManifestWithoutModel(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ManifestFile), format.Marshal(nil), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(context.Background(), dir, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "MANIFEST: does not list config.json") {
		t.Error(err)
	}
}
