package collection

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/collection/internal/roots"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// ChangeOptions controls a change of a collection.
type ChangeOptions struct {
	Threads    int  // number of goroutines; default 0: one per core
	Strict     bool // the first file that cannot be read is an error; default false: it is skipped
	OnProgress func(Progress)
}

// Changes reports what a change did. Paths are those that the collection shows.
type Changes struct {
	Added     []string            `json:"added"`
	Changed   []string            `json:"changed"`
	Renamed   []Renamed           `json:"renamed"`
	Removed   []string            `json:"removed"`
	Unchanged int64               `json:"unchanged"` // files
	Skipped   []documents.Skipped `json:"-"`         // files that cannot be read, found by this change

	PassagesAdded   int64 `json:"passages_added"`
	PassagesRemoved int64 `json:"passages_removed"`
	// Summary is the collection after the change.
	Summary `json:"collection"`
}

// Renamed is a file with another path and the same content.
type Renamed struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Empty reports whether nothing was changed.
func (c *Changes) Empty() bool {
	return len(c.Added)+len(c.Changed)+len(c.Renamed)+len(c.Removed) == 0 && c.PassagesRemoved == 0
}

// Sync makes the collection in dir agree with the files that it was built from, in the same way as
// it was built: it adds new files, removes those that have vanished, and reads those again whose
// content is another one. Of these, only passages whose text is new are encoded; the others keep
// their labels. A file whose size and time are the same is not read.
//
// When Sync returns, the change is on disk. If it fails, ctx ends or the program is killed, the
// collection is unchanged. Only one program can change a collection at a time.
func Sync(ctx context.Context, dir string, o ChangeOptions) (*Changes, error) {
	return change(ctx, dir, o, func(w *changer) error {
		paths := w.info.Input.Paths
		if len(paths) == 0 {
			return fault.New("build it again from files or folders, or add some", "%s was not built from files that could be read again", dir)
		}
		var from []roots.Root
		stdin := 0
		for _, p := range paths {
			if p.Given == documents.Stdin {
				stdin++
				continue
			}
			r, err := roots.Find(dir, p)
			if err != nil {
				return err
			}
			from = append(from, r)
		}
		if len(from) == 0 {
			return fault.New("'add' adds other files, and 'build' reads it anew", "%s was built from standard input, which cannot be read again", dir)
		}
		return w.sync(ctx, from, true)
	})
}

// Add adds files and folders, which Sync reads from then on. Files that the collection has already
// are read again if their content is another one.
func Add(ctx context.Context, dir string, paths []string, o ChangeOptions) (*Changes, error) {
	return change(ctx, dir, o, func(w *changer) error {
		var from []roots.Root
		for _, p := range paths {
			in, err := Input{Paths: []Path{{Given: p}}}.resolve(dir)
			if err != nil {
				return err
			}
			named := in.Paths[0]
			from = append(from, roots.Root{Given: p, At: p})
			if !slices.ContainsFunc(w.info.Input.Paths, func(old Path) bool {
				return old.Given == p && old.Absolute == named.Absolute || roots.Within(named.Absolute, old.Absolute)
			}) {
				w.info.Input.Paths = append(w.info.Input.Paths, named)
				w.touched = true
			}
		}
		return w.sync(ctx, from, false)
	})
}

// changer is a change of an existing collection.
type changer struct {
	*writer
	o       ChangeOptions
	byPath  map[string]*parts.Source
	changes Changes
	touched bool // something other than passages has changed
}

