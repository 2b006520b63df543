package exchange

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// A page that says it is much larger than it is is refused before memory is taken for it.
func TestParquetPageLies(t *testing.T) {
	type row struct {
		Vector []float32 `parquet:"vector,list"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&zstd.Codec{}), parquet.DataPageVersion(1))
	if _, err := w.Write([]row{{[]float32{1, 2}}, {[]float32{3, 4}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	start := file.Metadata().RowGroups[0].Columns[0].MetaData.DataPageOffset
	var h format.PageHeader
	protocol := new(thrift.CompactProtocol)
	if err := thrift.NewDecoder(protocol.NewReaderFromBytes(bytes.Clone(b.Bytes()[start:]))).Decode(&h); err != nil {
		t.Fatal(err)
	}
	was, _ := thrift.Marshal(protocol, h)
	read := func(size int32) (uint64, error) {
		h.UncompressedPageSize = size
		lie, _ := thrift.Marshal(protocol, h)
		// The header is longer: the file is made anew around it, with the footer moved.
		data := append(append(append([]byte(nil), b.Bytes()[:start]...), lie...), b.Bytes()[int(start)+len(was):]...)
		grown := int64(len(lie) - len(was))
		about := *file.Metadata()
		chunk := &about.RowGroups[0].Columns[0].MetaData
		chunk.TotalCompressedSize += grown
		defer func() { chunk.TotalCompressedSize -= grown }()
		footer, _ := thrift.Marshal(protocol, about)
		data = append(data, footer...)
		data = append(little.AppendUint32(data, uint32(len(footer))), "PAR1"...)
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := Open(context.Background(), path, Options{Unnamed: true})
		if err == nil {
			defer v.Close()
			err = v.Each(context.Background(), func(Row) error { return nil })
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc, err
	}
	if _, err := read(h.UncompressedPageSize); err != nil {
		t.Fatal("unchanged:", err)
	}
	if used, err := read(1 << 30); err == nil || used > 64<<20 || !strings.Contains(err.Error(), "1073741824 bytes") {
		t.Errorf("%d bytes of memory, %v", used, err)
	}
}

// Fields that are whole numbers are a column of such numbers.
func TestParquetIntegers(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, "parquet", Shape{Rows: Unknown, Dim: 1, Fields: []string{"name", "line"}, Integers: []string{"line"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Row{Values: []float32{1}, Fields: []string{"7", "-9007199254740993"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.Read[struct {
		Name string `parquet:"name"`
		Line int64  `parquet:"line"`
	}](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(rows) != 1 || rows[0].Name != "7" || rows[0].Line != -9007199254740993 {
		t.Errorf("%v, error %v", rows, err)
	}
	if err := w.Write(Row{Values: []float32{1}, Fields: []string{"7", "x"}}); err == nil || !strings.Contains(err.Error(), `column line: "x" is not a whole number`) {
		t.Error(err)
	}
}
