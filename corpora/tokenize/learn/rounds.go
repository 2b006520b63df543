package learn

import (
	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/text"
)

// roundBytes is the text of a round.
const roundBytes = 16 << 20

// counter counts text in tables of its own.
type counter interface {
	count(*text.Batch) error
}

// countInRounds lets workers count the text that read adds, in batches. After each round
// of about size bytes it calls join while no worker counts, so what join does to the
// tables does not depend on the number of workers. It calls progress after each batch.
func countInRounds[W counter](workers []W, size int, join, progress func(), read func(add func(content []byte, lineEnd bool) error) error) error {
	free := make(chan W, len(workers))
	for _, w := range workers {
		free <- w
	}
	newRound := func() *pool.ErrorPool { return pool.New().WithErrors().WithMaxGoroutines(len(workers)) }
	round, sent := newRound(), 0
	send := func(b *text.Batch) error {
		round.Go(func() error {
			w := <-free
			defer func() { free <- w }()
			return w.count(b)
		})
		if sent += len(b.Text); sent < size {
			return nil
		}
		sent = 0
		err := round.Wait()
		round = newRound()
		join()
		return err
	}
	b := text.NewBatch()
	err := read(func(content []byte, lineEnd bool) error {
		b.Add(content, lineEnd)
		if !b.Full() {
			return nil
		}
		if err := send(b); err != nil {
			return err
		}
		b = text.NewBatch()
		progress()
		return nil
	})
	if err == nil {
		err = send(b)
	}
	if last := round.Wait(); err == nil {
		err = last
	}
	return err
}
