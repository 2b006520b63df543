package main

import (
	"bytes"
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
	"github.com/luminavec/luminavec/internal/cli"
)

//go:embed folders.py
var foldersScript string

// maxFolderDifference is how far a number of a vector may be from that of another program.
const maxFolderDifference = 1e-5

// foldersBench compares vectors with those that other programs compute from the same folders.
type foldersBench struct {
	python string
	texts  string
	dir    string // with the command
}

func foldersCommand() *cobra.Command {
	b := &foldersBench{python: "python3"}
	cmd := &cobra.Command{
		Use:   "folders FOLDER...",
		Short: "Compare the vectors of 1,500 texts with those of model2vec, sentence-transformers and WordLlama",
		Long: `
The texts are records of a JSON Lines file, which embed text reads. A model of LuminaVec is
exported, and both programs open the export and, if it has a modules.json, the model itself;
the export is imported again, too. Any other folder is imported and compared with the programs
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
	b.dir = dir
	build := exec.CommandContext(cmd.Context(), "go", "build", "-o", dir+string(filepath.Separator), "./cmd/embed")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
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
	records, err := os.Create(filepath.Join(dir, "texts.jsonl"))
	if err != nil {
		return err
	}
	defer records.Close()
	for w, i := json.NewEncoder(records), 0; i < len(texts); i++ {
		if err := w.Encode(map[string]string{"text": texts[i]}); err != nil {
			return err
		}
	}
	var input bytes.Buffer
	e := json.NewEncoder(&input)
	for i, path := range paths {
		cases, err := b.folderCases(cmd.Context(), path, filepath.Join(dir, fmt.Sprint(i)), records.Name())
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

// folderCases writes what is compared for a path into dir. list is the file with the texts.
func (b *foldersBench) folderCases(ctx context.Context, path, dir, list string) ([]folderCase, error) {
	name := filepath.Base(filepath.Clean(path))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	vectors, imported := filepath.Join(dir, "vectors.npy"), filepath.Join(dir, "imported")
	if _, err := checkpoints.Read(ctx, path, checkpoints.ReadOptions{}); err != nil {
		if err := b.runEmbed(ctx, "import", path, "-o", imported); err != nil {
			return nil, err
		}
		programs := []string{"wordllama"}
		if _, err := os.Stat(filepath.Join(path, "modules.json")); err == nil {
			programs = []string{"sentence-transformers"}
		}
		if data, err := os.ReadFile(filepath.Join(path, "config.json")); err == nil && bytes.Contains(data, []byte(`"normalize"`)) {
			programs = []string{"model2vec"} // which skips unknown tokens
		}
		return []folderCase{{name + ", imported", path, vectors, programs}}, b.writeVectors(ctx, imported, vectors, list)
	}
	if err := b.writeVectors(ctx, path, vectors, list); err != nil {
		return nil, err
	}
	var cases []folderCase
	if _, err := os.Stat(filepath.Join(path, "modules.json")); err == nil {
		cases = append(cases, folderCase{name, path, vectors, []string{"sentence-transformers"}})
	}
	var errs []error
	for _, format := range []string{"model2vec", "sentence-transformers"} {
		out, again := filepath.Join(dir, format), filepath.Join(dir, format+".npy")
		if err := b.runEmbed(ctx, "export", "-m", path, "-f", format, "-o", out); err != nil {
			errs = append(errs, err)
			continue
		}
		cases = append(cases, folderCase{name + ", exported as " + format, out, vectors, []string{format}})
		if err := errors.Join(b.runEmbed(ctx, "import", out, "-o", imported+format), b.writeVectors(ctx, imported+format, again, list)); err != nil {
			errs = append(errs, err)
			continue
		}
		cases = append(cases, folderCase{name + ", imported from " + format, out, again, []string{format}})
	}
	return cases, errors.Join(errs...)
}

// writeVectors writes the vectors of the texts in list as a NumPy array.
func (b *foldersBench) writeVectors(ctx context.Context, model, path, list string) error {
	return b.runEmbed(ctx, "text", "-m", model, "--field", "text", "-o", path, list)
}

// runEmbed runs the command embed.
func (b *foldersBench) runEmbed(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, filepath.Join(b.dir, "embed"), append(args, "--quiet")...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("embed %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// hardTexts returns about 1,500 texts: empty and unknown ones, added tokens, control characters, many
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
	// Control characters, spaces, line separators, and what has no width: alone, and beside words.
	for _, of := range [][2]rune{{0, 0x20}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x2000, 0x2011}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xe000, 0xe000}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xffff},
		{0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe0021}, {0xf0000, 0xf0000}, {0x10ffff, 0x10ffff}} {
		for c := of[0]; c <= of[1]; c++ {
			texts = append(texts, string(c), fmt.Sprintf("The bank%cof New%c York %c rose%c", c, c, c, c), fmt.Sprintf("%[1]c%[1]cthe%[1]c%[1]cpeople", c))
		}
	}
	for _, pair := range []string{"\r\n", "\n\r", "\n\n", "\x00\n", "\t\n", "\u0085\n", "\u2028\u2029", "\ufeff\ufeff", "\u200b\u200d", "\x1c\x1f", "\v\f", "\x00\x00"} {
		texts = append(texts, pair, "the"+pair+"people", pair+"the people"+pair, "the "+pair+" people")
	}
	words := strings.Fields("the of and a in to was were How are you walking quickly unbelievable New York 1998 company said that its net profit rose " +
		"dollars bank anarchism philosophy people language music water electron species government however, (which) \"quoted\" well-known U.S. e.g. Über naïve")
	ranges := [][2]rune{{0x20, 0x7f}, {0xa0, 0x24f}, {0x300, 0x36f}, {0x370, 0x3ff}, {0x400, 0x4ff}, {0x590, 0x6ff}, {0x900, 0x97f}, {0xe00, 0xe7f}, {0x1100, 0x11ff},
		{0x2000, 0x206f}, {0x2190, 0x21ff}, {0x3040, 0x30ff}, {0x4e00, 0x4eff}, {0xac00, 0xacff}, {0xff00, 0xffef}, {0x1f300, 0x1f64f}, {0x10330, 0x1034a}, {0, 0x20}}
	r := rand.New(rand.NewPCG(1, 2))
	for n := len(texts) + 900; len(texts) < n; {
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
