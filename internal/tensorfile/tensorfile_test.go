package tensorfile

import (
	"encoding/binary"
	"strings"
	"testing"
)

func file(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

// The tensors are those of the header, in the order of their values. The layout is that of the
// safetensors library: a header that it refuses is refused.
func TestRead(t *testing.T) {
	good := file(`{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1,2],"data_offsets":[2,10]},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}} `, "0123456789")
	for _, size := range []int64{int64(len(good)), -1} {
		entries, metadata, start, err := Read(strings.NewReader(good), size)
		if err != nil || len(entries) != 2 || entries[0].Name != "a" || entries[1].Name != "b" || entries[1].Begin != 2 || entries[1].End != 10 ||
			entries[1].DType != "F32" || len(entries[1].Shape) != 2 || metadata["k"] != "v" || start != int64(len(good)-10) {
			t.Errorf("size %d: %v %v %d, error %v", size, entries, metadata, start, err)
		}
	}
	tensor := func(offsets string) string { return `{"a":{"dtype":"F32","shape":[1],"data_offsets":` + offsets + `}` }
	for _, c := range []struct{ data, want string }{
		{"\x00\x00\x00\x00\x00\x00\x00\x10{}", "its length is"},
		{file(tensor("[0,4]")+`}`, "0123")[:30], "its length is"},
		{file(tensor("[0,4]")+`,"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "01234567"), `"a" occurs twice`},
		{file(tensor("[0,4]")+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, "012345"), "overlap"},
		{file(tensor("[2,6]")+`}`, "012345"), "belong to no tensor"},
		{file(tensor("[0,9]")+`}`, "0123"), "go beyond"},
		{file(tensor("[4,0]")+`}`, "0123"), "not a range"},
		{file(tensor("[0,4]")+`}`, "01234"), "after the last tensor"},
		{file(`[]`, ""), "expected an object"},
	} {
		if _, _, _, err := Read(strings.NewReader(c.data), int64(len(c.data))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.data, err, c.want)
		}
	}
}
