package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/adapt"
)

type documentsBench struct {
	adapt adapt.Options
	all   bool
}

func documentsCommand() *cobra.Command {
	var b documentsBench
	cmd := &cobra.Command{
		Use:   "documents [-m MODEL] TREE...",
		Short: "Ask for the pages of a tree of Markdown by their descriptions",
		Long: `
The description in the front matter of a page is removed from a copy of the tree and asked for; the
page must be found. The tree is searched by meaning, with the model as it is and adapted to the tree
as 'search build' adapts it, by words (BM25) and by both, all exactly. It prints MRR@10.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, args) },
	}
	cli.Declare(cmd, cli.ForInput, cli.SentenceModelFlag(),
		cli.Flag{Name: "first-paragraph", Into: &b.all, Help: "ask for pages without a description by their first paragraph"})
	return cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "examples", Arg: "N", Into: &b.adapt.Examples, Field: "Examples", Help: "examples of all steps", Default: "60000"},
		cli.Flag{Name: "batch", Arg: "N", Into: &b.adapt.BatchSize, Field: "BatchSize", Help: "pairs of a step", Default: "256"},
		cli.Flag{Name: "lr", Arg: "X", Into: &b.adapt.LearningRate, Field: "LearningRate", Help: "learning rate", Default: "0.05"},
		cli.Flag{Name: "held-out", Arg: "X", Into: &b.adapt.Pairs.HeldOut, Field: "HeldOut", Help: "share of the documents that judges", Default: "0.1 or 0.2"},
		cli.Flag{Name: "seed", Arg: "N", Into: &b.adapt.Seed, Field: "Seed", Help: "seed", Default: "0"})
}

// page is a page and its description.
type page struct{ path, question string }

func (b *documentsBench) run(cmd *cobra.Command, trees []string) error {
	ctx := cmd.Context()
	temp, err := os.MkdirTemp("", "documents")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	var pages []page
	for i, tree := range trees {
		more, err := copyTree(tree, filepath.Join(temp, fmt.Sprint(i)), b.all)
		if err != nil {
			return err
		}
		pages = append(pages, more...)
	}
	src, err := documents.Open(ctx, nil, []string{temp}, documents.Options{})
	if err != nil {
		return err
	}
	model, err := cli.OpenModel(cmd)
	if err != nil {
		return err
	}
	s, err := readPassages(ctx, src)
	if err != nil {
		return err
	}
	cli.Note(cmd, "%s in %s of %s, %s", cli.Plural(len(s.inputs), "passage", "passages"), cli.Plural(len(src.Files()), "file", "files"), strings.Join(trees, ", "), cli.Plural(len(pages), "question", "questions"))
	began := time.Now()
	tuned, report, err := adapt.Tune(ctx, model, src, b.adapt)
	if err != nil {
		return err
	}
	cli.Note(cmd, "%s (%s, %d steps, %v)", report, cli.Duration(time.Since(began)), report.Steps, report.Kinds)
	before, err := s.dense(ctx, model, pages)
	if err != nil {
		return err
	}
	after, err := s.dense(ctx, tuned, pages)
	if err != nil {
		return err
	}
	words, err := s.words(ctx, filepath.Join(temp, "words"), pages)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "| %-24s | MRR@10 |\n|%s|--------|\n", "search", strings.Repeat("-", 26))
	for _, row := range []struct {
		name   string
		scores [][]float32
	}{
		{"dense", before}, {"dense, adapted", after}, {"words", words},
		{"both", combined(before, words)}, {"both, adapted", combined(after, words)},
	} {
		fmt.Fprintf(cmd.OutOrStdout(), "| %-24s | %.4f |\n", row.name, s.mrr(row.scores, pages))
	}
	return nil
}

var (
	frontMatter = regexp.MustCompile(`(?s)\A---\r?\n(.*?\n)---\r?\n`)
	description = regexp.MustCompile(`(?m)^(?:description|summary|excerpt):[ \t]*(\S.*)\n`)
)

// copyTree copies the Markdown files of a tree without their descriptions, which it returns.
func copyTree(tree, to string, paragraphs bool) (pages []page, err error) {
	return pages, filepath.WalkDir(tree, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Ext(name) != ".md" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(tree, name)
		if err != nil {
			return err
		}
		path := filepath.Join(to, rel)
		question := ""
		if m := frontMatter.FindSubmatchIndex(data); m != nil {
			if found := description.FindSubmatchIndex(data[m[2]:m[3]]); found != nil {
				question = strings.Trim(string(data[m[2]+found[2]:m[2]+found[3]]), `"' `)
				data = slices.Concat(data[:m[2]+found[0]], data[m[2]+found[1]:])
			}
		}
		if question == "" && paragraphs {
			data, question = withoutParagraph(data)
		}
		if len(strings.Fields(question)) >= 2 {
			pages = append(pages, page{path, question})
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o666)
	})
}

