package training

// Engine names how gradients are computed.
type Engine string

// The engines.
const (
	Fused Engine = "fused" // our own operations, run by gorgonia's tape machine
	Graph Engine = "graph" // gorgonia's own operations: slow, the reference
)

// Engines returns the names of the engines, the default first.
func Engines() []Engine { return []Engine{Fused, Graph} }

// Summary describes the engine in a few words. It is empty for an unknown one.
func (e Engine) Summary() string {
	return map[Engine]string{
		Fused: "by one operation of our own for a batch of windows",
		Graph: "by gorgonia's operations: the same objective, a few hundred times slower",
	}[e]
}
