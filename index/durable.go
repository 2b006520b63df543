package index

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// DurableOptions say how a durable index is opened.
type DurableOptions struct {
	// Create, when its Dim is set, describes the index that is made when there is
	// none. Default: there has to be one.
	Create Options

	// Warn is told when the log ended in an unfinished change, as it does when the
	// machine stopped while one was written. Default: nobody is; Torn has it.
	Warn func(message string)
}

// Durable is an index whose changes outlive the program: when Add, AddBatch,
// Delete or Update has returned, they are on the disk, in a log beside the
// index file. [OpenDurable] plays the log back; Flush writes the index file anew
// and empties the log.
//
// After an error of writing to the log the change is made in memory, but may be
// lost; the error says so, and all changes after it are refused until a Flush has
// written the index file.
type Durable struct {
	changeable
	path string
	log  *changeLog
	torn int64
}

// changeable is what Durable needs of an index.
type changeable interface {
	Index
	write(io.Writer) error
	base() *store
}

func (s *store) base() *store { return s }

// LogPath is where the log of the index at path lies.
func LogPath(path string) string { return path + ".log" }

// OpenDurable opens the index at path, as OpenFile does, and makes the changes
// that its log holds. A record that the end of the log cuts off is dropped; one
// that is damaged in the middle is an error. One program at a time may have it
// open, where the system has locks for that.
func OpenDurable(path string, o DurableOptions) (*Durable, error) {
	if _, err := os.Stat(path); err != nil && (o.Create.Dim == 0 || !errors.Is(err, fs.ErrNotExist)) {
		return nil, explainOpen(err)
	} else if err != nil {
		if err := o.Create.Validate(); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(LogPath(path), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, durable.Explain(LogPath(path), err)
	}
	d := &Durable{path: path}
	if err := d.open(file, o); err != nil {
		file.Close()
		return nil, err
	}
	return d, nil
}

func (d *Durable) open(file *os.File, o DurableOptions) error {
	if err := lockFile(file); err != nil {
		return fault.New("end the other program, or wait for it", "%s is in use: %w", file.Name(), err)
	}
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) && o.Create.Dim != 0 {
		ix, err := New(o.Create)
		if err != nil {
			return err
		}
		if err := SaveFile(d.path, ix, false); err != nil {
			return err
		}
	}
	open := OpenFile
	if runtime.GOOS == "windows" { // where Flush could not replace a mapped file
		open = LoadFile
	}
	ix, err := open(d.path)
	if err != nil {
		return err
	}
	d.changeable = ix.(changeable) // every kind is
	s := d.base()
	if s.logName == 0 {
		s.logName = 1 + rand.Uint64N(1<<63)
		if err := d.rewrite(); err != nil {
			return err
		}
	}
	if err := d.replay(file, o); err != nil {
		return fmt.Errorf("%s: %w", file.Name(), err)
	}
	d.log = newChangeLog(file, s.options.Dim, s.changes.Load())
	s.log = d.log
	return nil
}

// rewrite writes the index file.
func (d *Durable) rewrite() error {
	if err := d.base().complete(); err != nil {
		return err
	}
	f, err := durable.CreateFile(d.path, true)
	if err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	defer f.Abort()
	if err := d.write(f); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("save index: %w", err)
	}
	return nil
}

// replay makes the changes that are in the log and not in the index file, and
// leaves the log ready to be appended to.
func (d *Durable) replay(file *os.File, o DurableOptions) error {
	s := d.base()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	end := int64(logHead)
	if info.Size() < logHead { // new, or cut while it was made
		if _, err := file.WriteAt(logHeader(s.options.Dim, s.logName), 0); err != nil {
			return durable.Explain(file.Name(), err)
		}
	} else if end, err = d.readLog(file); err != nil {
		return err
	}
	if d.torn = max(0, info.Size()-end); d.torn > 0 && info.Size() >= logHead && o.Warn != nil {
		o.Warn(fmt.Sprintf("%s: its last %d bytes are an unfinished change, and were dropped", file.Name(), d.torn))
	}
	if err := file.Truncate(end); err != nil {
		return err
	}
	err = syncLog(file)
	if err == nil && info.Size() < logHead {
		err = syncFolder(filepath.Dir(file.Name()))
	}
	if err != nil {
		return durable.Explain(file.Name(), err)
	}
	_, err = file.Seek(end, io.SeekStart)
	return err
}

