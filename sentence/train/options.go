package train

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// ProjectInit names the initial values of the projection, as in config.json.
type ProjectInit string

// The initial values of a projection.
const (
	RandomProjection ProjectInit = "random"
	PCA              ProjectInit = "pca" // principal components of the token features
)

// ProjectInits returns the names of the initial projections, the default first.
func ProjectInits() []ProjectInit { return []ProjectInit{RandomProjection, PCA} }

// Options are the options of the trainer. [DefaultOptions] returns the defaults named in the
// comments; a zero field does not stand for its default.
type Options struct {
	// The encoder.
	Dim         int              `json:"dim"`                    // length of a row of the table, 1 to 16384; default 1024
	Hidden      int              `json:"hidden,omitempty"`       // outputs of Linear+ReLU on each token, up to 16384; default 0: no such layer
	Project     int              `json:"project,omitempty"`      // outputs of the projection, up to 16384; default 0: no projection
	ProjectInit ProjectInit      `json:"project_init,omitempty"` // initial projection: RandomProjection or PCA; default RandomProjection
	Pooling     sentence.Pooling `json:"pooling"`                // sentence.Mean, Max, First, Last or SIF; default SIF
	SIF         float64          `json:"sif,omitempty"`          // a of pooling SIF, a share of the text; default 0.001
	Repeats     float64          `json:"repeats,omitempty"`      // with Mean and SIF, a token that occurs n times in a text counts n^Repeats times, up to 1; default 0: n times
	InitScale   float64          `json:"init_scale"`             // standard deviation of the initial table; default 0.1

	// The objective.
	Loss       Loss    `json:"loss"`                 // see Losses; default InBatch
	Scale      float64 `json:"scale"`                // factor of cosines in InBatch, Related and CoSENT, up to 300; default 15
	Margin     float64 `json:"margin"`               // difference of cosines in Related, Contrastive and Triplet; default 0.5
	Symmetric  bool    `json:"symmetric"`            // positives look for their anchors too, in InBatch; default true
	Matryoshka []int   `json:"matryoshka,omitempty"` // dimensions to which vectors may be truncated; default none
	// KeepTeacher is the weight of 1 − cos between the vector of a text and the one of the model that training starts from, which it
	// keeps near; default 0.
	KeepTeacher float64 `json:"keep_teacher,omitempty"`

	// The batches.
	BatchSize int  `json:"batch_size"`           // examples per batch, 1 to 131072; default 1024
	Mixed     bool `json:"mixed,omitempty"`      // batches across files; default false: each batch is of one file
	MaxTokens int  `json:"max_tokens,omitempty"` // tokens of a text to learn from, 0: all; default 64
	Epochs    int  `json:"epochs"`               // passes over the pairs; default 5

	// The steps.
	Optimizer    Optimizer `json:"optimizer"`              // SGD, AdaGrad, Adam or AdamW; default AdaGrad
	LearningRate float64   `json:"learning_rate"`          // the highest of the run; default UsualRate(Optimizer)
	Warmup       float64   `json:"warmup"`                 // share of the run in which it rises, 0 to 1; default 0
	Decay        Decay     `json:"decay"`                  // LinearDecay, CosineDecay or NoDecay; default LinearDecay
	WeightDecay  float64   `json:"weight_decay,omitempty"` // AdamW only, 0 to 1; default UsualWeightDecay(Optimizer)
	ClipNorm     float64   `json:"clip_norm,omitempty"`    // longest gradient; default 0: not clipped
	Dropout      float64   `json:"dropout,omitempty"`      // share of pooled numbers dropped in a step, below 1; default 0
	Freeze       bool      `json:"freeze,omitempty"`       // keep the initial table; default false

	Threads int        `json:"threads"` // goroutines; default all cores. The model does not depend on it
	Seed    uint64     `json:"seed"`    // seed of every random choice; default 1
	Engine  EngineName `json:"engine"`  // Fused or Graph; default Fused
}

// DefaultOptions returns the defaults.
func DefaultOptions() Options {
	return Options{
		Dim: 1024, ProjectInit: RandomProjection, Pooling: sentence.SIF, SIF: 1e-3, InitScale: 0.1,
		Loss: losses[0].name, Scale: 15, Margin: 0.5, Symmetric: true,
		BatchSize: 1024, MaxTokens: 64, Epochs: 5,
		Optimizer: AdaGrad, LearningRate: UsualRate(AdaGrad), Decay: LinearDecay,
		Threads: runtime.GOMAXPROCS(0), Seed: 1, Engine: Fused,
	}
}

