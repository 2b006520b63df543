package transformer

import (
	"context"
	"math"
	"path"
	"path/filepath"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// Dense is a layer that transforms the vector x of a text: activation(W·x + b) and, with Residual, plus x,
// or plus R·x if the lengths differ.
type Dense struct {
	In, Out    int
	Activation string // "identity", "tanh", "relu" or "gelu"
	Residual   bool

	bias             bool
	folder           string // with slashes
	weight, residual matrix // Out × In; residual is empty if x itself is added
	shift            []float32
}

// denseActivations are the supported activations, by their names in torch.
var denseActivations = map[string]string{
	"torch.nn.modules.linear.Identity": "identity", "torch.nn.modules.activation.Tanh": "tanh",
	"torch.nn.modules.activation.ReLU": "relu", "torch.nn.modules.activation.GELU": "gelu",
}

// readDense reads the description of a layer.
func (c *Config) readDense(dir, folder string) error {
	file := filepath.Join(dir, folder, "config.json")
	f := struct {
		In         int    `json:"in_features"`
		Out        int    `json:"out_features"`
		Bias       bool   `json:"bias"`
		Activation string `json:"activation_function"`
		Input      string `json:"module_input_name"`
		Output     string `json:"module_output_name"`
		Residual   bool   `json:"use_residual"`
	}{Bias: true, Activation: "torch.nn.modules.activation.Tanh"}
	if err := readJSON(file, &f); err != nil {
		return err
	}
	const vector = "sentence_embedding"
	if f.Input != "" && f.Input != vector || f.Output != "" && f.Output != vector {
		return fault.New(hintFolder, "%s: a Dense module that transforms %q is not supported", file, f.Input)
	}
	activation, ok := denseActivations[f.Activation]
	if !ok {
		return fault.New("supported are Identity, Tanh, ReLU and GELU of torch", "%s: the activation %q is not supported", file, f.Activation)
	}
	if f.In != c.dims() {
		return fault.New("the files belong to different models", "%s: in_features must be %d, the length of the vectors before it, got %d", file, c.dims(), f.In)
	}
	if f.Out < 1 || f.Out > maxWidth {
		return fault.New("the file is damaged", "%s: out_features must be from 1 to %d, got %d", file, maxWidth, f.Out)
	}
	c.steps = append(c.steps, step{dense: len(c.Dense)})
	c.Dense = append(c.Dense, Dense{In: f.In, Out: f.Out, Activation: activation, Residual: f.Residual, bias: f.Bias, folder: filepath.ToSlash(folder)})
	for _, name := range []string{"config.json", weightsFile} {
		c.extraFiles = append(c.extraFiles, path.Join(filepath.ToSlash(folder), name))
	}
	return nil
}

// readWeights reads the weights of the layer.
func (d *Dense) readWeights(ctx context.Context, dir string) error {
	at := filepath.Join(dir, filepath.FromSlash(d.folder))
	files, err := weightFiles(at)
	if err != nil {
		return err
	}
	l := loader{path: filepath.Join(at, files[0])}
	if l.tensors, err = checkpoints.ReadTensors(ctx, l.path); err != nil {
		return err
	}
	wanted := []string{"linear.weight"}
	if d.bias {
		wanted = append(wanted, "linear.bias")
	}
	if d.Residual && d.In != d.Out {
		wanted = append(wanted, "residual.weight")
	}
	for _, name := range wanted {
		if _, ok := l.tensors[name]; !ok {
			return fault.New("the file is incomplete, or config.json belongs to another model", "%s: there is no tensor %q", l.path, name)
		}
	}
	d.weight = l.matrix("linear.weight", d.Out, d.In)
	if d.bias {
		d.shift = l.vector("linear.bias", d.Out)
	}
	if slices.Contains(wanted, "residual.weight") {
		d.residual = l.matrix("residual.weight", d.Out, d.In)
	}
	return l.err
}

// apply writes the transformed x to dst.
func (d *Dense) apply(dst, x []float32) {
	for i := range dst {
		dst[i] = kernel.Dot(d.weight.row(i), x)
	}
	if d.shift != nil {
		kernel.Axpy(dst, 1, d.shift)
	}
	for i, v := range dst {
		switch d.Activation {
		case "tanh":
			dst[i] = float32(math.Tanh(float64(v)))
		case "relu":
			dst[i] = max(0, v)
		case "gelu":
			dst[i] = float32(float64(v) * math.Erfc(-float64(v)/math.Sqrt2) / 2)
		}
		if d.Residual {
			if d.residual.rows > 0 {
				dst[i] += kernel.Dot(d.residual.row(i), x)
			} else {
				dst[i] += x[i]
			}
		}
	}
}
