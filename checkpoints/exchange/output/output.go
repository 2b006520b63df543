// Package output writes files of vectors that survive an interruption, and adds rows to files.
//
// Rows go to out.npy.partial. From time to time what has been written is flushed to disk, and
// out.npy.partial.json says how far it goes, of which rows, and for which job:
//
//	out.npy.partial           rows, complete up to a mark; behind it, anything
//	out.npy.partial.json      the mark, a checksum of the texts before it, the job
//	out.npy.partial.ids.tsv   ids, in formats that hold them beside the vectors
//
// Finish completes the file and renames it to out.npy. A program that was killed has left a mark
// at most: with Options.Resume, the next one cuts the file there, passes over the texts before
// it, whose checksum must be the same, and goes on. The result is the same to the byte, because
// a format keeps nothing else between rows, or says it in its mark.
//
//	f, err := output.Create(ctx, output.Options{Path: "out.npy", Format: "npy", Shape: shape, Resume: true})
//	defer f.Close()
//	for row := range rows {
//		if f.Skip() > 0 {
//			err = f.Pass(row) // without its vector
//		} else {
//			err = f.Write(row)
//		}
//	}
//	err = f.Finish()
//
// With Options.Append, the rows of the existing file are copied first: until Finish, it is
// unchanged.
package output

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Options say what is written.
type Options struct {
	Path   string         // of the file
	Format string         // one of exchange.Writable
	Shape  exchange.Shape // its Rows are Unknown
	// Replace is whether an existing file, or the rest of an interrupted run, is replaced.
	// Default false: it is an error.
	Replace bool
	// Append is whether rows are added to the file, if it exists: it must have the same format,
	// dimension, type of values and columns. Default false.
	Append bool
	// Resume is whether an interrupted run goes on where it stopped, if there is one. Default
	// false: it is an error that there is one.
	Resume bool
	// Job is what the rows depend on besides the texts, by name: a run is resumed only with the
	// same. Default nil: an interrupted run leaves nothing that can be resumed.
	Job map[string]string
	// State returns what else is kept between interruptions; see File.State. Default: nothing.
	State func() any
}

// state is the content of the file that says how far another one goes.
type state struct {
	Format  string            `json:"format"`
	Shape   exchange.Shape    `json:"shape"`
	Job     map[string]string `json:"job"`
	Mark    exchange.Mark     `json:"mark"`
	IDs     int64             `json:"ids_bytes"`
	Base    int64             `json:"base_rows"` // of the file that is appended to
	BaseOf  string            `json:"base,omitempty"`
	Sum     uint64            `json:"sum"`     // of the rows up to the mark, without those of the base
	Clipped int64             `json:"clipped"` // values
	Largest float32           `json:"largest"` // of them
	More    json.RawMessage   `json:"more"`    // of Options.State

	// If all that is missing is to put the files in their places:
	Done    bool   `json:"complete"`
	Info    []byte `json:"info,omitempty"`
	Replace bool   `json:"replace"`
	Beside  bool   `json:"beside"`
}

// File is a file being written.
type File struct {
	ctx       context.Context
	o         Options
	path      string // with links resolved
	f, ids    *os.File
	w         *exchange.Writer
	beside    bool // ids
	base      int64
	baseOf    string
	resumed   state
	passed    int64
	skip      int64
	sum       uint64
	rows      int64 // written or passed over, without those of the base
	idsBuffer []byte
	idsSize   int64
	saved     bool       // there is a mark
	unsynced  int        // bytes, about, since the last sync
	marked    *state     // a mark that is to be written
	syncing   chan error // has its result when it has ended; nil: none is going on
	marking   bool       // the sync that is going on writes a mark
	next      time.Time
	interval  time.Duration
	failed    error // of writing
	done      bool
	kept      bool
}

// The first mark comes soon, so that even a short run can go on; each next one comes later.
var firstInterval = 250 * time.Millisecond

const lastInterval = 5 * time.Second

func partial(path string) string   { return path + ".partial" }
func statePath(path string) string { return exchange.InfoFile(partial(path)) }

// Create opens a file for writing, and checks everything that can be checked before the first
// row.
func Create(ctx context.Context, o Options) (*File, error) {
	format, err := exchange.Lookup(exchange.Writable(), o.Format)
	if err != nil {
		return nil, err
	}
	path, err := durable.RealPath(o.Path)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", o.Path, err)
	}
	f := &File{ctx: ctx, o: o, path: path, interval: firstInterval, beside: format.Holds.IDs == exchange.Beside && (o.Shape.HasID || len(o.Shape.Fields) > 0)}
	if err := f.open(format); err != nil {
		f.close()
		return nil, err
	}
	f.next = time.Now().Add(f.interval)
	return f, nil
}

