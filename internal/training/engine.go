package training

// Engine names how gradients are computed.
type Engine string

// The engines.
const (
	Fused Engine = "fused" // our own operations, run by gorgonia's tape machine
	Graph Engine = "graph" // gorgonia's own operations: slow, the reference
)
