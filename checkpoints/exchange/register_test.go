package exchange_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints/exchange"
)

// A format takes one file and one call of Register: this is a toy one, of CSV with the
// first line "toy,DIMENSIONS".
func init() {
	exchange.Register(exchange.Format{
		Name: "toy", Extensions: []string{".toy"}, Description: "CSV: a word and its values",
		Detect: func(head exchange.Head) exchange.Match {
			if bytes.HasPrefix(head.Data, []byte("toy,")) {
				return exchange.Yes
			}
			return exchange.No
		},
		Read: func(_ context.Context, v *exchange.Vectors, r *bufio.Reader) (exchange.RowReader, error) {
			line, err := r.ReadString('\n')
			if err != nil {
				return nil, err
			}
			dim, err := strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(line, "toy,")), 10, 64)
			if err != nil {
				return nil, err
			}
			return &toyReader{v, csv.NewReader(r)}, v.SetDim(dim)
		},
		Write: func(w io.Writer, shape exchange.Shape) (exchange.RowWriter, error) {
			_, err := fmt.Fprintf(w, "toy,%d\n", shape.Dim)
			return toyWriter{csv.NewWriter(w)}, err
		},
	})
}

type toyReader struct {
	v *exchange.Vectors
	r *csv.Reader
}

func (t *toyReader) Place() string {
	line, _ := t.r.FieldPos(0)
	return fmt.Sprintf("%s:%d", t.v.Path, line+1)
}

func (t *toyReader) Next() (exchange.Row, error) {
	t.r.FieldsPerRecord = t.v.Dim + 1
	fields, err := t.r.Read()
	if err != nil {
		return exchange.Row{}, err
	}
	row := exchange.Row{Token: []byte(fields[0]), Count: -1, Values: make([]float32, t.v.Dim)}
	for i, field := range fields[1:] {
		x, err := strconv.ParseFloat(field, 32)
		if err != nil {
			return exchange.Row{}, fmt.Errorf("%s: %w", t.Place(), err)
		}
		row.Values[i] = float32(x)
	}
	return row, nil
}

type toyWriter struct{ *csv.Writer }

func (t toyWriter) Write(row exchange.Row) error {
	fields := []string{string(row.Token)}
	for _, x := range row.Values {
		fields = append(fields, strconv.FormatFloat(float64(x), 'g', -1, 32))
	}
	return t.Writer.Write(fields)
}

func (t toyWriter) Finish() error {
	t.Flush()
	return t.Error()
}

// The calls of embed export, embed import, train --init and search --vectors know the
// format by its registration alone.
func TestToyFormat(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "vectors.toy")
	var file bytes.Buffer
	if err := exchange.Export(ctx, &file, tiny(), "toy"); err != nil {
		t.Fatal(err)
	}
	if want := "toy,3\ncat,1,0.5,0\ndog,0.9,0.6,0\n"; file.String() != want {
		t.Errorf("wrote %q, want %q", &file, want)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	model, report, err := exchange.Import(ctx, path, exchange.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Format != "toy" || model.Vocabulary.Token(1) != "dog" || fmt.Sprint(model.Embedding().Row(1)) != "[0.9 0.6 0]" {
		t.Errorf("imported %+v, %v", report, model.Embedding().Row(1))
	}
	v, err := exchange.Open(ctx, path, exchange.Options{State: true})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if v.Format != "toy" || v.Dim != 3 {
		t.Errorf("opened as %s with %d dimensions", v.Format, v.Dim)
	}
	packed, read, err := exchange.ReadAll(ctx, path, exchange.Options{})
	if err != nil || read.Dim != 3 || fmt.Sprint(packed) != "[1 0.5 0 0.9 0.6 0]" {
		t.Errorf("read %v, %v, %v", packed, read, err)
	}
	if !strings.Contains(exchange.Hint(), "toy") || !strings.Contains(exchange.Names(exchange.WritableTexts()), "toy") {
		t.Errorf("not listed: %s; %s", exchange.Hint(), exchange.Names(exchange.WritableTexts()))
	}
	if err := exchange.Export(ctx, io.Discard, tiny(), "onnx"); err == nil || err.Error() != `unknown format "onnx"` {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestRegisterTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second format of the same name was registered")
		}
	}()
	exchange.Register(exchange.Format{Name: "npy"})
}
