package checkpoints

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// A quantized table T is stored as several tensors: T.codes, T.scales, T.mapping and T.codebook.
// If its rows are the vectors of tokens, without further layers, and are bytes, the first three
// have the names that model2vec reads: its vectors are the rows of "embeddings" that "mapping"
// names, each times one of "weights".
const (
	codesSuffix, scalesSuffix, mappingSuffix, codebookSuffix = ".codes", ".scales", ".mapping", ".codebook"
	model2vecCodes, model2vecScales, model2vecMapping        = "embeddings", "weights", "mapping"
)

// quantizedNames are the tensors of a table in a file.
type quantizedNames struct{ codes, scales, mapping, codebook string }

func namesOf(table string) quantizedNames {
	return quantizedNames{table + codesSuffix, table + scalesSuffix, table + mappingSuffix, table + codebookSuffix}
}

var model2vecNames = quantizedNames{model2vecCodes, model2vecScales, model2vecMapping, ""}

// A stored tensor is one as it is in a file.
type stored struct {
	dtype string // F32, I8, U8 or I32
	Tensor
	bytes []byte  // I8 and U8
	ints  []int32 // I32
}

// size returns the number of bytes in the file.
func (s stored) size() int64 {
	switch s.dtype {
	case "I8", "U8":
		return int64(len(s.bytes))
	case "I32":
		return 4 * int64(len(s.ints))
	}
	return s.Tensor.bytes()
}

// storedTensors returns tensors as they are stored. static says that the vector of a text is the
// mean of the rows of the table.
func storedTensors(tensors map[string]Tensor, static bool) map[string]stored {
	out := make(map[string]stored, len(tensors))
	for name, t := range tensors {
		q := t.Quantized
		if q == nil {
			out[name] = stored{dtype: "F32", Tensor: t}
			continue
		}
		names, dtype := namesOf(name), "U8"
		if q.DType == Int8 {
			dtype = "I8"
			if static && name == EmbeddingTensor {
				names = model2vecNames
			}
		}
		out[names.codes] = stored{dtype: dtype, Tensor: Tensor{Shape: []int{q.Clusters(), q.CodeBytes()}}, bytes: q.Codes}
		out[names.scales] = stored{dtype: "F32", Tensor: Tensor{Shape: []int{len(q.Scales)}, Data: q.Scales}}
		if q.Mapping != nil {
			out[names.mapping] = stored{dtype: "I32", Tensor: Tensor{Shape: []int{len(q.Mapping)}}, ints: q.Mapping}
		}
		if q.Codebook != nil {
			out[names.codebook] = stored{dtype: "F32", Tensor: Tensor{Shape: []int{q.CodeBytes(), partVectors, partValues}, Data: q.Codebook}}
		}
	}
	return out
}

// static reports whether the vector of a text is the mean of rows of the table.
func (e EncoderConfig) static() bool {
	return e.Hidden == 0 && e.Project == 0 && (e.Pooling == "" || e.Pooling == "mean")
}

