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
