package autograd

import (
	"errors"
	"fmt"
	"runtime"

	G "gorgonia.org/gorgonia"
)

// Program is a compiled graph with the tape machine that runs it.
type Program struct {
	G.VM
}

// Compile compiles the part of a graph that computes outputs from inputs. It ignores inputs
// that no node of the graph uses.
func Compile(g *G.ExprGraph, inputs, outputs G.Nodes) (*Program, error) {
	var used G.Nodes
	for _, in := range inputs {
		if g.To(in.ID()).Len() > 0 {
			used = append(used, in)
		}
	}
	prog, locations, err := G.CompileFunction(g, used, outputs)
	if err != nil {
		return nil, err
	}
	return &Program{G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))}, nil
}

// Run computes the outputs from the current values of the inputs. It overwrites the values of
// the previous run.
func (p *Program) Run() error {
	p.Reset()
	return p.RunAll()
}

// Close releases the memory of the program. The machine has a finalizer, and operations of the graph may
// refer to the program: the garbage collector frees no cycle with a finalizer.
func (p *Program) Close() error {
	err := p.VM.Close()
	runtime.SetFinalizer(p.VM, nil)
	return err
}

// Scalar returns the value, after a run, of a node that is a float32 scalar, such as the loss.
func Scalar(n *G.Node) (float64, error) {
	x, ok := n.Value().Data().(float32)
	if !ok {
		return 0, fmt.Errorf("expected the loss to be a float32 scalar but found %T", n.Value().Data())
	}
	return float64(x), nil
}

// Chain builds a graph step by step. Each step receives the node of the previous one; the first
// receives nil. Chain stops at the first error.
func Chain(steps ...func(*G.Node) (*G.Node, error)) (n *G.Node, err error) {
	for _, step := range steps {
		if n, err = step(n); err != nil {
			return nil, err
		}
		if n == nil {
			return nil, errors.New("loss: a step of the graph returned no node")
		}
	}
	return n, nil
}
