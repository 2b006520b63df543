// Package shelf holds collections and word models open for a server, each by a name, and opens them again when
// they change.
//
//	s, err := shelf.Open(ctx, []string{"notes", "papers", "vectors"}, shelf.Options{})
//	defer s.Close()
//	go s.Watch(ctx)
//	…
//	c, done, err := s.Collection("notes")
//	if err == nil {
//		defer done()
//		answer, err := c.Ask(ctx, collection.Question{Text: "…"})
//	}
//
// Between Collection and done a reader has one state, whatever happens to the folder. A state is closed when
// the last reader is done and a newer one is open, or the folder is gone. If a changed collection cannot be
// opened, the state before it stays.
package shelf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

// Options say how a shelf follows its folders.
type Options struct {
	// Interval is the time between two looks at the folders; default 0: 500 ms.
	Interval time.Duration
	// OnEvent is called when a folder was opened again, is gone, or cannot be opened. It may be nil.
	OnEvent func(Event)
}

// Event is something that happened to a folder.
type Event struct {
	Name string
	What string // one of Reloaded, Deleted and Failed
	Err  error  // of Failed
}

// What happened.
const (
	Reloaded = "reloaded"
	Deleted  = "deleted"
	Failed   = "failed"
)

// ErrUnknown is, for errors.Is, the error for a name that the shelf does not have, and ErrDeleted that for a
// folder that was deleted.
var (
	ErrUnknown = errors.New("unknown name")
	ErrDeleted = errors.New("deleted")
)

// Shelf is a set of open collections and word models. Its methods are safe for concurrent use.
type Shelf struct {
	options     Options
	collections []*entry[*Collection]
	models      []*entry[*Model]
}

