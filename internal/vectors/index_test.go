package vectors

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
)

// npyArray makes an array by hand: a header for the type and shape, and the data.
func npyArray(kind, shape string, order binary.ByteOrder, values ...float32) []byte {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", kind, shape)
	dict += strings.Repeat(" ", 128-10-len(dict)-1) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(dict)))
	b.WriteString(dict)
	binary.Write(&b, order, values)
	return b.Bytes()
}

// fill returns an index of the vectors in data.
func fill(t *testing.T, data []byte) (index.Index, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.npy")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return Index(context.Background(), path, index.Options{Kind: index.Flat, Metric: index.Dot}, func(int64, int64) {})
}

func TestReadNpy(t *testing.T) {
	var doubles bytes.Buffer
	if err := npy.Write(&doubles, mat.NewDense(2, 2, []float64{1, 2, 3, 4})); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"float32":            npyArray("<f4", "(2, 2)", binary.LittleEndian, 1, 2, 3, 4),
		"big-endian float32": npyArray(">f4", "(2, 2)", binary.BigEndian, 1, 2, 3, 4),
		"float64":            doubles.Bytes(),
	} {
		ix, err := fill(t, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for label, want := range map[int64]string{0: "[1 2]", 1: "[3 4]"} {
			if v, ok := ix.Vector(label); !ok || fmt.Sprint(v) != want {
				t.Errorf("%s: row %d is %v, want %s", name, label, v, want)
			}
		}
	}
}

func TestReadNpyErrors(t *testing.T) {
	whole := npyArray("<f4", "(2, 2)", binary.LittleEndian, 1, 2, 3, 4)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"cut in a row":    {whole[:len(whole)-3], "it ends in row 2 of 2"},
		"cut in a header": {whole[:60], "damaged header"},
		"more":            {append(bytes.Clone(whole), 0), "there is more after the last row"},
		"one dimension":   {npyArray("<f4", "(4,)", binary.LittleEndian, 1, 2, 3, 4), "the shape is [4]"},
		"integers":        {npyArray("<i4", "(2, 2)", binary.LittleEndian, 1, 2, 3, 4), "type <i4"},
		"long header":     {append(bytes.Clone(whole[:6]), 2, 0, 0xff, 0xff, 0xff, 0x7f), "damaged header: it says"},
		"no header":       {whole[:6], "damaged header"},
		"huge shape":      {npyArray("<f4", "(2, 999999999999)", binary.LittleEndian, 1), "2 rows of 999999999999 values"},
	} {
		_, err := fill(t, test.data)
		if err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q, want %q", name, err, fault.Hint(err), test.want)
		}
	}
}
