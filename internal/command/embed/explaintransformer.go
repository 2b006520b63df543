package embed

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// attentionOptions select what is printed, from 1; 0 is the last layer, or all heads.
type attentionOptions struct{ layer, head int }

func explainTransformer(cmd *cobra.Command, e *transformer.Encoder, text string, o attentionOptions) error {
	c := e.Config()
	if o.layer > c.Layers {
		return cli.UsageError(fault.New(fmt.Sprintf("choose one from 1 to %d", c.Layers), "--layer %d: the model has %s", o.layer, cli.Plural(c.Layers, "layer", "layers")))
	}
	if o.head > c.Heads {
		return cli.UsageError(fault.New(fmt.Sprintf("choose one from 1 to %d", c.Heads), "--head %d: each layer has %s", o.head, cli.Plural(c.Heads, "head", "heads")))
	}
	x, err := e.Explain(cmd.Context(), text)
	if err != nil {
		return err
	}
	if x.Truncated > 0 {
		cli.Warn(cmd, "used only the first %s tokens of the text: %s more", cli.Thousands(int64(len(x.Tokens))), cli.Thousands(int64(x.Truncated)))
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), x)
	}
	o.layer = cmp.Or(o.layer, c.Layers)
	var b strings.Builder
	width := cli.Width(cmd.OutOrStdout())
	line := func(format string, args ...any) {
		for _, text := range cli.Wrap(fmt.Sprintf(format, args...), width-1, 0) {
			b.WriteString(text + "\n")
		}
	}
	longest := 5
	names := make([]string, len(x.Tokens))
	for i, t := range x.Tokens {
		names[i] = cli.Cut(cli.Printable(t.Token), 14)
		longest = max(longest, cli.Columns(names[i]))
	}
	fmt.Fprintf(&b, "%s  %6s  %8s  %6s\n", left("token", longest), "id", "position", "cosine")
	for i, t := range x.Tokens {
		fmt.Fprintf(&b, "%s  %6d  %8d  %6.3f\n", left(names[i], longest), t.ID, t.Position, t.Cosine)
	}
	of := "the vector of the text"
	if parts := c.Pooling.Parts(); len(parts) > 1 {
		of = fmt.Sprintf("the first pooled vector, %s", parts[0])
	} else if len(c.Dense) > 0 {
		of = "the pooled vector"
	}
	line("cosine: of the token's vector after the last layer and %s", of)
	of = fmt.Sprintf("mean of %s", cli.Plural(c.Heads, "head", "heads"))
	if o.head > 0 {
		of = fmt.Sprintf("head %d of %d", o.head, c.Heads)
	}
	b.WriteString("\n")
	line("attention, layer %d of %d, %s: how much each token takes from the others (a row adds up to 1)", o.layer, c.Layers, of)
	writeAttention(&b, names, x.Mean(o.layer, o.head), longest, width)
	b.WriteString("\n")
	var pooled []string
	for _, p := range x.Pooling.Parts() {
		pooled = append(pooled, p.Summary())
	}
	scaled := ""
	for _, d := range c.Dense {
		scaled += fmt.Sprintf(", transformed by a layer of %d × %d values (%s)", d.Out, d.In, d.Activation)
	}
	if x.Normalize {
		scaled += ", scaled to 1"
	}
	line("pooling: %s; its length is %.4g%s", strings.Join(pooled, ", then "), x.Length, scaled)
	var values []string
	for _, v := range x.Vector[:min(6, len(x.Vector))] {
		values = append(values, fmt.Sprintf("%.4f", v))
	}
	line("vector: %s … (%s)", strings.Join(values, " "), cli.Plural(len(x.Vector), "dimension", "dimensions"))
	_, err = io.WriteString(cmd.OutOrStdout(), b.String())
	return err
}

// cell is the width of a weight in a table.
const cell = 6

// writeAttention writes the weights as a table or, if that is too wide, the largest of each token.
func writeAttention(b *strings.Builder, names []string, weights [][]float64, longest, width int) {
	if longest+len(names)*cell < width {
		b.WriteString(strings.Repeat(" ", longest))
		for _, name := range names {
			b.WriteString(" " + right(cli.Cut(name, cell-1), cell-1))
		}
		b.WriteString("\n")
		for i, row := range weights {
			b.WriteString(left(names[i], longest))
			for _, v := range row {
				fmt.Fprintf(b, " %*.2f", cell-1, v)
			}
			b.WriteString("\n")
		}
		return
	}
	for i, row := range weights {
		order := make([]int, len(row))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
		text := left(names[i], longest) + " "
		for _, j := range order {
			next := fmt.Sprintf(" %s %.2f", names[j], row[j])
			if row[j] < 0.005 || cli.Columns(text+next) >= width {
				break
			}
			text += next
		}
		b.WriteString(text + "\n")
	}
}

// left and right pad a text to a width.
func left(s string, width int) string { return s + strings.Repeat(" ", max(0, width-cli.Columns(s))) }

func right(s string, width int) string { return strings.Repeat(" ", max(0, width-cli.Columns(s))) + s }