// change opens the collection in dir for writing, calls do, and commits what it did.
func change(ctx context.Context, dir string, o ChangeOptions, do func(*changer) error) (_ *Changes, err error) {
	start := time.Now()
	if err := durable.Recover(dir); err != nil {
		return nil, err
	}
	info, err := readInfo(dir)
	if err != nil {
		return nil, err
	}
	if info.Format == 1 {
		return nil, fault.New("build it again; the old one can be searched meanwhile", "%s has format 1, which cannot be changed", dir)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if info, err = readInfo(dir); err != nil { // it may have changed before the lock
		return nil, err
	}
	removeLeftovers(dir, info)
	w, err := newChanger(dir, info, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err == nil {
			return
		}
		if moved := unmoved(dir, lock); moved != nil { // the parts of another writer are not ours
			if errors.Is(err, fs.ErrNotExist) {
				err = moved
			}
			return
		}
		if now, e := readInfo(dir); e == nil { // the new state may be there, only not synced
			removeLeftovers(dir, now)
		}
	}()
	defer w.old.close()
	defer w.abort()
	if err := do(w); err != nil {
		return nil, err
	}
	c := &w.changes
	changed := w.touched || !c.Empty() || w.info.Next != info.Next
	if changed {
		if err = w.finish(ctx); err == nil && w.measure {
			w.info.Recall, err = index.MeasureRecall(ctx, w.index)
		}
		if err == nil {
			err = unmoved(dir, lock)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = w.commit()
		}
		if err != nil {
			return nil, err
		}
		w.old.close() // before its files are removed
		removeLeftovers(dir, &w.info)
	} else {
		w.parts = info.Parts
		w.summarize()
	}
	c.Summary = w.summary
	c.Summary.Recall = w.info.Recall
	c.Elapsed = time.Since(start)
	return c, nil
}

func newChanger(dir string, info *Info, o ChangeOptions) (*changer, error) {
	old, err := openStore(dir, info)
	if err != nil {
		return nil, err
	}
	w := &changer{o: o, byPath: map[string]*parts.Source{}, writer: &writer{dir: dir, named: func(err error) error { return err }, info: *info, old: old,
		threads: o.Threads, uniqueIDs: info.Input.Options.ID != "", replaced: map[uint64]bool{}}}
	w.openModel = func(ctx context.Context) (sentence.Model, sentence.Model, error) {
		return openModels(ctx, dir, info, true)
	}
	w.info.Parts = nil
	w.info.Input.Paths = slices.Clone(info.Input.Paths)
	w.keep(func(name string) bool {
		return isModel(name) || strings.HasSuffix(name, "."+segmentPart) || strings.HasSuffix(name, "."+mapPart)
	})
	if w.table.Files, err = old.files.Files(); err == nil {
		for _, d := range old.dead {
			w.table.Dead = append(w.table.Dead, d.Clone())
		}
		w.index, err = index.LoadFile(filepath.Join(dir, info.parts(indexPart)[0].Name))
	}
	if err != nil {
		old.close()
		return nil, err
	}
	for _, f := range w.table.Files {
		if f.Size >= 0 {
			w.byPath[f.Path] = f
		}
	}
	return w, nil
}

// found is a file of a root.
type found struct {
	documents.File
	src  *documents.Source
	path string // as shown
}

// sync adds, updates and renames the files of the roots. If all is set, files that are not there
// any more are removed.
func (w *changer) sync(ctx context.Context, from []roots.Root, all bool) error {
	options := w.info.Input.Options
	options.Strict = options.Strict || w.o.Strict
	var files []found
	var sources []*documents.Source
	var opened []roots.Root
	seen, read := map[string]bool{}, map[string]bool{} // paths as shown, and real ones
	places := roots.Reals{}
	self := roots.Real(w.dir) // it may be in a folder that it was built from
	for _, r := range from {
		src, err := documents.Open(ctx, nil, []string{r.At}, options)
		if all && errors.Is(err, documents.ErrNoFiles) { // all were deleted
			continue
		}
		if err != nil {
			return err
		}
		sources, opened = append(sources, src), append(opened, r)
		for _, f := range src.Files() {
			at := found{f, src, r.Shown(f.Path)}
			real := places.Of(f.Path)
			if roots.Within(real, self) {
				continue
			}
			if f.Path == documents.Stdin || !seen[at.path] && !read[real] {
				seen[at.path], read[real] = true, true
				files = append(files, at)
			}
		}
	}
	changed, added, err := w.compare(ctx, files, seen, all)
	if err != nil {
		return err
	}
	p := Progress{AllFiles: int64(len(changed) + len(added))}
	for _, f := range slices.Concat(changed, added) {
		p.AllBytes += max(0, f.Size)
	}
	w.notify = func() {
		if p.Passages = w.summary.Encoded; w.o.OnProgress != nil {
			w.o.OnProgress(p)
		}
	}
	for i, f := range slices.Concat(changed, added) {
		before := p.Bytes
		w.within = func(bytes int64) { p.Bytes = before + bytes }
		if i < len(changed) {
			err = w.update(ctx, f)
		} else {
			err = w.insert(ctx, f)
		}
		if err != nil {
			return err
		}
		p.Files, p.Bytes = p.Files+1, before+max(0, f.Size)
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	for i, src := range sources {
		for _, s := range src.Skipped() {
			if s.Record || !roots.Within(places.Of(s.Path), self) {
				s.Path = opened[i].Shown(s.Path)
				w.changes.Skipped = append(w.changes.Skipped, s)
			}
		}
	}
	if w.listSkipped(w.changes.Skipped, all) {
		w.touched = true
	}
	return nil
}

// unchanged counts a file that has not changed, unless it could not be read before.
func (w *changer) unchanged(f *parts.Source) {
	if f.Skipped == "" {
		w.changes.Unchanged++
	}
}

// compare sorts out what has happened to files. It removes those that have vanished, if all is set,
// and renames those that are elsewhere.
func (w *changer) compare(ctx context.Context, files []found, seen map[string]bool, all bool) (changed, added []found, err error) {
	var vanished []*parts.Source
	bySum := map[[32]byte]*parts.Source{}
	if all {
		for _, f := range w.table.Files {
			if f.Size >= 0 && !seen[f.Path] {
				vanished = append(vanished, f)
				if f.Size > 0 && f.Skipped == "" {
					bySum[f.Sum] = f
				}
			}
		}
	}
	gone := map[*parts.Source]bool{}
	for _, f := range vanished {
		gone[f] = true
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if all && w.deleted(f.path) {
			continue
		}
		old := w.byPath[f.path]
		if old == nil {
			if len(bySum) > 0 && f.Size > 0 {
				if sum, err := roots.Sum(ctx, f.Path); err == nil && bySum[sum] != nil && bySum[sum].Size == f.Size && bySum[sum].Kind == f.Described() {
					was := bySum[sum]
					delete(bySum, sum)
					delete(gone, was)
					w.changes.Renamed = append(w.changes.Renamed, Renamed{was.Path, f.path})
					if documents.NameTitle(was.Path) != documents.NameTitle(f.path) { // which may be in its passages
						changed = append(changed, f)
						w.replaced[was.Number] = true
					}
					was.Path, was.Modified = f.path, roots.SettledTime(f.Modified, time.Now())
					w.byPath[f.path] = was
					continue
				}
			}
			added = append(added, f)
			continue
		}
		if old.Size == f.Size && old.Modified.Equal(f.Modified) && old.Kind == f.Described() {
			w.unchanged(old)
			continue
		}
		began := time.Now()
		if sum, err := roots.Sum(ctx, f.Path); err == nil && sum == old.Sum && old.Kind == f.Described() {
			if at := roots.SettledTime(f.Modified, began); !at.Equal(old.Modified) {
				old.Modified, w.touched = at, true
			}
			w.unchanged(old)
			continue
		}
		changed = append(changed, f)
		w.replaced[old.Number] = true
	}
	for _, f := range vanished {
		if gone[f] {
			if err := w.drop(ctx, f); err != nil {
				return nil, nil, err
			}
		}
	}
	return changed, added, nil
}

// deleted reports whether a file was deleted from the collection.
func (w *changer) deleted(path string) bool {
	return slices.ContainsFunc(w.info.Input.Deleted, func(d Deleted) bool { return d.Path == path && d.ID == "" })
}

// drop removes a file and its passages.
func (w *changer) drop(ctx context.Context, f *parts.Source) error {
	if f.Skipped == "" {
		w.changes.Removed = append(w.changes.Removed, f.Path)
	}
	w.touched = true
	w.table.Files = slices.DeleteFunc(w.table.Files, func(g *parts.Source) bool { return g == f })
	delete(w.byPath, f.Path)
	labels := f.All()
	w.changes.PassagesRemoved += int64(len(labels))
	if len(labels) == 0 {
		return nil
	}
	return w.remove(ctx, labels)
}

// insert adds a file.
func (w *changer) insert(ctx context.Context, file found) error {
	w.info.Input.Deleted = slices.DeleteFunc(w.info.Input.Deleted, func(d Deleted) bool { return d.Path == file.path })
	f := w.newSource(file.path, file.Described())
	w.touched = true
	first := w.info.Next.Label
	err := w.readFile(ctx, file.src, file.File, f, func(p documents.Passage) error {
		p.Path = file.path
		return w.add(ctx, f, p)
	})
	if f.Skipped == "" {
		w.changes.Added = append(w.changes.Added, file.path)
		w.changes.PassagesAdded += w.info.Next.Label - first
	}
	return err
}

// update reads a file again. Passages with the same text keep their labels.
func (w *changer) update(ctx context.Context, file found) error {
	f := w.byPath[file.path]
	labels := f.All()
	rows, err := w.old.rows(labels)
	if err != nil {
		return err
	}
	byText := make(map[string][]*parts.Row, len(rows))
	for i := range rows {
		rows[i].Path = f.Path
		text := rows[i].Input()
		byText[text] = append(byText[text], &rows[i])
	}
	f.Kind, f.Labels, f.Text = file.Described(), nil, 0
	w.touched = true
	kept := map[int64]bool{}
	moved, before := len(w.moved), w.info.Next.Label
	err = w.readFile(ctx, file.src, file.File, f, func(p documents.Passage) error {
		p.Path = file.path
		if slices.ContainsFunc(w.info.Input.Deleted, func(d Deleted) bool { return d.Path == file.path && d.ID != "" && d.ID == p.ID }) {
			return nil
		}
		same := byText[p.Input()]
		if len(same) == 0 {
			return w.add(ctx, f, p)
		}
		r := same[0]
		byText[p.Input()] = same[1:]
		if err := w.checkID(ctx, f, &p); err != nil {
			return err
		}
		kept[r.Label] = true
		f.Labels = parts.AppendLabel(f.Labels, r.Label)
		f.Text += int64(len(p.Text))
		if !sameAs(r, &p) {
			w.moved = append(w.moved, parts.Row{Label: r.Label, File: f.Number, Passage: p})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.Skipped != "" { // what was kept or added is discarded already
		w.changes.PassagesRemoved += int64(len(kept))
		w.moved = w.moved[:moved]
		w.changes.Removed = append(w.changes.Removed, f.Path)
	} else {
		if !slices.ContainsFunc(w.changes.Renamed, func(r Renamed) bool { return r.To == f.Path }) {
			w.changes.Changed = append(w.changes.Changed, f.Path)
		}
		w.changes.PassagesAdded += w.info.Next.Label - before
	}
	for _, r := range w.moved[moved:] {
		w.bury(r.Label)
	}
	labels = slices.DeleteFunc(labels, func(label int64) bool { return kept[label] })
	w.changes.PassagesRemoved += int64(len(labels))
	if len(labels) == 0 {
		return nil
	}
	return w.remove(ctx, labels)
}

// sameAs reports whether a stored passage needs no change to be p. The order of its fields is another, and Record is
// not stored.
func sameAs(r *parts.Row, p *documents.Passage) bool {
	a, b := r.Passage, *p
	a.Fields, b.Fields, b.Record = byName(a.Fields), byName(b.Fields), 0
	return reflect.DeepEqual(a, b)
}

func byName(fields []documents.Field) []documents.Field {
	if len(fields) == 0 {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(fields), func(a, b documents.Field) int { return strings.Compare(a.Name, b.Name) })
}
