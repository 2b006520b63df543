package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/estimate"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/distill"
	sentences "github.com/luminavec/luminavec/sentence/train"
	"github.com/luminavec/luminavec/sentence/transformer"
)

type distillJob struct {
	options distill.Options
	teacher string
	beside  string
	general int
	text    text.Selection
	skipBad bool
	input   sentences.Input
	pairs   []string
	scored  []string
	output  string
	force   bool
	same    bool
	own     ownTokens
}

func distillCommand() *cobra.Command {
	job := distillJob{options: distill.DefaultOptions(), own: ownTokens{token: newTokenFlags(ownVocabulary)}}
	o := &job.options
	cmd := &cobra.Command{
		Use:   "distill --teacher FOLDER [CORPUS...] [options] -o MODEL",
		Short: "Train a static model that imitates a transformer",
		Long: `
The teacher is a transformer of the BERT family, as sentence-transformers writes it. The
model has its tokens, a vector each, and needs one look-up a token: it is hundreds of times
as fast. Nothing is labelled: the teacher encodes a random choice of the texts, and the
table is moved until the texts have its vectors. Best are texts like those that will be
searched or compared; the frequent words of few texts become tokens too (--add-words).

A text is a line of CORPUS or, with --field or --column, a record; with --pairs, each
text of a pair is one. To fewer than 10,000 texts, general ones are added (--general).
100,000 pairs or more also train a table that is put beside that of the teacher, and the
model is tuned on pairs, and at the end on pairs with scores (--scored). The teacher's vectors are kept in MODEL.teacher until the model
is written; an interrupted command goes on with them.`,
		Example: `
$ train distill --teacher all-MiniLM-L6-v2 my-docs/ -o mine
$ train distill --teacher all-MiniLM-L6-v2 --pairs pairs.tsv --dim 256 --precision int8 -o small
$ search eval sts -m small`,
		RunE: job.run,
	}
	cli.Declare(cmd, cli.Arguments, cli.Flag{Arg: "CORPUS", Help: "text file, folder or glob, or - for standard input (default, without --pairs: bundled samples of pairs and of English Wikipedia)"})
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "teacher", Arg: "FOLDER", Into: &job.teacher, Help: "transformer to imitate"},
		cli.PromptFlag(), cli.PrecisionFlag(),
		cli.Flag{Name: "pairs", Arg: "FILE", Into: &job.pairs, Field: "Pairs", Help: "file of pairs, as of 'train sentence'"},
		cli.Flag{Name: "scored", Arg: "FILE", Into: &job.scored, Field: "Scored", Help: "file of pairs with scores of how similar they are, as of 'train sentence': at the end, the model is tuned until its similarities are in their order"},
		columnsFlag(&job.input.Columns))
	cli.Declare(cmd, cli.ForInput, append(cli.TextFlags(&job.text), cli.SkipBadFlag(&job.skipBad))...)
	cli.Declare(cmd, "Tokens", job.own.flags()...)
	cli.Declare(cmd, "Training",
		cli.Flag{Name: "texts", Arg: "N", Into: &o.Texts, Field: "Texts", Help: "number of texts that the teacher encodes, a random choice"},
		cli.Flag{Name: "general", Arg: "N", Into: &job.general, Help: "number of paragraphs of the bundled sample of English Wikipedia that are added to the texts, 0 to 23,872", Default: "4,000 with fewer than 10,000 texts, else 0"},
		cli.Flag{Name: "max-tokens", Arg: "N", Into: &o.MaxTokens, Field: "MaxTokens", Help: "length at which these texts are cut"},
		cli.Flag{Name: "dim", Arg: "N", Into: &o.Dim, Field: "Dim", Positive: true, Help: "dimensions of the vectors", Default: "the teacher's, those beside, and up to 512 of --pair-dim"},
		cli.Flag{Name: "epochs", Arg: "N", Into: &o.Epochs, Field: "Epochs", Help: "passes over the texts; 0 keeps the teacher's vectors of single tokens"},
		cli.Flag{Name: "batch", Arg: "N", Into: &o.BatchSize, Field: "BatchSize", Help: "texts in a step"},
		cli.Flag{Name: "lr", Arg: "X", Into: &o.LearningRate, Field: "LearningRate", Help: "learning rate at first; it falls linearly to 0"},
		cli.Flag{Name: "sif", Arg: "A", Into: &o.SIF, Field: "SIF", Help: "a token that makes up the share p of the text is weighted by A/(A+p)"},
		cli.Flag{Name: "repeats", Arg: "X", Into: &o.Repeats, Field: "Repeats", Help: "a token that occurs n times in a text counts n^X times, which helps search; other programs can open the model only with 1"},
		cli.Flag{Name: "whiten", Arg: "X", Into: &o.Whiten, Field: "Whiten", Help: "scale the principal components of the vectors by variance^(-X/2); 0 leaves them as they are, 1 makes them equal", Default: "0.5, and 0.3 with a table beside"},
		cli.Flag{Name: "whiten-teacher", Arg: "X", Into: &o.WhitenTeacher, Field: "WhitenTeacher", Help: "before the table learns from the teacher's vectors, subtract their mean and scale their components by variance^(-X/2), which helps search more than similarity; 0 leaves them as they are"},
		cli.Flag{Name: "beside", Arg: "MODEL", Into: &job.beside, Field: "Beside", Help: "put the vectors of a model with the teacher's tokens, as 'train sentence --tokenizer FOLDER' makes it, beside the learned ones before the principal components are computed"},
		cli.Flag{Name: "pair-dim", Arg: "N", Into: &o.PairDim, Field: "PairDim", Help: "with --pairs, put a table of N dimensions beside the learned one that is trained on the pairs; 0 leaves it out", Default: "1024 with 100,000 pairs or more and more dimensions than the teacher's"},
		cli.Flag{Name: "pair-epochs", Arg: "N", Into: &o.PairEpochs, Field: "PairEpochs", Help: "passes over the pairs to train that table"},
		cli.Flag{Name: "tune", Arg: "N", Into: &o.TuneSteps, Field: "TuneSteps", Help: "with --pairs, tune the model on N batches of 1,024 pairs at the end; 0 does not"},
		cli.Flag{Name: "scored-epochs", Arg: "N", Into: &o.ScoredEpochs, Field: "ScoredEpochs", Help: "with --scored, passes over these pairs"},
		cli.Flag{Name: "keep-teacher", Arg: "X", Into: &o.KeepTeacher, Field: "KeepTeacher", Help: "weight of the similarity to the model before tuning"},
		cli.Flag{Name: "exact", Arg: "X", Into: &o.Exact, Field: "Exact", Help: "add a random vector to that of each token, X times as long as the texts' vectors on average, so that texts with the same words are more similar, which helps search more than similarity; 0 does not"},
		cli.Flag{Name: "same-space", Into: &job.same, Help: "keep the vectors in the space of the teacher, so that they can be compared with its own: all dimensions, and 0 for --whiten, --whiten-teacher, --pair-dim, --tune and --exact"},
		cli.Flag{Name: "seed", Arg: "N", Into: &o.Seed, Field: "Seed", Help: "seed of the choice of the texts and of their order"},
		cli.Flag{Name: "threads", Arg: "N", Into: &o.Threads, Field: "Threads", Positive: true, Help: "number of threads", Default: "all cores"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "MODEL", Into: &job.output, Help: "folder to write"},
		cli.Flag{Name: "cache", Arg: "FILE", Into: &o.Cache, Field: "Cache", Help: "keep the teacher's vectors in FILE, also after the end, for runs with other settings", Default: "MODEL.teacher, until the model is written"},
		cli.Flag{Name: "force", Into: &job.force, Field: "ReplaceCache", Help: "replace MODEL if it exists, and FILE if it has vectors of another teacher, other texts or other options"}, cli.JSONFlag())
}

