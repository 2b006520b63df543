package transformer

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Normalizes reports whether the vectors have length 1.
func (e *Encoder) Normalizes() bool { return e.config.Normalize }

// Composes reports whether texts of different unknown words differ. The words of a transformer are
// composed of pieces.
func (e *Encoder) Composes() bool { return true }

// Prompt returns the text that is put before every text, "" for none. At first it is the default of
// the folder.
func (e *Encoder) Prompt() string { return e.prompt }

// WithPrompt returns an encoder that puts the text prompt before every text. It shares everything
// else, and the count of truncated texts, with e.
func (e *Encoder) WithPrompt(prompt string) *Encoder {
	other := *e
	other.prompt, other.skip = prompt, 0
	if e.config.skipPrompt && prompt != "" {
		other.skip = len(e.tokenizer.before) + len(e.tokenizer.Encode(nil, prompt))
	}
	return &other
}

// PromptOf returns the prompt that is meant by a name of Config.Prompts, or by a text. A word that
// is no name is an error, because it is probably a wrong name; a prompt ends in a space or a mark.
func (e *Encoder) PromptOf(nameOrText string) (string, error) {
	if text, ok := e.config.Prompts[nameOrText]; ok || nameOrText == "" {
		return text, nil
	}
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' }
	if strings.IndexFunc(nameOrText, other) < 0 {
		hint := "the text of a prompt ends with a space or a colon"
		if names := e.config.promptNames(); len(names) > 0 {
			hint = "its prompts are " + strings.Join(names, ", ") + "; " + hint
		}
		return "", fault.New(hint, "the model has no prompt named %q", nameOrText)
	}
	return nameOrText, nil
}

// Purposes of texts, for which models have prompts; the names are those of sentence-transformers,
// tried in this order.
var (
	queryPrompts    = []string{"query"}
	documentPrompts = []string{"document", "passage", "corpus"}
)

// QueryPrompt returns the name and the text of the prompt of Config.Prompts for questions. ok is
// false if there is none.
func (e *Encoder) QueryPrompt() (name, prompt string, ok bool) { return e.firstPrompt(queryPrompts) }

// DocumentPrompt returns the name and the text of the prompt for texts that are searched.
func (e *Encoder) DocumentPrompt() (name, prompt string, ok bool) {
	return e.firstPrompt(documentPrompts)
}

func (e *Encoder) firstPrompt(names []string) (name, prompt string, ok bool) {
	for _, name := range names {
		if prompt, ok := e.config.Prompts[name]; ok {
			return name, prompt, true
		}
	}
	return "", "", false
}

// Truncated returns how many texts were longer than Config.MaxTokens, since the model was opened,
// and the length of the longest in tokens.
func (e *Encoder) Truncated() (texts, longest int64) {
	return e.truncated.texts.Load(), e.truncated.longest.Load()
}

func (t *truncated) add(length int) {
	t.texts.Add(1)
	for {
		longest := t.longest.Load()
		if int64(length) <= longest || t.longest.CompareAndSwap(longest, int64(length)) {
			return
		}
	}
}

// Files returns the names of the files that Save copies, with slashes. The first ones, up to the tokenizer,
// are needed; the others may be missing.
func (e *Encoder) Files() []string {
	all, _ := e.files()
	return all
}

// files is Files, with the number of those that are needed.
func (e *Encoder) files() (names []string, needed int) {
	names = append([]string{"config.json"}, e.weights.files...)
	names = append(names, "tokenizer.json")
	needed = len(names)
	names = append(append(names, lengthFiles...), "tokenizer_config.json", "special_tokens_map.json")
	for i, name := range names {
		names[i] = e.config.folder + name
	}
	names = append(names, "modules.json", "config_sentence_transformers.json", "README.md", "LICENSE")
	return append(names, e.config.extraFiles...), needed
}

// WeightFiles returns the names of the files of weights of the network, with slashes.
func (e *Encoder) WeightFiles() []string {
	var names []string
	for _, name := range e.weights.files {
		if strings.HasSuffix(name, ".safetensors") {
			names = append(names, e.config.folder+name)
		}
	}
	return names
}

// Save copies the files of the model to the folder dir, which must not exist: those that Open reads,
// and its description and license.
func (e *Encoder) Save(ctx context.Context, dir string) error {
	folder, err := durable.CreateFolder(dir, false, e.config.folder+"config.json")
	if err != nil {
		return err
	}
	defer folder.Abort()
	names, needed := e.files()
	for i, name := range names {
		err := copyFile(ctx, folder, filepath.Join(e.dir, filepath.FromSlash(name)), name)
		if err != nil && !(i >= needed && errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return folder.Commit()
}

func copyFile(ctx context.Context, folder *durable.Folder, from, name string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := folder.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, 4<<20); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
