package checkpoints

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Rows by hand.
func TestQuantizedRow(t *testing.T) {
	book := make([]float32, 2*256*4)
	copy(book[7*4:], []float32{1, 2, 3, 4})          // part 0, vector 7
	copy(book[(256+255)*4:], []float32{5, 0, 0, 0})  // part 1, vector 255
	copy(book[(256+0)*4:], []float32{-0.5, 0, 0, 0}) // part 1, vector 0
	for _, test := range []struct {
		q    Quantized
		want [][]float32
	}{
		{Quantized{DType: Int8, Cols: 3, Codes: []byte{1, 255, 127, 129, 0, 128}, Scales: []float32{0.5, 2}}, [][]float32{{0.5, -0.5, 63.5}, {-254, 0, -256}}},
		{Quantized{DType: Int4, Cols: 3, Codes: []byte{0xf1, 0x08, 0x90, 0x8c}, Scales: []float32{1, 0.25}}, [][]float32{{-7, 7, 0}, {-2, 0.25, 1}}},
		{Quantized{DType: PQ, Cols: 5, Codes: []byte{7, 255, 0, 0}, Scales: []float32{2, -1}, Codebook: book}, [][]float32{{2, 4, 6, 8, 10}, {0, 0, 0, 0, 0.5}}},
		{Quantized{DType: Int8, Cols: 1, Codes: []byte{3, 4}, Scales: []float32{1, 2, 3}, Mapping: []int32{1, 0, 1}}, [][]float32{{4}, {6}, {12}}},
	} {
		x := Tensor{Shape: []int{len(test.want), test.q.Cols}, Quantized: &test.q}
		if err := x.Validate(); err != nil {
			t.Errorf("%s: %v", test.q.DType, err)
			continue
		}
		for i, want := range test.want {
			got := x.Row(i)
			for j := range want {
				if got[j] != want[j] {
					t.Errorf("%s: row %d is %v, want %v", test.q.DType, i, got, want)
					break
				}
			}
			if full, err := x.Expanded(); err != nil || !slices.Equal(full.Row(i), got) {
				t.Errorf("%s: row %d expanded is %v, %v", test.q.DType, i, full.Row(i), err)
			}
		}
	}
}

// Steps of a row by hand: the largest value, 6.35, is 127 steps of 0.05 or 7 steps of 0.907….
func TestSteps(t *testing.T) {
	row := []float32{6.35, -0.05, 0.12, -6.35, 0.45}
	code := make([]byte, 5)
	if scale, err := Steps(code, Int8, row); err != nil || math.Abs(float64(scale)-0.05) > 1e-8 || !slices.Equal(code, []byte{127, 255, 2, 129, 9}) {
		t.Errorf("int8: %v %v %v", code, scale, err)
	}
	code = make([]byte, 3)
	// 7, 0, 0, -7, 0 (0.45 is 0.496 steps), each plus 8.
	if scale, err := Steps(code, Int4, row); err != nil || math.Abs(float64(scale)-6.35/7) > 1e-7 || !slices.Equal(code, []byte{0x8f, 0x18, 0x88}) {
		t.Errorf("int4: %x %v %v", code, scale, err)
	}
}

