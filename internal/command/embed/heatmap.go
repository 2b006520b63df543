package embed

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/plot"
)

// mostTexts is the largest number of texts of a heat map: its cells could not be read.
const mostTexts = 200

func heatmapCommand() *cobra.Command {
	var output, format string
	var force bool
	cmd := &cobra.Command{
		Use:   "heatmap [-m MODEL] [options] TEXT...\nheatmap [-m MODEL] [options] FILE",
		Short: "Show how similar a few texts are to each other",
		Long: `
The cosine of the vectors of each two texts is printed as a table, on a terminal with shades:
1 for the same direction, 0 for unrelated texts. A text without a known word has no direction
and shows "-". With -o the table is a picture.

A single argument that is the name of a file is read as one text per line, and - is standard
input. Use 'search map' for more than 200 texts.`,
		Example: `
$ embed heatmap "a cat sleeps" "the kitten naps" "stock prices fell"
      1     2     3
1  1.00  0.60 -0.01  a cat sleeps
2  0.60  1.00 -0.07  the kitten naps
3 -0.01 -0.07  1.00  stock prices fell
$ embed heatmap -m model sentences.txt -o heatmap.svg`,
		RunE: func(cmd *cobra.Command, args []string) error { return heatmap(cmd, args, output, format, force) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "TEXT", Help: "texts to compare"}, cli.Flag{Arg: "FILE", Help: "file with one text per line, or - for standard input"})
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(), cli.PromptFlag(), cli.PrecisionFlag())
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &output, Help: "draw the table to FILE, as .svg, .png or .html", Default: "it is printed", Ext: plot.Formats},
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &format, Help: "format of FILE", Values: cli.Values(plot.Formats...), Default: "its extension"},
		cli.Flag{Name: "force", Into: &force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

func heatmap(cmd *cobra.Command, args []string, output, format string, force bool) error {
	if output != "" && format == "" {
		if err := plot.CheckPath(output); err != nil {
			return cli.UsageError(err)
		}
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(output)), ".")
	} else if output == "" && format != "" {
		return cli.UsageError(fault.New("name the file to write: -o heatmap."+format, "no output is named"))
	}
	texts, file, err := textsToCompare(cmd, args)
	if err != nil {
		return err
	}
	var inputs []string
	if file != "" {
		inputs = append(inputs, file)
	}
	var out *cli.Output
	if output != "" {
		if out, err = cli.OpenOutput(cmd, cli.OutputOptions{Path: output, Force: force, Binary: format == "png", Inputs: inputs}); err != nil {
			return err
		}
		defer out.Abort()
	}
	enc, err := cli.OpenModel(cmd)
	if err != nil {
		return err
	}
	vectors, known, err := enc.EncodeBatch(cmd.Context(), texts, 0)
	if err != nil {
		return err
	}
	cli.WarnTruncated(cmd, enc)
	unknown := 0
	for _, n := range known {
		if n == 0 {
			unknown++
		}
	}
	if unknown > 0 {
		cli.Warn(cmd, "%s without a word that the model knows", cli.Plural(unknown, "text", "texts"))
	}
	values := cosines(vectors, known, enc.Dim())
	if out != nil {
		if n := plot.Missing(texts); n > 0 && format == "png" {
			cli.Warn(cmd, "the font of PNG files lacks characters of %s; .svg and .html show them", cli.Plural(n, "text", "texts"))
		}
		picture, err := plot.Similarities(format, fmt.Sprintf("Similarity of %s", cli.Plural(len(texts), "text", "texts")), "cosine (-1 to 1, no unit)", texts, values)
		if err != nil {
			return err
		}
		if _, err := out.Write(picture); err != nil {
			return err
		}
		if err := out.Commit(); err != nil || out.Stream() {
			return err
		}
		cli.Note(cmd, "%s, %s", cli.Plural(len(texts), "text", "texts"), out.Name())
	}
	switch {
	case cli.JSON(cmd):
		report := struct {
			Texts        []string     `json:"texts"`
			Similarities [][]*float64 `json:"similarities"` // null: a text without a known word
		}{Texts: texts}
		for _, row := range values {
			var shown []*float64
			for _, v := range row {
				if math.IsNaN(v) {
					shown = append(shown, nil)
				} else {
					shown = append(shown, &v)
				}
			}
			report.Similarities = append(report.Similarities, shown)
		}
		return cli.WriteJSON(cmd.OutOrStdout(), report)
	case out != nil:
		return nil
	}
	terminal := cli.IsTerminal(cmd.OutOrStdout())
	width := 0
	if terminal {
		width = cli.Width(cmd.OutOrStdout())
	}
	table, cell := heatmapTable(texts, values, width, terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
	if cell == 3 || cell == 4 {
		cli.Note(cmd, "the table shows hundredths of the cosine, so that it is not wider than the terminal")
	}
	_, err = cmd.OutOrStdout().Write(table)
	return err
}

