package words

import (
	"context"

	"github.com/luminavec/luminavec/autograd"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/training"
)

// What the tests, which import the packages of the objectives and so cannot be part of
// this one, see of its inside.

const (
	InputTensor  = inputTensor
	OutputTensor = outputTensor
	WordTensor   = wordTensor
	NGramTensor  = ngramTensor
	FrozenTensor = frozenTensor
)

func (t *Tables) Row(table []float32, id int32) []float32 { return t.row(table, id) }
func (t *Tables) InRow(id int32) []float32                { return t.in(id) }
func (t *Tables) OutRow(id int32) []float32               { return t.out(id) }

func (o *Options) OwnRows() bool { return o.ownRows() }

// FusedProgram returns the program of a fused engine.
func FusedProgram(e Engine) *autograd.Program { return e.(*fusedEngine).program }

// A Trainer is a run before it begins.
type Trainer = wordTrainer

func NewTrainer(o *Objective, options Options, run Run) (*Trainer, error) {
	return newWordTrainer(o, options, run)
}
func (t *Trainer) TablesOf() *Tables           { return t.tables }
func (t *Trainer) NewWorker() (*Worker, error) { return t.newWordWorker() }
func (t *Trainer) CloseHeldOut()               { t.heldOut.close() }

// A Worker is a worker and what it has read.
type Worker = wordWorker

func (w *Worker) IDs() []int32 { return w.ids }

func (t *Trainer) HeldOutLoss(ctx context.Context, s training.ValidationSet) (checkpoints.Metric, error) {
	return t.heldOutLoss(ctx, s)
}

// Directions returns the rates of Adaptive along and across the directions of the input and the
// output rows.
func Directions(o Options, parts ...*checkpoints.Checkpoint) (rates [4]float64, err error) {
	m := &merger{options: o, parts: parts}
	in, out, err := m.directions(inputTensor, false)
	return [4]float64{in.along, in.across, out.along, out.across}, err
}
