package text

import (
	"context"
	"io"
)

// RecordOptions control how the records of a source are read.
type RecordOptions struct {
	// Format is the format of all files. Default: detected for each file.
	Format *Format
	// Use is the purpose for which the records are read, which detection considers. Default:
	// ForField.
	Use Use
	// Fields are the fields that are used of each record, for ForField and ForColumn the text
	// first. Formats that store columns read only these. Default: all.
	Fields []Path
}

// Records are the records of one file.
type Records struct {
	Name   string // name of the file, as in Source.Names
	Format *Format

	ctx    context.Context
	reader RecordReader
}

// Records calls fn with the records of each file of the source, in order. fn need not read all
// of them. An error from fn ends the pass and is returned unchanged. A Selection is ignored.
func (s *Source) Records(ctx context.Context, o RecordOptions, fn func(*Records) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	l := &liner{source: s}
	for _, e := range s.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.fileRecords(ctx, l, e, o, fn); err != nil {
			return err
		}
	}
	return nil
}

func (s *Source) fileRecords(ctx context.Context, l *liner, e entry, o RecordOptions, fn func(*Records) error) error {
	file, format, done, err := s.openFile(ctx, l, e, o)
	if err != nil {
		return err
	}
	defer done()
	reader, err := format.Open(file)
	if err != nil {
		return err
	}
	if c, ok := reader.(io.Closer); ok {
		defer c.Close()
	}
	err = fn(&Records{Name: e.name, Format: format, ctx: ctx, reader: reader})
	if file.text != nil {
		s.stats.Bytes += l.offset
	}
	return err
}

// Next reads the next record into r, which is valid until the following call. It returns io.EOF
// after the last record, and a *BadRecord for a record that can be skipped.
func (rs *Records) Next(r *Record) error { return rs.reader.Next(r) }

// Each calls fn with every record. A record that cannot be read is an error. Each returns early
// if the context ends.
func (rs *Records) Each(fn func(r *Record) error) error {
	var r Record
	for {
		if err := rs.reader.Next(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := rs.ctx.Err(); err != nil {
			return err
		}
		if err := fn(&r); err != nil {
			return err
		}
	}
}