func (f *File) open(format exchange.Format) error {
	_, err := os.Stat(f.path)
	appends := f.o.Append && err == nil
	if err := durable.CheckFile(f.o.Path, f.o.Replace || appends); err != nil {
		return err
	}
	if f.f, err = durable.OpenLocked(partial(f.path)); err != nil {
		return f.explain(err)
	}
	if f.f == nil {
		return fault.New("wait until it is done, or write to another file", "cannot write %s: another program is writing it", f.o.Path)
	}
	found, err := f.load()
	switch {
	case err != nil:
		f.kept = true
		return err
	case found && f.resumed.Done:
		f.kept = true
		if err := f.place(f.resumed.Info); err != nil {
			return err
		}
		f.f, f.kept, f.done, f.resumed = nil, false, false, state{}
		return f.open(format)
	case found && f.o.Resume:
		return f.resume(format)
	case found && !f.o.Replace:
		f.kept = true // not by this run
		return fault.Mention("go on with Resume, or start again with Replace", "cannot write %s: an interrupted run has left %s with %s", f.o.Path, partial(f.o.Path), fault.Count(int(f.resumed.Mark.Rows-f.resumed.Base), "row"))
	}
	f.resumed = state{}
	f.o.Shape.After = exchange.Mark{}
	if !appends && !f.o.Replace {
		if err := f.checkBeside(format); err != nil {
			return err
		}
	}
	if err := f.empty(); err != nil {
		return err
	}
	if appends {
		if err := f.copyBase(format); err != nil {
			return err
		}
	}
	if f.beside {
		if f.ids == nil {
			if err := f.openIDs(os.O_TRUNC); err != nil {
				return err
			}
			f.idsBuffer = exchange.IDsHeader(f.o.Shape)
		}
	}
	f.w, err = exchange.NewWriter(f.f, format.Name, f.o.Shape)
	return f.explain(err)
}

// checkBeside returns an error if there is a file beside the new one that would be overwritten, or
// be taken for its ids.
func (f *File) checkBeside(format exchange.Format) error {
	if format.Holds.IDs == exchange.Beside {
		if err := durable.CheckFile(exchange.IDsFile(f.o.Path), false); err != nil {
			return err
		}
	}
	if format.NeedsInfo(f.o.Shape.DType) {
		return durable.CheckFile(exchange.InfoFile(f.o.Path), false)
	}
	return nil
}

// empty removes what an earlier run has left.
func (f *File) empty() error {
	os.Remove(statePath(f.path))
	os.Remove(exchange.IDsFile(partial(f.path)))
	return f.explain(f.f.Truncate(0))
}

func (f *File) openIDs(flag int) (err error) {
	f.ids, err = os.OpenFile(exchange.IDsFile(partial(f.path)), os.O_RDWR|os.O_CREATE|flag, 0o666)
	return f.explain(err)
}

func (f *File) explain(err error) error {
	var hidden *fs.PathError
	if errors.As(err, &hidden) {
		err = hidden.Err
	}
	if err == nil || fault.Hint(err) != "" {
		return err
	}
	return durable.Explain(f.o.Path, err)
}

// load reads the state of an interrupted run; found is false if there is none.
func (f *File) load() (found bool, err error) {
	data, err := os.ReadFile(statePath(f.path))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", statePath(f.o.Path), fault.Cause(err))
	}
	if err := json.Unmarshal(data, &f.resumed); err != nil {
		return false, nil // nothing that can go on
	}
	return true, nil
}

// Skip is the number of rows that an interrupted run has written and that were not passed over
// yet.
func (f *File) Skip() int64 { return f.skip - f.passed }

// Resumed is the number of rows that an interrupted run has written, and Base that of the file
// that rows are added to.
func (f *File) Resumed() int64 { return f.skip }
func (f *File) Base() int64    { return f.base }

// State decodes what Options.State returned when the run was interrupted.
func (f *File) State(to any) {
	if f.resumed.More != nil {
		json.Unmarshal(f.resumed.More, to)
	}
}

// Scale, Clipped and IDs say what was written: the scale of Int8, the values that did not fit it,
// and the name of the file with the ids, "" if there is none.
func (f *File) Scale() float32 { return f.w.Scale() }
func (f *File) Clipped() exchange.Clipped {
	c := f.w.Clipped()
	return exchange.Clipped{Values: c.Values + f.resumed.Clipped, Largest: max(c.Largest, f.resumed.Largest)}
}
func (f *File) IDs() string {
	if !f.beside {
		return ""
	}
	return exchange.IDsFile(f.o.Path)
}