// textsToCompare returns the texts that are named, and the file that they are in, if they are.
func textsToCompare(cmd *cobra.Command, args []string) (texts []string, file string, err error) {
	const hint = `name some: embed heatmap "a cat" "a kitten" "a car", or a file with one per line`
	if len(args) == 0 && !cli.IsTerminal(cmd.InOrStdin()) {
		args = []string{text.Stdin}
	}
	texts = args
	if len(args) == 1 {
		if info, err := os.Stat(args[0]); args[0] == text.Stdin || err == nil && info.Mode().IsRegular() {
			file, texts = args[0], nil
		}
	}
	if file != "" {
		src, err := text.Open(file)
		if err != nil {
			return nil, "", err
		}
		for line, err := range cli.Lines(cmd.Context(), src) {
			if err != nil {
				return nil, "", err
			}
			if strings.TrimSpace(line.Text) == "" {
				continue
			}
			if texts = append(texts, line.Text); len(texts) > mostTexts {
				break
			}
		}
		cli.WarnInvalid(cmd, src)
		if file != text.Stdin {
			cli.Note(cmd, "comparing the lines of the file %s", cli.Printable(file))
		}
	}
	switch {
	case len(texts) == 0:
		return nil, "", cli.UsageError(fault.New(hint, "no texts to compare"))
	case len(texts) > mostTexts:
		return nil, "", fault.New("'search map' shows more", "more than %d texts cannot be read in a heat map", mostTexts)
	case len(texts) == 1 && file == "":
		return nil, "", cli.UsageError(fault.New(hint, "a comparison needs two texts, and %s is not a file", cli.Quoted(texts[0])))
	}
	return slices.Clone(texts), file, nil
}

// cosines returns the cosine of each two vectors, NaN for texts without a known word.
func cosines(vectors []float32, known []int, dim int) [][]float64 {
	n := len(known)
	values := make([][]float64, n)
	row := func(i int) []float32 { return vectors[i*dim : (i+1)*dim] }
	for i := range n {
		values[i] = make([]float64, n)
		for j := range n {
			norms := float64(kernel.Norm(row(i))) * float64(kernel.Norm(row(j)))
			switch {
			case known[i] == 0 || known[j] == 0 || norms == 0:
				values[i][j] = math.NaN()
			case i == j:
				values[i][j] = 1
			default:
				values[i][j] = max(-1, min(1, float64(kernel.Dot(row(min(i, j)), row(max(i, j))))/norms))
			}
		}
	}
	return values
}

// heatmapTable returns the table, and how many columns a cell has: 6 or 5 for a cosine, 4 or 3 for its
// hundredths, 2 for a shade alone. Lines have at most width columns, if width is not 0 and that is possible.
func heatmapTable(texts []string, values [][]float64, width int, shades bool) ([]byte, int) {
	n := len(texts)
	digits := len(fmt.Sprint(n))
	const room = 12 // for the beginning of a text
	cell := 6
	for cell > 2 && width > 0 && digits+n*cell+2+room > width {
		cell--
	}
	if !shades {
		cell = max(cell, 3)
	}
	var b bytes.Buffer
	head := func(i int) string {
		s := fmt.Sprint(i + 1)
		if len(s) > cell {
			s = ""
		}
		return fmt.Sprintf("%*s", cell, s)
	}
	fmt.Fprintf(&b, "%*s", digits, "")
	for i := range n {
		b.WriteString(head(i))
	}
	b.WriteByte('\n')
	for i, row := range values {
		fmt.Fprintf(&b, "%*d", digits, i+1)
		for _, v := range row {
			s := "-"
			if !math.IsNaN(v) {
				switch {
				case cell >= 5:
					s = strings.Replace(fmt.Sprintf("%.2f", v), "-0.00", "0.00", 1)
				case cell >= 3:
					s = fmt.Sprintf("%.0f", 100*v+0)
				default:
					s = ""
				}
			}
			if len(s) > cell {
				s = s[:cell]
			}
			s = fmt.Sprintf("%*s", cell, s)
			if shades {
				c := plot.Shade(v)
				ink := 30
				if math.Abs(v) > 0.6 {
					ink = 97
				}
				s = fmt.Sprintf("\x1b[%d;48;2;%d;%d;%dm%s\x1b[0m", ink, c.R, c.G, c.B, s)
			}
			b.WriteString(s)
		}
		room := 80
		if width > 0 {
			room = max(4, width-digits-n*cell-3)
		}
		label := cli.Printable(plot.Clean(texts[i], room))
		fmt.Fprintf(&b, "  %s\n", label)
	}
	return b.Bytes(), cell
}
