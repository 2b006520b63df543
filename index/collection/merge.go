package collection

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// MergeOptions controls Merge.
type MergeOptions struct {
	Replace   bool // replace an existing collection; default false
	Threads   int  // number of goroutines; default 0: one per core
	AnyRecall bool // as in BuildOptions
	// Partial merges the shards there are; Sync then adds what is missing. Default false: a missing one is an error.
	Partial    bool
	OnProgress func(Progress)
}

// Merge makes one collection of several: their files in the order of their paths, as one Build of all of them would. They
// must have the same model, options and kind of index. Vectors of a static model are computed again,
// which costs less than storing their exact values would; those of a transformer are taken over as they are kept.
//
// Shards, which were built with documents.Options.Shard, must all be there, each once, and made from the same paths; a file that was
// divided among them must have been the same. The collection is then that of all files, and Sync keeps it so.
func Merge(ctx context.Context, dir string, collections []string, o MergeOptions) (*Summary, error) {
	if len(collections) == 0 {
		return nil, fault.New("name at least two", "no collection to merge")
	}
	sources := make([]*Collection, 0, len(collections))
	defer func() {
		for _, c := range sources {
			c.Close()
		}
	}()
	for _, name := range collections {
		c, err := Open(ctx, name)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(sources, func(s *Collection) bool { return s.dir == c.dir }) {
			c.Close()
			return nil, fault.New("leave out one of them", "%s is named twice", name)
		}
		if sources = append(sources, c); c.info.Format == 1 {
			return nil, fault.New("build it again", "%s was made by an earlier release, whose collections cannot be merged", name)
		}
		if err := sources[0].compatible(c); err != nil {
			return nil, err
		}
	}
	if err := checkShards(sources, o.Partial); err != nil {
		return nil, err
	}
	slices.SortStableFunc(sources, func(a, b *Collection) int { // of a divided file, the parts in their order
		return a.info.Input.Options.Shard.Index - b.info.Input.Options.Shard.Index
	})
	first := sources[0]
	b := BuildOptions{Index: first.index.Options(), Replace: o.Replace, Threads: o.Threads, AnyRecall: o.AnyRecall, Input: mergedInput(sources)}
	if first.info.Auto {
		b.Index.Kind = index.Auto
	}
	if b.Index.Threads = o.Threads; chosen(b.Index) {
		b.Index.Quantization, b.Index.KeepVectors = "", ""
	}
	b.Language = mainLanguage(sources)
	if first.asks != first.model {
		b.QueryModel = first.asks
	}
	m := first.info.Models
	if m.Passages.Path != nil {
		b.ModelPath = m.Passages.Path.Absolute
	}
	if m.Questions.Path != nil {
		b.QueryModelPath = m.Questions.Path.Absolute
	}
	if _, ok := first.model.(*transformer.Encoder); ok {
		b.DocumentPrompt, b.QueryPrompt = &m.Passages.Prompt, &m.Questions.Prompt
	}
	return build(ctx, dir, first.model, b, func(w *writer) error { return w.addCollections(ctx, sources, o) })
}

// addCollections adds the files of collections in the order of their paths. With Partial, files of which there may be only parts are
// marked as such, and the next Sync reads them.
func (w *writer) addCollections(ctx context.Context, sources []*Collection, o MergeOptions) error {
	type file struct {
		*parts.Source
		of *Collection
	}
	var files []file
	for _, c := range sources {
		own, err := c.store.files.Files()
		if err != nil {
			return err
		}
		for _, f := range own {
			files = append(files, file{f, c})
		}
	}
	slices.SortStableFunc(files, func(a, b file) int { return strings.Compare(a.Path, b.Path) })
	p := Progress{AllFiles: int64(len(files))}
	w.notify = func() {
		if p.Passages = w.info.Passages; o.OnProgress != nil {
			o.OnProgress(p)
		}
	}
	_, w.carry = w.model.(*transformer.Encoder)
	var to *parts.Source
	for i, f := range files {
		kind, part, divided := strings.Cut(f.Kind, " ")
		if i == 0 || files[i-1].Path != f.Path || f.Size < 0 && f.Skipped == "" {
			if o.Partial {
				kind = f.Kind
			}
			to = w.newSource(f.Path, kind)
			to.Skipped, to.Size, to.Modified, to.Sum = f.Skipped, f.Size, f.Modified, f.Sum
		} else {
			before := files[i-1]
			_, other, _ := strings.Cut(before.Kind, " ")
			switch {
			case f.Skipped != "" && f.Skipped == before.Skipped: // noted in each shard
				continue
			case !divided || other == "" || part == other:
				return fault.New("leave out one of them", "%s and %s both have the file %s", before.of.dir, f.of.dir, f.Path)
			case f.Sum != before.Sum:
				return fault.New("build the shards again, of the same files", "%s was changed between the builds of %s and %s", f.Path, before.of.dir, f.of.dir)
			}
		}
		for labels := range slices.Chunk(f.All(), batchPassages) {
			stored, err := f.of.Passages(labels)
			if err != nil {
				return err
			}
			for i := range stored {
				if w.carry {
					vector, _ := f.of.index.Vector(labels[i])
					w.carried = append(w.carried, vector)
				}
				if err := w.add(ctx, to, stored[i].Passage); err != nil {
					return err
				}
			}
		}
		p.Files++
	}
	return w.flush(ctx)
}

