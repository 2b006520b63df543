package checkpoints

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A file with tensors of several types: those of 16 and 64 bits are read, whole numbers only if
// they are a list, and tensors that are not wanted may have any type.
func TestReadTensorTypes(t *testing.T) {
	data := file(`{"half":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},`+
		`"brain":{"dtype":"BF16","shape":[2,1],"data_offsets":[4,8]},`+
		`"double":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},`+
		`"position_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[16,32]},`+
		`"mapping":{"dtype":"I64","shape":[2],"data_offsets":[32,48]},`+
		`"scalar":{"dtype":"I64","shape":[],"data_offsets":[48,56]}}`, 0)
	data = append(data, 0x00, 0x3c, 0x00, 0xc0) // 1, -2
	data = append(data, 0x80, 0x3f, 0x20, 0xc0) // 1, -2.5
	data = little.AppendUint64(data, math.Float64bits(0.1))
	for _, n := range []uint64{0, 1, 7, 3, 0} {
		data = little.AppendUint64(data, n)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	tensors, err := ReadTensors(context.Background(), path, "half", "brain", "double", "mapping")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"half": {1, -2}, "brain": {1, -2.5}, "double": {0.1}, "mapping": {7, 3}} {
		x := tensors[name]
		var got []float32
		for i := range x.Rows() {
			got = append(got, x.Row(i)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if x, ok := tensors["position_ids"]; !ok || x.Data != nil || !slices.Equal(x.Shape, []int{1, 2}) {
		t.Errorf("position_ids is %v, want only its shape", x)
	}
	if _, err := ReadTensors(context.Background(), path); err == nil {
		t.Error("a table of integers was read")
	}
}
