package pairs

import (
	"context"
	"errors"
)

// Spool returns sources that can be read more than once, see text.Source.Spool. This is needed
// to train a tokenizer on the texts first. done removes the files.
func Spool(ctx context.Context, sources []Source, dir string) (spooled []Source, done func() error, err error) {
	var dones []func() error
	done = func() error {
		var errs []error
		for _, d := range dones {
			errs = append(errs, d())
		}
		dones = nil
		return errors.Join(errs...)
	}
	for _, s := range sources {
		again, d, err := s.Source.Spool(ctx, dir)
		if err != nil {
			done()
			return nil, nil, err
		}
		dones = append(dones, d)
		spooled = append(spooled, Source{Source: again, Weight: s.Weight})
	}
	return spooled, done, nil
}
