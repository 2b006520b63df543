package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/collection/shards"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/serve/remote"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Sharded is a collection whose passages are divided among others, in folders and on other servers. Each question is asked of all
// of them at once (shards.Ask). It can be asked, and nothing else.
type Sharded struct {
	Name   string
	Shards []shards.Shard
	// Timeout is the time that each shard has. Default: Options.Timeout of the server, less a tenth for the rest of the request.
	Timeout time.Duration

	folders *shelf.Shelf
	modes   []fusion.Mode
}

// OpenSharded opens the shards of NAME=A,B,…: folders, and addresses as package remote takes them. All must be
// there. Later, answers are without a shard that fails, and say so. The folders are opened again when they change.
func OpenSharded(ctx context.Context, spec string, o shelf.Options, r remote.Options) (*Sharded, error) {
	const example = "for example: docs=part1,part2,http://host:8080/v1/collections/part3"
	name, list, ok := strings.Cut(spec, "=")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == '\uFFFD' }) {
		return nil, fault.Field("Sharded", example, "must be a name and its shards, got %q", spec)
	}
	s := &Sharded{Name: name}
	var folders []string
	seen := map[string]bool{}
	for shard := range strings.SplitSeq(list, ",") {
		if shard = strings.TrimSpace(shard); shard == "" {
			continue
		}
		if seen[shard] {
			return nil, fault.Field("Sharded", "leave out one of them", "names %s twice", shard)
		}
		seen[shard] = true
		if !remote.IsAddress(shard) {
			s.Shards = append(s.Shards, shards.Shard{Name: shard, Asker: &folder{name: fmt.Sprint(len(folders))}})
			folders = append(folders, fmt.Sprintf("%d=%s", len(folders), shard))
			continue
		}
		c, err := remote.Open(ctx, shard, r)
		if err != nil {
			return nil, err
		}
		s.Shards = append(s.Shards, shards.Shard{Name: shard, Asker: c})
	}
	if len(s.Shards) == 0 {
		return nil, fault.Field("Sharded", example, "names no shard of %q", name)
	}
	if notify := o.OnEvent; notify != nil {
		o.OnEvent = func(e shelf.Event) {
			if i, err := strconv.Atoi(e.Name); err == nil && i < len(folders) {
				_, e.Name, _ = strings.Cut(folders[i], "=")
			}
			notify(e)
		}
	}
	var err error
	if s.folders, err = shelf.Open(ctx, folders, o); err != nil {
		return nil, err
	}
	for _, shard := range s.Shards {
		p := shard.Asker.(peer)
		if f, ok := p.(*folder); ok {
			f.shelf = s.folders
			if !slices.Contains(s.folders.Collections(), f.name) {
				s.Close()
				return nil, fault.New("name collections, as 'search build' writes them", "%s is not a collection", shard.Name)
			}
		}
		if s.modes == nil || len(p.Modes()) < len(s.modes) {
			s.modes = p.Modes()
		}
	}
	missing, err := shards.Missing(s.Shards)
	if err == nil && len(missing) > 0 {
		err = fault.New("name all shards", "%s", text.MissingShards(missing))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the folders.
func (s *Sharded) Close() { s.folders.Close() }

// peer is a shard that describes itself.
type peer interface {
	shards.Asker
	Len() int
	Dim() int
	Modes() []fusion.Mode
	Identity() string
	Division() string
}

// folder is a shard in a folder: at any time its present state.
type folder struct {
	shelf *shelf.Shelf
	name  string
}

func (f *folder) use() (*shelf.Collection, func(), error) {
	c, done, err := f.shelf.Collection(f.name)
	if errors.Is(err, shelf.ErrDeleted) {
		err = fault.Mark(fault.New("put it back", "the folder was deleted"), shelf.ErrDeleted)
	}
	return c, done, err
}

// Ask implements shards.Asker.
func (f *folder) Ask(ctx context.Context, q collection.Question) (*collection.Answer, error) {
	c, done, err := f.use()
	if err != nil {
		return nil, err
	}
	defer done()
	return c.Ask(ctx, q)
}

// Counts says how rare the words of a question are.
func (f *folder) Counts(ctx context.Context, text string) (*fulltext.Counts, error) {
	c, done, err := f.use()
	if err != nil {
		return nil, err
	}
	defer done()
	return c.Counts(ctx, text)
}

// about returns something that the collection says of itself, or the zero value if it was deleted.
func about[T any](f *folder, get func(*shelf.Collection) T) (value T) {
	if c, done, err := f.use(); err == nil {
		defer done()
		value = get(c)
	}
	return value
}

func (f *folder) Len() int { return about(f, func(c *shelf.Collection) int { return c.Len() }) }

func (f *folder) Dim() int { return about(f, func(c *shelf.Collection) int { return c.Info().Dim }) }

func (f *folder) Modes() []fusion.Mode { return about(f, modesOf) }

func (f *folder) Identity() string {
	return about(f, func(c *shelf.Collection) string { return c.Identity() })
}

func (f *folder) Division() string {
	return about(f, func(c *shelf.Collection) string { return shards.Division(c.Collection) })
}

// modesOf says how passages of a collection can be found, the default first.
func modesOf(c *shelf.Collection) []fusion.Mode {
	if c.FullText() == nil {
		return []fusion.Mode{fusion.Dense}
	}
	return fusion.Modes()
}

func (s *Sharded) describe() *Described {
	d := &Described{Name: s.Name, Kind: Documents, Model: s.Name, Fields: []shelf.Field{}}
	for _, mode := range s.modes {
		d.Modes = append(d.Modes, string(mode))
	}
	for _, shard := range s.Shards {
		p := shard.Asker.(peer)
		d.Shards = append(d.Shards, shard.Name)
		d.Passages += int64(p.Len())
		if d.Dim == 0 {
			d.Dim, d.Identity = p.Dim(), p.Identity()
		}
	}
	return d
}

// query asks all shards. Words are marked as the first folder does.
func (s *Sharded) query(ctx context.Context, q collection.Question) (*Answer, error) {
	found, err := shards.Ask(ctx, s.Shards, q, shards.Options{Partial: true, Timeout: s.Timeout})
	var none *shards.NoneError
	if errors.As(err, &none) && !errors.As(err, new(*fault.FieldError)) && !errors.As(err, new(*filter.Error)) { // not a fault of the question
		return nil, problem(http.StatusBadGateway, err)
	}
	for _, shard := range s.Shards {
		if f, ok := shard.Asker.(*folder); ok {
			if c, done, e := f.use(); e == nil {
				defer done()
				return answerOf(q, s.modes, c, found, err)
			}
		}
	}
	return answerOf(q, s.modes, nil, found, err)
}

// openSharded checks the names of the collections that are divided.
func (s *Server) openSharded() error {
	s.sharded = map[string]*Sharded{}
	taken := append(s.shelf.Collections(), s.shelf.Models()...)
	for _, shards := range s.options.Sharded {
		if slices.Contains(taken, shards.Name) {
			return fault.Field("Sharded", "give one of them another name", "has the name %q, which another collection or model has", shards.Name)
		}
		taken = append(taken, shards.Name)
		if shards.Timeout == 0 {
			shards.Timeout = s.options.Timeout * 9 / 10
		}
		s.sharded[shards.Name] = shards
	}
	return nil
}

// collection returns the present state of a collection of the shelf.
func (s *Server) collection(name string) (*shelf.Collection, func(), error) {
	if shards := s.sharded[name]; shards != nil {
		return nil, nil, problem(http.StatusNotImplemented, fault.New("ask the shards themselves: a result has the name of its shard", "%q is divided into shards: it can be queried, and nothing else", name))
	}
	return s.shelf.Collection(name)
}
