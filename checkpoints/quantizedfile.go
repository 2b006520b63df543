package checkpoints

import (
	"fmt"
	"io"
	"maps"
	"slices"

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

// tableNames returns the names of the tensors of a table. static says that the vector of a text is
// the mean of rows of the table of the vocabulary.
func tableNames(table string, d DType, static bool) quantizedNames {
	if table == EmbeddingTensor && d == Int8 && static {
		return model2vecNames
	}
	return namesOf(table)
}

// saved returns the tensors of a table.
func (q *Quantized) saved(names quantizedNames) []Saved {
	list := []Saved{
		{Name: names.codes, Shape: []int{q.Clusters(), q.CodeBytes()}, Bytes: q.Codes, Unsigned: q.DType != Int8},
		{Name: names.scales, Shape: []int{len(q.Scales)}, Row: func(int) []float32 { return q.Scales }},
	}
	if q.Mapping != nil {
		list = append(list, Saved{Name: names.mapping, Shape: []int{len(q.Mapping)}, Whole: func(i int) int { return int(q.Mapping[i]) }})
	}
	if q.Codebook != nil {
		book := Tensor{Shape: []int{q.CodeBytes(), partVectors, partValues}, Data: q.Codebook}
		list = append(list, Saved{Name: names.codebook, Shape: book.Shape, Row: book.Row})
	}
	return list
}

// A stored tensor is one as it is read from a file.
type stored struct {
	dtype string // F32, or I8, U8 or I32 if it is not converted
	Tensor
	bytes []byte  // I8 and U8
	ints  []int32 // I32
}

// static reports whether the vector of a text is the mean of rows of the table.
func (e EncoderConfig) static() bool {
	return e.Hidden == 0 && e.Project == 0 && e.Repeats == 0 && (e.Pooling == "" || e.Pooling == "mean")
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
		t := Tensor{Shape: []int{len(q.Scales), cols}, Quantized: q, file: codes.file, at: codes.at}
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

// Quantized reports whether a table of the model is quantized.
func (c *Checkpoint) Quantized() bool {
	for _, t := range c.Tensors {
		if t.Quantized != nil {
			return true
		}
	}
	return false
}
