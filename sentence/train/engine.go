package train

// An Engine computes the loss of a batch and its gradient with respect to the
// parameters of an encoder, which it does not change. It belongs to one goroutine.
//
// [NewFused] is the engine that trains; [NewGraph] computes the same from gorgonia's
// own operations.
type Engine interface {
	// Gradient returns the mean loss of the examples of a batch, in nats if the loss
	// is a likelihood, and its gradient, which is valid until the next call.
	Gradient(b *Batch) (loss float64, g *Gradient, err error)
	// Close releases the resources of the engine.
	Close() error
}

// EngineName names an engine, as in config.json.
type EngineName string

// The engines.
const (
	Fused EngineName = "fused" // fused operations on all threads
	Graph EngineName = "graph" // gorgonia's own operations: slow, the reference
)

// engines makes each engine.
var engines = []struct {
	name EngineName
	make func(e *Parameters, o Objective, threads int) (Engine, error)
}{
	{Fused, NewFused},
	{Graph, func(e *Parameters, o Objective, _ int) (Engine, error) { return NewGraph(e, o) }},
}

// checkBatch returns an error if a batch does not match the encoder or the objective.
func checkBatch(e *Parameters, o Objective, b *Batch) error {
	if err := b.check(e); err != nil {
		return err
	}
	if err := o.Validate(e.VectorDim(), b.Columns, b.Scores != nil); err != nil {
		return err
	}
	return o.checkScores(b.Scores)
}

// Engines returns the names of the engines, the default first.
func Engines() (names []EngineName) {
	for _, x := range engines {
		names = append(names, x.name)
	}
	return names
}

// engine makes the engine of valid options.
func (o *Options) engine(e *Parameters) (Engine, error) {
	for _, x := range engines {
		if x.name == o.Engine {
			return x.make(e, o.objective(), o.Threads)
		}
	}
	return nil, nil
}
