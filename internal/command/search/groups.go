package search

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/cluster"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// onCollection runs a command on the collection that the first of n arguments names.
func onCollection(cmd *cobra.Command, args []string, n int, run func(c *collection.Collection) error) error {
	switch {
	case len(args) == 0:
		return cli.UsageError(fault.New("make one with 'search build'", "no collection is named"))
	case len(args) != n:
		return cli.UsageError(fault.New("", "'search %s' takes %s, got %d", cmd.Name(), cli.Plural(n, "argument", "arguments"), len(args)))
	}
	c, err := collection.Open(cmd.Context(), args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	return run(c)
}

func similarCommand() *cobra.Command {
	var k int
	var all bool
	cmd := &cobra.Command{
		Use:   "similar COLLECTION FILE|ID [options]",
		Short: "Find the files of a collection that are similar to a file or a record",
		Long: `
FILE is a file of the collection, by its path as 'search list' prints it, or any other
file, which is read as 'search build' reads it. ID is the id of a record. The passages nearest
to the mean of its vectors are printed, the best of each file, without its own.`,
		Example: `
$ search similar collection notes/plan.md -k 1
 1  0.812  notes/roadmap.md:1-20 › Roadmap
      In the first quarter we want to…`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onCollection(cmd, args, 2, func(c *collection.Collection) error { return similar(cmd, c, args[1], k, !all) })
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument(), cli.Flag{Arg: "FILE|ID", Help: "file or record to which similar ones are found"})
	return cli.Declare(cmd, cli.ForOutput, kFlag(&k, "number of files, or of passages"),
		cli.Flag{Name: "passages", Into: &all, Help: "print all passages, not only the best of each file"}, cli.JSONFlag())
}

func similar(cmd *cobra.Command, c *collection.Collection, name string, k int, group bool) error {
	ctx := cmd.Context()
	labels, err := c.Find(ctx, name)
	if err != nil {
		return err
	}
	var texts []string
	if len(labels) == 0 {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return fault.Mark(fault.New("'search list --passages' shows files and ids", "the collection has no file or record %q, and there is no such file", name), fs.ErrNotExist)
		}
		if texts, err = textsOf(ctx, name); err != nil {
			return err
		}
	} else if group { // records of one file are not files
		stored, err := c.Passages(labels[:1])
		if err != nil {
			return err
		}
		group = len(stored) == 0 || stored[0].ID != name
	}
	found, err := c.Similar(ctx, labels, texts, k, group)
	if err != nil {
		return err
	}
	a := &asker{collection: c, cmd: cmd, out: cmd.OutOrStdout(), json: cli.JSON(cmd)}
	a.color = useColor(a.out)
	ans := a.answerOf(asked{}, found) // no words to highlight
	if a.json {
		ans.Query = name
	}
	return a.write(ans, true)
}

