package sentence

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"
)

func TestEncodeStream(t *testing.T) {
	e := WorkedExample()
	all := []string{"how are you", "", "xyzzy", "how"}
	failed := errors.New("the disk is gone")
	read := func(context.Context) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for _, text := range all {
				if !yield(text, nil) {
					return
				}
			}
			yield("", failed)
		}
	}
	var texts []string
	var known []int
	var vectors []float32
	err := EncodeStream(t.Context(), e, read, func(s string) string { return s }, 1,
		func(batch []string, k []int, v []float32, _ bool) error {
			texts, known, vectors = append(texts, batch...), append(known, k...), append(vectors, v...)
			return nil
		})
	if err != failed || !slices.Equal(texts, all) || !slices.Equal(known, []int{3, 0, 0, 1}) {
		t.Errorf("texts %q, known %v, error %v", texts, known, err)
	}
	want := make([]float32, e.Dim())
	for i, text := range all {
		if _, err := e.Encode(want, text); err != nil {
			t.Fatal(err)
		}
		if got := vectors[i*e.Dim() : (i+1)*e.Dim()]; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// An error of the receiver ends a read that waits.
func TestEncodeStreamEndsRead(t *testing.T) {
	read := func(ctx context.Context) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			if !yield("how", nil) {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(30 * time.Second):
				t.Error("the context of read did not end")
			}
		}
	}
	failed := errors.New("the disk is full")
	err := EncodeStream(t.Context(), WorkedExample(), read, func(s string) string { return s }, 1,
		func([]string, []int, []float32, bool) error { return failed })
	if err != failed {
		t.Errorf("error %v", err)
	}
}

// A panic of read is an error.
func TestEncodeStreamPanic(t *testing.T) {
	read := func(context.Context) iter.Seq2[string, error] {
		return func(func(string, error) bool) { panic("row 3") }
	}
	err := EncodeStream(t.Context(), WorkedExample(), read, func(s string) string { return s }, 1, nil)
	if err == nil || err.Error() != "reading the input: row 3" {
		t.Errorf("error %v", err)
	}
}

// The next batch is encoded while fn has one, and fn keeps it until it returns.
func TestEncodeStreamReusesBatches(t *testing.T) {
	e := WorkedExample()
	texts := []string{"how are you", "how", "are you", "you", "", "how how are"}
	read := func(context.Context) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for i := range 5000 {
				if !yield(texts[i*i%len(texts)], nil) {
					return
				}
			}
		}
	}
	n := 0
	err := EncodeStream(t.Context(), e, read, func(s string) string { return s }, 2,
		func(batch []string, known []int, vectors []float32, _ bool) error {
			if n%3 == 0 {
				time.Sleep(time.Millisecond) // the other goroutines run ahead
			}
			want := make([]float32, e.Dim())
			for i, text := range batch {
				k, err := e.Encode(want, text)
				if err != nil || text != texts[n*n%len(texts)] || known[i] != k || !slices.Equal(vectors[i*e.Dim():(i+1)*e.Dim()], want) {
					t.Fatalf("text %d: %q, %d known, %v, error %v", n, text, known[i], vectors[i*e.Dim():(i+1)*e.Dim()], err)
				}
				n++
			}
			return nil
		})
	if err != nil || n != 5000 {
		t.Errorf("%d texts, error %v", n, err)
	}
}