// distilled is the report of train distill.
type distilled struct {
	Model      string                 `json:"model"`
	Teacher    string                 `json:"teacher"`
	Vocabulary int                    `json:"vocabulary"`
	Bytes      int64                  `json:"bytes"`
	Files      []checkpoints.FileSize `json:"files"`
	General    int64                  `json:"general"` // texts of the bundled sample
	*distill.Report
	Next []string `json:"next"`
}

func (r *distilled) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "distilled %s of %s in %s, of them %s by the teacher\n", cli.Plural(r.Texts, "text", "texts"), cli.Thousands(r.Of),
		cli.Seconds(r.Seconds), cli.Seconds(r.Report.Teacher))
	if r.FirstCosine != 0 || r.LastCosine != 0 { // else, the table was not trained
		fmt.Fprintf(b, "  mean cosine to the teacher: %.3f at first, %.3f at the end\n", r.FirstCosine, r.LastCosine)
	}
	fmt.Fprintf(b, "  %s of %s, %s: %s\n", cli.Plural(r.Vocabulary, "token", "tokens"), cli.Plural(r.Dim, "dimension", "dimensions"), cli.Bytes(r.Bytes), cli.Printable(r.Model))
	writeNext(b, r.Next)
}

func (j *distillJob) run(cmd *cobra.Command, args []string) error {
	switch {
	case j.teacher == "":
		return cli.UsageError(fault.New("name a transformer: --teacher all-MiniLM-L6-v2", "no teacher is named"))
	case j.output == "":
		return cli.UsageError(fault.New("name the folder to write: -o model", "no output is named"))
	case j.same && (slices.ContainsFunc([]string{"whiten", "whiten-teacher", "dim", "beside", "pair-dim", "tune", "exact", "scored"}, cmd.Flags().Changed)):
		return cli.UsageError(fault.New("leave one of them out", "--same-space cannot be used with --whiten, --whiten-teacher, --dim, --beside, --pair-dim, --tune, --exact or --scored"))
	case len(j.scored) == 0 && cmd.Flags().Changed("scored-epochs"):
		return cli.UsageError(fault.New("name the pairs with --scored FILE, or leave it out", "--scored-epochs applies to pairs with scores"))
	case len(j.pairs) == 0 && slices.ContainsFunc(ofPairs, cmd.Flags().Changed):
		return cli.UsageError(fault.New("name the pairs with --pairs FILE, or leave it out", "--%s applies to pairs",
			ofPairs[slices.IndexFunc(ofPairs, cmd.Flags().Changed)]))
	case j.general < 0 || j.general > 23_872:
		return cli.UsageError(fault.New("", "--general must be from 0 to 23,872, got %d", j.general))
	case len(args) == 0 && (j.text != (text.Selection{}) || j.skipBad):
		return cli.UsageError(fault.New("name files of text, or leave them out", "--field, --column and --skip-bad apply to CORPUS"))
	}
	if j.same {
		j.options.Whiten, j.options.WhitenTeacher, j.options.PairDim, j.options.TuneSteps, j.options.Exact = 0, 0, 0, 0, 0
	}
	if err := j.options.Validate(); err != nil {
		return cli.UsageError(err)
	}
	if err := j.own.settle(cmd, len(args) > 0 && len(j.pairs) == 0 && j.beside == ""); err != nil {
		return err
	}
	write := checkpoints.WriteOptions{Replace: j.force}
	if err := checkpoints.CheckOutput(j.output, write); err != nil {
		return err
	}
	cache, kept, err := j.cacheFile()
	if err != nil {
		return err
	}
	m, err := cli.OpenModelAt(cmd, j.teacher)
	if err != nil {
		if _, missing := os.Stat(filepath.Join(j.teacher, "config.json")); missing != nil {
			err = fault.New("name a folder of sentence-transformers with a model of the BERT family, such as all-MiniLM-L6-v2", "%w", err)
		}
		return err
	}
	teacher, ok := m.(*transformer.Encoder)
	if !ok {
		return cli.UsageError(fault.New("name the folder of a transformer", "%s is a static model already", j.teacher))
	}
	if err := j.own.fits(teacher.Tokenizer()); err != nil {
		return err
	}
	if most := teacher.Config().MaxTokens; j.options.MaxTokens > most {
		j.options.MaxTokens = most
		cli.Note(cmd, "the teacher reads %s of a text", cli.Plural(most, "token", "tokens"))
	}
	if j.beside != "" {
		if j.options.Beside, err = sentence.Open(cmd.Context(), j.beside); err != nil {
			return err
		}
	}
	if err := j.options.Fits(teacher, len(j.pairs) > 0); err != nil {
		return cli.UsageError(err)
	}
	sample, general, err := j.read(cmd, args, teacher)
	if err != nil {
		return err
	}
	if j.options.Pairs != nil {
		defer j.options.Pairs.Close()
	}
	if (j.beside != "" || j.options.Pairs != nil && j.options.PairDim > 0) && !cmd.Flags().Changed("whiten") {
		j.options.Whiten = whitenBeside
	}
	if len(j.scored) > 0 {
		if j.options.Scored, err = j.readScored(cmd, sample.Tokenizer(teacher)); err != nil {
			return err
		}
	}
	if j.options.Scored != nil {
		defer j.options.Scored.Close()
	}
	cut := ""
	if n := sample.Cut(); n > 0 {
		cut = fmt.Sprintf(", %s longer than %d tokens, of which the first ones count", cli.Thousands(n), j.options.MaxTokens)
	}
	cli.Note(cmd, "read %s%s; the teacher encodes %s of them", cli.Plural(sample.Seen(), "text", "texts"), cut, cli.Thousands(int64(sample.Len())))
	o := j.options
	o.Cache, o.ReplaceCache = cache, j.force || !kept
	if err := j.checkDisk(cmd, cache, sample, teacher); err != nil {
		return err
	}
	stages := cli.Stages{Cmd: cmd}
	o.Progress = func(stage string, done, all int64) {
		unit := map[string]string{"tokens": "tokens", "teacher": "texts", "training": "steps"}[stage]
		did := "" // of training on pairs, the share
		if unit != "" {
			did = cli.Count(float64(done)) + " " + unit
		}
		stages.Update(stage, cli.Share(done, all), did)
	}
	model, report, err := distill.Train(cmd.Context(), teacher, sample, o)
	stages.Done()
	if err != nil {
		if cmd.Context().Err() != nil {
			if _, missing := os.Stat(o.Cache); missing != nil {
				return cli.Interrupted("run the same command to start again", "interrupted: no text was encoded yet")
			}
			return cli.Interrupted("run the same command to go on", "interrupted: the teacher's vectors so far are in %s", o.Cache)
		}
		return err
	}
	if report.Reused > 0 {
		cli.Note(cmd, "%s of the teacher were in %s already", cli.Plural(report.Reused, "vector", "vectors"), o.Cache)
	}
	model.Config.Version = cli.Version()
	model.Config.Progress.Seconds = report.Seconds
	model.Config.Origin = "distilled from " + filepath.Base(filepath.Clean(j.teacher))
	if err := checkpoints.Write(cmd.Context(), j.output, model, write); err != nil {
		return err
	}
	if !kept {
		if err := os.Remove(o.Cache); err != nil {
			return err
		}
	}
	r := &distilled{Model: j.output, Teacher: j.teacher, Vocabulary: model.Vocabulary.Len(), General: general, Report: report}
	if len(args) > 0 && !slices.Contains(args, "-") && j.text == (text.Selection{}) {
		build := []string{"build", "-m", j.output}
		for _, path := range args {
			build = append(build, cli.PathArgument(path))
		}
		r.Next = append(r.Next, cli.CommandLine("search", append(build, "-o", "collection")...))
	}
	r.Next = append(r.Next, cli.CommandLine("search", "eval", "sts", "-m", j.output))
	if r.Files, r.Bytes, err = checkpoints.FileSizes(j.output); err != nil {
		return err
	}
	return printReport(cmd, r)
}

