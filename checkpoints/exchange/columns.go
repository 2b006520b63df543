package exchange

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fields"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// A table of columns: a first line with their names, then a row per line: id, fields, text and
// the vector, as [0.5,-1]. In CSV (RFC 4180), a field that needs it is quoted; TSV is the text
// format of PostgreSQL's COPY, in which \t, \n, \r and \\ stand for a tab, a line feed, a
// carriage return and a backslash. Vectors of Int8 follow a column with their scale, those of
// Binary are strings of 0 and 1, as pgvector's bit type takes them.
func init() {
	Register(Format{
		Name: "csv", Extensions: []string{".csv"},
		Description: "a CSV table with a header line: id, fields, text, vector as [0.5,-1]",
		Holds:       Holds{IDs: Inside, Fields: Inside, Texts: true, Words: Inside, DTypes: DTypes()},
		Detect: func(head Head) Match {
			if head.Options.Format == "csv" || hasColumns(head, ',') {
				return Yes
			}
			return No
		},
		Read: func(_ context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) { return readColumns(v, r, ',') },
		Write: func(w io.Writer, shape Shape) (RowWriter, error) {
			return columnWriter(w, shape, ','), nil
		},
		Extend: func(path string, shape Shape) (Base, error) {
			return extendLines(path, string(columnHeader(shape, ',')))
		},
	})
}

// columnNames are the columns of a table.
func columnNames(shape Shape) []string {
	var names []string
	if shape.HasID {
		names = append(names, "id")
	}
	names = append(names, shape.Fields...)
	if shape.Text {
		names = append(names, "text")
	}
	if shape.DType == Int8 {
		names = append(names, "scale")
	}
	return append(names, "vector")
}

func columnHeader(shape Shape, separator byte) []byte {
	var b []byte
	for i, name := range columnNames(shape) {
		if i > 0 {
			b = append(b, separator)
		}
		b = fields.Append(b, name, separator)
	}
	return append(b, '\n')
}

func columnWriter(w io.Writer, shape Shape, separator byte) rowWriter {
	header := columnHeader(shape, separator)
	return newRowWriter(w, shape, func(int64) []byte { return header }, func(b []byte, row Row) []byte {
		if shape.HasID {
			b = append(fields.Append(b, row.ID, separator), separator)
		}
		for _, field := range row.Fields {
			b = append(fields.Append(b, field, separator), separator)
		}
		if shape.Text {
			b = append(fields.Append(b, string(row.Token), separator), separator)
		}
		quote := separator == ',' && shape.Dim > 1
		switch shape.DType {
		case Binary:
			for _, x := range row.Values {
				bit := byte('0')
				if x > 0 {
					bit = '1'
				}
				b = append(b, bit)
			}
			return append(b, '\n')
		case Int8:
			b = append(strconv.AppendFloat(b, float64(shape.Scale), 'g', -1, 32), separator)
		}
		if quote {
			b = append(b, '"')
		}
		b = append(number.AppendText(append(b, '['), row.Values, ','), ']')
		if quote {
			b = append(b, '"')
		}
		return append(b, '\n')
	})
}

