package documents

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"

	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Source is a set of files to read as passages. It is safe for concurrent use.
type Source struct {
	options   Options
	paths     []string
	tokenizer *tokenize.Tokenizer // nil: words are counted
	cutter    *passages.Cutter
	files     []File

	mu       sync.Mutex
	skipped  []Skipped
	detected []Detected
}

// Open finds the files of paths: files, folders, glob patterns, or "-" for standard input. A file
// that is named itself is read whatever ignore rules say. A tokenizer, if it is not nil, counts
// the tokens of passages instead of words. Files that cannot be read are skipped; it is an error
// if none is left.
func Open(ctx context.Context, t *tokenize.Tokenizer, paths []string, o Options) (*Source, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	cutter, err := passages.New(t, o.cutter())
	if err != nil {
		return nil, err
	}
	s := &Source{options: o, paths: slices.Clone(paths), tokenizer: t, cutter: cutter}
	if len(paths) == 0 {
		return nil, fault.New("name a file, a folder, a pattern, or - for standard input", "no input named")
	}
	w, err := newWalker(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := w.add(path); err != nil {
			return nil, err
		}
	}
	if err := s.anything(paths); err != nil {
		return s, err
	}
	return s, s.divide()
}

// anything returns an error if it finds nothing to read.
func (s *Source) anything(paths []string) error {
	if len(s.files) > 0 {
		return nil
	}
	what := fault.Names(paths)
	if len(s.skipped) > 0 && len(s.options.Include) == 0 {
		first := s.skipped[0]
		return fault.Mark(fault.New(fault.Hint(first.Err), "no file to read in %s: skipped %s, the first because %w", what, fault.Count(len(s.skipped), "file"), first.Err), ErrNoFiles)
	}
	return fault.Mark(fault.Mention("hidden files and those that .gitignore or .ignore name are left out unless Hidden and NoIgnore are set; Include and Exclude choose by name",
		"no file to read in %s", what), ErrNoFiles)
}

// Paths returns the paths that were named.
func (s *Source) Paths() []string { return slices.Clone(s.paths) }

// Options returns the options with their defaults.
func (s *Source) Options() Options { return s.options }

// ErrNoFiles is the error of Open if it finds nothing to read, or nothing that matches a pattern.
var ErrNoFiles = errors.New("no files")

// Files returns the files in the order of the paths, those of a folder sorted.
func (s *Source) Files() []File { return slices.Clone(s.files) }

// Skipped returns the files that were not read so far, in the order in which that was found.
func (s *Source) Skipped() []Skipped {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.skipped)
}

// Detected is what was decided about a file by its content, where an option could have said it.
type Detected struct {
	Path  string
	What  string // "encoding", or "text", "id" or "title" of records
	Value string
}

// Detected returns what was detected so far.
func (s *Source) Detected() []Detected {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.detected)
}

// note records what was detected.
func (r *reading) note(what, value string) {
	s := r.source
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detected = append(s.detected, Detected{r.file.Path, what, value})
}

// skip records a file that cannot be read. It returns the error to end with if Strict is set.
func (s *Source) skip(path, reason string, err error) error {
	return s.add(Skipped{Path: path, Reason: reason, Err: err})
}

// leave records a file that need not be read.
func (s *Source) leave(path, reason string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped = append(s.skipped, Skipped{Path: path, Reason: reason, Err: err})
	return nil
}

// add is skip with all that is known.
func (s *Source) add(x Skipped) error {
	if s.options.Strict {
		return x.Err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped = append(s.skipped, x)
	return nil
}

// Read calls emit with each passage of a file, in order. If the file cannot be read, it returns a
// *[Skipped], which is one of Skipped from then on; passages that were emitted before are to be
// discarded. With Strict it returns the error itself. An error from emit ends the reading and is
// returned unchanged.
func (s *Source) Read(ctx context.Context, f File, emit func(Passage) error) error {
	r := &reading{source: s, ctx: ctx, file: f, emit: emit}
	err := r.run()
	var bad *unreadable
	if !errors.As(err, &bad) || r.emitError != nil {
		return err
	}
	x := Skipped{Path: f.Path, Reason: bad.reason, Err: bad.err}
	if err := s.add(x); err != nil {
		return err
	}
	return &x
}

// The reasons of files that should have been readable.
const (
	reasonSystem     = "cannot be read"
	reasonPermission = "permission denied"
	reasonVanished   = "vanished while reading"
	reasonDamaged    = "damaged"
	reasonParse      = "cannot be parsed"
	reasonRecord     = "invalid record or missing field"
	reasonSelected   = "records without a part that is selected"
	reasonUTF8       = "not UTF-8 text"
	reasonNoText     = "records without a part that is known to be text"
)

// unreadable is why a file is skipped.
type unreadable struct {
	reason string
	err    error
}

func (u *unreadable) Error() string { return u.err.Error() }
func (u *unreadable) Unwrap() error { return u.err }

// cannotRead returns the error for a failed system call.
func cannotRead(path string, err error) *unreadable {
	reason := reasonSystem
	switch {
	case errors.Is(err, fs.ErrPermission):
		reason = reasonPermission
	case errors.Is(err, fs.ErrNotExist):
		reason = reasonVanished
	}
	return &unreadable{reason, fault.New(fault.OpenHint(err), "cannot read %s: %w", path, fault.Cause(err))}
}
