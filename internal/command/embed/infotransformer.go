package embed

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// transformerInfo is what "embed info --json" prints of a transformer.
type transformerInfo struct {
	Model         string            `json:"model"`
	Kind          string            `json:"kind"` // "transformer"
	Architecture  string            `json:"architecture"`
	Dimensions    int               `json:"dimensions"`
	Layers        int               `json:"layers"`
	Heads         int               `json:"heads"` // of each layer
	Inner         int               `json:"intermediate_size"`
	Activation    string            `json:"activation"`
	MaxTokens     int               `json:"max_tokens"` // of a text
	Pooling       string            `json:"pooling"`
	Dense         []denseInfo       `json:"dense,omitempty"` // layers after the pooling
	Normalize     bool              `json:"normalize"`
	Prompts       map[string]string `json:"prompts,omitempty"`
	DefaultPrompt string            `json:"default_prompt,omitempty"`
	Vocabulary    int               `json:"vocabulary"`
	Parameters    int64             `json:"parameters"` // numbers in model.safetensors
	Bytes         int64             `json:"bytes"`      // of all files
	Tensors       []tensorInfo      `json:"tensors"`    // of model.safetensors, by name
	Files         []fileInfo        `json:"files"`
}

type denseInfo struct {
	In         int    `json:"in"`
	Out        int    `json:"out"`
	Activation string `json:"activation"`
	Residual   bool   `json:"residual"`
}

type fileInfo struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func describeTransformer(ctx context.Context, path string) (*transformerInfo, error) {
	e, err := transformer.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	c := e.Config()
	m := &transformerInfo{Model: path, Kind: "transformer", Architecture: c.Architecture, Dimensions: e.Dim(), Layers: c.Layers, Heads: c.Heads, Inner: c.Inner,
		Activation: c.Activation, MaxTokens: c.MaxTokens, Pooling: string(c.Pooling), Normalize: c.Normalize, Prompts: c.Prompts, DefaultPrompt: c.DefaultPrompt,
		Vocabulary: e.Tokenizer().Vocabulary().Len()}
	for _, d := range c.Dense {
		m.Dense = append(m.Dense, denseInfo{d.In, d.Out, d.Activation, d.Residual})
	}
	tensors := map[string]checkpoints.Tensor{}
	for _, name := range e.WeightFiles() {
		part, err := checkpoints.ReadTensors(ctx, filepath.Join(path, filepath.FromSlash(name)), "")
		if err != nil {
			return nil, err
		}
		maps.Copy(tensors, part)
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		shape, n := tensors[name].Shape, int64(1)
		for _, side := range shape {
			n *= int64(side)
		}
		m.Parameters += n
		m.Tensors = append(m.Tensors, tensorInfo{Name: name, Shape: shape})
	}
	for _, name := range e.Files() {
		if info, err := os.Stat(filepath.Join(path, filepath.FromSlash(name))); err == nil {
			m.Files = append(m.Files, fileInfo{name, info.Size()})
			m.Bytes += info.Size()
		}
	}
	return m, nil
}

func infoTransformer(cmd *cobra.Command, path string) error {
	m, err := describeTransformer(cmd.Context(), path)
	if err != nil {
		return err
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), m)
	}
	var b strings.Builder
	width := cli.Width(cmd.OutOrStdout())
	field := func(name, text string) {
		for _, line := range cli.Wrap(cli.Printable(text), width-13, 0) {
			fmt.Fprintf(&b, "%-12s%s\n", name, line)
			name = ""
		}
	}
	field("model", fmt.Sprintf("%s (%s)", m.Model, cli.Bytes(m.Bytes)))
	field("kind", fmt.Sprintf("transformer (%s), %s, %s parameters", m.Architecture, cli.Plural(m.Dimensions, "dimension", "dimensions"), cli.Count(float64(m.Parameters))))
	field("network", fmt.Sprintf("%s of %s, %d dimensions between its products, %s", cli.Plural(m.Layers, "layer", "layers"),
		cli.Plural(m.Heads, "attention head", "attention heads"), m.Inner, m.Activation))
	field("vocabulary", cli.Plural(m.Vocabulary, "token", "tokens"))
	field("texts", fmt.Sprintf("the first %s, including those that mark the ends", cli.Plural(m.MaxTokens, "token", "tokens")))
	length := ""
	if m.Normalize {
		length = ", length 1"
	}
	dense := ""
	for _, d := range m.Dense {
		dense += fmt.Sprintf(", a layer of %d × %d values (%s)", d.Out, d.In, d.Activation)
	}
	field("encoder", m.Pooling+" of the tokens"+dense+length)
	for _, name := range slices.Sorted(maps.Keys(m.Prompts)) {
		text := name + ": " + cli.Quoted(m.Prompts[name])
		if name == m.DefaultPrompt {
			text += " (default)"
		}
		field("prompt", text)
	}
	b.WriteString("files\n")
	longest := 0
	for _, f := range m.Files {
		longest = max(longest, cli.Columns(cli.Printable(f.Name)))
	}
	for _, f := range m.Files {
		fmt.Fprintf(&b, "  %s  %s\n", left(cli.Printable(f.Name), longest), cli.Bytes(f.Size))
	}
	_, err = io.WriteString(cmd.OutOrStdout(), b.String())
	return err
}
