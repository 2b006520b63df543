package exchange

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
)

// NumPy's format for one array. Its rows have no words: they are in a file beside it.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
func init() {
	Register(Format{
		Name: "npy", Extensions: []string{".npy"}, Binary: true,
		Description: "a NumPy array, without words",
		Detect: func(head Head) Match {
			if bytes.HasPrefix(head.Data, []byte(npyMagic)) {
				return Yes
			}
			return No
		},
		Read: readNPY,
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return newRowWriter(w, shape, npyHeader(shape.Dim), func(b []byte, row Row) []byte { return appendBinary(b, row.Values) }), nil
		},
	})
}

const npyMagic = "\x93NUMPY"

// npyHeader makes the header of version 1.0: magic, version, the length of the rest,
// and a Python dictionary padded with spaces so that the values start at a multiple of
// 64 bytes and can be mapped into memory.
func npyHeader(dim int) func(rows int64) []byte {
	return func(rows int64) []byte {
		const start = npyMagic + "\x01\x00"
		dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", rows, dim)
		dict += strings.Repeat(" ", -(len(start)+2+len(dict)+1)&63) + "\n"
		return append(little.AppendUint16([]byte(start), uint16(len(dict))), dict...)
	}
}

// npyRows reads the rows of an array, one at a time.
type npyRows struct {
	v      *Vectors
	r      *bufio.Reader
	words  *wordList // nil: none are wanted
	width  int       // bytes of a value: float16, float32 or float64
	big    bool      // big-endian
	raw    []byte
	values []float32
}

var (
	npyDescr = regexp.MustCompile(`'descr': *'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape = regexp.MustCompile(`'shape': *\((\d+), *(\d+)\)`)
)

func readNPY(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	header, err := readNPYHeader(r)
	if err != nil {
		return nil, fault.New("the file is damaged: write or copy it again", "%s: the header of the array: %w", v.Name(), err)
	}
	descr, order, shape := npyDescr.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if bytes.Contains(header, []byte("'descr': [")) {
		return nil, fault.New("save an array of two dimensions: numpy.save('vectors.npy', numpy.stack([x[name] for name in x.dtype.names], 1))", "%s: expected an array of numbers but found a structured array", v.Name())
	}
	n := &npyRows{v: v, r: r}
	if descr == nil {
		descr = [][]byte{nil, nil}
	}
	n.big = bytes.HasPrefix(descr[1], []byte(">"))
	switch strings.TrimLeft(string(descr[1]), "<>=|") {
	case "": // the next check says what is wrong
	case "f2":
		n.width = 2
	case "f4":
		n.width = 4
	case "f8":
		n.width = 8
	default:
		return nil, fault.New("save it as float32: x.astype('float32')", "%s: expected values of type f2, f4 or f8 but found %s", v.Name(), numpyType(string(descr[1])))
	}
	if descr[1] == nil || order == nil || shape == nil || string(order[1]) == "True" {
		return nil, fault.New("save a C-ordered array of two dimensions: numpy.save('vectors.npy', numpy.ascontiguousarray(x))",
			"%s: expected an array of two dimensions in C order but found %.100q", v.Name(), bytes.TrimSpace(header))
	}
	rows, err1 := strconv.ParseInt(string(shape[1]), 10, 64)
	dim, err2 := strconv.ParseInt(string(shape[2]), 10, 64)
	if err1 != nil || err2 != nil {
		return nil, fault.New(Hint(), "%s: the shape of the array, %.60s, is out of range", v.Name(), shape[0])
	}
	if err := v.SetRows(rows); err != nil {
		return nil, err
	}
	if err := v.SetDim(dim); err != nil {
		return nil, err
	}
	if n.words, err = v.wordsBeside(ctx); err != nil {
		return nil, err
	}
	n.raw, n.values = make([]byte, n.width*v.Dim), make([]float32, v.Dim)
	return n, nil
}

// readNPYHeader reads up to the values and returns the dictionary that describes them.
func readNPYHeader(r *bufio.Reader) ([]byte, error) {
	start := make([]byte, len(npyMagic)+2)
	if _, err := io.ReadFull(r, start); err != nil {
		return nil, noEOF(err)
	}
	size := make([]byte, 2)
	if start[len(npyMagic)] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return nil, noEOF(err)
	}
	n := uint32(little.Uint16(size))
	if len(size) == 4 {
		n = little.Uint32(size)
	}
	const most = 64 << 10 // far more than any array of two dimensions needs
	if n > most {
		return nil, fmt.Errorf("a length of %d bytes is impossible", n)
	}
	header := make([]byte, n)
	_, err := io.ReadFull(r, header)
	return header, noEOF(err)
}

// noEOF returns io.ErrUnexpectedEOF instead of io.EOF, for data that must not end yet.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (n *npyRows) Place() string { return fmt.Sprintf("%s: row %d", n.v.Name(), n.v.stats.Rows) }

func (n *npyRows) Next() (Row, error) {
	i := n.v.stats.Rows
	row := Row{Count: -1, Values: n.values}
	if i < n.v.Rows {
		if _, err := io.ReadFull(n.r, n.raw); err != nil {
			return Row{}, n.v.cutHere(i+1, err)
		}
	}
	if n.words != nil {
		var err error
		if row.Token, row.Count, err = n.words.next(n.v, i, n.v.Rows); err != nil && err != io.EOF {
			return Row{}, err
		}
	}
	if i == n.v.Rows {
		return Row{}, n.v.nothingMore(n.r)
	}
	var order binary.ByteOrder = little
	if n.big {
		order = big
	}
	switch n.width {
	case 2:
		for k := range n.values {
			n.values[k] = checkpoints.Float16(order.Uint16(n.raw[2*k:]))
		}
	case 4:
		if !n.big {
			decodeBinary(n.values, n.raw)
			break
		}
		for k := range n.values {
			n.values[k] = math.Float32frombits(big.Uint32(n.raw[4*k:]))
		}
	case 8:
		for k := range n.values {
			n.values[k] = float32(math.Float64frombits(order.Uint64(n.raw[8*k:])))
		}
	}
	return row, nil
}