// No value of a row is more than half a step from what it was, whatever the length and the size of
// the values.
func TestStepsError(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		cols := 1 + r.IntN(40)
		row := make([]float32, cols)
		size := math.Exp(float64(r.IntN(170) - 85))
		for j := range row {
			row[j] = float32(r.NormFloat64() * size)
		}
		if r.IntN(20) == 0 {
			row[0] = 2.5e38
		}
		for _, d := range []DType{Int8, Int4} {
			q := &Quantized{DType: d, Cols: cols, Codes: make([]byte, codeBytes(d, cols))}
			for i := range q.Codes {
				q.Codes[i] = byte(r.Uint32()) // what was there before is of no effect
			}
			scale, err := Steps(q.Codes, d, row)
			if err != nil {
				t.Fatal(err)
			}
			q.Scales = []float32{scale}
			x := Tensor{Shape: []int{1, cols}, Quantized: q}
			if err := x.Validate(); err != nil {
				t.Fatalf("%v: %v", row, err)
			}
			bound := float64(scale)/2*(1+1e-5) + 1e-38
			for j, v := range x.Row(0) {
				if math.Abs(float64(v)-float64(row[j])) > bound {
					t.Fatalf("%s: %g became %g with a step of %g", d, row[j], v, scale)
				}
			}
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, bad := range [][]float32{{1, nan}, {inf}, {0, -inf}, {3.4e38}} {
		if _, err := Steps(make([]byte, 2), Int8, bad); err == nil {
			t.Errorf("%v has no error", bad)
		}
	}
	for _, zero := range [][]float32{{0, 0, 0}, {1e-45, 0, 0}, {float32(math.Copysign(0, -1)), 0, 0}} {
		for _, d := range []DType{Int8, Int4} {
			code := []byte{1, 2, 3}[:codeBytes(d, 3)]
			scale, err := Steps(code, d, zero)
			q := &Quantized{DType: d, Cols: 3, Codes: code, Scales: []float32{scale}}
			got := Tensor{Shape: []int{1, 3}, Quantized: q}.Row(0)
			if err != nil || scale != 0 || got[0] != 0 || got[1] != 0 || got[2] != 0 {
				t.Errorf("%s of %v: %v, %v", d, zero, got, err)
			}
		}
	}
}

// quantized returns the small model with quantized tables.
func quantized(t *testing.T, d DType, mapped bool) *Checkpoint {
	t.Helper()
	c := newSmall(t)
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{EmbeddingTensor, NGramTensor} {
		x := c.Tensors[name]
		q := &Quantized{DType: d, Cols: x.Cols()}
		clusters := x.Rows()
		if mapped {
			clusters = 2
		}
		q.Codes = make([]byte, clusters*q.CodeBytes())
		for i := range q.Codes {
			q.Codes[i] = byte(r.Uint32())
		}
		for i := range x.Rows() {
			q.Scales = append(q.Scales, float32(r.NormFloat64()))
			if mapped {
				q.Mapping = append(q.Mapping, int32(i%2))
			}
		}
		if d == PQ {
			for range q.CodeBytes() * 1024 {
				q.Codebook = append(q.Codebook, float32(r.NormFloat64()))
			}
		}
		c.Tensors[name] = Tensor{Shape: x.Shape, Quantized: q}
	}
	c.Config.Compression = &Compression{DType: d, Tokens: 9, Dim: 3, Bytes: 100}
	return c
}

// A quantized model is read as it was written, and never converted.
func TestQuantizedModel(t *testing.T) {
	for _, d := range []DType{Int8, Int4, PQ} {
		for _, mapped := range []bool{false, true} {
			for _, static := range []bool{false, true} {
				c := quantized(t, d, mapped)
				if static {
					c.Config.Encoder = EncoderConfig{Pooling: "mean"}
					maps.DeleteFunc(c.Tensors, func(name string, _ Tensor) bool { return name != EmbeddingTensor && name != NGramTensor })
				}
				dir := filepath.Join(t.TempDir(), "model")
				mustWrite(t, dir, c)
				got, err := Read(context.Background(), dir, ReadOptions{State: true})
				if err != nil {
					t.Fatalf("%s: %v", d, err)
				}
				if got.Config.Format != 3 || !reflect.DeepEqual(got.Config.Compression, c.Config.Compression) {
					t.Errorf("%s: config %+v", d, got.Config)
				}
				for _, name := range []string{EmbeddingTensor, NGramTensor} {
					if !reflect.DeepEqual(got.Tensors[name].Quantized, c.Tensors[name].Quantized) || got.Tensors[name].Data != nil {
						t.Errorf("%s, mapped %v, static %v: %s differs: %+v, want %+v", d, mapped, static, name, got.Tensors[name].Quantized, c.Tensors[name].Quantized)
					}
				}
				if len(got.Tensors) != len(c.Tensors) {
					t.Errorf("%s: %d tensors, want %d", d, len(got.Tensors), len(c.Tensors))
				}
			}
		}
	}
}

// The bytes of a table that model2vec reads: an old version of this program would not find the
// table, and so says the version of the folder. A model without quantized tables keeps version 1.
func TestQuantizedBytes(t *testing.T) {
	q := &Quantized{DType: Int8, Cols: 2, Codes: []byte{1, 255}, Scales: []float32{1, -2}, Mapping: []int32{0, 0}}
	table := map[string]Tensor{EmbeddingTensor: {Shape: []int{2, 2}, Quantized: q}}
	var b bytes.Buffer
	if err := writeTensors(context.Background(), &b, table, true); err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"format":"pt"},` +
		`"embeddings":{"dtype":"I8","shape":[1,2],"data_offsets":[0,2]},` +
		`"mapping":{"dtype":"I32","shape":[2],"data_offsets":[2,10]},` +
		`"weights":{"dtype":"F32","shape":[2],"data_offsets":[10,18]}}`
	want := header + strings.Repeat(" ", -(8+len(header))&63) + "\x01\xff" + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x80\x3f\x00\x00\x00\xc0"
	if got := b.String()[8:]; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	q.DType, q.Codes, q.Mapping = Int4, []byte{0x19, 0xf8}, nil
	b.Reset()
	if err := writeTensors(context.Background(), &b, table, true); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, `"embedding.weight.codes":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]},"embedding.weight.scales"`) {
		t.Errorf("got %q", got)
	}
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, newSmall(t))
	if files := tree(t, dir); !strings.Contains(files[ConfigFile], `"format": 1,`) || !strings.HasPrefix(files[ManifestFile], "luminavec-manifest 1\n") {
		t.Error("a model of float32 numbers is not of version 1")
	}
}

// TestForgedQuantized: tables that do not fit together, although the checksums do.
func TestForgedQuantized(t *testing.T) {
	type tensors = map[string]stored
	codes := func(dtype string, n int, shape ...int) stored {
		return stored{dtype: dtype, Tensor: Tensor{Shape: shape}, bytes: make([]byte, n)}
	}
	floats := func(v ...float32) stored { return stored{dtype: "F32", Tensor: Tensor{Shape: []int{len(v)}, Data: v}} }
	ints := func(v ...int32) stored { return stored{dtype: "I32", Tensor: Tensor{Shape: []int{len(v)}}, ints: v} }
	book := stored{dtype: "F32", Tensor: NewTensor(1, 256, 4)}
	for _, test := range []struct {
		want string
		x    tensors
	}{
		{"", tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2)}},
		{"", tensors{"embeddings": codes("I8", 3, 1, 3), "weights": floats(1, 2), "mapping": ints(0, 0)}},
		{"", tensors{"embedding.weight.codes": codes("U8", 4, 2, 2), "embedding.weight.scales": floats(1, 2)}},
		{"", tensors{"embedding.weight.codes": codes("U8", 2, 2, 1), "embedding.weight.scales": floats(1, 2), "embedding.weight.codebook": book}},
		{`"embeddings" shape [3 2] take 3 bytes`, tensors{"embeddings": codes("I8", 6, 3, 2), "weights": floats(1, 2)}},
		{`"embeddings" shape [6]`, tensors{"embeddings": codes("I8", 6, 6), "weights": floats(1, 2)}},
		{`"embeddings" needs "weights"`, tensors{"embeddings": codes("I8", 6, 2, 3)}},
		{`2 rows of codes without a mapping, but 3 rows`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2, 3)}},
		{`the mapping has 1 rows, not 2`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2), "mapping": ints(0)}},
		{`the mapping of row 1 is 2, but there are 2 rows of codes`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2), "mapping": ints(1, 2)}},
		{`the mapping of row 0 is -1`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2), "mapping": ints(-1, 0)}},
		{`"mapping" must be 32-bit`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2), "mapping": floats(1, 0)}},
		{`scale of row 1 too large`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 3e38)}},
		{`"embedding.weight" "embeddings" both`, tensors{"embeddings": codes("I8", 6, 2, 3), "weights": floats(1, 2), "embedding.weight": floats(1)}},
		{`"embedding.weight.codebook" shape [1 256 3] expected [1 256 4]`, tensors{"embedding.weight.codes": codes("U8", 2, 2, 1), "embedding.weight.scales": floats(1, 2),
			"embedding.weight.codebook": {dtype: "F32", Tensor: NewTensor(1, 256, 3)}}},
		{`"linear.weight.codes" belongs to no table`, tensors{"linear.weight.codes": codes("I8", 6, 2, 3), "embedding.weight": floats(1)}},
		{`"embeddings" holds 32-bit`, tensors{"embeddings": ints(1, 2), "weights": floats(1, 2)}},
		{`"mapping" belongs to no table`, tensors{"mapping": ints(1, 2), "embedding.weight": floats(1)}},
	} {
		got, err := joinTables(test.x, 3)
		switch {
		case test.want == "" && (err != nil || got[EmbeddingTensor].Quantized == nil || len(got) != 1):
			t.Errorf("%v: %v, %v", test.x, got, err)
		case test.want != "" && err == nil:
			t.Errorf("%s: no error", test.want)
		case test.want != "":
			for word := range strings.FieldsSeq(test.want) {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %q does not have %q", err, word)
				}
			}
		}
	}
	// As files: a lying shape is found before anything is allocated for it.
	for _, header := range []string{
		`{"embeddings":{"dtype":"I8","shape":[1000000000,1000000],"data_offsets":[0,4]}}`,
		`{"embeddings":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}}`,
		`{"mapping":{"dtype":"I32","shape":[2],"data_offsets":[0,4]}}`,
		`{"embeddings":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}`,
	} {
		data := file(header, 4)
		if _, err := readStored(context.Background(), bytes.NewReader(data), int64(len(data)), true); err == nil {
			t.Errorf("%s: no error", header)
		}
	}
}

// TestDamagedQuantized: no byte of a quantized model can change or be missing unnoticed.
func TestDamagedQuantized(t *testing.T) {
	c := quantized(t, PQ, true)
	dir := filepath.Join(t.TempDir(), "model")
	mustWrite(t, dir, c)
	whole := tree(t, dir)[ModelFile]
	for at := 0; at < len(whole); at += 1 + len(whole)/150 {
		for _, bad := range []string{whole[:at], whole[:at] + string([]byte{whole[at] ^ 0x10}) + whole[at+1:]} {
			if err := os.WriteFile(filepath.Join(dir, ModelFile), []byte(bad), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(context.Background(), dir, ReadOptions{}); err == nil {
				t.Fatalf("byte %d of %d: no error for %d bytes", at, len(whole), len(bad))
			}
			// With a matching checksum: an error or a model, never a panic.
			forge(t, dir, 2, map[string]string{ModelFile: bad})
			if got, err := Read(context.Background(), dir, ReadOptions{}); err == nil {
				for _, x := range got.Tensors {
					for i := range x.Rows() {
						x.Row(i)
					}
				}
			}
			forge(t, dir, 2, map[string]string{ModelFile: whole})
		}
	}
}

func TestDTypes(t *testing.T) {
	for i, d := range DTypes {
		if d.Summary() == "" {
			t.Errorf("%s has no summary", d)
		}
		if i > 1 && codeBytes(d, 256) >= codeBytes(DTypes[i-1], 256) {
			t.Errorf("%s is not smaller than %s", d, DTypes[i-1])
		}
	}
	if err := (&Quantized{DType: "x", Cols: 1, Codes: []byte{1}, Scales: []float32{1}}).validate(1, 1); err == nil {
		t.Error("unknown type: no error")
	}
	if got := fmt.Sprint(DType("x").Summary()); got != "" {
		t.Errorf("summary of an unknown type: %q", got)
	}
}
