package train

import (
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
)

// Loss names a loss of sentence vectors, as in config.json.
//
// In the formulas u, v and w are the vectors of an anchor, its positive (or the
// second text of a pair) and a given negative, cos is their cosine, s the Scale, m the
// Margin and y the score of an example. Each loss is the mean over a batch unless its
// comment says otherwise.
type Loss string

// losses lists all losses, the default first. A new loss is a file that defines one and a line
// here; options, help texts and both engines read this list.
var losses = []*lossDef{
	&inBatch,
	&related,
	&cosine,
	&coSENT,
	&contrastive,
	&triplet,
	&align,
}

// lossDef defines a loss: the data it takes, its settings, and its two implementations.
type lossDef struct {
	name    Loss
	summary string                  // what it does, for help texts
	card    func(o *Options) string // the objective with options o, for the model card
	usual   []pairs.Kind            // the kinds of pairs it is the default for

	distillation bool // it is for package distill, not for training on pairs

	scores             scoresRule
	labels             bool      // scores must be from 0 to 1
	minTexts, maxTexts int       // texts per example; maxTexts 0: any number
	scale, symmetric   bool      // it has these settings
	margin             []float64 // lowest and highest; nil if it has no margin

	// acrossBatch means that each text is compared with all others of the batch, so that no
	// batch may hold a text twice.
	acrossBatch bool

	// graph builds the loss from gorgonia's own operations; scored says whether the
	// examples have scores.
	graph func(o Objective, n Nodes, scored bool) *G.Node
	// fused returns the loss of the unit vectors in l and sets their gradient, times grad.
	fused func(l *lossPass, b *Batch, dim, stride int, grad float32) float64
}

// scoresRule is whether a loss must, may or must not have scores.
type scoresRule int

const (
	noScores scoresRule = iota
	anyScores
	needScores
)

// lossOf returns the definition of a loss, or nil if its name is unknown.
func lossOf(name Loss) *lossDef {
	for _, l := range losses {
		if l.name == name {
			return l
		}
	}
	return nil
}

// lossNames returns the names of the losses of pairs.
func lossNames() (names []Loss) {
	for _, l := range losses {
		if l.distillation {
			continue
		}
		names = append(names, l.name)
	}
	return names
}

// LossInfo describes a loss for help texts.
type LossInfo struct {
	Name     Loss
	Summary  string       // what it does, in a few words
	Usual    []pairs.Kind // the kinds of pairs it is the default for
	Settings []string     // the fields of Options it depends on: Scale, Margin, Symmetric
}

// Losses describes the losses of pairs, the default first.
func Losses() []LossInfo {
	var all []LossInfo
	for _, l := range losses {
		if l.distillation {
			continue
		}
		info := LossInfo{Name: l.name, Summary: l.summary, Usual: l.usual}
		for _, s := range []struct {
			name string
			has  bool
		}{{"Scale", l.scale}, {"Margin", l.margin != nil}, {"Symmetric", l.symmetric}} {
			if s.has {
				info.Settings = append(info.Settings, s.name)
			}
		}
		all = append(all, info)
	}
	return all
}

// LossesWith returns the losses that depend on a field of Options: Scale, Margin or
// Symmetric.
func LossesWith(field string) (names []Loss) {
	for _, l := range Losses() {
		if slices.Contains(l.Settings, field) {
			names = append(names, l.Name)
		}
	}
	return names
}

func lossHas(name Loss, field string) bool { return slices.Contains(LossesWith(field), name) }

// UsualLoss returns the default loss for a kind of pairs.
func UsualLoss(kind pairs.Kind) Loss {
	for _, l := range losses {
		if slices.Contains(l.usual, kind) {
			return l.name
		}
	}
	return losses[0].name
}

// Objective is a loss with its settings.
type Objective struct {
	Loss      Loss
	Scale     float64 // s, above 0 and at most 300
	Margin    float64 // m, a difference of cosines
	Symmetric bool    // InBatch only: positives look for their anchors too

	// Matryoshka are dimensions, each at most that of the vectors: the loss is the
	// mean of the losses of the vectors truncated to each of them (Kusupati et al.,
	// 2022). Nil: the whole vectors only.
	Matryoshka []int
}

// maxScale keeps the exponents of the losses, up to twice it, inside float64.
const maxScale = 300