// Info is the name of the file that says how the values are stored, "" if there is none.
func (f *File) Info() string {
	if f.w.Info() == nil {
		return ""
	}
	return exchange.InfoFile(f.o.Path)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// add adds the text, the id and the fields of a row to the checksum.
func (f *File) add(row exchange.Row) {
	f.rows++
	mix := func(c uint32, n int) {
		f.sum = (f.sum ^ uint64(c)<<32 ^ uint64(n)) * 0x9e3779b97f4a7c15
		f.sum ^= f.sum >> 29
	}
	mix(crc32.Checksum(row.Token, castagnoli), len(row.Token))
	if f.o.Shape.HasID {
		mix(crc32.Checksum([]byte(row.ID), castagnoli), len(row.ID))
	}
	for _, field := range row.Fields {
		mix(crc32.Checksum([]byte(field), castagnoli), len(field))
	}
}

// Pass passes over a row that an interrupted run has written. After the last one, the checksum
// of the rows must be that of the run: otherwise the input has changed.
func (f *File) Pass(row exchange.Row) error {
	f.add(row)
	if f.passed++; f.passed == f.skip && f.sum != f.resumed.Sum {
		return f.changed("the first %d texts are not those that were written", f.skip)
	}
	return nil
}

func (f *File) changed(format string, args ...any) error {
	return fault.Mention("resume with the input of the interrupted run, or start again with Replace", "cannot resume %s: the input has changed: %s", f.o.Path, fmt.Sprintf(format, args...))
}

// Write writes a row.
func (f *File) Write(row exchange.Row) error {
	err := f.w.Write(row)
	if f.beside {
		f.idsBuffer = exchange.AppendIDs(f.idsBuffer, f.o.Shape, row)
		if err == nil && len(f.idsBuffer) >= 1<<18 {
			err = f.flushIDs()
		}
	}
	if err != nil {
		if fault.Hint(err) == "" {
			f.failed = f.explain(err)
			return f.failed
		}
		return err
	}
	f.add(row)
	f.unsynced += 4*len(row.Values) + len(row.Token)
	return f.keepUp()
}

// syncEvery is how many bytes of rows are written before they are flushed to disk, so that little
// is left to flush at the end.
const syncEvery = 16 << 20

// keepUp flushes what has been written to disk, from time to time, on another goroutine: it
// returns at once.
func (f *File) keepUp() error {
	if len(f.syncing) > 0 {
		if f.failed = f.synced(); f.failed != nil {
			return f.failed
		}
	}
	switch {
	case f.o.Job != nil && f.marked == nil && time.Now().After(f.next):
		return f.save()
	case f.syncing == nil && (f.marked != nil || f.unsynced > syncEvery):
		f.sync()
	}
	return nil
}

// sync flushes what has been written to disk on another goroutine, which then writes the mark.
func (f *File) sync() {
	vectors, ids, s, done := f.f, f.ids, f.marked, make(chan error, 1)
	f.unsynced, f.marked, f.marking, f.syncing = 0, nil, s != nil, done
	go func() {
		err := vectors.Sync()
		if err == nil && ids != nil {
			err = ids.Sync()
		}
		if err == nil && s != nil {
			err = f.write(*s)
		}
		done <- err
	}()
}

// synced waits for the sync that is going on.
func (f *File) synced() error {
	if f.syncing == nil {
		return nil
	}
	err := <-f.syncing
	f.syncing = nil
	f.saved = f.saved || f.marking && err == nil
	return f.explain(err)
}

func (f *File) flushIDs() error {
	if f.ids == nil {
		return nil
	}
	n, err := f.ids.Write(f.idsBuffer)
	f.idsSize += int64(n)
	f.idsBuffer = f.idsBuffer[:0]
	return err
}

// save writes a mark, if the format can go on after the last row: at once, on another goroutine, or
// when the sync that is going on has ended.
func (f *File) save() error {
	mark, ok := f.w.Mark()
	if !ok || mark.Rows != f.base+f.rows {
		return nil // soon
	}
	if err := f.flushIDs(); err != nil {
		return f.explain(err)
	}
	s := f.current()
	s.Mark, s.IDs = mark, f.idsSize
	if f.marked = &s; f.syncing == nil {
		f.sync()
	}
	f.interval = min(2*f.interval, lastInterval)
	f.next = time.Now().Add(f.interval)
	return nil
}

// current is the state without its mark.
func (f *File) current() state {
	shape := f.o.Shape
	shape.Scale, shape.After = f.w.Scale(), exchange.Mark{}
	clipped := f.Clipped()
	s := state{Format: f.o.Format, Shape: shape, Job: f.o.Job, Base: f.base, BaseOf: f.baseOf, Sum: f.sum, Clipped: clipped.Values, Largest: clipped.Largest}
	if f.o.State != nil {
		s.More, _ = json.Marshal(f.o.State())
	}
	return s
}

func (f *File) write(s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	to, err := durable.CreateFile(statePath(f.path), true)
	if err != nil {
		return err
	}
	defer to.Abort()
	if _, err := to.Write(append(data, '\n')); err != nil {
		return err
	}
	return to.Commit()
}

// Finish completes the file and puts it in its place.
func (f *File) Finish() error {
	if f.Skip() > 0 {
		return f.changed("it has %d texts, but %d were written", f.passed, f.skip)
	}
	if err := f.synced(); err != nil {
		return err
	}
	if err := f.w.Finish(); err != nil {
		return f.explain(err)
	}
	if err := f.flushIDs(); err != nil {
		return f.explain(err)
	}
	if err := f.f.Sync(); err != nil {
		return f.explain(err)
	}
	info := f.w.Info()
	if f.beside || info != nil { // the files belong together
		if f.ids != nil {
			if err := f.ids.Sync(); err != nil {
				return f.explain(err)
			}
			f.ids.Close()
			f.ids = nil
		}
		s := f.current()
		s.Done, s.Info, s.Replace, s.Beside = true, info, f.o.Replace || f.base > 0, f.beside
		if err := f.write(s); err != nil {
			return err
		}
	}
	f.resumed.Replace, f.resumed.Beside = f.o.Replace || f.base > 0, f.beside
	if err := f.w.Close(); err != nil {
		return f.explain(err)
	}
	return f.place(info)
}

// place renames the files, that with the vectors last.
func (f *File) place(info []byte) error {
	if info != nil {
		to, err := durable.CreateFile(exchange.InfoFile(f.path), true)
		if err != nil {
			return err
		}
		defer to.Abort()
		if _, err := to.Write(info); err != nil {
			return err
		}
		if err := to.Commit(); err != nil {
			return err
		}
	}
	ids := exchange.IDsFile(partial(f.path))
	if f.resumed.Beside {
		if err := durable.Place(ids, exchange.IDsFile(f.path), true); err != nil && !(errors.Is(err, fs.ErrNotExist) && f.resumed.Done) {
			return err // unless it is in its place since the last time
		}
	} else if format, _ := exchange.Lookup(exchange.Writable(), f.o.Format); f.resumed.Replace && format.Holds.IDs == exchange.Beside {
		os.Remove(exchange.IDsFile(f.path)) // of the file that is replaced
	}
	if runtime.GOOS == "windows" { // which does not rename an open file; elsewhere the lock covers it
		f.f.Close()
	}
	if err := durable.Place(partial(f.path), f.path, f.resumed.Replace); err != nil {
		return err
	}
	f.done = true
	os.Remove(statePath(f.path))
	f.f.Close()
	return nil
}

// Kept reports, after Close, whether an interrupted run was left to be resumed.
func (f *File) Kept() bool { return f.kept }

// Close ends the writing if Finish has not. If the context has ended or the disk was full, the
// rows are kept for Options.Resume; after another error they are removed, unless they are those
// of an earlier run.
func (f *File) Close() {
	if f.done {
		return
	}
	f.done = true
	if err := f.synced(); err != nil && f.failed == nil {
		f.failed = err
	}
	if f.w != nil {
		if f.ctx.Err() != nil && f.o.Job != nil && f.Skip() == 0 && f.rows > 0 {
			f.save()
		}
		if f.marked != nil && f.syncing == nil {
			f.sync()
		}
		f.synced()
		f.w.Close()
	}
	f.kept = f.saved && (f.ctx.Err() != nil || f.failed != nil) || f.skip > 0
	f.close()
}

// close closes the files and removes those that no run goes on with.
func (f *File) close() {
	if f.ids != nil {
		f.ids.Close()
	}
	if f.f == nil {
		return
	}
	if !f.kept && f.skip == 0 {
		os.Remove(statePath(f.path))
		os.Remove(exchange.IDsFile(partial(f.path)))
		os.Remove(partial(f.path))
	}
	f.f.Close()
}

// copyTo copies a part of a file to another one.
func copyTo(to io.Writer, from *os.File, start, end int64) error {
	if _, err := from.Seek(start, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(to, io.LimitReader(from, end-start))
	if err == nil && n < end-start {
		err = io.ErrUnexpectedEOF
	}
	return err
}
