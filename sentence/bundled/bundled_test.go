package bundled

import (
	"context"
	"testing"

	"github.com/luminavec/luminavec/internal/kernel"
)

// The model in the program is at most this large.
const maxBytes = 5_000_000

func TestOpen(t *testing.T) {
	if len(archive) > maxBytes {
		t.Errorf("the model has %d bytes, more than %d", len(archive), maxBytes)
	}
	e, err := Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	v, known, err := e.EncodeBatch(context.Background(), []string{"a man plays the guitar", "someone plays an instrument", "stock prices fell"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range known {
		if n < 3 {
			t.Errorf("text %d: %d known tokens", i, n)
		}
	}
	d := e.Dim()
	if near, far := kernel.Dot(v[:d], v[d:2*d]), kernel.Dot(v[:d], v[2*d:]); near < far+0.2 {
		t.Errorf("cosine of related texts %.3f, of unrelated ones %.3f", near, far)
	}
	if r, err := Verify(context.Background()); err != nil || !r.OK() {
		t.Errorf("%v, %v", r, err)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := Open(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
