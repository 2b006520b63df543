package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/adapt"
	"github.com/luminavec/luminavec/sentence/bundled"
	sentences "github.com/luminavec/luminavec/sentence/train"
)

func (j *sentenceJob) run(cmd *cobra.Command, args []string) error {
	ctx := cmd.Context()
	if err := j.settle(cmd, args); err != nil {
		return cli.UsageError(err)
	}
	if err := j.check(cmd); err != nil {
		return err
	}
	if err := corpora.CheckOutside(j.output, append(slices.Clone(args), j.init)); err != nil {
		return err
	}
	sets, err := sentences.OpenSets(ctx, sets.STSOptions{Labels: j.Labels, ScoreColumn: j.watch.read.ScoreColumn}, j.watch.sets...)
	if err != nil {
		return err
	}
	init, err := j.openInit(cmd)
	if err != nil {
		return err
	}
	defer init.Close()
	if err := j.token.adopt(cmd, init); err != nil {
		return cli.UsageError(err)
	}
	sources, done, err := j.Open(ctx, j.token.tokens.Trained())
	if err != nil {
		return err
	}
	defer done()
	if j.part.shard != "" && j.token.tokens.Trained() && j.token.tokens.Tokenizer != sentences.Words && !cmd.Flags().Changed("tokenizer") {
		cli.Note(cmd, "the tokens are trained on all pairs, by each process; --tokenizer FILE saves this time")
	}
	tokenizer, err := j.token.open(cmd, func(ctx context.Context, progress func(string, float64)) (*tokenize.Tokenizer, sentences.TrainedTokens, error) {
		return j.token.tokens.Open(ctx, init, sources, &j.Input, progress)
	})
	if err != nil {
		return err
	}
	pairs, err := readPairs(cmd, sources, j.PairOptions(tokenizer, j.MaxTokens))
	if err != nil {
		return err
	}
	defer pairs.Close()
	j.Keep(pairs)
	if j.Loss == "" {
		j.Loss = sentences.UsualLoss(pairs.Kind())
	}
	err = j.Fits(pairs)
	if err == nil {
		err = j.Unused(cli.Given(cmd)...)
	}
	if err == nil && len(sets) == 0 {
		err = labelsUsed(j.Labels, pairs.Files())
	}
	if err != nil {
		return cli.UsageError(err)
	}
	v := tokenizer.Vocabulary()
	run := sentences.Run{Pairs: pairs, Tokenizer: tokenizer, Sources: args}
	if j.part.shard != "" {
		if run.Part, run.Parent, err = j.openPart(cmd, pairs, init); err != nil {
			return err
		}
	}
	if run.Parent != nil {
		return j.trainPairs(cmd, sets, 1-1/float64(run.Part.Rounds), run)
	}
	start, err := init.Start(ctx, tokenizer, j.Dim)
	if err != nil {
		return err
	}
	run.Start = start
	if start != nil && start.Encoder == nil {
		noteStart(cmd, start.Found(), v.Len(), "token", j.init, init.Format, false)
		noteNGrams(cmd, j.init, init.NGrams())
	}
	return j.trainPairs(cmd, sets, 0, run)
}

// openPart returns the place of a part, and the average that it starts from.
func (j *sentenceJob) openPart(cmd *cobra.Command, p *pairs.Dataset, init *sentences.Init) (*sentences.Part, *checkpoints.Checkpoint, error) {
	at := sentences.NewPart(p, 1, 1)
	part, err := j.part.place(p.Shard(), at.Corpus, j.init, init.Model())
	if err != nil {
		return nil, nil, err
	}
	cli.Note(cmd, "shard %s: %s of %s", p.Shard(), cli.Thousands(p.Examples()), cli.Plural(p.Rows(), "example", "examples"))
	noteRound(cmd, *part, j.Epochs, func(progress float64) float64 { return sentences.Rate(&j.Options, progress) })
	if part.Round == 1 {
		return part, nil, nil
	}
	parent, err := checkpoints.Read(cmd.Context(), j.init, checkpoints.ReadOptions{State: true})
	return part, parent, err
}

// openInit opens the model of --init, nil without it, and adopts what it determines.
func (j *sentenceJob) openInit(cmd *cobra.Command) (*sentences.Init, error) {
	var init *sentences.Init
	var err error
	switch {
	case j.init != "":
		if init, err = sentences.OpenInit(cmd.Context(), j.init, j.format); err != nil {
			return nil, missing(err)
		}
	case len(j.Documents) > 0 && !slices.ContainsFunc([]string{"tokenizer", "vocab", "min-count", "cased", "locale", "dim", "hidden", "project", "project-init", "pooling", "sif-a"}, cmd.Flags().Changed):
		c, err := bundled.Read(cmd.Context())
		if err != nil {
			return nil, err
		}
		cli.Note(cmd, "starting from the bundled model; --init MODEL names another, and --tokenizer wordpiece starts anew")
		init = sentences.InitModel(bundled.Name, c)
	default:
		return nil, nil
	}
	if err = init.Adopt(&j.Options, cli.Given(cmd)...); err == nil {
		err = validSentence(j.Options)
	}
	if err != nil {
		init.Close()
		return nil, cli.UsageError(err)
	}
	return init, nil
}

