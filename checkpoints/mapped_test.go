package checkpoints

import (
	"bytes"
	"context"
	"encoding/hex"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// The rows of a mapped model are those of one that is read; a model without model.blocks is read.
func TestMapped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	for folder, want := range map[string]bool{dir: true, filepath.Join("testdata", "v1-ngrams"): false} {
		read, err := Read(context.Background(), folder, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Read(context.Background(), folder, ReadOptions{Mapped: true})
		if err != nil {
			t.Fatal(err)
		}
		for name, tensor := range read.Tensors {
			got := c.Tensors[name]
			if table := name == EmbeddingTensor || name == NGramTensor; got.Mapped() != (want && table) {
				t.Fatalf("%s: %s is mapped: %v", folder, name, got.Mapped())
			}
			if err := got.Verify(0, got.Rows()); err != nil || !slices.Equal(got.Shape, tensor.Shape) {
				t.Fatalf("%s: shape %v, want %v, error %v", name, got.Shape, tensor.Shape, err)
			}
			for i := range tensor.Rows() {
				if !slices.Equal(got.Row(i), tensor.Row(i)) {
					t.Errorf("%s: row %d is %v, want %v", name, i, got.Row(i), tensor.Row(i))
				}
			}
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := Write(context.Background(), copied, c, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		a, err := os.ReadFile(filepath.Join(folder, ModelFile))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(copied, ModelFile))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: a copy of the mapped model differs, error %v", folder, err)
		}
	}
}

// model.blocks has the CRC-32C of each 64 KiB.
func TestBlocksFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	c := newSmall(t)
	c.State = map[string]Tensor{}
	mustWrite(t, dir, c)
	got, err := os.ReadFile(filepath.Join(dir, BlocksFile))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, ModelFile))
	if err != nil {
		t.Fatal(err)
	}
	want := []byte("LVBLOCKS\x00\x00\x01\x00")
	for block := range slices.Chunk(data, 65536) {
		want = little.AppendUint32(want, crc32.Checksum(block, crc32.MakeTable(crc32.Castagnoli)))
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s, want %s", hex.EncodeToString(got), hex.EncodeToString(want))
	}
	for _, bad := range []string{"", "LVBLOCKS", "LVBLOCKX" + string(want[8:]), string(want) + "0000", string(want[:len(want)-1]), "LVBLOCKS\x00\x00\x00\x00", "LVBLOCKS\x01\x00\x01\x00" + string(want[12:])} {
		if _, _, err := parseBlocks([]byte(bad), int64(len(data))); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if _, _, err := parseBlocks(want, math.MaxInt64-1); err == nil {
		t.Error("accepted for a file of any size")
	}
}

// Rows of a file that is truncated while it is mapped are an error.
func TestTruncatedWhileMapped(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a mapped file cannot be truncated")
	}
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	c, err := Read(context.Background(), dir, ReadOptions{Mapped: true})
	if err != nil {
		t.Fatal(err)
	}
	table := c.Embedding()
	if !table.Mapped() {
		t.Skip("files cannot be mapped")
	}
	if err := os.Truncate(filepath.Join(dir, ModelFile), 0); err != nil {
		t.Fatal(err)
	}
	read := func() (v float32, err error) {
		defer table.Unfault(debug.SetPanicOnFault(true), &err)
		return table.Row(0)[0], nil
	}
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "truncated while it was open") || fault.Hint(err) == "" {
		t.Errorf("error %v", err)
	}
	if err := Write(context.Background(), filepath.Join(t.TempDir(), "copy"), c, WriteOptions{}); err == nil || !strings.Contains(err.Error(), "truncated") {
		t.Errorf("a copy: error %v", err)
	}
}
