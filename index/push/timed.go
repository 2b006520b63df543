package push

import (
	"context"
	"errors"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

// timed gives each call of a target the same time to be answered. Finish has no limit, because
// an index of many vectors takes hours to make.
type timed struct {
	Target
	limit time.Duration
}

var errNoAnswer = errors.New("no answer")

// within calls f with a context that ends when f has not called alive for the time of the limit.
func within[T any](ctx context.Context, limit time.Duration, name string, f func(ctx context.Context, alive func()) (T, error)) (T, error) {
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(limit, func() { cancel(errNoAnswer) })
	defer timer.Stop()
	v, err := f(limited, func() { timer.Reset(limit) })
	if err != nil && context.Cause(limited) == errNoAnswer {
		err = fault.Field("Timeout", "check that it works, or give it more time", "%s did not answer within %s", name, limit)
		err = fault.Mark(err, errTemporary)
	}
	return v, err
}

// call is within for a method without a result.
func (t *timed) call(ctx context.Context, f func(context.Context) error) error {
	_, err := within(ctx, t.limit, t.Name(), func(ctx context.Context, _ func()) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

// Prepare implements Target.
func (t *timed) Prepare(ctx context.Context, s Schema) error {
	return t.call(ctx, func(ctx context.Context) error { return t.Target.Prepare(ctx, s) })
}

// Hashes implements Target.
func (t *timed) Hashes(ctx context.Context, ids []string) (map[string]string, error) {
	return within(ctx, t.limit, t.Name(), func(ctx context.Context, _ func()) (map[string]string, error) { return t.Target.Hashes(ctx, ids) })
}

// Upsert implements Target.
func (t *timed) Upsert(ctx context.Context, rows []Row) error {
	return t.call(ctx, func(ctx context.Context) error { return t.Target.Upsert(ctx, rows) })
}

// IDs implements Target. The limit is that of the time between two ids.
func (t *timed) IDs(ctx context.Context, visit func(id string) error) error {
	_, err := within(ctx, t.limit, t.Name(), func(ctx context.Context, alive func()) (struct{}, error) {
		return struct{}{}, t.Target.IDs(ctx, func(id string) error {
			alive()
			return visit(id)
		})
	})
	return err
}

// Delete implements Target.
func (t *timed) Delete(ctx context.Context, ids []string) error {
	return t.call(ctx, func(ctx context.Context) error { return t.Target.Delete(ctx, ids) })
}

// Search implements Target.
func (t *timed) Search(ctx context.Context, q Query) ([]Hit, error) {
	return within(ctx, t.limit, t.Name(), func(ctx context.Context, _ func()) ([]Hit, error) { return t.Target.Search(ctx, q) })
}