// Open opens the folders of paths, each a collection or a model. The name of each is that of its folder, or the
// one before = in "name=folder". It is an error if two have one name.
func Open(ctx context.Context, paths []string, o Options) (*Shelf, error) {
	if o.Interval == 0 {
		o.Interval = 500 * time.Millisecond
	}
	if o.Interval < 0 {
		return nil, fault.Field("Interval", "", "must be positive, got %v", o.Interval)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	s := &Shelf{options: o}
	taken := map[string]string{}
	for _, path := range paths {
		name, dir, err := split(path)
		if err != nil {
			s.Close()
			return nil, err
		}
		if before, ok := taken[name]; ok {
			s.Close()
			return nil, fault.New(fmt.Sprintf("give one of them another name: other=%s", dir), "two folders have the name %q: %s and %s", name, before, dir)
		}
		taken[name] = dir
		if err := s.open(ctx, name, dir); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// split returns the name and the folder of a path.
func split(path string) (name, dir string, err error) {
	before, after, found := strings.Cut(path, "=")
	if _, err := os.Stat(path); found && before != "" && after != "" && !strings.ContainsAny(before, `/\`) && errors.Is(err, fs.ErrNotExist) {
		name, dir = before, after
	} else {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", "", err
		}
		name, dir = filepath.Base(abs), path
	}
	if name == "." || name == ".." || name == string(filepath.Separator) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\uFFFD' }) {
		return "", "", fault.New(fmt.Sprintf("give it a name: name=%s", dir), "%q cannot be the name of %s", name, dir)
	}
	return name, dir, nil
}

func (s *Shelf) open(ctx context.Context, name, dir string) error {
	_, err := os.Stat(filepath.Join(dir, "collection.json"))
	_, other := os.Stat(filepath.Join(dir, "config.json"))
	if err != nil && other == nil {
		e := &entry[*Model]{name: name, dir: dir, file: "config.json", load: openModel, event: s.options.OnEvent}
		if err := e.reload(ctx); err != nil {
			return err
		}
		s.models = append(s.models, e)
		return nil
	}
	e := &entry[*Collection]{name: name, dir: dir, file: "collection.json", load: openCollection, event: s.options.OnEvent}
	if err := e.reload(ctx); err != nil {
		return err
	}
	s.collections = append(s.collections, e)
	return nil
}

// Collections returns the names of the collections, in the order in which they were named.
func (s *Shelf) Collections() []string { return names(s.collections) }

// Models returns the names of the models.
func (s *Shelf) Models() []string { return names(s.models) }

func names[T closer](entries []*entry[T]) []string {
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.name
	}
	return list
}

// Collection returns the present state of a collection. It stays open until done is called.
func (s *Shelf) Collection(name string) (c *Collection, done func(), err error) {
	return use(s.collections, "collection", name)
}

// Model returns the present state of a model. It stays open until done is called.
func (s *Shelf) Model(name string) (m *Model, done func(), err error) {
	return use(s.models, "word model", name)
}

func use[T closer](entries []*entry[T], kind, name string) (T, func(), error) {
	for _, e := range entries {
		if e.name == name {
			return e.use()
		}
	}
	var none T
	hint := "the server has no " + kind + "s"
	if len(entries) > 0 {
		hint = fmt.Sprintf("the %ss are %s", kind, fault.Names(names(entries)))
	}
	return none, nil, fault.Mark(fault.New(hint, "no such %s: %q", kind, name), ErrUnknown)
}

// Dir returns the folder of a collection, or "".
func (s *Shelf) Dir(name string) string {
	for _, e := range s.collections {
		if e.name == name {
			return e.dir
		}
	}
	return ""
}

// Refresh opens a collection again if it has changed. After it, readers see what was written before it.
func (s *Shelf) Refresh(ctx context.Context, name string) error {
	for _, e := range s.collections {
		if e.name == name {
			return e.look(ctx)
		}
	}
	return nil
}

// Watch follows the folders until ctx ends.
func (s *Shelf) Watch(ctx context.Context) {
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, e := range s.collections {
			e.look(ctx) // an error is an event
		}
		for _, e := range s.models {
			e.look(ctx)
		}
	}
}

// Close closes what no reader uses; the rest is closed by its last reader.
func (s *Shelf) Close() {
	for _, e := range s.collections {
		e.replace(nil)
	}
	for _, e := range s.models {
		e.replace(nil)
	}
}

type closer interface {
	comparable
	Close() error
}

// entry is a folder with its present state.
type entry[T closer] struct {
	name, dir, file string
	load            func(ctx context.Context, name, dir string) (T, error)
	event           func(Event)

	mu      sync.RWMutex
	current *counted[T] // nil if it was deleted

	looking sync.Mutex     // held by look
	seen    [2]fs.FileInfo // the folder and its file, before the state was opened
	failed  time.Time      // when opening it failed last; zero if it did not
	missing int            // looks in a row that did not find it
}

// counted is a state and its number of users.
type counted[T closer] struct {
	value T
	mu    sync.Mutex
	users int
}

func (c *counted[T]) take() {
	c.mu.Lock()
	c.users++
	c.mu.Unlock()
}

func (c *counted[T]) release() {
	c.mu.Lock()
	c.users--
	last := c.users == 0
	c.mu.Unlock()
	if last {
		c.value.Close()
	}
}

func (e *entry[T]) use() (T, func(), error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	c := e.current
	if c == nil {
		var none T
		return none, nil, fault.Mark(fault.New("put it back, or restart the server without it", "%q was deleted", e.name), ErrDeleted)
	}
	c.take()
	return c.value, sync.OnceFunc(c.release), nil
}

// replace sets the present state; nil for none.
func (e *entry[T]) replace(c *counted[T]) {
	e.mu.Lock()
	old := e.current
	e.current = c
	e.mu.Unlock()
	if old != nil {
		old.release()
	}
}

func (e *entry[T]) stats() (found [2]fs.FileInfo) {
	found[0], _ = os.Stat(e.dir)
	found[1], _ = os.Stat(filepath.Join(e.dir, e.file))
	return found
}

func same(a, b [2]fs.FileInfo) bool {
	for i := range a {
		if (a[i] == nil) != (b[i] == nil) || a[i] != nil && !os.SameFile(a[i], b[i]) {
			return false
		}
	}
	return a[1] == nil || a[1].Size() == b[1].Size() && a[1].ModTime().Equal(b[1].ModTime())
}

func (e *entry[T]) reload(ctx context.Context) error {
	e.seen = e.stats()
	value, err := e.load(ctx, e.name, e.dir)
	if err != nil {
		return err
	}
	e.replace(&counted[T]{value: value, users: 1})
	return nil
}

// retry is the time after which a folder that cannot be opened is tried again though it has not changed.
const retry = 10 * time.Second

// look opens the folder again if it has changed.
func (e *entry[T]) look(ctx context.Context) error {
	e.looking.Lock()
	defer e.looking.Unlock()
	now := e.stats()
	e.mu.RLock()
	present := e.current != nil
	e.mu.RUnlock()
	if now[0] == nil { // deleted, or between two renames
		if e.missing++; present && e.missing > 1 {
			e.replace(nil)
			e.event(Event{Name: e.name, What: Deleted})
		}
		if e.missing > 2 {
			return nil
		}
	} else {
		e.missing = 0
	}
	if same(now, e.seen) && present && e.failed.IsZero() {
		return nil
	}
	if same(now, e.seen) && time.Since(e.failed) < retry {
		return nil
	}
	if now[0] == nil && !present {
		return nil
	}
	err := e.reload(ctx)
	switch {
	case err == nil:
		e.failed, e.missing = time.Time{}, 0
		e.event(Event{Name: e.name, What: Reloaded})
	case now[0] == nil || ctx.Err() != nil:
	default:
		e.failed = time.Now()
		e.event(Event{Name: e.name, What: Failed, Err: err})
	}
	return cmp.Or(err, ctx.Err())
}

// Sorted returns names in order.
func Sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