// withoutParagraph removes the first paragraph of at least six words.
func withoutParagraph(data []byte) ([]byte, string) {
	for at, block := range bytes.SplitAfter(data, []byte("\n\n")) {
		text := strings.TrimSpace(string(block))
		if len(strings.Fields(text)) >= 6 && len(text) < 600 && !strings.ContainsAny(text[:1], "#-*<>`|![{0123456789") {
			blocks := bytes.SplitAfter(data, []byte("\n\n"))
			return bytes.Join(slices.Delete(blocks, at, at+1), nil), strings.Join(strings.Fields(text), " ")
		}
	}
	return data, ""
}

// passages are all passages of a tree.
type passageSet struct {
	inputs, headings, texts, paths []string
}

func readPassages(ctx context.Context, src *documents.Source) (*passageSet, error) {
	s := &passageSet{}
	for _, f := range src.Files() {
		err := src.Read(ctx, f, func(p documents.Passage) error {
			s.inputs, s.paths, s.texts = append(s.inputs, p.Input()), append(s.paths, p.Path), append(s.texts, p.Text)
			s.headings = append(s.headings, strings.Join(append([]string{p.Title}, p.Heading...), ". "))
			return nil
		})
		if skipped := (*documents.Skipped)(nil); err != nil && !errors.As(err, &skipped) {
			return nil, err
		}
	}
	return s, nil
}

// dense returns the z-scores of the cosines of each question with all passages.
func (s *passageSet) dense(ctx context.Context, m sentence.Model, pages []page) ([][]float32, error) {
	t, _, err := m.EncodeBatch(ctx, s.inputs, 0)
	if err != nil {
		return nil, err
	}
	dim := m.Dim()
	var all [][]float32
	for _, p := range pages {
		q, _, err := m.EncodeBatch(ctx, []string{p.question}, 0)
		if err != nil {
			return nil, err
		}
		row := make([]float32, len(s.inputs))
		for i := range row {
			v := t[i*dim:][:dim]
			if n := kernel.Norm(v) * kernel.Norm(q); n > 0 {
				row[i] = kernel.Dot(q, v) / n
			}
		}
		all = append(all, standardized(row))
	}
	return all, nil
}

// words returns the z-scores of BM25.
func (s *passageSet) words(ctx context.Context, dir string, pages []page) ([][]float32, error) {
	x, err := fulltext.Create(dir, fulltext.Options{Language: fulltext.DetectLanguage(strings.Join(s.texts[:min(100, len(s.texts))], "\n"))})
	if err != nil {
		return nil, err
	}
	defer x.Close()
	for i := range s.texts {
		if err := x.Add(ctx, fulltext.Document{Label: int64(i), Heading: s.headings[i], Text: s.texts[i]}); err != nil {
			return nil, err
		}
	}
	if err := x.Commit(ctx); err != nil {
		return nil, err
	}
	var all [][]float32
	for _, p := range pages {
		found, err := x.Query(ctx, p.question)
		if err != nil {
			return nil, err
		}
		row := make([]float32, len(s.inputs))
		for i := range row {
			row[i] = float32(found.Score(int64(i)))
		}
		all = append(all, standardized(row))
	}
	return all, nil
}

func standardized(row []float32) []float32 {
	stats := fusion.Measure(row)
	for i, x := range row {
		row[i] = float32(stats.Z(float64(x)))
	}
	return row
}

func combined(dense, words [][]float32) (all [][]float32) {
	for q := range dense {
		row := make([]float32, len(dense[q]))
		for i := range row {
			row[i] = float32(fusion.Combine(float64(dense[q][i]), float64(words[q][i]), fusion.DenseWeight))
		}
		all = append(all, row)
	}
	return all
}

// mrr returns the mean reciprocal rank of the page among the best 10 pages, each of which counts by its
// best passage.
func (s *passageSet) mrr(scores [][]float32, pages []page) float64 {
	sum := 0.0
	for q, p := range pages {
		best := map[string]float32{}
		for i, x := range scores[q] {
			if was, ok := best[s.paths[i]]; !ok || x > was {
				best[s.paths[i]] = x
			}
		}
		own, rank := best[p.path], 0
		for _, x := range best {
			if x >= own {
				rank++
			}
		}
		if _, ok := best[p.path]; ok && rank <= 10 {
			sum += 1 / float64(rank)
		}
	}
	return sum / float64(max(1, len(pages)))
}
