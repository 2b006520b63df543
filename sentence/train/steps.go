package train

import "github.com/luminavec/luminavec/autograd"

// Optimizer names an optimizer, as in config.json; package autograd describes each.
type Optimizer string

// The optimizers.
const (
	SGD     Optimizer = "sgd"
	AdaGrad Optimizer = "adagrad"
	Adam    Optimizer = "adam"
	AdamW   Optimizer = "adamw"
)

// Decay names how the learning rate falls after the warm-up, as in config.json.
type Decay string

// The decays.
const (
	LinearDecay Decay = "linear"   // linearly to 0
	CosineDecay Decay = "cosine"   // along half a cosine to 0
	NoDecay     Decay = "constant" // not at all
)

// optimizers lists each optimizer with its usual learning rate and weight decay, and the number
// of values it keeps for each parameter.
var optimizers = []struct {
	name  Optimizer
	rate  float64
	decay float64
	slots int
	make  func(o *Options) autograd.Optimizer
}{
	{AdaGrad, 0.1, 0, 1, func(o *Options) autograd.Optimizer { return &autograd.AdaGrad{Threads: o.Threads} }},
	{Adam, 1e-2, 0, 2, func(o *Options) autograd.Optimizer { return &autograd.Adam{Threads: o.Threads} }},
	{AdamW, 1e-2, 0.01, 2, func(o *Options) autograd.Optimizer {
		return &autograd.Adam{WeightDecay: o.WeightDecay, Threads: o.Threads}
	}},
	{SGD, 50, 0, 0, func(o *Options) autograd.Optimizer { return &autograd.SGD{Threads: o.Threads} }},
}

// decays lists each decay with its schedule.
var decays = []struct {
	name Decay
	make func(o *Options) autograd.Schedule
}{
	{LinearDecay, func(o *Options) autograd.Schedule {
		return autograd.WarmupLinear{Warmup: o.Warmup, Peak: o.LearningRate}
	}},
	{CosineDecay, func(o *Options) autograd.Schedule {
		return autograd.WarmupCosine{Warmup: o.Warmup, Peak: o.LearningRate}
	}},
	{NoDecay, func(o *Options) autograd.Schedule {
		return autograd.WarmupLinear{Warmup: o.Warmup, Peak: o.LearningRate, End: o.LearningRate}
	}},
}

// Optimizers returns the names of the optimizers, the default first.
func Optimizers() (names []Optimizer) {
	for _, x := range optimizers {
		names = append(names, x.name)
	}
	return names
}

// Decays returns the names of the decays, the default first.
func Decays() (names []Decay) {
	for _, x := range decays {
		names = append(names, x.name)
	}
	return names
}

// UsualRate returns the usual learning rate of an optimizer.
func UsualRate(name Optimizer) float64 {
	for _, x := range optimizers {
		if x.name == name {
			return x.rate
		}
	}
	return UsualRate(AdaGrad)
}

// UsualWeightDecay returns the usual weight decay of an optimizer: 0 for all but AdamW.
func UsualWeightDecay(name Optimizer) float64 {
	for _, x := range optimizers {
		if x.name == name {
			return x.decay
		}
	}
	return 0
}

// slots returns the number of values that the optimizer keeps for each parameter.
func (o *Options) slots() int {
	for _, x := range optimizers {
		if x.name == o.Optimizer {
			return x.slots
		}
	}
	return 0
}

// optimizer makes the optimizer of valid options.
func (o *Options) optimizer() autograd.Optimizer {
	for _, x := range optimizers {
		if x.name == o.Optimizer {
			return x.make(o)
		}
	}
	return nil
}

// schedule makes the schedule of the learning rate of valid options.
func (o *Options) schedule() autograd.Schedule {
	for _, x := range decays {
		if x.name == o.Decay {
			return x.make(o)
		}
	}
	return nil
}

// Rate returns the learning rate when a share of a run is done, from 0 to 1.
func Rate(o *Options, progress float64) float64 { return o.schedule().At(progress) }