// Validate checks the objective for vectors of dim numbers and examples of columns
// texts, with or without scores. An error names the field at fault.
func (o Objective) Validate(dim, columns int, scored bool) error {
	is := lossOf(o.Loss)
	if is == nil {
		return choice("Loss", o.Loss, lossNames())
	}
	// others lists the losses that take such data, for a hint.
	others := func() string {
		var names []string
		for _, l := range losses {
			if !l.distillation && l.takes(columns, scored) {
				names = append(names, string(l.name))
			}
		}
		if names == nil {
			return ""
		}
		return ", or choose another Loss: " + fault.OneOf(names)
	}
	switch {
	case columns < is.minTexts && is.minTexts == 3:
		return fault.Field("Loss", "name a third column, of negatives"+others(), "%s needs an anchor, a positive and a negative, but the data has %d texts per example", o.Loss, columns)
	case columns < is.minTexts:
		return fault.Field("Loss", "name two columns of texts", "%s needs two texts per example, but the data has %d", o.Loss, columns)
	case is.maxTexts > 0 && columns > is.maxTexts:
		return fault.Field("Loss", "name two of the columns"+others(), "%s takes two texts per example, but the data has %d", o.Loss, columns)
	case is.scores == needScores && !scored:
		return fault.Field("Loss", "name the column of scores"+others(), "%s needs scores, but the data has none", o.Loss)
	case is.scores == noScores && scored:
		return fault.Field("Loss", "name the columns without the scores"+others(), "%s does not use scores, but the data has them", o.Loss)
	case is.scale && !(o.Scale > 0 && o.Scale <= maxScale):
		return fault.Field("Scale", "20 is usual", "must be above 0 and at most %d, got %g", maxScale, o.Scale)
	case is.margin != nil && !(o.Margin >= is.margin[0] && o.Margin <= is.margin[1]):
		return fault.Field("Margin", "it is a difference of cosines", "must be from %g to %g with Loss %s, got %g", is.margin[0], is.margin[1], o.Loss, o.Margin)
	case o.Symmetric && !is.symmetric:
		return fault.Field("Symmetric", "", "does not apply to Loss %s", o.Loss)
	}
	return o.checkDims(dim)
}

// takes reports whether a loss takes examples of columns texts, with or without scores.
func (l *lossDef) takes(columns int, scored bool) bool {
	return columns >= l.minTexts && (l.maxTexts == 0 || columns <= l.maxTexts) &&
		!(scored && l.scores == noScores) && !(!scored && l.scores == needScores)
}

// graph returns the stock graph of the loss, for examples with or without scores.
func (o Objective) graph(scored bool) GraphLoss {
	def := lossOf(o.Loss)
	return func(n Nodes) (*G.Node, error) { return def.graph(o, n, scored), nil }
}

// checkDims returns an error if vectors of dim numbers cannot be truncated to a dimension.
func (o Objective) checkDims(dim int) error {
	for i, k := range o.Matryoshka {
		if k < 1 || k > dim {
			return fault.Field("Matryoshka", "give dimensions up to the length of the vectors, such as 256,128,64",
				"dimensions must be from 1 to %d, the length of the vectors, got %d", dim, k)
		}
		if slices.Contains(o.Matryoshka[:i], k) {
			return fault.Field("Matryoshka", "give each dimension once", "has dimension %d twice", k)
		}
	}
	return nil
}

// dims returns the dimensions to which vectors of dim numbers are truncated.
func (o Objective) dims(dim int) []int {
	if len(o.Matryoshka) == 0 {
		return []int{dim}
	}
	return o.Matryoshka
}

// checkScores returns an error if the loss cannot take the scores: labels must be from 0 to 1,
// other scores finite.
func (o Objective) checkScores(scores []float32) error {
	is := lossOf(o.Loss)
	for i, y := range scores {
		switch v := float64(y); {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return fault.Field("Loss", "scores must be finite numbers", "%s: the score of example %d is %g", o.Loss, i, y)
		case is.labels && (v < 0 || v > 1):
			return fault.Field("Loss", "this loss takes 1 for related and 0 for unrelated texts; for other scores choose "+fault.OneOf(scoredNames()),
				"%s: the score of example %d must be from 0 to 1, got %g", o.Loss, i, y)
		}
	}
	return nil
}

// scoredNames returns the names of the losses that take scores of any size.
func scoredNames() []string {
	var names []string
	for _, l := range losses {
		if l.scores != noScores && !l.labels {
			names = append(names, string(l.name))
		}
	}
	return names
}