// cacheFile returns the file of the teacher's vectors, which it can write, and whether it is kept at the end.
func (j *distillJob) cacheFile() (path string, kept bool, err error) {
	path, kept = j.options.Cache, j.options.Cache != ""
	if !kept {
		path = strings.TrimRight(j.output, `/\`) + ".teacher"
	}
	_, missing := os.Lstat(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", false, cli.UsageError(fault.New("name a file in a folder that exists and can be written: --cache FILE", "cannot write the teacher's vectors to %s: %w", path, fault.Cause(err)))
	}
	err = f.Close()
	if missing != nil { // not before there is something to write
		err = errors.Join(err, os.Remove(path))
	}
	return path, kept, err
}

// checkDisk returns an error if there is no room for the teacher's vectors and the model.
func (j *distillJob) checkDisk(cmd *cobra.Command, cache string, sample *distill.Sample, teacher *transformer.Encoder) error {
	o, vectors := j.options, int64(sample.Len())*int64(2*teacher.Dim())
	if info, err := os.Stat(cache); err == nil {
		vectors = max(0, vectors-info.Size())
	}
	dim := o.Dim
	if dim == 0 {
		dim = teacher.Dim()
		if o.Pairs != nil {
			dim += o.PairDim
		}
		if o.Beside != nil {
			dim += o.Beside.Dim()
		}
	}
	need := estimate.Need{Disk: []estimate.Part{{What: "teacher's vectors", Bytes: vectors}}}
	model := estimate.Part{What: "model", Bytes: int64(sample.Vocabulary()) * int64(4*dim)}
	if filepath.Dir(cache) == filepath.Dir(filepath.Clean(j.output)) {
		need.Disk = append(need.Disk, model)
	} else if err := (estimate.Need{Disk: []estimate.Part{model}}).Check(limits(j.output), "free space, or lower --dim"); err != nil {
		return err
	}
	return need.Check(limits(cache), "free space, lower --texts, or name a file on another disk: --cache FILE")
}

// ofPairs are the flags that need --pairs.
var ofPairs = []string{"columns", "pair-dim", "pair-epochs", "tune", "keep-teacher"}

// whitenBeside is the default of --whiten with a table beside.
const whitenBeside = 0.3

// fewTexts is the number of texts below which a table learns them by heart and searches them badly, unless
// it learns from generalTexts others too.
const fewTexts, generalTexts = 10_000, 4_000

// addGeneral offers paragraphs of the bundled sample besides, if --general says so or there are few texts.
func (j *distillJob) addGeneral(cmd *cobra.Command, sample *distill.Sample, add func(text string)) error {
	if !cmd.Flags().Changed("general") {
		if n := sample.Len(); n == 0 || n >= fewTexts || int64(n) < sample.Seen() {
			return nil
		}
		j.general = generalTexts
		cli.Note(cmd, "fewer than %s texts: paragraphs of the bundled sample of English Wikipedia are added; --general 0 leaves them out", cli.Thousands(fewTexts))
	}
	const paragraphs = 23_872 // of the sample, of which every n-th is taken
	at, added := 0, 0
	return text.Sample().Texts(cmd.Context(), func(x *text.Text) error {
		if before := sample.Seen(); at*j.general/paragraphs >= added && added < j.general {
			add(string(x.Text))
			added += int(sample.Seen() - before)
		}
		at++
		return nil
	})
}

// fewPairs is the number of pairs below which a table of them takes more from a model than it adds.
const fewPairs = 100_000

// choosePairDim leaves out the table of pairs where it takes more from the model than it adds.
func (j *distillJob) choosePairDim(cmd *cobra.Command, pairs int64, teacher int) {
	o := &j.options
	switch {
	case pairs < fewPairs:
		cli.Note(cmd, "fewer than %s pairs: no table is trained on them; --pair-dim %d trains one", cli.Thousands(fewPairs), o.PairDim)
	case o.Dim > 0 && o.Dim <= teacher:
		cli.Note(cmd, "%s, and %d of the teacher: no table is trained on the pairs; --pair-dim %d trains one", cli.Plural(o.Dim, "dimension", "dimensions"), teacher, o.PairDim)
	default:
		return
	}
	o.PairDim = 0
}

// readScored reads the pairs with scores.
func (j *distillJob) readScored(cmd *cobra.Command, tokenizer *tokenize.Tokenizer) (*pairs.Dataset, error) {
	in := sentences.Input{Files: j.scored}
	sources, done, err := in.Open(cmd.Context(), false)
	if err != nil {
		return nil, err
	}
	defer done()
	data, err := readPairs(cmd, sources, in.PairOptions(tokenizer, j.options.MaxTokens))
	if err == nil && data.Kind() == pairs.Paired {
		err = errors.Join(cli.UsageError(fault.New("name them with --pairs, or add a column of scores", "%s has pairs without scores", data.Files()[0].Name)), data.Close())
	}
	return data, err
}

// read offers all texts to the sample, and returns the number of those of the bundled sample that were added.
func (j *distillJob) read(cmd *cobra.Command, args []string, teacher *transformer.Encoder) (sample *distill.Sample, general int64, err error) {
	tokenizer := teacher.Tokenizer()
	sample = distill.NewSample(tokenizer.Vocabulary().Len(), j.options)
	var ids []int32
	add := func(text string) {
		if j.own.used {
			sample.AddText(tokenizer, text)
			return
		}
		ids = tokenizer.Encode(ids[:0], text)
		sample.Add(ids)
	}
	var sources []pairs.Source
	if len(j.pairs) > 0 || len(args) == 0 {
		j.input.Files = j.pairs
		var done func() error
		if sources, done, err = j.input.Open(cmd.Context(), j.own.used); err != nil {
			return nil, 0, err
		}
		defer done()
		if j.own.used {
			err = j.addPairTexts(cmd, sources, add)
		} else {
			err = j.addPairs(cmd, sources, sample, teacher)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	if len(args) > 0 || len(j.pairs) == 0 {
		err := j.addCorpus(cmd, args, sample, func(text string) {
			if add(text); j.own.usual && sample.Seen() == fewTexts {
				j.own.used = false
				sample.Retokenize(nil)
			}
		})
		if err != nil {
			return nil, 0, err
		}
	}
	general = -sample.Seen()
	if err := j.addGeneral(cmd, sample, add); err != nil {
		return nil, 0, err
	}
	general += sample.Seen()
	if j.own.used {
		own, err := j.own.apply(cmd, sample, tokenizer)
		if err != nil {
			return nil, 0, err
		}
		if len(j.pairs) > 0 {
			_, err = j.openPairs(cmd, sources, own, teacher.Dim())
			return sample, general, err
		}
	}
	return sample, general, nil
}

// openPairs reads the pairs that the model is trained on.
func (j *distillJob) openPairs(cmd *cobra.Command, sources []pairs.Source, tokenizer *tokenize.Tokenizer, teacher int) (*pairs.Dataset, error) {
	data, err := readPairs(cmd, sources, j.input.PairOptions(tokenizer, j.options.MaxTokens))
	switch {
	case err != nil || len(j.pairs) == 0: // the bundled ones are only texts
	case data.Kind() != pairs.Paired && len(j.scored) == 0:
		cli.Note(cmd, "these pairs have scores: the model is tuned on them at the end, as with --scored")
		j.options.Scored = data
	default:
		j.options.Pairs = data
		if j.options.PairDim > 0 && !cmd.Flags().Changed("pair-dim") {
			j.choosePairDim(cmd, data.Examples(), teacher)
		}
	}
	return data, err
}

// addPairs offers the texts of the pairs, which have the tokens of the teacher.
func (j *distillJob) addPairs(cmd *cobra.Command, sources []pairs.Source, sample *distill.Sample, teacher *transformer.Encoder) error {
	data, err := j.openPairs(cmd, sources, teacher.Tokenizer(), teacher.Dim())
	if err != nil {
		return err
	}
	if len(j.pairs) == 0 {
		defer data.Close()
	}
	plan, err := data.Plan(cmd.Context(), pairs.PlanOptions{BatchSize: 1024, Mixed: true, Repeats: true})
	if err != nil {
		return err
	}
	var b pairs.Batch
	for i := range plan.Len() {
		if err := data.Batch(&b, plan, i); err != nil {
			return err
		}
		for k := range len(b.Offsets) - 1 {
			sample.Add(b.IDs[b.Offsets[k]:b.Offsets[k+1]])
		}
	}
	return nil
}

// addCorpus offers the texts of CORPUS, or of the bundled sample.
func (j *distillJob) addCorpus(cmd *cobra.Command, args []string, sample *distill.Sample, add func(text string)) error {
	src := text.Sample()
	if len(args) > 0 {
		var err error
		if src, err = cli.OpenRecords(args, j.text, j.skipBad); err != nil {
			return err
		}
	}
	progress := cli.StartProgress(cmd, "reading")
	defer progress.Done()
	err := src.Texts(cmd.Context(), func(x *text.Text) error {
		add(string(x.Text))
		progress.Update(cli.Share(src.Consumed(), src.Size()), progress.Rate(sample.Seen(), "texts"))
		return nil
	})
	if err != nil {
		return cli.Skippable(err)
	}
	progress.Done()
	cli.WarnInvalid(cmd, src)
	return nil
}