// missing marks the error of a file that does not exist as wrong use.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return cli.UsageError(err)
	}
	return err
}

// trainPairs trains into the output, and reports; done is the share of a resumed run that is
// completed.
func (j *sentenceJob) trainPairs(cmd *cobra.Command, sets []sentences.ValidationSet, done float64, run sentences.Run) error {
	need := sentences.Estimate(j.Options, run.Pairs, run.Tokenizer.Vocabulary(), done, j.watch.keepsBest(len(sets)))
	if err := j.noteNeeds(cmd, need, "lower --dim or --batch"); err != nil {
		return err
	}
	if len(sets) > 0 {
		run.Validation = &sentences.Validation{Sets: sets}
		j.watch.set(run.Validation)
		noteSets(cmd, run.Validation)
	}
	run.SaveEvery, run.Settings = j.every, j.JSON()
	run.Warn = func(text string) { cli.Warn(cmd, "%s", text) }
	model, last, err := j.train(cmd, "pairs", run.Validation, func(ctx context.Context, progress func(training.Event), save func(context.Context, *checkpoints.Checkpoint) error) (*checkpoints.Checkpoint, error) {
		run.Progress, run.Save = progress, save
		return sentences.Train(ctx, j.Options, run)
	})
	if err != nil {
		return err
	}
	if p := model.Config.Part; p != nil && p.Shard > 0 {
		return reportPart(cmd, j.output, "pairs", model, last)
	}
	own := run.Pairs
	if len(j.Files) == 0 && len(j.Documents) == 0 { // the bundled sample
		own = nil
	}
	if err := j.judgeOwn(cmd, run.Start, model); err != nil {
		return err
	}
	return reportSentence(cmd, j.output, j.ScoreRange, own, model, last)
}

// judgeOwn reports how well the texts of held-out questions of the documents are found, before and after.
func (j *sentenceJob) judgeOwn(cmd *cobra.Command, start *sentences.Start, c *checkpoints.Checkpoint) error {
	own := j.Own()
	if own == nil || len(own.HeldOut) == 0 {
		return nil
	}
	model, err := sentence.FromCheckpoint(c)
	if err != nil {
		return err
	}
	o := adapt.Options{Threads: j.Threads}
	after, questions, err := adapt.Judge(cmd.Context(), model, own, o)
	if err != nil {
		return err
	}
	before := ""
	if start != nil && start.Encoder != nil {
		mrr, _, err := adapt.Judge(cmd.Context(), start.Encoder, own, o)
		if err != nil {
			return err
		}
		before = fmt.Sprintf(", before %.3f", mrr)
	}
	cli.Note(cmd, "MRR@10 of %s of the documents: %.3f%s", cli.Plural(questions, "held-out question", "held-out questions"), after, before)
	return nil
}

// pluralPairs is a number of examples of a kind.
func pluralPairs(n int64, kind pairs.Kind) string {
	return cli.Plural(n, strings.TrimSuffix(kind.String(), "s"), kind.String())
}

// readPairs reads and tokenizes the pairs, and reports what it found.
func readPairs(cmd *cobra.Command, sources []pairs.Source, o pairs.Options) (*pairs.Dataset, error) {
	progress := cli.StartProgress(cmd, "reading")
	o.OnProgress = progress.Bytes
	began := time.Now()
	pairs, err := pairs.Build(cmd.Context(), sources, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	s := pairs.Stats()
	notePairs(cmd, s, pairs.Files())
	cut := ""
	if s.Truncated > 0 {
		cut = fmt.Sprintf(", %s truncated to %s tokens", cli.Plural(s.Truncated, "text", "texts"), cli.Thousands(o.MaxTokens))
	}
	cli.Note(cmd, "read %s: %s of %s tokens%s, in %s", cli.Bytes(s.Bytes), pluralPairs(pairs.Examples(), pairs.Kind()),
		cli.Count(float64(pairs.Tokens())), cut, cli.Duration(time.Since(began)))
	return pairs, nil
}

// labelsUsed returns an error if labels are given for pairs without labels.
func labelsUsed(labels []string, files []pairs.File) error {
	if kind := files[0].Kind; len(labels) > 0 && kind != pairs.Labelled {
		return fault.Field("Labels", "leave it out, or name the column of the labels in Columns", "applies to pairs with labels, but these are %s", kind)
	}
	return nil
}

// notePairs reports the layout of each file, and warns about what was skipped.
func notePairs(cmd *cobra.Command, s pairs.Stats, files []pairs.File) {
	if s.Invalid > 0 {
		cli.Warn(cmd, "replaced %s (first: %s)", cli.Replaced(s.Invalid, s.NULs), s.FirstInvalid)
	}
	for _, f := range files {
		weight := ""
		if f.Weight != 1 {
			weight = ", weight " + strconv.FormatFloat(f.Weight, 'g', -1, 64)
		}
		cli.Note(cmd, "%s: %s%s: %s", cli.Printable(text.Describe(f.Name)), pluralPairs(f.Examples, f.Kind), weight, f.Layout)
	}
	for _, skipped := range s.Skipped {
		cli.Warn(cmd, "skipped %s, %s: first %s", cli.Plural(skipped.Rows, "row", "rows"), skipped.Reason, skipped.First)
	}
}