// readLog makes the changes and returns where the last whole record ends.
func (d *Durable) readLog(file *os.File) (int64, error) {
	s := d.base()
	dim := s.options.Dim
	longest := recordBytes(added, dim)
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, 1<<62), max(3*longest, 1<<16))
	head := make([]byte, logHead)
	if _, err := io.ReadFull(in, head); err != nil {
		return 0, err
	}
	if err := checkLogHeader(head, dim, s.logName); err != nil {
		return 0, err
	}
	s.replaying = true
	defer func() { s.replaying = false }()
	at, last := int64(logHead), uint64(0)
	var r record
	for {
		p, err := in.Peek(2 * longest)
		if err != nil && err != io.EOF {
			return 0, err
		}
		n, err := parseRecord(&r, p, dim)
		if err != nil {
			behind, err := recordBehind(in, dim)
			if behind {
				return 0, fault.New("restore the log and the index file from a copy, or cut the log there to do without the changes behind it",
					"the record at byte %d is damaged, and whole ones follow", at)
			}
			return at, err
		}
		if last != 0 && r.number != last+1 || r.number > s.changes.Load()+1 {
			return 0, fault.New("restore the log and the index file from a copy", "the record at byte %d is change %d, expected %d", at, r.number, max(last, s.changes.Load())+1)
		}
		if last = r.number; last > s.changes.Load() {
			if err := d.apply(&r); err != nil {
				return 0, fault.New("restore the log and the index file from a copy", "the record at byte %d cannot be applied: %w", at, err)
			}
			s.changes.Store(last)
		}
		at += int64(n)
		if _, err := in.Discard(n); err != nil {
			return 0, err
		}
	}
}

// apply makes a change that the log holds.
func (d *Durable) apply(r *record) error {
	if r.change != deleted && !d.Options().Metric.storable(r.vector) {
		return fmt.Errorf("the vector of label %d is none that %s stores", r.label, d.Options().Metric)
	}
	switch r.change {
	case added:
		return d.changeable.Add(r.label, r.vector)
	case deleted:
		return d.changeable.Delete(r.label)
	}
	return d.changeable.Update(r.label, r.vector)
}

// logged makes a change, and returns when it is on the disk.
func (d *Durable) logged(change func() error) error {
	if err := d.log.failed(); err != nil {
		return err
	}
	err := change() // an AddBatch that was cut short has added some
	return errors.Join(err, d.log.sync())
}

// Add is that of [Index]; the vector is on the disk when it returns.
func (d *Durable) Add(label int64, vector []float32) error {
	return d.logged(func() error { return d.changeable.Add(label, vector) })
}

// AddBatch is that of [Index]; what was added is on the disk when it returns.
func (d *Durable) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return d.logged(func() error { return d.changeable.AddBatch(ctx, labels, vectors) })
}

// Delete is that of [Index]; it is on the disk when it returns.
func (d *Durable) Delete(labels ...int64) error {
	return d.logged(func() error { return d.changeable.Delete(labels...) })
}

// Update is that of [Index]; it is on the disk when it returns.
func (d *Durable) Update(label int64, vector []float32) error {
	return d.logged(func() error { return d.changeable.Update(label, vector) })
}

// Torn is how many bytes of an unfinished change were dropped from the end of
// the log when it was opened.
func (d *Durable) Torn() int64 { return d.torn }

// Flush writes the index file, which so holds all changes, and empties the log.
// Changes wait until it is done, searches do not. The program may be killed at
// any moment of it: the old file with the log, or the new file, is there.
func (d *Durable) Flush() error {
	if err := d.base().complete(); err != nil {
		return err
	}
	s := d.base()
	s.gate.Lock()
	defer s.gate.Unlock()
	if err := d.log.failed(); err == errLogClosed {
		return err // another program may have the files
	}
	if err := d.rewrite(); err != nil {
		return err
	}
	return d.log.restart()
}

// Close gives the log back. The index may be searched after it, and changes to
// it fail.
func (d *Durable) Close() error {
	s := d.base()
	s.gate.Lock()
	defer s.gate.Unlock()
	return errors.Join(d.log.sync(), d.log.close())
}
