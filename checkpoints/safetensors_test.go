package checkpoints

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"strings"
	"testing"
)

// file puts a header and n bytes of values together.
func file(header string, n int) []byte {
	b := little.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

func read(data []byte) (map[string]Tensor, error) {
	return readTensors(context.Background(), bytes.NewReader(data), int64(len(data)))
}

func TestSafetensorsHostile(t *testing.T) {
	const good = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1,3],"data_offsets":[8,20]}}`
	if tensors, err := read(file(good, 20)); err != nil || len(tensors) != 2 {
		t.Fatal(tensors, err)
	}
	if tensors, err := read(file(`{}  `, 0)); err != nil || len(tensors) != 0 {
		t.Fatal(tensors, err)
	}
	one := func(shape, offsets string) string {
		return `{"a":{"dtype":"F32","shape":` + shape + `,"data_offsets":` + offsets + `}}`
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "too few"},
		{"seven bytes", make([]byte, 7), "too few"},
		{"long header", little.AppendUint64(nil, 1), "header: its length is 1 byte,"},
		{"pointer of Git LFS", []byte("version https://git-lfs.github.com/spec/v1\n"), "a pointer of Git LFS"},
		{"endless header", append(bytes.Repeat([]byte{0xff}, 8), "{}"...), "header: its length"},
		{"header 2^63", append(little.AppendUint64(nil, 1<<63), "{}"...), "header: its length"},
		{"no JSON", file("hello", 0), "header"},
		{"no object", file("[]", 0), "expected an object"},
		{"cut JSON", file(`{"a":{`, 0), "header"},
		{"cut after name", file(`{"a"`, 0), "header"},
		{"text after", file(good+"x", 20), "after the JSON"},
		{"two objects", file(`{}{}`, 0), "after the JSON"},
		{"duplicate", file(strings.Replace(good, `"b"`, `"a"`, 1), 20), `"a" occurs twice`},
		{"duplicate by escape", file(strings.Replace(good, `"b"`, `"\u0061"`, 1), 20), `"a" occurs twice`},
		{"duplicate field", file(`{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), `"dtype" occurs twice`},
		{"unknown field", file(`{"a":{"dtype":"F32","shape":[1],"offset":0,"data_offsets":[0,4]}}`, 4), "unknown field"},
		{"type", file(strings.Replace(good, "F32", "F8_E4M3", 1), 20), `tensor "a" holds 8-bit floating-point numbers (F8_E4M3); vectors are`},
		{"integers", file(`{"a":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}}`, 16), `tensor "a" holds 64-bit integers (I64); vectors are`},
		{"unknown type", file(strings.Replace(good, "F32", "X9", 1), 20), `tensor "a" holds values of the type "X9"; vectors are`},
		{"type is a number", file(strings.Replace(good, `"F32"`, "32", 1), 20), `"dtype": expected a string but found a number`},
		{"no type", file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4), `tensor "a" holds values of the type ""`},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4), "no dimension"},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[1]}}`, 4), "is not a range"},
		{"null", file(`{"a":null}`, 0), "expected an object"},
		{"zero", file(one("[0,3]", "[0,0]"), 0), "must be positive"},
		{"negative", file(one("[-1]", "[0,4]"), 4), "must be positive"},
		{"fraction", file(one("[1.5]", "[0,4]"), 4), `"shape": expected a whole number but found 1.5`},
		{"overflow", file(one("[4294967296,4294967296]", "[0,4]"), 4), "too many"},
		{"overflow to 0", file(one("[9223372036854775807,2]", "[0,4]"), 4), "too many"},
		{"dimension beyond int", file(one("[9223372036854775808]", "[0,4]"), 4), "header"},
		{"large", file(one("[1000000000,1000]", "[0,4000000000000]"), 4), "go beyond"},
		{"one number", file(one("[1]", "[4]"), 4), "expected 2 numbers"},
		{"negative offset", file(one("[2]", "[-4,4]"), 4), "is not a range"},
		{"backwards", file(one("[1]", "[4,0]"), 4), "is not a range"},
		{"offset beyond", file(one("[1]", "[0,18446744073709551616]"), 4), "header"},
		{"short range", file(one("[2]", "[0,4]"), 4), "takes 8 bytes"},
		{"past the end", file(good, 19), `"b": its bytes 8 to 20 go beyond the 19`},
		{"rest", file(good, 21), "1 byte after the last tensor"},
		{"gap", file(one("[1]", "[4,8]"), 8), "belong to no tensor"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), "overlap"},
		{"same range", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "overlap"},
		{"metadata", file(`{"__metadata__":{"x":1}}`, 0), "__metadata__"},
		{"metadata list", file(`{"__metadata__":[]}`, 0), "__metadata__"},
		{"deep", file(strings.Repeat(`{"a":`, 20_000), 0), "header"},
		{"deep shape", file(`{"a":{"shape":`+strings.Repeat("[", 20_000), 0), "header"},
		{"NaN", append(file(one("[1]", "[0,4]"), 0), 0, 0, 0xc0, 0x7f), `"a": value 0 is NaN`},
		{"infinite", append(file(one("[2,1]", "[0,8]"), 4), 0, 0, 0x80, 0xff), `"a": row 1, column 0 is -Inf`},
	} {
		t.Run(test.name, func(t *testing.T) {
			tensors, err := read(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) || tensors != nil {
				t.Errorf("%v, error %v, want %q", tensors, err, test.want)
			}
		})
	}
}

// TestSafetensorsAllocation: a header that promises much does not make the
// reader reserve it.
func TestSafetensorsAllocation(t *testing.T) {
	data := file(`{"a":{"dtype":"F32","shape":[1000000,100],"data_offsets":[0,400000000]}}`, 4)
	long := append(little.AppendUint64(nil, 99_000_000), "{}"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, d := range [][]byte{data, long} {
		if _, err := read(d); err == nil {
			t.Error("no error")
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("allocated %d bytes for a file of %d", n, len(data))
	}
}

// TestSafetensorsBytes pins the layout byte by byte.
func TestSafetensorsBytes(t *testing.T) {
	var b bytes.Buffer
	err := writeTensors(context.Background(), &b, map[string]Tensor{
		"b": {Shape: []int{1}, Data: []float32{-2}},
		"a": {Shape: []int{2, 1}, Stride: 2, Data: []float32{1, 99, 0.5}},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"format":"pt"},` +
		`"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},` +
		`"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`
	header += strings.Repeat(" ", 64-(8+len(header))%64)
	want := string(rune(len(header))) + "\x00\x00\x00\x00\x00\x00\x00" + header +
		"\x00\x00\x80\x3f" + "\x00\x00\x00\x3f" + "\x00\x00\x00\xc0"
	if len(header) >= 0x80 { // a rune of two bytes in UTF-8
		want = string([]byte{byte(len(header))}) + want[2:]
	}
	if b.String() != want {
		t.Errorf("wrote\n%q, want\n%q", b.String(), want)
	}
}

// TestSafetensorsBlocks crosses the borders of the blocks that are converted
// at a time, with rows that do not divide them.
func TestSafetensorsBlocks(t *testing.T) {
	want := map[string]Tensor{"wide": NewTensor(3, blockBytes/4+1), "tall": NewTensor(blockBytes/4/7*3, 7), "flat": NewTensor(blockBytes / 2)}
	n := float32(0)
	for _, w := range want {
		for i := range w.Rows() {
			for j := range w.Row(i) {
				n++
				w.Row(i)[j] = n
			}
		}
	}
	var b bytes.Buffer
	if err := writeTensors(context.Background(), &b, want, false); err != nil {
		t.Fatal(err)
	}
	got, err := read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	wantSameTensors(t, got, want)
	for _, cut := range []int{1, 4, blockBytes, b.Len() - 9} {
		short := bytes.NewReader(b.Bytes()[:b.Len()-cut])
		if _, err := readTensors(context.Background(), short, int64(b.Len())); err == nil {
			t.Errorf("no error with %d bytes cut off", cut)
		}
	}
}

// FuzzSafetensors: what the reader accepts, it writes and reads again bit by
// bit; it never panics.
func FuzzSafetensors(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1,3],"data_offsets":[8,20]}}`, 20))
	f.Add(file(`{"__metadata__":{"format":"pt"},"":{"data_offsets":[0,4],"shape":[1,1,1],"dtype":"F32"}}   `, 4))
	f.Add(file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, 4))
	f.Add(little.AppendUint64(nil, math.MaxUint64))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := read(data)
		if err != nil || tensors[""].Shape != nil {
			return
		}
		var b bytes.Buffer
		if err := writeTensors(context.Background(), &b, tensors, false); err != nil {
			t.Fatal(err)
		}
		again, err := read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		wantSameTensors(t, again, tensors)
	})
}

// FuzzConfig: what is accepted is written and read again as the same.
func FuzzConfig(f *testing.F) {
	c := newSmall(f).Config
	data, err := c.marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":1,"kind":"x","dim":1,"options":null,"progress":{"done":1e-400}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseConfig(data)
		if err != nil {
			return
		}
		once, err := c.marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseConfig(once)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := again.marshal(); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s, then %s (%v)", once, twice, err)
		}
	})
}
