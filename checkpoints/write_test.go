package checkpoints

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestReplace(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	mustWrite(t, dir, newSmall(t))
	before := tree(t, root)
	c := newSmall(t)
	c.Tensors[EmbeddingTensor].Row(0)[0] = 42
	c.State = nil
	err := Write(context.Background(), dir, c, WriteOptions{})
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	if !maps.Equal(tree(t, root), before) {
		t.Error("changed without Replace")
	}
	if err := Write(context.Background(), dir, c, WriteOptions{Replace: true}); err != nil {
		t.Fatal(err)
	}
	got, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, c)
	if n := len(tree(t, root)); n != len(before)-1 {
		t.Errorf("%d files, want %d: the old state must go, and nothing stay", n, len(before)-1)
	}
}

// TestCollectionIsNotReplaced: a collection has a MANIFEST too, and a model in it.
func TestCollectionIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "model"), newSmall(t))
	for _, name := range []string{"collection.json", ManifestFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, dir)
	for _, replace := range []bool{false, true} {
		for name, err := range map[string]error{
			"Write":       Write(context.Background(), dir, newSmall(t), WriteOptions{Replace: replace}),
			"CheckOutput": CheckOutput(dir, WriteOptions{Replace: replace}),
		} {
			if err == nil || !strings.Contains(err.Error(), "it is a collection of documents") || fault.Hint(err) == "" {
				t.Errorf("%s: error %v, hint %q", name, err, fault.Hint(err))
			}
		}
	}
	if !maps.Equal(tree(t, dir), before) {
		t.Error("the collection was changed")
	}
}

func TestForeignFolderIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := Write(context.Background(), dir, newSmall(t), WriteOptions{Replace: true})
	if err == nil || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("the folder holds %v", got)
	}
}

// TestEveryStepFails replaces a model again and again, and fails another step
// each time, by a full disk or by a crash. The last model or the new one opens
// afterwards; a full disk leaves no other file, and neither does a success.
func TestEveryStepFails(t *testing.T) {
	for _, cause := range []error{syscall.ENOSPC, durable.ErrCrash} {
		for _, canExchange := range []bool{true, false} {
			root := t.TempDir()
			dir := filepath.Join(root, "model")
			c := newSmall(t)
			value := &c.Tensors[EmbeddingTensor].Data[0]
			*value = -1
			mustWrite(t, dir, c)
			last := *value
			for failing := 0; ; failing++ {
				mustEnd(t, failing)
				n, failed := 0, durable.Op("")
				restore := durable.Inject(func(op durable.Op, _ string) error {
					if op == durable.OpExchange && !canExchange {
						return errors.ErrUnsupported
					}
					if n++; n-1 == failing {
						failed = op
						return cause
					}
					return nil
				})
				*value = float32(failing)
				err := Write(context.Background(), dir, c, WriteOptions{Replace: true})
				restore()
				if failed != "" && failed != durable.OpRemove && !errors.Is(err, cause) {
					t.Fatalf("step %d (%s): %v", failing, failed, err)
				}
				if cause == syscall.ENOSPC && failed == durable.OpWrite && !strings.Contains(fault.Hint(err), "free disk space") {
					t.Errorf("step %d (%s): %v, hint %q", failing, failed, err, fault.Hint(err))
				}
				got, readErr := Read(context.Background(), dir, ReadOptions{State: true})
				if readErr != nil {
					t.Fatalf("after step %d (%s): %v", failing, failed, readErr)
				}
				v := got.Embedding().Row(0)[0]
				if v != *value && (err == nil || v != last) {
					t.Errorf("after step %d (%s): value %v, want %v or %v", failing, failed, v, last, *value)
				}
				last = v
				if cause == syscall.ENOSPC && failed != durable.OpRemove || failed == "" {
					if n := len(tree(t, root)); n != 10 {
						t.Errorf("after step %d (%s): %d files", failing, failed, n)
					}
				}
				if failed == "" {
					if err != nil || failing < 20 {
						t.Errorf("%d steps, %v", failing, err)
					}
					break
				}
			}
		}
	}
}

// mustEnd fails a test that goes round forever, because every round fails.
func mustEnd(t *testing.T, round int) {
	t.Helper()
	if round > 2000 {
		t.Fatal("writing never succeeds")
	}
}

