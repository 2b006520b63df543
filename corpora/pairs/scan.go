package pairs

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// The layout of a file is detected from this many rows, or this many bytes of rows.
const (
	sampleRows  = 10_000
	sampleBytes = 1 << 20
)

// scanner reads the examples of sources as text.
type scanner struct {
	options Options
	row     func(file *File, row textRow) error
	ended   func(file *File) error // may be nil

	named   *namedColumns
	labels  scale.Labels
	files   []*File
	stats   Stats
	mu      sync.Mutex // of skipped and File.firstBad
	skipped [skipReasons]SkippedRows
	good    int64 // rows of the file being read
	done    int64 // stored bytes of the sources before
	size    int64 // of all; 0: unknown
}

// run reads all sources.
func (s *scanner) run(ctx context.Context, sources []Source) error {
	if err := s.options.Validate(); err != nil {
		return err
	}
	s.named, _ = parseColumns(s.options.Columns)
	s.labels, _ = scale.ParseLabels(s.options.Labels)
	if len(sources) == 0 {
		return fault.New("name files of pairs, or - for standard input", "no input named")
	}
	for i := range sources {
		if sources[i].Weight != 0 {
			if err := checkWeight(sources[i].Weight); err != nil {
				return fault.New(fault.Hint(err), "weight of %s %w", sources[i].Source.Described()[0], err)
			}
		}
		if sel := sources[i].Source.Selected(); sel.Field != "" || sel.Column != "" {
			return errors.New("a text selection does not yield pairs: name the columns in Columns")
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

func (s *scanner) source(ctx context.Context, src Source) error {
	in := src.Source
	err := in.Records(ctx, text.RecordOptions{Use: text.ForPairs}, func(records *text.Records) error {
		file := &File{Name: records.Name, Weight: src.Weight}
		if file.Weight == 0 {
			file.Weight = 1
		}
		return s.file(ctx, in, file, records)
	})
	if err != nil {
		return err
	}
	s.done += in.Consumed()
	if s.options.OnProgress != nil {
		s.options.OnProgress(s.done, s.size)
	}
	stats := in.Stats()
	s.stats.Bytes += stats.Bytes
	s.stats.Invalid += stats.Invalid
	s.stats.NULs += stats.NULs
	if s.stats.FirstInvalid == "" {
		s.stats.FirstInvalid = stats.FirstInvalid
	}
	return nil
}

func (s *scanner) file(ctx context.Context, src *text.Source, file *File, records *text.Records) error {
	s.good = 0
	if err := s.examples(ctx, src, file, records); err != nil {
		return err
	}
	if s.good == 0 {
		return s.unusable(file)
	}
	if s.ended != nil {
		return s.ended(file)
	}
	return nil
}

// unusable returns the error for a file without a good row.
func (s *scanner) unusable(file *File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := file.firstBad; b != nil {
		return fault.Mention(b.hint, "%s holds no usable pairs; first bad row: %w", text.Describe(file.Name), b)
	}
	return fault.New("a row is two texts or more: TSV, CSV or JSON Lines", "%s holds no pairs: it has no rows", text.Describe(file.Name))
}

// scanned is a row: one that was read, or a bad one.
type scanned struct {
	record *text.Record
	bad    *badRow
}

// examples emits the good rows of a file.
func (s *scanner) examples(ctx context.Context, src *text.Source, file *File, records *text.Records) error {
	var record text.Record
	// next separates what can be skipped from what cannot.
	next := func() (scanned, error) {
		err := records.Next(&record)
		if err == nil {
			return scanned{record: &record}, nil
		}
		var b *text.BadRecord
		if errors.As(err, &b) {
			return scanned{bad: unreadable(b)}, nil
		}
		return scanned{}, err
	}
	var sample []scanned
	var good []*text.Record
	var end error
	for size := 0; len(sample) < sampleRows && size < sampleBytes; {
		var row scanned
		if row, end = next(); end != nil {
			break
		}
		if row.bad == nil {
			kept := row.record.Clone()
			row.record = &kept
			good = append(good, row.record)
			size += row.record.Size()
		}
		sample = append(sample, row)
	}
	if end != nil && end != io.EOF {
		return end
	}
	var l *layout
	if len(good) > 0 {
		var err error
		if l, err = findLayout(records.Format, s.named, good, s.labels, s.options.ScoreRange != [2]float64{}); err != nil {
			return err
		}
		if err := s.begin(file, l); err != nil {
			return err
		}
	}
	header := l != nil && l.header
	for n := 0; ; n++ {
		var row scanned
		if n < len(sample) {
			row = sample[n]
		} else if end == nil {
			if row, end = next(); end != nil && end != io.EOF {
				return end
			}
		}
		if n >= len(sample) && end == io.EOF {
			if l == nil {
				return nil
			}
			return l.checkLabels(file)
		}
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if s.options.OnProgress != nil {
				s.options.OnProgress(s.done+src.Consumed(), s.size)
			}
		}
		if row.bad == nil && header {
			header = false
			continue
		}
		s.stats.Rows++
		if l == nil && row.bad == nil { // the first good row comes after a whole sample of bad ones
			return s.unusable(file)
		}
		var example textRow
		if row.bad == nil {
			example, row.bad = l.extract(row.record, s.options.ScoreRange)
		}
		if row.bad != nil {
			if err := s.skip(file, row.bad); err != nil {
				return err
			}
			continue
		}
		s.good++
		if err := s.row(file, example); err != nil {
			return err
		}
	}
}

// begin adds a file whose layout is known.
func (s *scanner) begin(file *File, l *layout) error {
	file.Kind, file.Columns, file.Layout = l.kind, len(l.texts), l.description
	if len(s.files) > 0 && s.files[0].Kind != file.Kind {
		a := s.files[0]
		return fault.New("train on them one after the other, or name the columns so that all are of one kind",
			"%s holds %s (%s), but %s holds %s (%s)", text.Describe(a.Name), a.Kind, a.Layout, text.Describe(file.Name), file.Kind, file.Layout)
	}
	s.files = append(s.files, file)
	return nil
}

// skip counts a bad row, or returns it as an error with Strict.
func (s *scanner) skip(file *File, b *badRow) error {
	if s.options.Strict {
		return fault.Mention(b.hint, "%w", b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if file.firstBad == nil {
		file.firstBad = b
	}
	k := &s.skipped[b.reason]
	if k.Rows++; k.Rows == 1 {
		k.First = b.Error()
	}
	return nil
}

// summary returns the counts of the reading.
func (s *scanner) summary() Stats {
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
