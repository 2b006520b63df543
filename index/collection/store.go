package collection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
)

// Stored is a passage of a collection.
type Stored struct {
	// Label identifies the passage as long as it exists. It is not used again.
	Label int64
	documents.Passage
}

// store is the passages of an open collection.
type store struct {
	dir      string
	info     *Info
	files    *parts.TableReader
	segments []*parts.Segment    // oldest first
	dead     []*roaring64.Bitmap // by segment
	paths    func() (map[uint64]string, error)
	drawn    *os.File // the map, or nil
	runs     func() ([]parts.FileRun, error)
	cache    blockCache

	mu     sync.RWMutex // held exclusively by close
	closed bool
}

// openStore opens the segments and the table of files.
func openStore(dir string, info *Info) (_ *store, err error) {
	s := &store{dir: dir, info: info}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	p := info.parts(filesPart)[0]
	if s.files, err = parts.OpenTable(filepath.Join(dir, p.Name), p.Size, p.SHA256); err != nil {
		return nil, s.missing(p.Name, err)
	}
	s.paths, s.runs = sync.OnceValues(s.files.Paths), sync.OnceValues(s.files.Runs)
	rows := int64(0)
	for _, p := range info.parts(segmentPart) {
		g, err := parts.OpenSegment(filepath.Join(dir, p.Name), p.Size)
		if err != nil {
			return nil, s.missing(p.Name, err)
		}
		s.segments = append(s.segments, g)
		for _, b := range g.Blocks {
			rows += int64(len(b.Labels))
		}
	}
	for _, p := range info.parts(mapPart) {
		if s.drawn, err = os.Open(filepath.Join(dir, p.Name)); err != nil {
			return nil, s.missing(p.Name, err)
		}
	}
	if s.dead, err = s.files.Dead(len(s.segments)); err != nil {
		return nil, err
	}
	for _, d := range s.dead {
		rows -= int64(d.GetCardinality())
	}
	if rows != info.Passages {
		return nil, fault.New(hintRebuild, "%s: the parts do not match: %s has %d passages, but the segments have %d", dir, infoFile, info.Passages, rows)
	}
	return s, nil
}

// missing names a part that is not there.
func (s *store) missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Mark(fault.New(hintRebuild, "%s is missing", filepath.Join(s.dir, filepath.FromSlash(name))), fs.ErrNotExist)
	}
	return err
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fs.ErrClosed
	}
	s.closed = true
	for _, g := range s.segments {
		g.Close()
	}
	if s.drawn != nil {
		s.drawn.Close()
	}
	return nil
}

// use keeps the files open until done is called.
func (s *store) use() (done func(), err error) {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return nil, fmt.Errorf("the collection %s: %w", s.dir, fs.ErrClosed)
	}
	return s.mu.RUnlock, nil
}

// place is where a passage is.
type place struct{ segment, block, row int }

// find returns the place of a label.
func (s *store) find(label int64) (place, bool) {
	for i := len(s.segments) - 1; i >= 0; i-- {
		if b, r, ok := s.segments[i].Find(label); ok && !s.dead[i].Contains(uint64(label)) {
			return place{i, b, r}, true
		}
	}
	return place{}, false
}

// rows returns the passages of labels, in their order. What they hold is shared and must not be modified.
func (s *store) rows(labels []int64) ([]parts.Row, error) {
	done, err := s.use()
	if err != nil {
		return nil, err
	}
	defer done()
	type wanted struct {
		place
		to int
	}
	all := make([]wanted, len(labels))
	for to, label := range labels {
		at, ok := s.find(label)
		if !ok {
			return nil, fault.Mark(fault.New("'verify' says whether the collection is damaged", "%s has no passage %d", s.dir, label), fs.ErrNotExist)
		}
		all[to] = wanted{at, to}
	}
	slices.SortFunc(all, func(a, b wanted) int { return cmp.Or(a.segment-b.segment, a.block-b.block) })
	found := make([]parts.Row, len(labels))
	keep := len(labels) <= cachedLabels
	var room parts.Room
	for len(all) > 0 {
		at, n := place{all[0].segment, all[0].block, 0}, 1
		for n < len(all) && all[n].segment == at.segment && all[n].block == at.block {
			n++
		}
		block := s.cache.get(at)
		if block == nil && keep && !s.cache.again(at) { // a program that asks one question does not need the others
			numbers := make([]int, n)
			for i, w := range all[:n] {
				numbers[i] = w.row
			}
			some, err := s.some(at, numbers, &room)
			if err != nil {
				return nil, err
			}
			for _, w := range all[:n] {
				found[w.to] = *some[w.row]
			}
		} else {
			if block == nil {
				if block, err = s.block(at, keep); err != nil {
					return nil, err
				}
			}
			for _, w := range all[:n] {
				found[w.to] = block[w.row]
				found[w.to].Fields = slices.Clip(found[w.to].Fields)
			}
		}
		all = all[n:]
	}
	return found, nil
}

// passages returns the passages of labels with their paths.
func (s *store) passages(labels []int64) ([]Stored, error) {
	rows, err := s.rows(labels)
	if err != nil {
		return nil, err
	}
	paths, err := s.paths()
	if err != nil {
		return nil, err
	}
	stored := make([]Stored, len(rows))
	for i, r := range rows {
		r.Path = paths[r.File]
		stored[i] = Stored{r.Label, r.Passage}
	}
	return stored, nil
}

// each calls use with every passage, by segment and label. The rows have no paths.
func (s *store) each(ctx context.Context, withFields bool, use func(parts.Row) error) error {
	done, err := s.use()
	if err != nil {
		return err
	}
	defer done()
	for i, g := range s.segments {
		for n := range g.Blocks {
			if err := ctx.Err(); err != nil {
				return err
			}
			rows, err := g.Live(n, s.dead[i], withFields)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := use(r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// eachPlace calls use with every passage, without its text, fields and path, as each does.
func (s *store) eachPlace(ctx context.Context, use func(*parts.Row)) error {
	done, err := s.use()
	if err != nil {
		return err
	}
	defer done()
	for i, g := range s.segments {
		for n := range g.Blocks {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := g.Places(n, func(_ int, r parts.Row) {
				if !s.dead[i].Contains(uint64(r.Label)) {
					use(&r)
				}
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