// joinTables makes quantized tables of the tensors of a file, which are removed. cols is the length
// of a row.
func joinTables(tensors map[string]stored, cols int) (map[string]Tensor, error) {
	out := map[string]Tensor{}
	rest := maps.Clone(tensors)
	for _, table := range []string{EmbeddingTensor, NGramTensor} {
		names := namesOf(table)
		if _, ok := rest[names.codes]; !ok && table == EmbeddingTensor {
			names = model2vecNames
		}
		codes, ok := rest[names.codes]
		if !ok || codes.dtype == "F32" {
			continue
		}
		if _, twice := rest[table]; twice {
			return nil, fmt.Errorf("tensors %q and %q are both present", table, names.codes)
		}
		q := &Quantized{Cols: cols, Codes: codes.bytes}
		book, isPQ := rest[names.codebook]
		switch {
		case codes.dtype == "I32":
			return nil, fmt.Errorf("tensor %q holds 32-bit integers; codes are bytes", names.codes)
		case codes.dtype == "I8":
			q.DType = Int8
		case isPQ:
			q.DType = PQ
		default:
			q.DType = Int4
		}
		n := q.CodeBytes()
		if len(codes.Shape) != 2 || codes.Shape[1] != n {
			return nil, fmt.Errorf("tensor %q has shape %v; rows of %d values take %s as %s", names.codes, codes.Shape, cols, fault.Count(n, "byte"), q.DType)
		}
		scales, ok := rest[names.scales]
		if !ok || scales.dtype != "F32" || len(scales.Shape) != 1 {
			return nil, fmt.Errorf("tensor %q needs a tensor %q with a number for each row", names.codes, names.scales)
		}
		q.Scales = scales.Data
		if mapping, ok := rest[names.mapping]; ok {
			if mapping.dtype != "I32" || len(mapping.Shape) != 1 {
				return nil, fmt.Errorf("tensor %q must be a row of 32-bit integers (I32)", names.mapping)
			}
			q.Mapping = mapping.ints
		}
		if isPQ {
			if want := []int{n, partVectors, partValues}; book.dtype != "F32" || !slices.Equal(book.Shape, want) {
				return nil, fmt.Errorf("tensor %q has shape %v; expected %v", names.codebook, book.Shape, want)
			}
			q.Codebook = packed(book.Tensor)
		}
		t := Tensor{Shape: []int{len(q.Scales), cols}, Quantized: q}
		if err := t.Validate(); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", names.codes, err)
		}
		out[table] = t
		for _, name := range []string{names.codes, names.scales, names.mapping, names.codebook} {
			delete(rest, name)
		}
	}
	for name, t := range rest {
		if t.dtype != "F32" {
			return nil, fmt.Errorf("tensor %q holds integers (%s) and belongs to no table", name, t.dtype)
		}
		out[name] = t.Tensor
	}
	return out, nil
}

// packed returns the values of t without padding.
func packed(t Tensor) []float32 {
	out := make([]float32, 0, t.values())
	for i := range t.Rows() {
		out = append(out, t.Row(i)...)
	}
	return out
}

// codeWidths are the bytes of the integers of quantized tables.
var codeWidths = map[string]int{"I8": 1, "U8": 1, "I32": 4}

// readIntegers reads a tensor of integers.
func readIntegers(r io.Reader, e entry, width int) (stored, error) {
	s := stored{dtype: e.dtype, Tensor: Tensor{Shape: e.shape}}
	if err := e.checkRange(width); err != nil {
		return s, err
	}
	data := make([]byte, e.end-e.begin)
	if _, err := io.ReadFull(r, data); err != nil {
		return s, fmt.Errorf("tensor %q: %w", e.name, noEOF(err))
	}
	if width == 1 {
		s.bytes = data
		return s, nil
	}
	s.ints = make([]int32, len(data)/4)
	for i := range s.ints {
		s.ints[i] = int32(little.Uint32(data[4*i:]))
	}
	return s, nil
}

// writeModel writes the tensors of a model, of which some may be quantized.
func writeModel(ctx context.Context, w io.Writer, c *Checkpoint) error {
	if !c.Quantized() {
		return writeTensors(ctx, w, c.Tensors)
	}
	tensors := storedTensors(c.Tensors, c.Config.Encoder.static())
	names := slices.Sorted(maps.Keys(tensors))
	head, err := packStored(tensors, names)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, name := range names {
		t := tensors[name]
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := w.Write(t.bytes); err != nil {
			return err
		}
		var block []byte
		for _, v := range t.ints {
			block = little.AppendUint32(block, uint32(v))
		}
		if t.dtype == "F32" {
			for i := range t.Rows() {
				row := t.Row(i)
				at := len(block)
				block = append(block, make([]byte, 4*len(row))...)
				if bad := encode(block[at:], row); bad >= 0 {
					return notFinite(name, t.Tensor, i, bad, row[bad])
				}
			}
		}
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// Quantized reports whether a table of the model is quantized.
func (c *Checkpoint) Quantized() bool {
	for _, t := range c.Tensors {
		if t.Quantized != nil {
			return true
		}
	}
	return false
}

// packStored is packHeader for stored tensors.
func packStored(tensors map[string]stored, names []string) ([]byte, error) {
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteString(`{"__metadata__":{"format":"pt"}`)
	var at int64
	for _, name := range names {
		t := tensors[name]
		shape, err := json.Marshal(t.Shape)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		fmt.Fprintf(&b, `,%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, t.dtype, shape, at, at+t.size())
		at += t.size()
	}
	b.WriteByte('}')
	b.WriteString(strings.Repeat(" ", -b.Len()&63)) // values start at a multiple of 64
	head := b.Bytes()
	little.PutUint64(head, uint64(len(head)-8))
	return head, nil
}
