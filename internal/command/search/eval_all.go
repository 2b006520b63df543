package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/evaluate/lexical"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
	"github.com/luminavec/luminavec/sentence/models"
)

type allOptions struct {
	models         []string
	data           string
	markdown, html string
	ann            bool
}

func evalAllCommand() *cobra.Command {
	var o allOptions
	cmd := &cobra.Command{
		Use:   "all [-m MODEL]... [--data DIR] [options]",
		Short: "Evaluate models on all sets of a folder, in one report",
		Long: `
Every model is measured on every set that it can be measured on: word similarity and
analogies (models with a vocabulary), sentence similarity, retrieval (by meaning and
combined with BM25, beside BM25 alone) and pairs, of which the second text must be found
among all second texts. With --ann, the recall of an HNSW index of its vectors.

Without --data, the bundled sets are used. In a folder, sets are detected and reported:
folders with corpus.jsonl and qrels are retrieval; files of analogies and of scored words
are detected by their lines; other files by the name of their folder (words, analogies,
sts, pairs). Everything else is skipped with a reason.

Intervals contain 95% of 1,000 bootstrap samples. Models are compared on the items that
both know: p is the probability of so large a difference if both were equally good, from
10,000 random exchanges of the two models, or for correlations from the bootstrap.`,
		Example: "$ search eval all -m model -m other --data sets --html report.html",
		Args:    cli.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return evalAll(cmd, o) },
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "model", Short: "m", Arg: "MODEL", Into: &o.models, Help: "model folder; may be repeated", Default: "the bundled model"},
		cli.Flag{Name: "data", Arg: "DIR", Into: &o.data, Help: "folder of evaluation sets", Default: "the bundled sets"},
		cli.Flag{Name: "ann", Into: &o.ann, Help: "also build an HNSW index of each model's vectors and measure its recall"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "markdown", Arg: "FILE", Into: &o.markdown, Help: "also write the report as Markdown; - prints it instead of the table"},
		cli.Flag{Name: "html", Arg: "FILE", Into: &o.html, Help: "also write the report as a page with plots, in one file"},
		cli.Flag{Name: "json", Help: "print the report as JSON"})
}

// candidate is a model to evaluate.
type candidate struct {
	name    string
	encoder models.Model
	words   *evaluate.WordVectors // nil without a vocabulary
	table   *checkpoints.Checkpoint
}

// setFile is a set that was found.
type setFile struct {
	kind sets.Kind
	path string // "" of a bundled one
}

const pairsSet sets.Kind = "pairs"

func evalAll(cmd *cobra.Command, o allOptions) error {
	if o.html == "-" {
		return cli.UsageError(errors.New("--html needs the name of a file"))
	}
	if cli.JSON(cmd) && o.markdown == "-" {
		return cli.UsageError(fault.New("leave one of them out", "--json and --markdown - cannot be used together"))
	}
	report := &evaluate.Report{Models: []string{}, Scores: []evaluate.Score{}, Skipped: []string{}}
	found, err := findSets(cmd, o.data, report)
	if err != nil {
		return err
	}
	all, err := openCandidates(cmd, o.models)
	if err != nil {
		return err
	}
	for _, m := range all {
		report.Models = append(report.Models, m.name)
	}
	run := &allRun{cmd: cmd, report: report, models: all}
	for _, f := range found {
		if err := run.set(f); err != nil {
			if cmd.Context().Err() != nil || len(found) == 1 {
				return err
			}
			cli.Warn(cmd, "skipped %s: %v", cli.Printable(f.path), err)
			report.Skipped = append(report.Skipped, fmt.Sprintf("%s: %v", f.path, err))
		}
	}
	if o.ann {
		if err := run.ann(); err != nil {
			return err
		}
	}
	if len(report.Scores) == 0 {
		return fault.New("see 'search eval all --help' for how sets are found", "nothing could be measured")
	}
	report.Compare(resamples)
	return writeReport(cmd, report, o)
}

