package sentence

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// Engine names how gradients are computed.
type Engine = training.Engine

// The engines.
const (
	Fused = training.Fused // fused operations on all threads
	Graph = training.Graph // gorgonia's own operations: slow, the oracle
)

// The losses of the trainer; see package autograd for their formulas.
const (
	InBatch     = autograd.LossInBatch
	Related     = autograd.LossRelated
	Cosine      = autograd.LossCosine
	CoSENT      = autograd.LossCoSENT
	Contrastive = autograd.LossContrastive
	Triplet     = autograd.LossTriplet
)

// The optimizers of the trainer.
const (
	SGD     = "sgd"
	AdaGrad = "adagrad"
	Adam    = "adam"
	AdamW   = "adamw"
)

// The courses of the learning rate after the warm-up.
const (
	Linear   = "linear"   // a straight line down to 0
	CosineLR = "cosine"   // half a cosine down to 0
	Constant = "constant" // as it is
)

// Options are the options of the trainer. [DefaultOptions] gives the defaults named
// here; a zero field is not a default.
type Options struct {
	// The encoder.
	Dim         int     `json:"dim"`                    // length of a row of the table; default 1024
	Hidden      int     `json:"hidden,omitempty"`       // outputs of Linear+ReLU on each token; default 0: no such layer
	Project     int     `json:"project,omitempty"`      // outputs of the projection; default 0: none
	ProjectInit string  `json:"project_init,omitempty"` // where it begins: "random", or "pca" of the features; default "random"
	Pooling     string  `json:"pooling"`                // Mean, Max, First, Last or SIF; default SIF
	SIF         float64 `json:"sif,omitempty"`          // a of pooling SIF; default 1e-3
	InitScale   float64 `json:"init_scale"`             // standard deviation of the numbers of the table at the start; default 0.1

	// The objective.
	Loss       string  `json:"loss"`                 // InBatch, …; default InBatch
	Scale      float64 `json:"scale"`                // of cosines, in InBatch, Related and CoSENT; default 15
	Margin     float64 `json:"margin"`               // of Related, Contrastive and Triplet; default 0.5
	Symmetric  bool    `json:"symmetric"`            // InBatch: anchors are found by positives, too; default true
	Matryoshka []int   `json:"matryoshka,omitempty"` // lengths of beginnings of the vector that are trained to serve alone; default none

	// What is read.
	BatchSize int  `json:"batch_size"`           // examples of a batch; default 1024
	Mixed     bool `json:"mixed,omitempty"`      // batches over all files; default false: each of one file
	MaxTokens int  `json:"max_tokens,omitempty"` // of a text, what is beyond is not learnt from; default 64, 0: no limit
	Epochs    int  `json:"epochs"`               // passes over the pairs; default 5

	// The steps.
	Optimizer    string  `json:"optimizer"`              // SGD, AdaGrad, Adam or AdamW; default AdaGrad
	LearningRate float64 `json:"learning_rate"`          // at its highest; default that of UsualRate
	Warmup       float64 `json:"warmup"`                 // the part of the run in which it rises; default 0
	Decay        string  `json:"decay"`                  // Linear, CosineLR or Constant; default Linear
	WeightDecay  float64 `json:"weight_decay,omitempty"` // of AdamW; default 0.01 with it
	ClipNorm     float64 `json:"clip_norm,omitempty"`    // the length that a gradient is cut to; default 0: it is not
	Dropout      float64 `json:"dropout,omitempty"`      // part of the pooled numbers that a step leaves out; default 0
	Freeze       bool    `json:"freeze,omitempty"`       // the table stays as it begins; default false

	Threads int    `json:"threads"` // goroutines; default all cores. The bytes of a model do not depend on it
	Seed    uint64 `json:"seed"`    // of every random choice; default 1
	Engine  Engine `json:"engine"`  // default Fused
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{
		Dim: 1024, ProjectInit: "random", Pooling: SIF, SIF: 1e-3, InitScale: 0.1,
		Loss: InBatch, Scale: 15, Margin: 0.5, Symmetric: true,
		BatchSize: 1024, MaxTokens: 64, Epochs: 5,
		Optimizer: AdaGrad, LearningRate: UsualRate(AdaGrad), Decay: Linear,
		Threads: runtime.GOMAXPROCS(0), Seed: 1, Engine: Fused,
	}
}

// UsualRate is the learning rate that is usual for an optimizer.
func UsualRate(optimizer string) float64 {
	switch optimizer {
	case SGD:
		return 50
	case Adam, AdamW:
		return 1e-2
	}
	return 0.1
}

