package transformer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// weightsFile is the name of the file of weights.
const weightsFile = "model.safetensors"

// A matrix is a table of weights, by rows without gaps.
type matrix struct {
	rows, cols int
	x          []float32
}

func (m matrix) row(i int) []float32 { return m.x[i*m.cols : (i+1)*m.cols] }

// linear is a matrix to multiply with.
type linear struct {
	rows, cols int
	factor     *kernel.Factor
	bytes      *rounded.ByteFactor  // used instead, if it is set
	brain      *rounded.BrainFactor // likewise
	source     []float32            // the weights, until they are rounded
}

// linear returns the matrix m, in the precision of the loader.
func (l *loader) linear(m matrix) linear {
	f := linear{rows: m.rows, cols: m.cols}
	switch {
	case m.rows == 0:
	case l.precision == Bfloat16:
		f.brain = rounded.NewBrainFactor(m.rows, m.cols, m.x, m.cols)
	default:
		f.factor = kernel.NewFactor(true, m.rows, m.cols, m.x, m.cols)
		if l.precision == Int8 {
			f.source = m.x
		}
	}
	return f
}

// A layer transforms the vectors of all tokens. Weights are stored as in the file: an output a row.
type layer struct {
	qkv           linear // 3·Width × Width: queries, keys, values
	qkvBias       []float32
	out           linear // Width × Width
	outBias       []float32
	first, second linear // Inner × Width, Width × Inner
	firstBias     []float32
	secondBias    []float32
	norm1, norm2  norm
}

// A norm is a layer normalization: gain and bias.
type norm struct{ gain, bias []float32 }

// weights are all tables of a model.
type weights struct {
	tokens, positions matrix
	kind              []float32 // added to every token: the row of its type; nil without types
	norm              norm
	layers            []layer
	distance          matrix // attention bias by distance and head (MPNet); empty without
	files             []string
}

// names are the names of the tensors of an architecture; %d is the number of the layer.
type names struct {
	tokens, positions, kind, norm                       string
	query, key, value, out, norm1, first, second, norm2 string
	distance                                            string
}

var bertNames = names{
	"embeddings.word_embeddings", "embeddings.position_embeddings", "embeddings.token_type_embeddings", "embeddings.LayerNorm",
	"encoder.layer.%d.attention.self.query", "encoder.layer.%d.attention.self.key", "encoder.layer.%d.attention.self.value",
	"encoder.layer.%d.attention.output.dense", "encoder.layer.%d.attention.output.LayerNorm",
	"encoder.layer.%d.intermediate.dense", "encoder.layer.%d.output.dense", "encoder.layer.%d.output.LayerNorm", "",
}

var namesOf = map[string]names{
	"bert": bertNames, "roberta": bertNames, "xlm-roberta": bertNames, "camembert": bertNames,
	"distilbert": {
		"embeddings.word_embeddings", "embeddings.position_embeddings", "", "embeddings.LayerNorm",
		"transformer.layer.%d.attention.q_lin", "transformer.layer.%d.attention.k_lin", "transformer.layer.%d.attention.v_lin",
		"transformer.layer.%d.attention.out_lin", "transformer.layer.%d.sa_layer_norm",
		"transformer.layer.%d.ffn.lin1", "transformer.layer.%d.ffn.lin2", "transformer.layer.%d.output_layer_norm", "",
	},
	"mpnet": {
		"embeddings.word_embeddings", "embeddings.position_embeddings", "", "embeddings.LayerNorm",
		"encoder.layer.%d.attention.attn.q", "encoder.layer.%d.attention.attn.k", "encoder.layer.%d.attention.attn.v",
		"encoder.layer.%d.attention.attn.o", "encoder.layer.%d.attention.LayerNorm",
		"encoder.layer.%d.intermediate.dense", "encoder.layer.%d.output.dense", "encoder.layer.%d.output.LayerNorm",
		"encoder.relative_attention_bias",
	},
}

// loader takes tensors out of a file.
type loader struct {
	path    string
	prefix  string
	tensors map[string]checkpoints.Tensor
	err     error

	precision Precision
}