// compatible returns an error if a collection cannot be merged with c.
func (c *Collection) compatible(with *Collection) error {
	if c == with {
		return nil
	}
	differ := func(what, hint string) error {
		return fault.New(hint, "%s and %s have different %s", c.dir, with.dir, what)
	}
	if !slices.Equal(c.info.modelSums(), with.info.modelSums()) {
		return differ("models", "build both with the same model, as it is: one that was tuned belongs to its documents")
	}
	a, b := c.index.Options(), with.index.Options()
	if a.Metric != b.Metric || a.KeepVectors != b.KeepVectors || a.Quantization != b.Quantization && !(chosen(a) && chosen(b)) || c.info.Auto != with.info.Auto || !c.info.Auto && a.Kind != b.Kind {
		return differ("kinds of index", "build both with the same options")
	}
	x, y := c.info.Input.Options, with.info.Input.Options
	x.Shard, y.Shard = text.Shard{}, text.Shard{}
	if !reflect.DeepEqual(x, y) {
		return differ("options of reading documents", "build both with the same options")
	}
	return nil
}

// chosen reports whether codes are those that a build chooses by itself, by the length of the passages.
func chosen(o index.Options) bool {
	return o.KeepVectors == index.KeepNone && (o.Quantization == index.Int8 || o.Quantization == index.Int2)
}

// modelSums identifies the models: the files that decide what they compute, and the prompts.
func (i *Info) modelSums() (sums []string) {
	for _, a := range []Applied{i.Models.Passages, i.Models.Questions} {
		sums = append(sums, a.Precision+" "+a.Prompt)
		for _, f := range a.Files {
			sums = append(sums, f.Name+" "+f.SHA256)
		}
	}
	for _, p := range i.Parts {
		if isModel(p.Name) && !strings.HasSuffix(p.Name, ".md") {
			sums = append(sums, p.Name+" "+p.SHA256)
		}
	}
	return sums
}

// checkShards returns an error if the collections are not all shards of one division, each once.
func checkShards(sources []*Collection, partial bool) error {
	var names []string
	var which []text.Shard
	for _, c := range sources {
		names, which = append(names, c.dir), append(which, c.info.Input.Options.Shard)
	}
	missing, err := text.CheckShards(names, which)
	if err != nil {
		return err
	}
	given := func(c *Collection) (list []string) {
		for _, p := range c.info.Input.Paths {
			list = append(list, p.Given)
		}
		return list
	}
	first := sources[0]
	for _, c := range sources {
		if which[0].Of > 0 && !slices.Equal(given(first), given(c)) {
			return fault.New("merge the shards of one division", "%s was built from %s, but %s from %s", first.dir, fault.Names(given(first)), c.dir, fault.Names(given(c)))
		}
	}
	if len(missing) > 0 && !partial {
		return fault.Mention("name all shards, or set Partial to merge those there are", "%s", text.MissingShards(missing))
	}
	return nil
}

// mergedInput returns what the files of all collections were read from.
func mergedInput(sources []*Collection) Input {
	in := Input{Options: sources[0].info.Input.Options}
	in.Options.Shard = text.Shard{}
	for _, c := range sources {
		for _, p := range c.info.Input.Paths {
			if !slices.ContainsFunc(in.Paths, func(q Path) bool { return q.Given == p.Given && q.Absolute == p.Absolute }) {
				in.Paths = append(in.Paths, p)
			}
		}
		for _, d := range c.info.Input.Deleted {
			if !slices.Contains(in.Deleted, d) {
				in.Deleted = append(in.Deleted, d)
			}
		}
	}
	return in
}

// mainLanguage returns the language of most passages.
func mainLanguage(sources []*Collection) string {
	count := map[string]int64{}
	best := ""
	for _, c := range sources {
		count[c.info.Language] += c.info.Passages
	}
	for language, n := range count {
		if best == "" || n > count[best] || n == count[best] && cmp.Less(language, best) {
			best = language
		}
	}
	return best
}
