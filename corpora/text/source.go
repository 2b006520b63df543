package text

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync/atomic"

	"github.com/luminavec/luminavec/internal/fault"
)

// Stdin is the path that names standard input.
const Stdin = "-"

// Source is text to be read: a list of files, standard input, a reader, or the bundled
// sample. Opening a source reads nothing; Read and Records stream it.
//
// A source of files can be read again; standard input, pipes and FromReader can be read
// once. Only one pass may run at a time; Consumed may be called during it.
type Source struct {
	entries   []entry
	size      int64
	selection Selection
	kept      Kept
	documents bool
	consumed  atomic.Int64
	started   bool
	stats     ReadStats
	atCR      string // see AtCR
	records   Unselected
	skipBad   bool
	skipped   int64
	firstSkip error
	division  *Division // nil: the whole
}

// entry is one input of a source.
type entry struct {
	name string
	path string // relative to the folder that was named, with slashes; "": the name
	size int64  // bytes as stored; -1 unknown
	once bool   // cannot be read a second time
	file bool   // a regular file of this name
	// blocking inputs may block a read forever (a terminal, a pipe), so they are read
	// by a goroutine that a canceled context can leave behind.
	blocking bool
	// inside inputs begin in the middle of a plain text, so that nothing is detected from their
	// first bytes; label is their name in positions, of which lines are counted from there.
	inside bool
	label  string
	open   func() (io.ReadCloser, error)
}

// Open returns a source of paths, in the order given. A path is a file, a folder (every file
// under it in sorted order; names that begin with a dot and links to folders are skipped), a
// glob pattern (see path/filepath), or "-" for standard input. A path that exists is never
// treated as a pattern.
//
// Regular files are checked here, so that a wrong name is reported before any work starts.
func Open(paths ...string) (*Source, error) {
	if len(paths) == 0 {
		return nil, fault.New("name a file, a folder, a pattern, or - for standard input", "no input named")
	}
	var s Source
	stdin := false
	for _, path := range paths {
		switch path {
		case "":
			return nil, fault.New("a shell variable may be empty: quote it and check", "the name of an input is empty")
		case Stdin:
			if stdin {
				return nil, fault.New("standard input can be read only once: name - once", "standard input is named twice")
			}
			stdin = true
			s.entries = append(s.entries, entry{name: Stdin, size: -1, once: true, blocking: true,
				open: func() (io.ReadCloser, error) { return io.NopCloser(os.Stdin), nil }})
			continue
		}
		found, err := expand(path)
		if err != nil {
			return nil, err
		}
		s.entries = append(s.entries, found...)
	}
	for _, e := range s.entries {
		if e.size < 0 {
			s.size = 0
			return &s, nil
		}
		s.size += e.size
	}
	return &s, nil
}

// FromReader returns a source that reads r, once, under the given name. Read does not close r.
// If the context of Read ends while r blocks, Read returns and leaves one goroutine behind
// until r returns.
func FromReader(name string, r io.Reader) *Source {
	return &Source{entries: []entry{{name: name, size: -1, once: true, blocking: true,
		open: func() (io.ReadCloser, error) { return io.NopCloser(r), nil }}}}
}

// Names lists the inputs in the order they are read: paths, "-" for standard
// input, "sample" for the bundled text.
func (s *Source) Names() []string {
	names := make([]string, len(s.entries))
	for i, e := range s.entries {
		names[i] = e.name
	}
	return names
}

// Input is one file or stream of a Source.
type Input struct {
	Name   string
	Size   int64 // bytes as stored, 0 if unknown
	File   bool  // a regular file, whose name is a path
	Stream bool  // standard input or a pipe, which can be read once
}

// Inputs returns what the source reads, in order.
func (s *Source) Inputs() []Input {
	inputs := make([]Input, len(s.entries))
	for i, e := range s.entries {
		inputs[i] = Input{Name: e.name, Size: max(e.size, 0), File: e.file, Stream: e.once}
	}
	return inputs
}

// Selected returns the Selection set by Select.
func (s *Source) Selected() Selection { return s.selection }

// Size returns the number of bytes that will be read, as they are stored (compressed files
// count compressed), or 0 if that is unknown, as for standard input.
func (s *Source) Size() int64 { return s.size }

// Consumed returns how many of Size bytes the current pass has read so far.
func (s *Source) Consumed() int64 { return s.consumed.Load() }