// weightFiles returns the names of the files of weights in dir. If they are several, the first is the list of
// them.
func weightFiles(dir string) ([]string, error) {
	_, err := os.Stat(filepath.Join(dir, weightsFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return []string{weightsFile}, nil
	}
	const index = weightsFile + ".index.json"
	var f struct {
		Files map[string]string `json:"weight_map"`
	}
	path := filepath.Join(dir, index)
	if err := readJSON(path, &f); err == nil {
		files := slices.Compact(slices.Sorted(maps.Values(f.Files)))
		for _, name := range files {
			if !filepath.IsLocal(name) || filepath.Ext(name) != ".safetensors" {
				return nil, fault.New("the file is damaged", "%s: %q is not the name of a file of tensors in the folder", path, name)
			}
		}
		if len(files) == 0 {
			return nil, fault.New("the file is damaged", "%s: weight_map names no files", path)
		}
		return append([]string{index}, files...), nil
	} else if ignoreMissing(err) != nil {
		return nil, err
	}
	for _, name := range []string{"pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack", "model.onnx", "onnx/model.onnx"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			return nil, fault.Mark(fault.New("download model.safetensors too, if the model has one, or write it with Python: SentenceTransformer(\"FOLDER\").save(\"NEW\")",
				"%s has no %s: the weights in %s are of a format that is not supported", dir, weightsFile, name), fs.ErrNotExist)
		}
	}
	return []string{weightsFile}, nil
}

// readWeights reads the weights in dir.
func readWeights(ctx context.Context, dir string, c *Config, p Precision) (*weights, error) {
	files, err := weightFiles(dir)
	if err != nil {
		return nil, err
	}
	l := loader{path: filepath.Join(dir, files[0]), tensors: map[string]checkpoints.Tensor{}, precision: p}
	parts := files
	if len(files) > 1 {
		parts = files[1:]
	}
	read := func(names ...string) error {
		for _, part := range parts {
			tensors, err := checkpoints.ReadTensors(ctx, filepath.Join(dir, part), names...)
			if err != nil {
				return err
			}
			for name, t := range tensors {
				if t.Data != nil || l.tensors[name].Data == nil {
					l.tensors[name] = t
				}
			}
		}
		return nil
	}
	if err := read(""); err != nil { // the shapes
		return nil, err
	}
	n := namesOf[c.Architecture]
	for name := range l.tensors {
		if prefix, ok := strings.CutSuffix(name, n.tokens+".weight"); ok {
			l.prefix = prefix // such as bert., if the network is a part of a larger one
		}
	}
	wanted := l.wanted(n, c.Layers)
	for _, name := range wanted {
		if _, ok := l.tensors[name]; !ok && !optional(name, n) {
			if _, ok := l.tensors[oldName(name)]; !ok {
				return nil, fault.New("the file is incomplete, or config.json belongs to another model", "%s: there is no tensor %q", l.path, name)
			}
		}
	}
	for _, name := range wanted {
		wanted = append(wanted, oldName(name))
	}
	if err := read(wanted...); err != nil {
		return nil, err
	}
	w := l.weights(n, c)
	if l.err != nil {
		return nil, l.err
	}
	w.files = files
	return w, nil
}

// wanted lists the tensors of a network.
func (l *loader) wanted(n names, layers int) []string {
	list := []string{n.tokens + ".weight", n.positions + ".weight", n.norm + ".weight", n.norm + ".bias"}
	for _, extra := range []string{n.kind, n.distance} {
		if extra != "" {
			list = append(list, extra+".weight")
		}
	}
	for i := range layers {
		for _, name := range []string{n.query, n.key, n.value, n.out, n.norm1, n.first, n.second, n.norm2} {
			list = append(list, fmt.Sprintf(name, i)+".weight", fmt.Sprintf(name, i)+".bias")
		}
	}
	for i, name := range list {
		list[i] = l.prefix + name
	}
	return list
}

// optional reports whether a network may lack the tensor: some RoBERTas have no types.
func optional(name string, n names) bool {
	return n.kind != "" && strings.HasSuffix(name, n.kind+".weight")
}