// textsOf reads the passages of a file that is not in the collection.
func textsOf(ctx context.Context, name string) (texts []string, err error) {
	src, err := cli.OpenDocuments(ctx, nil, []string{name}, documents.Options{Strict: true})
	if err != nil {
		return nil, err
	}
	for _, f := range src.Files() {
		if err := src.Read(ctx, f, func(p documents.Passage) error {
			texts = append(texts, p.Input())
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if len(texts) == 0 {
		return nil, fault.New("name a file with text", "%s has no text", name)
	}
	return texts, nil
}

func dedupeCommand() *cobra.Command {
	threshold, threads := 0.95, 0
	cmd := &cobra.Command{
		Use:   "dedupe COLLECTION [options]",
		Short: "Find passages that are the same, or nearly",
		Long: `
Passages with the same text, apart from case and white space, are a group. So are those whose
vectors have a score of --threshold or nearer, and those that a chain of such pairs joins.
Groups of equal texts come first, then the largest ones. Nothing is deleted.`,
		Example: `
$ search dedupe collection
2 equal texts
  notes/plan.md:4-9
  old/plan.md:4-9
2 near texts, 0.974
  notes/todo.md:1-8
  old/todo.md:1-9`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onCollection(cmd, args, 1, func(c *collection.Collection) error { return dedupe(cmd, c, float32(threshold), threads) })
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	cli.Declare(cmd, "Search", cli.Flag{Name: "threshold", Arg: "X", Into: &threshold, Field: "Threshold", Help: "score from which two passages are near: a cosine, or what the metric of the collection is"},
		cli.Flag{Name: "threads", Arg: "N", Into: &threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput, cli.Flag{Name: "json", Help: "print JSON: one object for each group, one per line"})
}

// place is a passage in the reports of dedupe and cluster.
type place struct {
	Label   int64    `json:"label"`
	Path    string   `json:"path"`
	Lines   [2]int   `json:"lines"`
	ID      string   `json:"id,omitempty"`
	Heading []string `json:"heading,omitempty"`
	Score   float32  `json:"score,omitempty"` // cosine with the center of its cluster
	Text    string   `json:"text"`
}

func placeOf(p *collection.Stored) place {
	return place{Label: p.Label, Path: p.Path, Lines: [2]int{p.FirstLine, p.LastLine}, ID: p.ID, Heading: p.Heading, Text: p.Text}
}

func (p *place) String() string { return cli.Place(p.Path, p.Lines, p.ID) }

// duplicates is what "search dedupe --json" prints for a group.
type duplicates struct {
	Equal    bool    `json:"equal"`
	Score    float32 `json:"score,omitempty"` // the lowest by which a passage joined
	Passages []place `json:"passages"`
}

func dedupe(cmd *cobra.Command, c *collection.Collection, threshold float32, threads int) error {
	var items []cluster.Item
	if err := c.EachPassage(cmd.Context(), func(p *collection.Stored) {
		items = append(items, cluster.Item{Label: p.Label, Text: strings.ToLower(strings.Join(strings.Fields(p.Text), " "))})
	}); err != nil {
		return err
	}
	ix, err := c.Vectors(cmd.Context())
	if err != nil {
		return err
	}
	groups, err := cluster.Duplicates(cmd.Context(), ix, items, threshold, threads)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(cmd.OutOrStdout())
	surplus := 0
	for _, g := range groups {
		surplus += len(g.Labels) - 1
		stored, err := c.Passages(g.Labels)
		if err != nil {
			return err
		}
		d := duplicates{Equal: g.Equal, Score: g.Score}
		for i := range stored {
			d.Passages = append(d.Passages, placeOf(&stored[i]))
		}
		if cli.JSON(cmd) {
			if err := cli.WriteJSONLine(out, d); err != nil {
				return err
			}
			continue
		}
		if g.Equal {
			fmt.Fprintf(out, "%d equal texts\n", len(g.Labels))
		} else {
			fmt.Fprintf(out, "%d near texts, %.3f\n", len(g.Labels), g.Score)
		}
		for i := range d.Passages {
			fmt.Fprintf(out, "  %s\n", &d.Passages[i])
		}
	}
	cli.Note(cmd, "%s; %s of %s could be left out", cli.Plural(len(groups), "group", "groups"), cli.Plural(surplus, "passage", "passages"), cli.Thousands(int64(len(items))))
	return out.Flush()
}

func clusterCommand() *cobra.Command {
	var o cluster.Options
	words, examples, format := 5, 3, ""
	cmd := &cobra.Command{
		Use:   "cluster COLLECTION [options]",
		Short: "Group the passages of a collection by topic",
		Long: `
Passages are divided by k-means on their vectors. A cluster is named by its characteristic
words (class TF-IDF) and shown with the passages nearest to its center. Without --clusters,
numbers from 2 to 50 are tried, and the one of the best silhouette is taken.`,
		Example: `
$ search cluster collection --clusters 2 --examples 1
1  812 passages: audit, vulnerabilities, registry, signatures, provenance
     npm/commands/npm-audit.md:21-26
2  530 passages: stream, readable, writable, buffer, chunk
     node/stream.md:11-42`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onCollection(cmd, args, 1, func(c *collection.Collection) error { return clusters(cmd, c, o, words, examples, format) })
		},
	}
	cli.Declare(cmd, cli.Arguments, collectionArgument())
	cli.Declare(cmd, "Clusters", cli.Flag{Name: "clusters", Arg: "N", Into: &o.K, Field: "K", Help: "number of clusters", Default: "chosen"},
		cli.Flag{Name: "rounds", Arg: "N", Into: &o.Rounds, Field: "Rounds", Positive: true, Help: "most rounds of k-means", Default: "50"},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of the first centers"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "one per core"})
	return cli.Declare(cmd, cli.ForOutput, cli.Flag{Name: "words", Arg: "N", Into: &words, Help: "words that name a cluster", Positive: true},
		cli.Flag{Name: "examples", Arg: "N", Into: &examples, Help: "passages that are shown of each cluster"},
		cli.Flag{Name: "format", Arg: "FORMAT", Into: &format, Help: "write a line for each passage", Values: cli.Values("tsv"), Default: "for people"},
		cli.JSONFlag())
}

// topic is a cluster in the report of "search cluster --json".
type topic struct {
	Cluster  int      `json:"cluster"` // from 1
	Size     int      `json:"size"`
	Words    []string `json:"words"`
	Examples []place  `json:"examples"`
	Labels   []int64  `json:"labels"` // of all passages
}

func clusters(cmd *cobra.Command, c *collection.Collection, o cluster.Options, words, examples int, format string) error {
	if err := o.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if cli.JSON(cmd) && format != "" {
		return cli.UsageError(fault.New("leave one of them out", "--json and --format %s cannot be used together", format))
	}
	ix, err := c.Vectors(cmd.Context())
	if err != nil {
		return err
	}
	var vectors []float32
	var places []place
	if err := c.EachPassage(cmd.Context(), func(p *collection.Stored) {
		if v, ok := ix.Vector(p.Label); ok {
			vectors, places = append(vectors, v...), append(places, placeOf(p))
		}
	}); err != nil {
		return err
	}
	found, err := cluster.KMeans(cmd.Context(), vectors, c.Index().Options().Dim, o)
	if err != nil {
		return err
	}
	count := cluster.NewWords(found.K)
	topics, members := make([]topic, found.K), make([][]place, found.K)
	for i := range places {
		k := found.Of[i]
		places[i].Score = found.Near[i]
		count.Add(k, places[i].Text)
		topics[k].Labels, members[k] = append(topics[k].Labels, places[i].Label), append(members[k], places[i])
	}
	var common func(string) bool
	if text := c.FullText(); text != nil {
		common = func(word string) bool { return len(text.Terms(word)) == 0 } // a stop word
	}
	names := count.Label(words, common)
	out := bufio.NewWriter(cmd.OutOrStdout())
	if format != "" {
		clean := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
		fmt.Fprintln(out, "cluster\twords\tscore\tpath\tfirst_line\tlast_line\tid\tlabel")
		for i, p := range places {
			fmt.Fprintf(out, "%d\t%s\t%.4f\t%s\t%d\t%d\t%s\t%d\n", found.Of[i]+1, strings.Join(names[found.Of[i]], " "), p.Score,
				cli.Printable(clean.Replace(p.Path)), p.Lines[0], p.Lines[1], cli.Printable(clean.Replace(p.ID)), p.Label)
		}
		return out.Flush()
	}
	for k := range topics {
		slices.SortStableFunc(members[k], func(a, b place) int { return cmp.Compare(b.Score, a.Score) })
		t := &topics[k]
		t.Cluster, t.Size, t.Words, t.Examples = k+1, len(members[k]), names[k], members[k][:min(max(0, examples), len(members[k]))]
	}
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), struct {
			Clusters   int     `json:"clusters"`
			Silhouette float64 `json:"silhouette"`
			Topics     []topic `json:"topics"`
		}{found.K, found.Silhouette, topics})
	}
	for _, t := range topics {
		label := fmt.Sprintf("%d  ", t.Cluster)
		out.WriteString(cli.Hanging(cmd.OutOrStdout(), label, cli.Plural(t.Size, "passage", "passages")+": "+cli.Printable(strings.Join(t.Words, ", "))))
		for j := range t.Examples {
			fmt.Fprintf(out, "     %s\n", &t.Examples[j])
		}
	}
	cli.Note(cmd, "%s, silhouette %.3f", cli.Plural(found.K, "cluster", "clusters"), found.Silhouette)
	return out.Flush()
}
