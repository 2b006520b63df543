package pairs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// The layout of a file is recognised by so many rows, or so many bytes of them.
const (
	sampleRows  = 100
	sampleBytes = 1 << 20
)

// pairScan reads the examples of sources as text.
type pairScan struct {
	options Options
	row     func(file *File, row textRow) error
	ended   func(file *File) error // may be nil

	named   *pairColumns
	files   []*File
	stats   Stats
	mu      sync.Mutex // of skipped and File.firstBad
	skipped [skipReasons]SkippedRows
	good    int64 // rows of the file being read
	done    int64 // stored bytes of the sources before
	size    int64 // of all; 0: unknown
}

// run reads all sources.
func (s *pairScan) run(ctx context.Context, sources []Source) error {
	if err := s.options.Validate(); err != nil {
		return err
	}
	s.named, _ = parsePairColumns(s.options.Columns)
	if len(sources) == 0 {
		return fault.New("name files of pairs, or - for standard input", "no pairs are named")
	}
	for i := range sources {
		if sources[i].Weight != 0 {
			if err := checkWeight(sources[i].Weight); err != nil {
				return fault.New(fault.Hint(err), "weight of %s: %w", sources[i].Source.Described()[0], err)
			}
		}
		if sources[i].Source.Selected().Structured() {
			return errors.New("a selection of text is no pairs: name the columns in the options of pairs")
		}
		if s.size >= 0 && sources[i].Source.Size() > 0 {
			s.size += sources[i].Source.Size()
		} else {
			s.size = -1
		}
	}
	s.size = max(0, s.size)
	for _, src := range sources {
		if err := s.source(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

func (s *pairScan) source(ctx context.Context, src Source) error {
	in := src.Source
	err := in.EachFile(ctx, func(f *text.File) error {
		file := &File{Name: f.Name, Weight: src.Weight}
		if file.Weight == 0 {
			file.Weight = 1
		}
		return s.file(ctx, in, f, file)
	})
	if err != nil {
		return err
	}
	s.done += in.Consumed()
	if s.options.OnProgress != nil {
		s.options.OnProgress(s.done, s.size)
	}
	s.stats.Invalid += in.Stats().Invalid
	if s.stats.FirstInvalid == "" {
		s.stats.FirstInvalid = in.Stats().FirstInvalid
	}
	return nil
}

// file reads one file.
func (s *pairScan) file(ctx context.Context, src *text.Source, in *text.File, file *File) error {
	format, rows, err := newRowReader(in.Name, in.First, in)
	if err != nil {
		return err
	}
	s.good = 0
	if err := s.examples(ctx, src, file, format, rows); err != nil {
		return err
	}
	s.stats.Bytes += in.Offset()
	if s.good == 0 {
		return s.unusable(file)
	}
	if s.ended != nil {
		return s.ended(file)
	}
	return nil
}

// unusable is the error of a file without a good row.
func (s *pairScan) unusable(file *File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := file.firstBad; b != nil {
		return fault.New(b.hint, "%s holds no usable pair; the first row is bad: %s", text.Describe(file.Name), b.at(file))
	}
	return fault.New("a row is two texts or more: TSV, CSV, or JSON Lines", "%s holds no pairs: it has no rows", text.Describe(file.Name))
}

// examples hands out the good rows of a file.
func (s *pairScan) examples(ctx context.Context, src *text.Source, file *File, format pairFormat, rows rowReader) error {
	type item struct {
		row pairRow
		bad *badRow
	}
	// next separates what can be passed over from what cannot.
	next := func() (item, error) {
		row, err := rows.read()
		var b *badRow
		if errors.As(err, &b) {
			return item{bad: b}, nil
		}
		return item{row: row}, err
	}
	var sample []item
	var good []pairRow
	var end error
	for size := 0; len(sample) < sampleRows && size < sampleBytes; {
		var it item
		if it, end = next(); end != nil {
			break
		}
		if it.bad == nil {
			it.row.raw = append([]byte(nil), it.row.raw...)
			good = append(good, it.row)
		}
		sample = append(sample, it)
		size += it.row.size()
	}
	if end != nil && end != io.EOF {
		return end
	}
	var layout *pairLayout
	if len(good) > 0 {
		var err error
		if layout, err = findLayout(file.Name, format, s.named, good); err != nil {
			return err
		}
		if err := s.begin(file, layout); err != nil {
			return err
		}
	}
	header := layout != nil && layout.header
	for n := 0; ; n++ {
		var it item
		if n < len(sample) {
			it = sample[n]
		} else if end == nil {
			if it, end = next(); end != nil && end != io.EOF {
				return end
			}
		}
		if n >= len(sample) && end == io.EOF {
			return nil
		}
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if s.options.OnProgress != nil {
				s.options.OnProgress(s.done+src.Consumed(), s.size)
			}
		}
		if it.bad == nil && header {
			header = false
			continue
		}
		s.stats.Rows++
		if layout == nil && it.bad == nil { // the first good row comes after a whole sample of bad ones
			return s.unusable(file)
		}
		var row textRow
		if it.bad == nil {
			row, it.bad = layout.extract(it.row, s.options.ScoreRange)
		}
		if it.bad != nil {
			if err := s.skip(file, it.bad); err != nil {
				return err
			}
			continue
		}
		s.good++
		if err := s.row(file, row); err != nil {
			return err
		}
	}
}

// begin takes up a file whose layout is known.
func (s *pairScan) begin(file *File, layout *pairLayout) error {
	file.Kind, file.Columns, file.Layout = layout.kind, len(layout.texts), layout.told
	if len(s.files) > 0 && s.files[0].Kind != file.Kind {
		a := s.files[0]
		return fault.New("train on them one after the other, or name the columns so that they are of one kind",
			"%s holds %s (%s), and %s %s (%s)", text.Describe(a.Name), a.Kind, a.Layout, text.Describe(file.Name), file.Kind, file.Layout)
	}
	s.files = append(s.files, file)
	return nil
}

// skip counts a bad row, or with Strict makes an error of it.
func (s *pairScan) skip(file *File, b *badRow) error {
	if s.options.Strict {
		return fault.New(b.hint, "%s", b.at(file))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if file.firstBad == nil {
		file.firstBad = b
	}
	k := &s.skipped[b.reason]
	if k.Rows++; k.Rows == 1 {
		k.First = b.at(file)
	}
	return nil
}

// at is the message with its place.
func (b *badRow) at(file *File) string {
	return fmt.Sprintf("%s:%d: %s", text.Describe(file.Name), b.line, b.message)
}

// told returns what the reading met.
func (s *pairScan) told() Stats {
	out := s.stats
	out.Examples = out.Rows
	for reason, k := range s.skipped {
		if k.Rows > 0 {
			k.Reason = skipReason(reason).String()
			out.Skipped = append(out.Skipped, k)
			out.Examples -= k.Rows
		}
	}
	return out
}