// extendLines is the Base of text, which must start with header.
func extendLines(path, header string) (Base, error) {
	f, err := os.Open(path)
	if err != nil {
		return Base{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Base{}, err
	}
	start := make([]byte, len(header))
	if n, err := io.ReadFull(f, start); err != nil || string(start) != header {
		first, _, _ := bytes.Cut(start[:n], []byte("\n"))
		return Base{}, otherColumns(path, []string{string(first)}, []string{strings.TrimSuffix(header, "\n")})
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return Base{}, err
	}
	if last[0] != '\n' {
		return Base{}, fault.New("write the file again, or add the line break", "cannot append to %s: its last line has no line break", path)
	}
	return Base{End: info.Size()}, nil
}

func otherColumns(path string, has, want []string) error {
	return fault.New("give the options with which the file was written, or write to another file",
		"cannot append to %s: it has the columns %s, but the new rows have %s", path, strings.Join(has, ", "), strings.Join(want, ", "))
}

// vectorNames are the columns that hold the vector, unless Options.VectorColumn names it; the first
// that there is.
var vectorNames = []string{"vector", "embedding", "embeddings"}

// hasColumns reports whether a text starts with the names of columns, of which one holds vectors.
func hasColumns(head Head, separator byte) bool {
	line, _, _ := bytes.Cut(head.Data, []byte("\n"))
	names, err := fields.Split(nil, bytes.TrimSuffix(line, []byte("\r")), separator)
	if err != nil || bytes.IndexByte(head.Data, 0) >= 0 {
		return false
	}
	for _, name := range names {
		if name == "vector" || name == head.Options.VectorColumn && name != "" || len(names) > 1 && slices.Contains(vectorNames, name) {
			return true
		}
	}
	return false
}

// columnRows reads the rows of a table.
type columnRows struct {
	textLines
	separator               byte
	names                   []string
	id, text, scale, vector int // columns; -1: there is none
	fields                  []string
	record                  []byte
	values                  number.List
	dtype                   DType
	step                    float32 // the scale of the last row
	first                   bool    // the first row has been read, not yet returned
	begin                   int64
}

func readColumns(v *Vectors, r *bufio.Reader, separator byte) (RowReader, error) {
	c := &columnRows{textLines: textLines{v: v, r: r}, separator: separator}
	fields, err := c.next()
	if err != nil {
		return nil, c.bad(noEOF(err))
	}
	c.names = slices.Clone(fields)
	c.id, c.text, c.scale = slices.Index(c.names, "id"), slices.Index(c.names, "text"), slices.Index(c.names, "scale")
	switch column, err := pickColumn(v.Options.VectorColumn, c.names, nil); {
	case err != nil:
		return nil, fault.Mention(fault.Hint(err), "%s: %w", v.Name(), err)
	default:
		c.vector = slices.Index(c.names, column)
		v.detail = fmt.Sprintf(", column %s", column)
	}
	if err := c.decode(); err != nil {
		if err == io.EOF {
			return nil, fault.New(Hint(), "%s: no vectors", v.Name())
		}
		return nil, err
	}
	c.first = true
	v.setDType(c.dtype, c.step)
	return c, v.SetDim(int64(len(c.values)))
}

// pickColumn returns the column with the vectors: the one of this name, if it is not "", one of
// vectorNames, or the only one of fit, which lists those that can hold vectors; nil: unknown.
func pickColumn(name string, columns, fit []string) (string, error) {
	if name != "" {
		if !slices.Contains(columns, name) {
			return "", fault.Field("VectorColumn", "the columns are "+fault.Names(columns), "no column has the name %q", name)
		}
		return name, nil
	}
	for _, known := range vectorNames {
		if slices.Contains(columns, known) && (fit == nil || slices.Contains(fit, known)) {
			return known, nil
		}
	}
	switch len(fit) {
	case 0:
		return "", fault.Mention("name the column with VectorColumn; the columns are "+fault.Names(columns), "no column has the name %s and holds vectors", fault.OneOf(vectorNames))
	case 1:
		return fit[0], nil
	}
	return "", fault.Mention("choose one with VectorColumn", "several columns hold vectors: %s", fault.Names(fit))
}

func (c *columnRows) bad(err error) error {
	if err == io.EOF || err == nil || fault.Hint(err) != "" {
		return err
	}
	return fault.New("each record has a field for each column of the first line, and the vector is written as [0.5,-1]", "%s:%d: %w", c.v.Name(), c.begin, err)
}

func (c *columnRows) Place() string { return fmt.Sprintf("%s:%d", c.v.Name(), c.begin) }

// next reads a record, which in CSV may have line breaks between quotes.
func (c *columnRows) next() ([]string, error) {
	const most = 6*text.MaxRecord + maxValue*MaxDim
	c.record, c.begin = c.record[:0], c.line+1
	for {
		line, err := c.rawLine()
		if err == io.EOF && len(c.record) > 0 {
			return nil, fmt.Errorf("the file ends inside a quoted field")
		}
		if err != nil {
			return nil, err
		}
		if c.record = append(c.record, line...); len(c.record) > most {
			return nil, fmt.Errorf("a record of more than %d bytes", most)
		}
		if c.separator == ',' && bytes.Count(c.record, []byte{'"'})%2 == 1 {
			continue
		}
		c.record = bytes.TrimSuffix(bytes.TrimSuffix(c.record, []byte("\n")), []byte("\r"))
		if len(c.record) > 0 {
			break
		}
		c.begin = c.line + 1 // a blank line
	}
	var err error
	c.fields, err = fields.Split(c.fields[:0], c.record, c.separator)
	return c.fields, err
}

// rawLine reads up to the next line break.
func (c *columnRows) rawLine() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	c.line++
	if err == bufio.ErrBufferFull {
		c.line--
		err = nil
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	return line, err
}

func (c *columnRows) decode() error {
	fields, err := c.next()
	if err != nil {
		return c.bad(err)
	}
	if len(fields) != len(c.names) {
		return c.bad(fmt.Errorf("expected %s but found %d", fault.Count(len(c.names), "field"), len(fields)))
	}
	c.values, c.dtype = c.values[:0], Float32
	vector := strings.TrimSpace(fields[c.vector])
	switch {
	case vector == "" || vector == `\N` || strings.EqualFold(vector, "null"):
		return c.bad(fmt.Errorf("the vector is missing"))
	case vector[0] != '[' && strings.Trim(vector, "01") == "": // bits, as pgvector writes them
		c.dtype = Binary
		for _, b := range []byte(vector) {
			c.values = append(c.values, bit(b-'0'))
		}
	default:
		if err := c.values.Parse(vector); err != nil {
			return c.bad(err)
		}
	}
	if c.scale >= 0 && c.dtype == Float32 {
		scale, err := strconv.ParseFloat(fields[c.scale], 32)
		if err != nil || !(scale > 0) {
			return c.bad(fmt.Errorf("the scale %.40q is not a positive number", fields[c.scale]))
		}
		c.dtype, c.step = Int8, float32(scale)
		for i, q := range c.values {
			if q != float32(int8(q)) {
				return c.bad(fmt.Errorf("value %d, %v, is not a whole number from -128 to 127, but the table has a column scale", i+1, q))
			}
			c.values[i] = q * c.step
		}
	}
	return nil
}

func (c *columnRows) Next() (Row, error) {
	if !c.first {
		if err := c.decode(); err != nil {
			return Row{}, err
		}
	}
	if len(c.values) != c.v.Dim {
		return Row{}, c.bad(fmt.Errorf("expected %d numbers but found %d", c.v.Dim, len(c.values)))
	}
	if c.dtype != c.v.DType {
		return Row{}, c.bad(fmt.Errorf("the vector is stored as %s, but that of the rows before as %s", c.dtype, c.v.DType))
	}
	c.first = false
	row := Row{Count: -1, Values: c.values}
	if c.id >= 0 {
		row.ID = c.fields[c.id]
	}
	if c.text >= 0 {
		row.Token = append(row.Token, c.fields[c.text]...)
	}
	return row, nil
}
