package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
)

//go:embed folders.py
var foldersScript string

// maxFolderDifference is how far a number of a vector may be from that of another program.
const maxFolderDifference = 1e-5

// foldersBench compares vectors with those that other programs compute from the same folders.
type foldersBench struct {
	python string
	texts  string
}

func foldersCommand() *cobra.Command {
	b := &foldersBench{python: "python3"}
	cmd := &cobra.Command{
		Use:   "folders FOLDER...",
		Short: "Compare the vectors of 1,000 texts with those of model2vec, sentence-transformers and WordLlama",
		Long: `
A model of LuminaVec is exported, and both programs open the export and, if it has a
modules.json, the model itself. Any other folder is imported and compared with the programs
that open it. A difference of more than 1e-5 is an error.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	cmd.Flags().StringVar(&b.python, "python", b.python, "Python with the other programs")
	cmd.Flags().StringVar(&b.texts, "texts", "", "JSON array of texts (default: hard and random ones)")
	return cmd
}

// folderCase is a folder, our vectors of the texts, and the programs to compare them with.
type folderCase struct {
	name, folder, vectors string
	programs              []string
}

// difference is a line that the script prints.
type difference struct {
	Case, Program, Text, Error string
	Difference                 float64
	Above                      int
}

func (b *foldersBench) run(cmd *cobra.Command, paths []string) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	texts := hardTexts()
	if b.texts != "" {
		data, err := os.ReadFile(b.texts)
		if err == nil {
			err = json.Unmarshal(data, &texts)
		}
		if err != nil {
			return err
		}
	}
	list := filepath.Join(dir, "texts.json")
	data, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(list, data, 0o644); err != nil {
		return err
	}
	var input bytes.Buffer
	e := json.NewEncoder(&input)
	for i, path := range paths {
		cases, err := folderCases(cmd.Context(), path, filepath.Join(dir, fmt.Sprint(i)), texts)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := e.Encode([]any{c.name, c.folder, c.vectors, c.programs}); err != nil {
				return err
			}
		}
	}
	c := exec.CommandContext(cmd.Context(), b.python, "-c", foldersScript, list)
	c.Stdin, c.Stderr = &input, os.Stderr
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", b.python, err)
	}
	bad := 0
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var line difference
		if err := d.Decode(&line); err != nil {
			return err
		}
		result := fmt.Sprintf("%.1e", line.Difference)
		switch {
		case line.Error != "":
			result, bad = line.Error, bad+1
		case line.Difference > maxFolderDifference:
			result, bad = fmt.Sprintf("%s; %d above %g, the largest for %q", result, line.Above, maxFolderDifference, line.Text), bad+1
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%-40s  %-22s  %s\n", line.Case, line.Program, result)
	}
	if bad > 0 {
		return fmt.Errorf("%s", cli.Plural(bad, "comparison failed", "comparisons failed"))
	}
	return nil
}

// folderCases writes what is compared for a path into dir.
func folderCases(ctx context.Context, path, dir string, texts []string) ([]folderCase, error) {
	name := filepath.Base(filepath.Clean(path))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	vectors := filepath.Join(dir, "vectors.npy")
	model, err := checkpoints.Read(ctx, path, checkpoints.ReadOptions{})
	if err != nil {
		if model, _, err = exchange.Import(ctx, path, exchange.ImportOptions{}); err != nil {
			return nil, err
		}
		programs := []string{"wordllama"}
		if _, err := os.Stat(filepath.Join(path, "modules.json")); err == nil {
			programs = []string{"sentence-transformers"}
		}
		if data, err := os.ReadFile(filepath.Join(path, "config.json")); err == nil && bytes.Contains(data, []byte(`"normalize"`)) {
			programs = []string{"model2vec"} // which skips unknown tokens
		}
		return []folderCase{{name + ", imported", path, vectors, programs}}, writeVectors(ctx, model, vectors, texts)
	}
	if err := writeVectors(ctx, model, vectors, texts); err != nil {
		return nil, err
	}
	var cases []folderCase
	if _, err := os.Stat(filepath.Join(path, "modules.json")); err == nil {
		cases = append(cases, folderCase{name, path, vectors, []string{"sentence-transformers"}})
	}
	folded, err := sentence.WordVectors(model)
	if err != nil {
		return cases, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for _, format := range []string{"model2vec", "sentence-transformers"} {
		out := filepath.Join(dir, format)
		if err := exchange.ExportFolder(ctx, out, folded, format, exchange.FolderOptions{}); err != nil {
			errs = append(errs, err)
			continue
		}
		cases = append(cases, folderCase{name + ", exported as " + format, out, vectors, []string{format}})
	}
	if len(errs) == 2 {
		return cases, fmt.Errorf("%s: %w", path, errors.Join(errs...))
	}
	return cases, nil
}

// writeVectors writes the vectors of texts as a NumPy array.
func writeVectors(ctx context.Context, model *checkpoints.Checkpoint, path string, texts []string) error {
	encoder, err := sentence.FromCheckpoint(model)
	if err != nil {
		return err
	}
	vectors, _, err := encoder.EncodeBatch(ctx, texts, 0)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := exchange.NewWriter(f, "npy", exchange.Shape{Rows: int64(len(texts)), Dim: encoder.Dim()})
	if err != nil {
		return err
	}
	defer w.Close()
	for i := range texts {
		if err := w.Write(exchange.Row{Values: vectors[i*encoder.Dim():][:encoder.Dim()]}); err != nil {
			return err
		}
	}
	return cmp.Or(w.Finish(), f.Close())
}

// hardTexts returns 1,000 texts: empty and unknown ones, added tokens, control characters, many
// scripts, forms of Unicode, emoji, very long ones, and random ones.
func hardTexts() []string {
	texts := []string{
		"", " ", "   ", "\t", "\u00a0", "☃", "ⵣⵣⵣ", "ꦏꦏ ꦏ", " ☃ ", "☃ the", "the ☃", "[UNK]", "<unk>", "[CLS] hello [SEP]", "<s> a </s>",
		"\x00", "a\x00b", "\x01\x02 word", "שלום עולם", "مرحبا بالعالم", "\u202eabc\u202c def", "日本語のテキスト", "中文 文字 测试", "한국어 텍스트", "\u1100\u1161\u11a8",
		"ｆｕｌｌｗｉｄｔｈ", "e\u0301a\u0300 cafe\u0301", "\u212b A\u030a", "ﬁne ﬂow", "İstanbul ISPARTA ığdır", "ΣΑΣ ΟΔΟΣ", "ẞ straße", "👍🏽 👨‍👩‍👧‍👦 🇩🇪",
		"a\u200db a\u200cb", "\ufeffmark", "zero\u200bwidth", "soft\u00adhyphen", "tab\tnew\nline\r\nend", "don't can't it's o'clock", "3.14 1,000,000 10:30",
		"user@example.com http://x.y/z?a=b#c", strings.Repeat("x", 300), strings.Repeat("x ", 50), strings.Repeat("A", 5000), "ก็ดี ภาษาไทย", "हिन्दी क्षत्रिय", "বাংলা য়",
		strings.Repeat("😀", 40), "\u0f0b\u0f40", "𝒜𝓁𝓅𝒽𝒶", "Ǆ ǅ ǆ", "½ ² ①", "a_b-c—d–e", "…!?;:", "\ud7ff\ue000", "\uffff x", "▁", "▁the ▁", "Ġthe", "##ing",
		strings.Repeat("the ", 2000), strings.Repeat("☃ ", 1500) + "the", strings.Repeat("ⵣ the ", 700),
	}
	words := strings.Fields("the of and a in to was were How are you walking quickly unbelievable New York 1998 company said that its net profit rose " +
		"dollars bank anarchism philosophy people language music water electron species government however, (which) \"quoted\" well-known U.S. e.g. Über naïve")
	ranges := [][2]rune{{0x20, 0x7f}, {0xa0, 0x24f}, {0x300, 0x36f}, {0x370, 0x3ff}, {0x400, 0x4ff}, {0x590, 0x6ff}, {0x900, 0x97f}, {0xe00, 0xe7f}, {0x1100, 0x11ff},
		{0x2000, 0x206f}, {0x2190, 0x21ff}, {0x3040, 0x30ff}, {0x4e00, 0x4eff}, {0xac00, 0xacff}, {0xff00, 0xffef}, {0x1f300, 0x1f64f}, {0x10330, 0x1034a}, {0, 0x20}}
	r := rand.New(rand.NewPCG(1, 2))
	for len(texts) < 1000 {
		var b strings.Builder
		length := 1 + int(math.Exp(r.Float64()*4))
		for range length {
			if r.IntN(3) > 0 {
				b.WriteString(words[r.IntN(len(words))])
			} else {
				of := ranges[r.IntN(len(ranges))]
				for range 1 + r.IntN(6) {
					b.WriteRune(of[0] + rune(r.IntN(int(of[1]-of[0]))))
				}
			}
			if r.IntN(8) > 0 {
				b.WriteByte(' ')
			}
		}
		texts = append(texts, b.String())
	}
	return texts
}
