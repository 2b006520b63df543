package documents

import (
	"context"
	"io"

	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/corpora/text"
)

// reading is one pass over a file.
type reading struct {
	source    *Source
	ctx       context.Context
	file      File
	emit      func(Passage) error
	emitError error
}

func (r *reading) run() error {
	in, err := text.Unpack(r.ctx, r.file.Path)
	if err != nil {
		return cannotRead(r.file.Path, err)
	}
	defer in.Close()
	data, err := io.ReadAll(in)
	if err != nil {
		return cannotRead(r.file.Path, err)
	}
	return r.source.cutter.Cut(data, func(p passages.Passage) error {
		r.emitError = r.emit(Passage{Path: r.file.Path, Text: string(data[p.Start:p.End]), FirstLine: p.FirstLine, LastLine: p.LastLine,
			Start: int64(p.Start), End: int64(p.End)})
		return r.emitError
	})
}