func openCandidates(cmd *cobra.Command, paths []string) ([]candidate, error) {
	ctx := cmd.Context()
	if len(paths) == 0 {
		m, err := bundled.Open(ctx)
		if err != nil {
			return nil, err
		}
		table, err := bundled.Read(ctx)
		if err != nil {
			return nil, err
		}
		return withWords([]candidate{{name: "bundled", encoder: m, table: table}})
	}
	var all []candidate
	seen := map[string]bool{}
	for _, path := range paths {
		if seen[path] {
			return nil, cli.UsageError(fmt.Errorf("the model %s is named twice", path))
		}
		seen[path] = true
		m, err := cli.OpenModelAt(cmd, path)
		if err != nil {
			return nil, err
		}
		c := candidate{name: path, encoder: m}
		if is, err := models.IsTransformer(path); err != nil {
			return nil, err
		} else if !is {
			if c.table, err = checkpoints.Read(ctx, path, checkpoints.ReadOptions{}); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	return withWords(all)
}

func withWords(all []candidate) ([]candidate, error) {
	for i := range all {
		if all[i].table == nil {
			continue
		}
		t, err := sentence.TokenVectors(all[i].table)
		if err != nil {
			return nil, err
		}
		all[i].words = evaluate.NewWordVectors(t)
	}
	return all, nil
}

// findSets finds the sets of a folder, or returns the bundled ones.
func findSets(cmd *cobra.Command, dir string, report *evaluate.Report) ([]setFile, error) {
	if dir == "" {
		return []setFile{{sets.WordsSet, ""}, {sets.AnalogiesSet, ""}, {sets.STSSet, ""}, {sets.RetrievalSet, ""}}, nil
	}
	var found []setFile
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			if isRetrieval(path) {
				found = append(found, setFile{sets.RetrievalSet, path})
				return fs.SkipDir
			}
			return nil
		case !e.Type().IsRegular() || documentation(e.Name()):
			return nil
		}
		kind, err := kindOfSet(path)
		switch {
		case err != nil:
			report.Skipped = append(report.Skipped, fmt.Sprintf("%s: %v", path, err))
		case kind == "":
			report.Skipped = append(report.Skipped, path+": not a set that is detected by its lines or its folder")
		default:
			found = append(found, setFile{kind, path})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New("see 'search eval all --help' for how sets are found", "%s has no evaluation sets", dir)
	}
	for _, f := range found {
		cli.Note(cmd, "%s: %s", cli.Printable(f.path), f.kind)
	}
	for _, s := range report.Skipped {
		cli.Note(cmd, "skipped %s", cli.OneLine(s))
	}
	return found, nil
}

func documentation(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "readme") || strings.HasPrefix(name, "license") || strings.HasPrefix(name, "notice")
}

func isRetrieval(dir string) bool {
	corpus, _ := filepath.Glob(filepath.Join(dir, "corpus.jsonl*"))
	stat, err := os.Stat(filepath.Join(dir, "qrels"))
	return len(corpus) > 0 && err == nil && stat.IsDir()
}

// kindOfSet returns the kind of a file, "" if it is not a set.
func kindOfSet(path string) (sets.Kind, error) {
	folder := strings.ToLower(filepath.Base(filepath.Dir(path)))
	switch folder {
	case "pairs":
		return pairsSet, nil
	case "sts":
		return sets.STSSet, nil
	}
	kind, err := sets.Detect(path)
	if err != nil || kind != sets.TextSet {
		return kind, err
	}
	switch folder {
	case "words":
		return sets.WordsSet, nil
	case "analogies":
		return sets.AnalogiesSet, nil
	}
	if name := strings.ToLower(filepath.Base(path)); strings.HasPrefix(name, "sts") || strings.HasPrefix(name, "sick") {
		return sets.STSSet, nil
	}
	return "", nil
}

// allRun measures.
type allRun struct {
	cmd    *cobra.Command
	report *evaluate.Report
	models []candidate
}

func (r *allRun) add(s evaluate.Score) { r.report.Scores = append(r.report.Scores, s) }

func (r *allRun) withoutWords(set string, m candidate) {
	r.report.Skipped = append(r.report.Skipped, fmt.Sprintf("%s with %s: a transformer has no vectors of words", set, m.name))
}

