package sets

import (
	"context"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// open opens the one file of an evaluation set.
func open(path string) (*text.Source, error) {
	src, err := text.Open(path)
	if err != nil {
		return nil, err
	}
	if len(src.Inputs()) != 1 {
		return nil, fault.New("name the sets one by one", "%s is %d files, not one evaluation set", path, len(src.Inputs()))
	}
	return src, nil
}

// nameOf returns the name of the file without its folder and extensions.
func nameOf(src *text.Source) string {
	name := src.Names()[0]
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	for _, ending := range []string{".gz", ".bz2", ".zst", ".txt", ".tsv", ".csv", ".tab", ".jsonl", ".parquet"} {
		if short := strings.TrimSuffix(name, ending); short != "" {
			name = short
		}
	}
	return name
}

// records calls fn with each record of the file; one that cannot be read is an error.
func records(ctx context.Context, src *text.Source, format *text.Format, fn func(*text.Record) error) error {
	return src.Records(ctx, text.RecordOptions{Format: format, Use: text.ForSets}, func(in *text.Records) error { return in.Each(fn) })
}

// maxLine is the maximum length of a line of words, in bytes.
const maxLine = 64 << 10

// eachLine calls fn with every line that is neither blank nor a comment, without the white
// space around it.
func eachLine(ctx context.Context, src *text.Source, fn func(at text.Position, line string) error) error {
	return records(ctx, src, text.Lines, func(r *text.Record) error {
		if len(r.Raw) > maxLine {
			return r.Errorf("check that this is an evaluation set and not a corpus", "the line is longer than %d bytes", maxLine)
		}
		line := strings.TrimSpace(string(r.Raw))
		if line == "" || line[0] == '#' {
			return nil
		}
		return fn(r.Position, line)
	})
}

// fields splits a line at tabs if it has any, else at semicolons or commas, else at spaces.
func fields(line string) []string {
	for _, sep := range "\t;," {
		if strings.ContainsRune(line, sep) {
			return splitAt(line, sep)
		}
	}
	return splitAt(line, ' ')
}

func trimmed(fields []string) []string {
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