// countdown is a context that is canceled when it is asked for the n-th time.
type countdown struct {
	context.Context
	left atomic.Int64
}

func newCountdown(n int) *countdown {
	c := &countdown{Context: context.Background()}
	c.left.Store(int64(n))
	return c
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func (c *countdown) Deadline() (time.Time, bool) { return time.Time{}, false }

// TestCancel cancels at every place where the context is checked.
func TestCancel(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	for n := 0; ; n++ {
		mustEnd(t, n)
		err := Write(newCountdown(n), dir, newSmall(t), WriteOptions{})
		if err == nil {
			if n < 5 {
				t.Errorf("Write looks at the context %d times", n)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Write, canceled at %d: %v", n, err)
		}
		if left := tree(t, root); len(left) > 0 {
			t.Fatalf("Write, canceled at %d, left %v", n, left)
		}
	}
	for n := 0; ; n++ {
		mustEnd(t, n)
		c, err := Read(newCountdown(n), dir, ReadOptions{State: true})
		if err == nil {
			if n < 5 {
				t.Errorf("Read looks at the context %d times", n)
			}
			break
		}
		if !errors.Is(err, context.Canceled) || c != nil || strings.Contains(err.Error(), "damaged") {
			t.Fatalf("Read, canceled at %d: %v", n, err)
		}
	}
	for n := 0; ; n++ {
		mustEnd(t, n)
		_, err := Verify(newCountdown(n), dir)
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Verify, canceled at %d: %v", n, err)
		}
	}
}

// callAt is a context that calls fn when it is asked for the n-th time.
type callAt struct {
	context.Context
	left atomic.Int64
	fn   func()
}

func (c *callAt) Err() error {
	if c.left.Add(-1) == -1 {
		c.fn()
	}
	return nil
}

// TestReplacedWhileRead puts another model in place at every moment of a read:
// the reader gets one of the two whole.
func TestReplacedWhileRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	models := []*Checkpoint{newSmall(t), newSmall(t)}
	models[1].Tensors[EmbeddingTensor].Row(0)[0] = 42
	models[1].State[OutputTensor].Row(0)[0] = 42
	models[1].Log = []byte("{}\n")
	mustWrite(t, dir, models[0])
	now, outcomes := 0, [2]int{}
	for n := 0; ; n++ {
		mustEnd(t, n)
		ctx := &callAt{Context: context.Background(), fn: func() { mustWrite(t, dir, models[1-now]) }}
		ctx.left.Store(int64(n))
		got, err := Read(ctx, dir, ReadOptions{State: true})
		if err != nil {
			t.Fatalf("replaced at %d: %v", n, err)
		}
		if ctx.left.Load() >= 0 {
			break // the read was over before
		}
		which := now
		if got.Embedding().Row(0)[0] == models[1-now].Embedding().Row(0)[0] {
			which = 1 - now
		}
		wantSame(t, got, models[which])
		outcomes[which^now]++
		now = 1 - now
		if report, err := Verify(context.Background(), dir); err != nil {
			t.Fatal(report, err)
		}
	}
	if outcomes[0] == 0 || outcomes[1] == 0 {
		t.Errorf("%d reads gave the old model, %d the new one", outcomes[0], outcomes[1])
	}
}

// BenchmarkWrite and BenchmarkRead move 24 MB of tensors.
func benchmarkCheckpoint(b *testing.B) *Checkpoint {
	c := newSmall(b)
	big := NewTensor(60_000, 100)
	for i := range big.Rows() {
		for j := range big.Row(i) {
			big.Row(i)[j] = float32(i*j%1000) / 999
		}
	}
	c.Tensors["big"] = big
	b.SetBytes(big.Bytes())
	return c
}

func BenchmarkWrite(b *testing.B) {
	c := benchmarkCheckpoint(b)
	dir := filepath.Join(b.TempDir(), "model")
	for b.Loop() {
		mustWrite(b, dir, c)
	}
}

func BenchmarkRead(b *testing.B) {
	c := benchmarkCheckpoint(b)
	dir := filepath.Join(b.TempDir(), "model")
	mustWrite(b, dir, c)
	for b.Loop() {
		if _, err := Read(context.Background(), dir, ReadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