// expand turns one path into the files it stands for.
func expand(path string) ([]entry, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return walk(path)
	case err == nil:
		e, err := fileEntry(path, info)
		if err != nil {
			return nil, err
		}
		return []entry{e}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", path, fault.Cause(err))
	}
	if !strings.ContainsAny(path, `*?[`) {
		return nil, fault.New("check the spelling, or give the path from the current folder",
			"cannot read %s: %w", path, fault.Cause(err))
	}
	matches, err := filepath.Glob(path)
	if err != nil {
		return nil, fault.New("a [ in a pattern needs its ]; write \\[ for an ordinary [", "pattern %s: %w", path, err)
	}
	if len(matches) == 0 {
		return nil, fault.New("try the pattern with ls; to read a whole folder, name the folder", "no file matches the pattern %s", path)
	}
	var entries []entry
	for _, m := range matches {
		info, err := os.Stat(m)
		if err != nil {
			return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", m, fault.Cause(err))
		}
		var found []entry
		if info.IsDir() {
			found, err = walk(m)
		} else {
			found = make([]entry, 1)
			found[0], err = fileEntry(m, info)
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	return entries, nil
}

// walk lists the files under a folder in sorted order of their paths.
func walk(root string) ([]entry, error) {
	var entries []entry
	// The trailing separator makes WalkDir follow a root that is a link.
	err := filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fault.New(fault.OpenHint(err), "cannot read the folder %s: %w", filepath.Clean(path), fault.Cause(err))
		}
		if strings.HasPrefix(d.Name(), ".") && filepath.Clean(path) != filepath.Clean(root) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		info, err := os.Stat(path) // follows links to files
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		e, err := fileEntry(filepath.Clean(path), info)
		if err != nil {
			return err
		}
		if e.path, err = filepath.Rel(root, path); err != nil {
			return err
		}
		e.path = filepath.ToSlash(e.path)
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fault.New("hidden files, links to folders and special files are skipped", "the folder %s contains no files to read", root)
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].name < entries[j].name })
	return entries, nil
}

// fileEntry makes the entry of one existing path that is not a folder.
func fileEntry(path string, info fs.FileInfo) (entry, error) {
	e := entry{name: path, size: info.Size(), file: true, open: func() (io.ReadCloser, error) { return openFile(path) }}
	if !info.Mode().IsRegular() {
		// Opening a pipe and closing it again would end its writer: wait for Read.
		e.size, e.file, e.once, e.blocking = -1, false, true, true
		return e, nil
	}
	f, err := openFile(path)
	if err != nil {
		return entry{}, err
	}
	return e, f.Close()
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", path, fault.Cause(err))
	}
	return f, nil
}

// begin prepares the source for a pass.
func (s *Source) begin() error {
	if s.started {
		for _, e := range s.entries {
			if e.once {
				return fault.New("save the text in a file and name the file", "%s can be read only once", Describe(e.name))
			}
		}
	}
	s.started = true
	s.consumed.Store(0)
	s.stats, s.atCR, s.records, s.skipped, s.firstSkip = ReadStats{}, "", Unselected{}, 0, nil
	return nil
}

// Described returns the names of the inputs as messages show them.
func (s *Source) Described() []string {
	names := s.Names()
	for i, name := range names {
		names[i] = Describe(name)
	}
	return names
}

// counter counts the bytes that pass from an input as stored.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// ReadStats counts what a pass over a source has read.
type ReadStats struct {
	Bytes        int64  // bytes of text, after decompression
	Lines        int64  // including blank ones; after Select, of the selected texts
	Invalid      int64  // invalid UTF-8 bytes, and NUL bytes that became spaces
	FirstInvalid string // position of the first of them, "file:line: byte N" (N in the line, from 1); "" if none
	NULs         int64  // NUL bytes among them
}

// Stats returns the counts of the last pass, once it has ended.
func (s *Source) Stats() ReadStats { return s.stats }

// AtCR returns the name of the first file of the last pass whose lines end at carriage returns
// alone, "" if there is none.
func (s *Source) AtCR() string { return s.atCR }

// Unselected describes the first file of the last pass that looks like records although Read
// takes each of its lines as text. It is zero if there is none, and after Select.
func (s *Source) Unselected() Unselected { return s.records }

// Skipped returns the number of bad records that the last pass has skipped (see SkipBad), and
// the first of them as a *BadRecord.
func (s *Source) Skipped() (n int64, first error) { return s.skipped, s.firstSkip }