// set measures all models on a set.
func (r *allRun) set(f setFile) error {
	ctx := r.cmd.Context()
	progress := cli.StartProgress(r.cmd, filepath.Base(f.path))
	defer progress.Done()
	switch f.kind {
	case sets.WordsSet:
		set, err := sets.WordSim353(), error(nil)
		if f.path != "" {
			set, err = sets.ReadWordPairs(ctx, f.path)
		}
		if err != nil {
			return err
		}
		for _, m := range r.models {
			if m.words == nil {
				r.withoutWords(set.Name, m)
				continue
			}
			r.add(evaluate.WordScore(m.name, evaluate.Words(m.words, set), set, resamples))
		}
	case sets.AnalogiesSet:
		set, err := sets.GoogleAnalogies(), error(nil)
		if f.path != "" {
			set, err = sets.ReadAnalogies(ctx, f.path)
		}
		if err != nil {
			return err
		}
		for _, m := range r.models {
			if m.words == nil {
				r.withoutWords(set.Name, m)
				continue
			}
			result, err := evaluate.AnalogyReport(ctx, m.words, set, evaluate.AnalogyOptions{})
			if err != nil {
				return err
			}
			r.add(evaluate.AnalogyScoreOf(m.name, result, resamples))
		}
	case sets.STSSet:
		set, err := sets.STSBenchmarkDev(), error(nil)
		if f.path != "" {
			set, err = sets.ReadSTS(ctx, f.path, sets.STSOptions{})
		}
		if err != nil {
			return err
		}
		for _, m := range r.models {
			result, err := evaluate.STS(ctx, m.encoder, set, evaluate.STSOptions{Resamples: resamples})
			if err != nil {
				return err
			}
			r.add(evaluate.STSScore(m.name, result, set))
		}
	case sets.RetrievalSet:
		return r.retrieval(ctx, f)
	case pairsSet:
		texts, err := readPairs(ctx, f.path)
		if err != nil {
			return err
		}
		for _, m := range r.models {
			s, err := evaluate.Pairs(ctx, m.encoder, filepath.Base(f.path), m.name, texts, resamples)
			if err != nil {
				return err
			}
			r.add(s)
		}
	}
	return nil
}

func (r *allRun) retrieval(ctx context.Context, f setFile) error {
	set, err := sets.Cranfield(), error(nil)
	if f.path != "" {
		set, err = sets.OpenRetrieval(ctx, f.path, "")
	}
	if err != nil {
		return err
	}
	for i, m := range r.models {
		o := evaluate.RetrievalOptions{Resamples: resamples, Words: lexical.New, QueryEncoder: models.ForQueries(m.encoder)}
		c, err := evaluate.RetrievalModes(ctx, models.ForDocuments(m.encoder), set, o)
		if err != nil {
			return err
		}
		for _, result := range c.Modes {
			if i == 0 || result.Mode != evaluate.BM25 {
				r.add(evaluate.RetrievalScore(m.name, result))
			}
		}
	}
	return nil
}

var errEnoughPairs = errors.New("enough pairs")

// readPairs reads the first pairs of a file.
func readPairs(ctx context.Context, path string) ([][2]string, error) {
	sources, err := pairs.Open([]string{path}, nil)
	if err != nil {
		return nil, err
	}
	var texts [][2]string
	_, _, err = pairs.Each(ctx, sources, pairs.Options{}, func(t pairs.Texts) error {
		if len(t.Texts) >= 2 {
			texts = append(texts, [2]string{strings.Clone(t.Texts[0]), strings.Clone(t.Texts[1])})
		}
		if len(texts) == evaluate.MaxPairs {
			return errEnoughPairs
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnoughPairs) {
		return nil, err
	}
	return texts, nil
}

func (r *allRun) ann() error {
	for _, m := range r.models {
		if m.table == nil {
			r.report.Skipped = append(r.report.Skipped, "ann with "+m.name+": a transformer has no table of vectors")
			continue
		}
		t := m.table.Embedding()
		o := evaluate.ANNOptions{Queries: min(1000, t.Shape[0]/10), K: 10, Efs: []int{100}}
		o.Index = index.Options{Kind: index.HNSW, Metric: index.Cosine, Seed: 1}
		result, err := evaluate.MeasureANN(r.cmd.Context(), t, o)
		if err != nil {
			return err
		}
		r.add(evaluate.ANNScore(m.name, result))
	}
	return nil
}

func writeReport(cmd *cobra.Command, r *evaluate.Report, o allOptions) error {
	if o.html != "" {
		page, err := reportPage(r)
		if err == nil {
			err = saveText(o.html, page)
		}
		if err != nil {
			return err
		}
	}
	if o.markdown != "" && o.markdown != "-" {
		var b strings.Builder
		if err := r.WriteMarkdown(&b); err != nil {
			return err
		}
		if err := saveText(o.markdown, b.String()); err != nil {
			return err
		}
	}
	out := cmd.OutOrStdout()
	switch {
	case cli.JSON(cmd):
		return cli.WriteJSON(out, r)
	case o.markdown == "-":
		return r.WriteMarkdown(out)
	}
	var b strings.Builder
	if _, err := r.WriteTo(&b); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(out, cli.Printable(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

func saveText(path, data string) error {
	f, err := durable.CreateFile(path, true)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write([]byte(data)); err != nil {
		return err
	}
	return f.Commit()
}
