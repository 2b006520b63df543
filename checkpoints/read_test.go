package checkpoints

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// TestOtherLayout: tokenizer.json that another program has spaced and escaped
// its own way holds the same tokens.
func TestOtherLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(tree(t, dir)[TokenizerFile])); err != nil {
		t.Fatal(err)
	}
	forge(t, dir, format.Version, map[string]string{TokenizerFile: strings.Replace(b.String(), "ï", `\u00ef`, 1)})
	got, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, newSmall(t))
}

// TestForgedTokenizer: tokens, ids and layout that do not fit vocab.tsv are
// told by the token.
func TestForgedTokenizer(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{`"cat"`, `"dog"`, `token 3 is "dog", but "cat" in the vocabulary`},
		{`"of": 1`, `"of": 2`, `id 2 belongs to both`},
		{`"cat": 3,`, ``, `id 4 of "[UNK]" must be below 4`},
		{`"the": 0,`, `"the": 0, "the": 1,`, `"the" occurs twice, with the ids 0 and 1`},
		{`"Lowercase"`, `"Uppercase"`, `type "Uppercase" is not supported`},
	} {
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, newSmall(t))
		good := tree(t, dir)[TokenizerFile]
		bad := strings.Replace(good, test.from, test.to, 1)
		if bad == good {
			t.Fatalf("%s is not in %s", test.from, good)
		}
		forge(t, dir, format.Version, map[string]string{TokenizerFile: bad})
		_, err := Read(context.Background(), dir, ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), ": tokenizer.json: ") || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", test.to, err, fault.Hint(err))
		}
	}
}

// TestFirstDamage: files are read at the same time, and of two that are
// damaged the error is always about the same one.
func TestFirstDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	files := tree(t, dir)
	forge(t, dir, format.Version, map[string]string{
		VocabularyFile: files[VocabularyFile] + "x\n",
		ModelFile:      files[ModelFile][:50],
	})
	for range 20 {
		_, err := Read(context.Background(), dir, ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), ": vocab.tsv:5: no tab") {
			t.Fatal(err)
		}
	}
}
