package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"runtime"

	"github.com/luminavec/luminavec/index/internal/changelog"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// DurableOptions controls how a durable index is opened.
type DurableOptions struct {
	// Create describes the index to create if none exists. Default (Dim 0): the index
	// must exist.
	Create Options

	// Warn, if set, is called if the log ended with an unfinished change, as after a crash
	// of the machine. Without it, only Torn reports the number of bytes.
	Warn func(message string)
}

// Durable is an index whose changes survive a crash: when Add, AddBatch, Delete or Update
// returns, they are on disk, in a log beside the index file. [OpenDurable] replays the log.
// Flush rewrites the index file and empties the log.
//
// If the log cannot be written, the change is made in memory but may be lost; the error
// says so, and later changes are refused until Flush has written the index file.
type Durable struct {
	kindIndex
	path string
	log  *changelog.Log
	torn int64
}

// LogPath returns the path of the log of the index at path.
func LogPath(path string) string { return path + ".log" }

// OpenDurable opens the index at path like OpenFile and applies the changes in its log.
// It drops an unfinished record at the end of the log; a damaged record before the end is an
// error. If the system has file locks, only one program at a time can have the index open.
func OpenDurable(path string, o DurableOptions) (*Durable, error) {
	if _, err := os.Stat(path); err != nil && (o.Create.Dim == 0 || !errors.Is(err, fs.ErrNotExist)) {
		return nil, explainOpen(err)
	} else if err != nil {
		if err := o.Create.Validate(); err != nil {
			return nil, err
		}
	}
	file, err := durable.OpenLocked(LogPath(path))
	if err != nil {
		return nil, durable.Explain(LogPath(path), err)
	}
	if file == nil {
		return nil, fault.New("stop the other program or wait for it to finish", "%s is in use by another program", LogPath(path))
	}
	d := &Durable{path: path}
	if err := d.openFiles(file, o); err != nil {
		file.Close()
		return nil, err
	}
	return d, nil
}

func (d *Durable) openFiles(file *os.File, o DurableOptions) error {
	durable.Sweep(d.path)
	if _, err := os.Stat(d.path); errors.Is(err, fs.ErrNotExist) && o.Create.Dim != 0 {
		ix, err := New(o.Create)
		if err != nil {
			return err
		}
		if err := SaveFile(d.path, ix, false); err != nil {
			return err
		}
	}
	openFile := OpenFile
	if runtime.GOOS == "windows" { // where Flush could not replace a mapped file
		openFile = LoadFile
	}
	ix, err := openFile(d.path)
	if err != nil {
		return err
	}
	d.kindIndex = ix.(kindIndex) // as New, Load and OpenFile return it
	s := d.base()
	if s.logID == 0 {
		s.logID = 1 + rand.Uint64N(1<<63)
		if err := d.rewrite(); err != nil {
			return err
		}
	}
	if err := d.replay(file); err != nil {
		return err
	}
	if d.torn > 0 && o.Warn != nil {
		o.Warn(fmt.Sprintf("%s: dropped an unfinished change of %d bytes at the end", file.Name(), d.torn))
	}
	return nil
}

// replay opens the log and applies the changes that are not in the index file.
func (d *Durable) replay(file *os.File) (err error) {
	s := d.base()
	s.replaying = true
	defer func() { s.replaying = false }()
	owner := changelog.Owner{Dim: s.options.Dim, ID: s.logID, Last: s.changes.Load(), Apply: d.apply}
	if d.log, d.torn, err = changelog.Open(file, owner); err != nil {
		return err
	}
	s.changes.Store(d.log.Last())
	s.changeLog = d.log
	return nil
}

// apply makes a change from the log.
func (d *Durable) apply(r *changelog.Record) error {
	if r.Change != changelog.Deleted && !d.Options().Metric.storable(r.Vector, math.MaxFloat64) {
		return fmt.Errorf("label %d: invalid vector for metric %s", r.Label, d.Options().Metric)
	}
	switch r.Change {
	case changelog.Added:
		return d.kindIndex.Add(r.Label, r.Vector)
	case changelog.Deleted:
		return d.kindIndex.Delete(r.Label)
	}
	return d.kindIndex.Update(r.Label, r.Vector)
}

// rewrite writes the index file.
func (d *Durable) rewrite() error {
	if err := d.base().complete(); err != nil {
		return err
	}
	return writeFile(d.path, true, d.write)
}

// logged makes a change, and returns when it is on disk.
func (d *Durable) logged(change func() error) error {
	if err := d.log.Err(); err != nil {
		return err
	}
	err := change() // an AddBatch that fails may have added some vectors
	return errors.Join(err, d.log.Sync())
}

// Add implements [Index]. The change is on disk when it returns.
func (d *Durable) Add(label int64, vector []float32) error {
	return d.logged(func() error { return d.kindIndex.Add(label, vector) })
}

// AddBatch implements [Index]. The changes are on disk when it returns.
func (d *Durable) AddBatch(ctx context.Context, labels []int64, vectors []float32) error {
	return d.logged(func() error { return d.kindIndex.AddBatch(ctx, labels, vectors) })
}

// Delete implements [Index]. The changes are on disk when it returns.
func (d *Durable) Delete(labels ...int64) error {
	return d.logged(func() error { return d.kindIndex.Delete(labels...) })
}

// Update implements [Index]. The change is on disk when it returns.
func (d *Durable) Update(label int64, vector []float32) error {
	return d.logged(func() error { return d.kindIndex.Update(label, vector) })
}

// Torn returns the number of bytes of an unfinished change that were dropped from the
// end of the log when it was opened.
func (d *Durable) Torn() int64 { return d.torn }

// Flush rewrites the index file with all changes and empties the log. Changes wait
// until it is done; searches do not. If the program is killed meanwhile, either the old
// file with the log or the new file remains.
func (d *Durable) Flush() error {
	if err := d.base().complete(); err != nil {
		return err
	}
	s := d.base()
	s.Gate.Lock()
	defer s.Gate.Unlock()
	if err := d.log.Err(); err == changelog.ErrClosed {
		return err // another program may have the files open
	}
	if err := d.rewrite(); err != nil {
		return err
	}
	return d.log.Restart()
}

// Close closes the log. The index can still be searched, but not changed.
func (d *Durable) Close() error {
	s := d.base()
	s.Gate.Lock()
	defer s.Gate.Unlock()
	return errors.Join(d.log.Sync(), d.log.Close())
}