// Validate returns an error that names the first option out of range.
func (o *Options) Validate() error {
	for _, c := range []struct {
		name     string
		value    float64
		low, top float64
	}{
		{"dim", float64(o.Dim), 1, 1 << 14},
		{"hidden", float64(o.Hidden), 0, 1 << 14},
		{"project", float64(o.Project), 0, 1 << 14},
		{"sif", o.SIF, 1e-12, 1e6},
		{"init-scale", o.InitScale, 0, 1e3},
		{"batch", float64(o.BatchSize), 1, 1 << 17},
		{"max-tokens", float64(o.MaxTokens), 0, math.MaxInt32},
		{"epochs", float64(o.Epochs), 1, 1e6},
		{"warmup", o.Warmup, 0, 1},
		{"weight-decay", o.WeightDecay, 0, 1},
		{"clip-norm", o.ClipNorm, 0, 1e30},
		{"threads", float64(o.Threads), 1, 1 << 12},
	} {
		if !(c.value >= c.low && c.value <= c.top) { // NaN is out of range as well
			return fault.New(fmt.Sprintf("%s may be from %s to %s", c.name, number(c.low), number(c.top)), "%s is %s", c.name, number(c.value))
		}
	}
	if !(o.Dropout >= 0 && o.Dropout < 1) {
		return fault.New("0.1 is usual, 0 leaves it out", "dropout is %s: it must be at least 0 and below 1", number(o.Dropout))
	}
	if !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0) {
		return fault.New(fmt.Sprintf("%s is usual for %s", number(UsualRate(o.Optimizer)), o.Optimizer), "learning rate is %g: it must be above 0", o.LearningRate)
	}
	if err := checkPooling(o.Pooling); err != nil {
		return err
	}
	for _, c := range []struct {
		name, value string
		known       []string
	}{
		{"project-init", o.ProjectInit, []string{"random", "pca"}},
		{"optimizer", o.Optimizer, []string{SGD, AdaGrad, Adam, AdamW}},
		{"decay", o.Decay, []string{Linear, CosineLR, Constant}},
		{"engine", string(o.Engine), []string{string(Fused), string(Graph)}},
	} {
		if !slices.Contains(c.known, c.value) {
			return fault.New("choose "+oneOf(c.known), "%s %q is not known", c.name, c.value)
		}
	}
	if width := (&autograd.TextEncoder{Dim: o.Dim, Hidden: o.Hidden}).Width(); o.ProjectInit == "pca" && o.Project > width {
		return fault.New("give a smaller --project, or --project-init random", "a projection to %d dimensions has no principal components beyond the %d of what it projects", o.Project, width)
	}
	if losses := []string{InBatch, Related, Cosine, CoSENT, Contrastive, Triplet}; !slices.Contains(losses, o.Loss) {
		return fault.New("choose "+oneOf(losses), "there is no loss %q", o.Loss)
	}
	if o.WeightDecay > 0 && o.Optimizer != AdamW {
		return fault.New("train with --optimizer adamw, or leave --weight-decay out", "weight decay is for adamw, and the optimizer is %s", o.Optimizer)
	}
	if o.Freeze && o.Hidden == 0 && o.Project == 0 {
		return fault.New("add --hidden or --project, or leave --freeze out", "with a table that stays as it is there is nothing to learn")
	}
	return nil
}

// loss is the objective in the words of package autograd.
func (o *Options) loss() autograd.TextLoss {
	return autograd.TextLoss{Name: o.Loss, Scale: o.Scale, Margin: o.Margin, Symmetric: o.Symmetric && o.Loss == InBatch, Matryoshka: o.Matryoshka}
}

// vectorDim is the length of the vectors that the encoder makes.
func (o *Options) vectorDim() int {
	switch {
	case o.Project > 0:
		return o.Project
	case o.Hidden > 0:
		return o.Hidden
	}
	return o.Dim
}

// Fits reports the first option that does not go with the pairs.
func (o *Options) Fits(p *pairs.Dataset) error {
	loss := o.loss()
	return loss.Validate(o.vectorDim(), p.Columns(), p.Kind() != pairs.Paired)
}

// plan is the plan of the batches of an epoch.
func (o *Options) plan(epoch int) pairs.PlanOptions {
	return pairs.PlanOptions{BatchSize: o.BatchSize, Seed: o.Seed, Epoch: epoch, Mixed: o.Mixed, Repeats: o.Loss != InBatch}
}

func (o *Options) schedule() autograd.Schedule {
	switch o.Decay {
	case CosineLR:
		return autograd.WarmupCosine{Warmup: o.Warmup, Peak: o.LearningRate}
	case Constant:
		return autograd.WarmupLinear{Warmup: o.Warmup, Peak: o.LearningRate, End: o.LearningRate}
	}
	return autograd.WarmupLinear{Warmup: o.Warmup, Peak: o.LearningRate}
}

func (o *Options) optimizer() autograd.Optimizer {
	switch o.Optimizer {
	case SGD:
		return &autograd.SGD{Threads: o.Threads}
	case AdaGrad:
		return &autograd.AdaGrad{Threads: o.Threads}
	case AdamW:
		return &autograd.Adam{WeightDecay: o.WeightDecay, Threads: o.Threads}
	}
	return &autograd.Adam{Threads: o.Threads}
}

// number writes a count without an exponent, as it is typed.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func oneOf(names []string) string {
	text := ""
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			text += " or "
		case i > 0:
			text += ", "
		}
		text += name
	}
	return text
}
