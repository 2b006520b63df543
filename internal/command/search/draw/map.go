// Package draw is the command "search map": collections, words and vectors in two dimensions.
package draw

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/layout"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

type mapOptions struct {
	layout.Options
	groups  cluster.Options
	vectors string
	read    exchange.Options // of vectors and words

	output, format string
	force, compute bool
}

// usualWords is the number of words of a model that are drawn without --limit: the most frequent ones.
const usualWords = 10_000

// Command returns the command.
func Command() *cobra.Command {
	o := mapOptions{Options: layout.Options{Method: layout.UMAP, Neighbors: layout.DefaultNeighbors, MinDist: layout.DefaultMinDist}}
	cmd := &cobra.Command{
		Use:   "map COLLECTION [options]\nmap -m MODEL -o FILE [options]\nmap --vectors FILE -o FILE [options]",
		Short: "Draw a collection, the words of a model or vectors in two dimensions",
		Long: `
Every passage becomes a point, and passages with near vectors become near points. The map of
a collection is stored in it, and 'search serve' shows it. With -o it is also written as a file:

  .html                   a page with zoom, clusters and the texts, which needs no other file
  .svg, .png              a picture
  .tsv, .jsonl, .parquet  a table: label, x, y, cluster, cluster_name, path, first_line,
                          last_line, id, title, heading, text

'embedding-atlas map.parquet --text text' shows the Parquet file.

A stored map is used again until one of the options of the layout is given, or --recompute.
Passages that 'search sync' has added since are put between their neighbors, and those that it
has removed are left out. The same vectors, options and seed give the same map with any number
of threads.

The method umap (McInnes et al., 2018) keeps neighbors together: distances between islands mean
little. The method pca shows the two directions in which the vectors vary most. Clusters, which
are regions of the map with umap, are named by their characteristic words.`,
		Example: `
$ search map docs
1  812  audit, vulnerabilities, registry
2  530  stream, readable, buffer
search: map of 1,342 passages (umap, seed 0) stored in docs
$ search map docs -o map.html
$ search map -m model -o words.svg --limit 2000`,
		RunE: func(cmd *cobra.Command, args []string) error { return runMap(cmd, args, o) },
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "COLLECTION", Help: "collection, as 'search build' writes it"})
	cli.Declare(cmd, cli.ForInput, cli.ModelFlag(),
		cli.Flag{Name: "vectors", Arg: "FILE", Into: &o.vectors, Help: "draw the vectors in FILE, in the formats of 'search build --vectors'"})
	flags := cli.VectorFlags(&o.read)
	for i := range flags {
		if flags[i].Name == "limit" {
			flags[i].Default, flags[i].Help = "10,000 words of a model, all vectors of a file", "draw only the first N words or vectors; words are in the order of their frequency"
		}
	}
	cli.Declare(cmd, cli.ForInput, flags...)
	cli.Declare(cmd, "Layout", cli.Flag{Name: "method", Arg: "METHOD", Into: &o.Method, Field: "Method", Help: "how points are placed", Values: cli.Summarized(layout.Methods(), layout.Method.Summary)},
		cli.Flag{Name: "neighbors", Arg: "N", Into: &o.Neighbors, Field: "Neighbors", Help: "umap: neighbors of each point, itself included; more show the whole, fewer show details"},
		cli.Flag{Name: "min-dist", Arg: "X", Into: &o.MinDist, Field: "MinDist", Help: "umap: distance of the nearest points, above 0 and at most 1; smaller islands are denser"},
		cli.Flag{Name: "epochs", Arg: "N", Into: &o.Epochs, Field: "Epochs", Positive: true, Help: "umap: rounds of optimization", Default: "500 up to 10,000 points, otherwise 200"},
		cli.Flag{Name: "metric", Arg: "METRIC", Into: new(string), Help: "how vectors are compared, with -m and --vectors", Values: cli.Values(index.MetricNames()...), Also: []string{"ip", "l2"}, Default: "cosine; that of a collection is its own"},
		cli.Flag{Name: "clusters", Arg: "N", Into: &o.groups.K, Field: "K", Help: "number of clusters", Default: "by the number of points, from 2 to 24"},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of all random choices"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"},
		cli.Flag{Name: "recompute", Into: &o.compute, Help: "compute the map of a collection again"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &o.output, Help: "write the map to FILE", Default: "it is only stored", Ext: mapFormats},
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &o.format, Help: "format of FILE", Values: cli.Values(mapFormats...), Default: "its extension"},
		cli.Flag{Name: "force", Into: &o.force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

// mapReport is what "search map --json" prints.
type mapReport struct {
	Method    layout.Method    `json:"method"`
	Seed      uint64           `json:"seed"`
	Points    int              `json:"points"`
	Explained []float64        `json:"explained,omitempty"` // by pca: share of the variance of each axis
	Located   int              `json:"located"`             // newer than the map
	Removed   int              `json:"removed"`
	Clusters  []layout.Cluster `json:"clusters"`
	Computed  bool             `json:"computed"` // not one that was stored
	Output    string           `json:"output,omitempty"`
}

func runMap(cmd *cobra.Command, args []string, o mapOptions) error {
	given := func(name string) bool { return cmd.Flags().Changed(name) }
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if o.MinDist == 0 {
		return cli.UsageError(fault.New("0.001 is nearly 0", "--min-dist must be above 0"))
	}
	if err := o.groups.Validate(); err != nil {
		return cli.UsageError(err)
	}
	o.groups.Seed, o.groups.Threads = o.Seed, o.Threads
	format, err := mapFormat(o.output, o.format)
	if err != nil {
		return err
	}
	sources := 0
	for _, is := range []bool{len(args) > 0, given("model"), o.vectors != ""} {
		if is {
			sources++
		}
	}
	switch {
	case sources == 0:
		return cli.UsageError(fault.New("name a collection, or a model with -m, or vectors with --vectors", "no collection, model or vectors to draw"))
	case sources > 1 || len(args) > 1:
		return cli.UsageError(fault.New("name one collection, or one model with -m, or vectors with --vectors", "a map shows one of them"))
	case len(args) == 0 && o.output == "":
		return cli.UsageError(fault.New("name the file to write: -o map.html", "no output is named"))
	case len(args) == 0 && o.compute:
		return cli.UsageError(fault.New("leave it out", "--recompute is for collections: this map is always computed"))
	case len(args) > 0 && given("metric"):
		return cli.UsageError(fault.New("leave out --metric", "a collection is drawn by its own metric"))
	}
	var except []string
	if len(args) == 0 {
		except = []string{"limit"} // of words
	}
	if err := cli.CheckVectors(cmd, o.vectors, except...); err != nil {
		return err
	}
	if name, _ := cmd.Flags().GetString("metric"); name != "" {
		if o.Metric, err = index.ParseMetric(name); err != nil {
			return cli.UsageError(err)
		}
	}
	var inputs []string
	if o.vectors != "" {
		inputs = append(inputs, o.vectors)
	}
	var out *cli.Output
	if o.output != "" {
		if out, err = cli.OpenOutput(cmd, cli.OutputOptions{Path: o.output, Force: o.force, Binary: format == "png" || format == "parquet", Inputs: inputs}); err != nil {
			return err
		}
		defer out.Abort()
	}
	d, computed, err := drawn(cmd, args, &o)
	if err != nil {
		return err
	}
	if out != nil {
		if err := d.write(cmd, out, format); err != nil {
			return err
		}
		if err := out.Commit(); err != nil {
			return err
		}
		if !out.Stream() {
			cli.Note(cmd, "%s, %s", d.about(), out.Name())
		}
	}
	m := d.Map
	if cli.JSON(cmd) {
		r := mapReport{Method: m.Method, Seed: m.Seed, Points: m.Len(), Located: m.Located, Removed: m.Removed, Clusters: m.Clusters, Computed: computed, Output: o.output}
		if r.Clusters == nil {
			r.Clusters = []layout.Cluster{}
		}
		if m.Method == layout.PCA {
			r.Explained = m.Explained[:]
		}
		if out != nil && out.Stream() {
			return nil
		}
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	if out == nil {
		for _, c := range m.Clusters {
			fmt.Fprintf(cmd.OutOrStdout(), "%d  %s  %s\n", c.ID+1, cli.Thousands(c.Size), cli.Printable(c.Name))
		}
	}
	return nil
}

// drawing is a map and what its points are.
type drawing struct {
	*layout.Map
	name   string // of what is drawn
	kind   string // passage, word or vector
	points []mapPoint
}

func (d *drawing) about() string {
	return fmt.Sprintf("map of %s (%s, seed %d)", cli.Plural(d.Len(), d.kind, d.kind+"s"), d.Method, d.Seed)
}

// drawn returns the map that is asked for, and whether it was computed.
func drawn(cmd *cobra.Command, args []string, o *mapOptions) (*drawing, bool, error) {
	progress := cli.StartProgress(cmd, "map")
	defer progress.Done()
	begin := map[string]float64{"principal axes": 0, "index": 0.05, "neighbors": 0.3, "layout": 0.6, "end": 1}
	end := map[string]string{"principal axes": "index", "index": "neighbors", "neighbors": "layout", "layout": "end"}
	o.OnProgress = func(stage string, done, total int64) {
		from, to := begin[stage], begin[end[stage]]
		progress.Update(from+(to-from)*cli.Share(done, total), stage)
	}
	if len(args) > 0 {
		return drawnCollection(cmd, args[0], o, progress)
	}
	vectors, dim, words, err := drawnVectors(cmd, o)
	if err != nil {
		return nil, false, err
	}
	d := &drawing{name: cmp.Or(o.vectors, cli.ModelName(cmd), "the bundled model"), kind: "word"}
	if o.vectors != "" {
		d.kind = "vector"
	}
	if d.Map, err = layout.Compute(cmd.Context(), vectors, dim, o.Options); err != nil {
		return nil, false, err
	}
	if err := d.Group(cmd.Context(), vectors, o.groups); err != nil {
		return nil, false, err
	}
	d.points = make([]mapPoint, d.Len())
	for i, word := range words {
		d.points[i].Text = word
	}
	for k, central := range d.Central(3) {
		var names []string
		for _, i := range central {
			names = append(names, words[i])
		}
		d.Clusters[k].Name = strings.Join(names, ", ")
	}
	d.complete()
	progress.Done()
	return d, true, nil
}

// drawnVectors reads the vectors of a model or a file, and their words.
func drawnVectors(cmd *cobra.Command, o *mapOptions) (vectors []float32, dim int, words []string, err error) {
	if o.vectors == "" {
		read, err := cli.ReadModel(cmd)
		if err != nil {
			return nil, 0, nil, err
		}
		model, err := sentence.TokenVectors(read)
		if err != nil {
			return nil, 0, nil, err
		}
		table, n := model.Embedding(), model.Vocabulary.Len()
		limit := cmp.Or(o.read.Limit, usualWords)
		if n > limit {
			if o.read.Limit == 0 {
				cli.Note(cmd, "the %s most frequent of %s words are drawn; --limit draws more", cli.Thousands(limit), cli.Thousands(n))
			}
			n = limit
		}
		dim = table.Shape[1]
		for _, id := range model.Vocabulary.ByCount()[:n] {
			vectors = append(vectors, table.Data[int(id)*dim:][:dim]...)
			words = append(words, model.Vocabulary.Token(id))
		}
		return vectors, dim, words, nil
	}
	o.read.Unnamed = true
	in, err := exchange.Open(cmd.Context(), o.vectors, o.read)
	if err != nil {
		return nil, 0, nil, err
	}
	defer in.Close()
	err = in.Each(cmd.Context(), func(row exchange.Row) error {
		vectors = append(vectors, row.Values...)
		words = append(words, strings.Clone(cmp.Or(string(row.Token), string(row.ID), fmt.Sprint(len(words)))))
		return nil
	})
	if err != nil {
		return nil, 0, nil, err
	}
	cli.NoteVectors(cmd, in)
	return vectors, in.Dim, words, nil
}

// layoutFlags ask for a map of their own.
var layoutFlags = []string{"method", "neighbors", "min-dist", "epochs", "clusters", "seed", "recompute"}

// drawnCollection returns the map of a collection, which it stores if it has computed it.
func drawnCollection(cmd *cobra.Command, dir string, o *mapOptions, progress *cli.Progress) (*drawing, bool, error) {
	ctx := cmd.Context()
	c, err := collection.Open(ctx, dir)
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	d := &drawing{name: dir, kind: "passage"}
	compute := false
	for _, name := range layoutFlags {
		compute = compute || cmd.Flags().Changed(name)
	}
	if !compute && o.output != "" {
		if d.Map, err = c.Map(ctx); err != nil {
			cli.WarnFault(cmd, err)
		}
	}
	computed := d.Map == nil
	if computed {
		if d.Map, err = c.ComputeMap(ctx, o.Options, o.groups); err != nil {
			return nil, false, err
		}
		progress.Done()
		if c.Info().Format == 1 {
			cli.Note(cmd, "%s has format 1: its map is not stored", dir)
		} else {
			if err := collection.SetMap(ctx, dir, d.Map); err != nil {
				return nil, false, err
			}
			cli.Note(cmd, "%s stored in %s", d.about(), cli.Printable(dir))
		}
	} else if d.Located+d.Removed > 0 {
		cli.Note(cmd, "since the map was computed, %s, and %s removed; --recompute draws all anew", cli.Plural(d.Located, "passage was added and put between its neighbors", "passages were added and put between their neighbors"), cli.Plural(d.Removed, "was", "were"))
	}
	if left := c.Len() - d.Len(); left > 0 {
		cli.Note(cmd, "%s without a word that the model knows are not on the map", cli.Plural(left, "passage", "passages"))
	}
	if o.output == "" {
		return d, computed, nil
	}
	at := make(map[int64]int, d.Len())
	for i, label := range d.Labels {
		at[label] = i
	}
	d.points = make([]mapPoint, d.Len())
	if err := c.EachPassage(ctx, func(p *collection.Stored) {
		if i, ok := at[p.Label]; ok {
			d.points[i] = mapPoint{Path: p.Path, FirstLine: int32(p.FirstLine), LastLine: int32(p.LastLine), ID: p.ID, Title: p.Title, Heading: strings.Join(p.Heading, " › "), Text: p.Text}
		}
	}); err != nil {
		return nil, false, err
	}
	d.complete()
	return d, computed, nil
}
