package words

// An Engine takes gradient steps on a pair of tables. It belongs to one
// goroutine; several engines may share the tables.
type Engine interface {
	// Step takes one step of size alpha on every window of batch, in order.
	// It returns the sum of the loss over the batch, in nats, and the number
	// of targets it is the sum of: (context, word) pairs for skip-gram,
	// windows for CBOW; each counted with its weight where windows are placed.
	Step(batch []int32, alpha float32) (loss, targets float64, err error)
	// Close frees what the engine holds; the tables stay.
	Close() error
}
