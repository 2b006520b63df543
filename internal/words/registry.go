package words

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/luminavec/luminavec/checkpoints"
)

// A Kind is a word objective as the train command, resuming and validation see it. A package
// registers its kind with [Register]; any program that imports the package can train it. No
// other list of objectives exists.
type Kind struct {
	Title     string                  // name in help and reports: "skip-gram"
	Model     string                  // title of its models: "Skip-gram word vectors"
	Describe  func(o *Options) string // description for the model card; default: the title
	Objective *Objective
	Defaults  func() Options
	Rates     Rates
}

// Rates are the usual initial learning rates of an objective.
type Rates struct {
	Weighted float64 // with weighted windows
	Many     float64 // with weighted windows, from ManyEpochs epochs
	Other    float64 // with drawn and full windows
}

// ManyEpochs is the number of epochs from which Rates.Many is usual: only small texts need that
// many epochs, and they overfit.
const ManyEpochs = 10

// Usual returns the usual learning rate for o.
func (r Rates) Usual(o *Options) float64 {
	switch {
	case o.Windows != WindowsWeighted:
		return r.Other
	case o.Epochs >= ManyEpochs:
		return r.Many
	}
	return r.Weighted
}

var kinds []Kind

// Register adds an objective under the name of its Objective. It panics if the name is already
// registered. Call it during the initialization of a package.
func Register(k Kind) Kind {
	if _, ok := Lookup(k.Objective.Name); ok {
		panic(fmt.Sprintf("words: objective %q is registered twice", k.Objective.Name))
	}
	if k.Describe == nil {
		k.Describe = func(*Options) string { return k.Title }
	}
	checkpoints.RegisterKind(checkpoints.Kind{
		Name: k.Name(), Title: cmp.Or(k.Model, k.Title),
		Card: func(c *checkpoints.Checkpoint) [][2]string { return card(c, k.Describe) },
	})
	kinds = append(kinds, k)
	slices.SortFunc(kinds, func(a, b Kind) int { return cmp.Compare(a.Name(), b.Name()) })
	return k
}

// Lookup returns the objective with a name, as in config.json.
func Lookup(name string) (Kind, bool) {
	for _, k := range kinds {
		if k.Name() == name {
			return k, true
		}
	}
	return Kind{}, false
}

// Kinds returns all registered objectives in the order of their names.
func Kinds() []Kind { return slices.Clone(kinds) }

// Name returns the name in config.json.
func (k Kind) Name() string { return k.Objective.Name }

// Train trains the objective; see [Train].
func (k Kind) Train(ctx context.Context, o Options, run Run) (*checkpoints.Checkpoint, error) {
	return Train(ctx, k.Objective, o, run)
}