// Validate returns an error that names the first field out of range. Limits that depend on the
// pairs are checked by [Options.Fits].
func (o *Options) Validate() error {
	for _, c := range []struct {
		field    string
		value    float64
		low, top float64
	}{
		{"Dim", float64(o.Dim), 1, 1 << 14},
		{"Hidden", float64(o.Hidden), 0, 1 << 14},
		{"Project", float64(o.Project), 0, 1 << 14},
		{"SIF", o.SIF, 1e-12, 1e6},
		{"Repeats", o.Repeats, 0, 1},
		{"InitScale", o.InitScale, 0, 1e3},
		{"BatchSize", float64(o.BatchSize), 1, 1 << 17},
		{"MaxTokens", float64(o.MaxTokens), 0, math.MaxInt32},
		{"Epochs", float64(o.Epochs), 1, 1e6},
		{"Warmup", o.Warmup, 0, 1},
		{"KeepTeacher", o.KeepTeacher, 0, 1e6},
		{"WeightDecay", o.WeightDecay, 0, 1},
		{"ClipNorm", o.ClipNorm, 0, 1e30},
		{"Threads", float64(o.Threads), 1, 1 << 12},
	} {
		if !(c.value >= c.low && c.value <= c.top) { // NaN is out of range as well
			return fault.Field(c.field, "", "must be from %s to %s, got %s", plain(c.low), plain(c.top), plain(c.value))
		}
	}
	if !(o.Dropout >= 0 && o.Dropout < 1) {
		return fault.Field("Dropout", "0.1 is usual, 0 turns it off", "must be at least 0 and below 1, got %s", plain(o.Dropout))
	}
	if !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0) {
		return fault.Field("LearningRate", fmt.Sprintf("%s is usual for %s", plain(UsualRate(o.Optimizer)), o.Optimizer), "must be positive, got %g", o.LearningRate)
	}
	for _, err := range []error{
		choice("Pooling", o.Pooling, sentence.Poolings),
		choice("ProjectInit", o.ProjectInit, ProjectInits()),
		choice("Loss", o.Loss, lossNames()),
		choice("Optimizer", o.Optimizer, Optimizers()),
		choice("Decay", o.Decay, Decays()),
		choice("Engine", o.Engine, Engines()),
	} {
		if err != nil {
			return err
		}
	}
	if width := (&Parameters{Dim: o.Dim, Hidden: o.Hidden}).Width(); o.ProjectInit == PCA && o.Project > width {
		return fault.Field("Project", "lower Project, or set ProjectInit to random", "must be at most %d with ProjectInit pca, the length of what is projected, got %d", width, o.Project)
	}
	if o.WeightDecay > 0 && o.Optimizer != AdamW {
		return fault.Field("WeightDecay", "set Optimizer to adamw, or WeightDecay to 0", "applies only to Optimizer adamw, but Optimizer is %s", o.Optimizer)
	}
	if o.Freeze && o.Hidden == 0 && o.Project == 0 {
		return fault.Field("Freeze", "add a layer with Hidden or Project", "leaves nothing to train in an encoder without layers")
	}
	return nil
}

// Fits returns an error that names the first option that does not suit the pairs.
func (o *Options) Fits(p *pairs.Dataset) error {
	return o.objective().Validate(o.vectorDim(), p.Columns(), p.Kind() != pairs.Paired)
}

// Unused returns an error that names the first of the given fields that has no effect with the
// other options, such as Scale with a loss that does not use it. Call it with the fields that
// the user has set. An empty Loss, which is still to be chosen, is not checked.
func (o *Options) Unused(given ...string) error {
	for _, c := range []struct {
		field string
		used  bool
		needs string
	}{
		{"SIF", o.Pooling == sentence.SIF, "Pooling sif"},
		{"Repeats", o.Pooling == sentence.SIF || o.Pooling == sentence.Mean, "Pooling mean and sif"},
		{"ProjectInit", o.Project > 0, "an encoder with Project"},
		{"Scale", lossHas(o.Loss, "Scale"), "Loss " + fault.OneOf(LossesWith("Scale"))},
		{"Margin", lossHas(o.Loss, "Margin"), "Loss " + fault.OneOf(LossesWith("Margin"))},
		{"Symmetric", lossHas(o.Loss, "Symmetric"), "Loss " + fault.OneOf(LossesWith("Symmetric"))},
	} {
		if strings.HasPrefix(c.needs, "Loss") && o.Loss == "" {
			continue
		}
		if !c.used && slices.Contains(given, c.field) {
			return fault.Field(c.field, "leave it out", "applies to "+c.needs+" only")
		}
	}
	return nil
}

// objective returns the loss with its settings.
func (o *Options) objective() Objective {
	return Objective{Loss: o.Loss, Scale: o.Scale, Margin: o.Margin, Symmetric: o.Symmetric && lossHas(o.Loss, "Symmetric"), Matryoshka: o.Matryoshka}
}

// vectorDim returns the length of the vectors of the encoder.
func (o *Options) vectorDim() int {
	return (&Parameters{Dim: o.Dim, Hidden: o.Hidden, Out: o.Project}).VectorDim()
}

// plan returns the plan of the batches of an epoch.
func (o *Options) plan(epoch int) pairs.PlanOptions {
	return pairs.PlanOptions{BatchSize: o.BatchSize, Seed: o.Seed, Epoch: epoch, Mixed: o.Mixed, Repeats: !o.acrossBatch()}
}

// choice returns an error if the value of a field is not one of the names.
func choice[S ~string](field string, value S, names []S) error {
	if slices.Contains(names, value) {
		return nil
	}
	return fault.Field(field, "", "must be %s, got %q", fault.OneOf(names), value)
}

// acrossBatch reports whether the loss compares each text with all others of the batch.
func (o *Options) acrossBatch() bool {
	l := lossOf(o.Loss)
	return l != nil && l.acrossBatch
}

// plain writes a number without an exponent, unless it is very small or large.
func plain(x float64) string {
	if a := math.Abs(x); a != 0 && (a < 1e-4 || a >= 1e12) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