// oldName returns the name of a tensor in files of early releases of the transformers library.
func oldName(name string) string {
	if base, ok := strings.CutSuffix(name, "LayerNorm.weight"); ok {
		return base + "LayerNorm.gamma"
	}
	if base, ok := strings.CutSuffix(name, "LayerNorm.bias"); ok {
		return base + "LayerNorm.beta"
	}
	return name
}

// matrix returns a tensor of that shape; rows 0 takes any number. It notes the first error.
func (l *loader) matrix(name string, rows, cols int) matrix {
	name = l.prefix + name
	t, ok := l.tensors[name]
	if !ok || t.Data == nil {
		t, ok = l.tensors[oldName(name)]
	}
	if !ok || l.err != nil {
		return matrix{}
	}
	shape := []int{rows, cols}
	if rows == 1 && len(t.Shape) == 1 {
		shape = shape[1:]
	}
	if rows == 0 && len(t.Shape) == 2 {
		shape[0] = t.Shape[0]
	}
	if fmt.Sprint(t.Shape) != fmt.Sprint(shape) {
		l.err = fault.New("config.json belongs to another model", "%s: the tensor %q has the shape %v, expected %v", l.path, name, t.Shape, shape)
		return matrix{}
	}
	m := matrix{t.Rows(), t.Cols(), nil}
	packed := t.Stride == 0 || t.Stride == m.cols || m.rows == 1
	if packed { // the usual case, without a copy
		m.x = t.Data[:m.rows*m.cols]
	} else {
		m.x = make([]float32, m.rows*m.cols)
	}
	for i := range m.rows {
		row := t.Row(i)
		for j, v := range row {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				l.err = fault.New("the file is damaged", "%s: the tensor %q: row %d, column %d is %v", l.path, name, i, j, v)
				return matrix{}
			}
		}
		if !packed {
			copy(m.row(i), row)
		}
	}
	delete(l.tensors, name) // so that its memory can be reused
	delete(l.tensors, oldName(name))
	return m
}

func (l *loader) vector(name string, n int) []float32 { return l.matrix(name, 1, n).x }

func (l *loader) norm(name string, n int) norm {
	return norm{l.vector(name+".weight", n), l.vector(name+".bias", n)}
}

func (l *loader) weights(n names, c *Config) *weights {
	w := &weights{
		tokens:    l.matrix(n.tokens+".weight", 0, c.Width),
		positions: l.matrix(n.positions+".weight", c.Positions, c.Width),
		norm:      l.norm(n.norm, c.Width),
	}
	if n.kind != "" {
		if kinds := l.matrix(n.kind+".weight", 0, c.Width); kinds.rows > 0 {
			w.kind = kinds.row(0)
		}
	}
	if n.distance != "" {
		w.distance = l.matrix(n.distance+".weight", 0, c.Heads)
	}
	for i := range c.Layers {
		at := func(name string) string { return fmt.Sprintf(name, i) }
		var y layer
		var qkv []float32
		for _, part := range []string{n.query, n.key, n.value} {
			m := l.matrix(at(part)+".weight", c.Width, c.Width)
			qkv = append(qkv, m.x...)
			y.qkvBias = append(y.qkvBias, l.vector(at(part)+".bias", c.Width)...)
		}
		if l.err != nil {
			return nil
		}
		y.qkv = l.linear(matrix{3 * c.Width, c.Width, qkv})
		y.out, y.outBias = l.linear(l.matrix(at(n.out)+".weight", c.Width, c.Width)), l.vector(at(n.out)+".bias", c.Width)
		y.norm1, y.norm2 = l.norm(at(n.norm1), c.Width), l.norm(at(n.norm2), c.Width)
		y.first, y.firstBias = l.linear(l.matrix(at(n.first)+".weight", c.Inner, c.Width)), l.vector(at(n.first)+".bias", c.Inner)
		y.second, y.secondBias = l.linear(l.matrix(at(n.second)+".weight", c.Width, c.Inner)), l.vector(at(n.second)+".bias", c.Width)
		w.layers = append(w.layers, y)
	}
	return w
}
