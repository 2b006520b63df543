package words

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
	"github.com/luminavec/luminavec/internal/training"
)

// A Reopened is a model folder whose training continues: an interrupted run, or a new run over
// new text.
type Reopened struct {
	folder     string
	Checkpoint *checkpoints.Checkpoint
	Kind       Kind
	Options    Options // options with which the run started; change them before Corpus and Run
}

// Reopen checks that the checkpoint c, which was read from folder with its state, can be
// trained further. Errors name the folder.
func Reopen(folder string, c *checkpoints.Checkpoint) (*Reopened, error) {
	kind, ok := Lookup(c.Config.Kind)
	if !ok {
		hint := ""
		if checkpoints.KindOf(c.Config.Kind).Imported {
			hint = "its vectors were imported; start a new run from them with Start"
		}
		return nil, fault.Mention(hint, "%s: a model of kind %q cannot be trained further", folder, c.Config.Kind)
	}
	if err := training.CheckTokenizer(c); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	if err := training.CheckState(c); err != nil {
		return nil, fault.New(fault.Hint(err), "%s: %w", folder, err)
	}
	r := &Reopened{folder: folder, Checkpoint: c, Kind: kind}
	if err := plainjson.Unmarshal(c.Config.Options, &r.Options); err != nil {
		return nil, fmt.Errorf("%s: options in config.json: %w", folder, err)
	}
	if err := r.Options.Validate(); err != nil {
		return nil, fmt.Errorf("%s: options in config.json: %v", folder, err) // not the fields of a caller
	}
	return r, nil
}

// ErrFinished is wrapped by the error of resuming a training that is finished.
var ErrFinished = errors.New("training is already finished")

// Unfinished returns an error if the run has ended; such a model can only be trained further by
// Continue with new text.
func (r *Reopened) Unfinished() error {
	p := r.Checkpoint.Config.Progress
	switch part := r.Checkpoint.Config.Part; {
	case part != nil && part.Shard == 0 && !p.Finished:
		return fault.New(fmt.Sprintf("train round %d/%d on every shard, starting from it", part.Round+1, part.Rounds), "%s: the model is the average of round %d of %d, not an interrupted training", r.folder, part.Round, part.Rounds)
	case part != nil && part.Shard > 0 && training.PartDone(r.Checkpoint):
		return fault.New("average the parts of all shards", "%s: %w: it is the part of shard %d/%d in round %d of %d", r.folder, ErrFinished, part.Shard, part.Shards, part.Round, part.Rounds)
	case p.Stopped != "":
		return fmt.Errorf("%s: %w; it stopped early: %s", r.folder, ErrFinished, p.Stopped)
	case p.Finished:
		return fmt.Errorf("%s: %w", r.folder, ErrFinished)
	}
	return nil
}

// Selection returns the field or column of the text.
func (r *Reopened) Selection() text.Selection {
	c := r.Checkpoint.Config.Corpus
	return text.Selection{Field: c.Field, Column: c.Column}
}

// Corpus returns the corpus of the interrupted run: from the cache, or built from the text
// called names, by default from where it was read before. Whether it is the same text is
// checked when training resumes.
func (r *Reopened) Corpus(ctx context.Context, names []string, cached corpora.Cached) (*corpora.Corpus, error) {
	c := r.Checkpoint
	was := corpora.Recorded{Fingerprint: c.Config.Corpus.Fingerprint, Vocabulary: c.Vocabulary, Grown: len(c.Config.Earlier) > 0}
	open := func() (*text.Source, error) {
		source, err := r.source(names)
		if err != nil {
			return nil, err
		}
		if err := source.Select(r.Selection()); err != nil {
			return nil, fmt.Errorf("%s: corpus in config.json: %w", r.folder, err)
		}
		if p := c.Config.Part; p != nil {
			if _, err := source.Shard(ctx, text.Shard{Index: p.Shard, Of: p.Shards}); err != nil {
				return nil, err
			}
		}
		return source, corpora.CheckOutside(r.folder, source.Names())
	}
	return cached.Again(ctx, was, open, corpora.BuildOptions{Tokenizer: c.Tokenizer, MinCount: r.Options.MinCount, MaxVocabulary: r.Options.MaxVocabulary})
}

// source opens the text called names, or that of the checkpoint.
func (r *Reopened) source(names []string) (*text.Source, error) {
	was := r.Checkpoint.Config.Corpus.Sources
	switch {
	case len(names) > 0:
		return text.Open(names...)
	case len(was) == 0:
		return nil, fault.Mention("provide the same text again as Corpus", "%s: where its text came from was not recorded", r.folder)
	case slices.Equal(was, text.Sample().Names()):
		return text.Sample(), nil
	case slices.Contains(was, text.Stdin):
		return nil, fault.Mention("provide the same text again as Corpus", "%s: its text came from standard input", r.folder)
	}
	source, err := text.Open(was...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Mention("if it has moved, provide it as Corpus", "the text of %s cannot be found: %w", r.folder, err)
	}
	return source, err
}

// Run returns the run that resumes the interrupted one over its corpus; cache is the folder of
// the cache, for the record.
func (r *Reopened) Run(corpus *corpora.Corpus, cache string) Run {
	return Run{
		Corpus: corpus, Tokenizer: r.Checkpoint.Tokenizer, Sources: r.Checkpoint.Config.Corpus.Sources,
		Selection: r.Selection(), Cache: cache, Resume: r.Checkpoint,
	}
}

// CheckGrow returns an error if the vocabulary of the model cannot grow.
func (r *Reopened) CheckGrow() error {
	if err := canGrow(r.Options); err != nil {
		return fmt.Errorf("%s: %w", r.folder, err)
	}
	if r.Checkpoint.Tokenizer.Subwords() {
		return fault.Mention("continue with the same tokens, without Base", "%s: its tokens are fixed by its tokenizer.json, so there are no new ones", r.folder)
	}
	return nil
}

// NewCorpus builds a corpus of new text; if grow is set, its words are added to the vocabulary
// of the model.
func (r *Reopened) NewCorpus(ctx context.Context, source *text.Source, grow bool, cached corpora.Cached) (*corpora.Corpus, error) {
	c := r.Checkpoint
	o := corpora.BuildOptions{Tokenizer: c.Tokenizer, Vocabulary: c.Vocabulary}
	if grow {
		o = corpora.BuildOptions{Tokenizer: c.Tokenizer, Base: c.Vocabulary, MinCount: r.Options.MinCount, MaxVocabulary: r.Options.MaxVocabulary}
	}
	return cached.Corpus(ctx, source, o)
}

// NewRun returns a run over new text that starts from the model.
func (r *Reopened) NewRun(corpus *corpora.Corpus, source *text.Source, selection text.Selection, cache string) (Run, error) {
	begun, err := Continue(r.Checkpoint, corpus, r.Options)
	if err != nil {
		return Run{}, fmt.Errorf("%s: %w", r.folder, err)
	}
	return Run{
		Corpus: corpus, Tokenizer: r.Checkpoint.Tokenizer, Sources: source.Names(), Selection: selection, Cache: cache, Resume: begun,
	}, nil
}

// ResumeOptions are the input and the callbacks for resuming a model folder. The public
// packages declare the same fields.
type ResumeOptions struct {
	Corpus []string       // names of the text; default: the names it was read from before
	Cached corpora.Cached // the default of Dir is the cache of the run

	Threads   int // workers; default: as when the run started
	Progress  func(training.Event)
	Save      func(context.Context, *checkpoints.Checkpoint) error // see Run.Save
	SaveEvery time.Duration

	Validation *training.Validation // default: the validation of the run
}

// Resume resumes the interrupted run in folder, which must be of the given kind, and
// returns the checkpoint as Train does.
func Resume(ctx context.Context, kind, folder string, s ResumeOptions) (*checkpoints.Checkpoint, error) {
	durable.Sweep(folder)
	c, err := checkpoints.Read(ctx, folder, checkpoints.ReadOptions{State: true})
	if err != nil {
		return nil, err
	}
	if c.Config.Kind != kind {
		return nil, fmt.Errorf("%s: expected a model of kind %q but found %q", folder, kind, c.Config.Kind)
	}
	r, err := Reopen(folder, c)
	if err != nil {
		return nil, err
	}
	if err := r.Unfinished(); err != nil {
		return nil, err
	}
	if s.Threads > 0 {
		r.Options.Threads = s.Threads
	}
	if s.Cached.Dir == "" {
		s.Cached.Dir = c.Config.Corpus.Cache
	}
	corpus, err := r.Corpus(ctx, s.Corpus, s.Cached)
	if err != nil {
		return nil, err
	}
	defer corpus.Close()
	run := r.Run(corpus, s.Cached.Dir)
	run.Progress, run.Save, run.SaveEvery, run.Validation = s.Progress, s.Save, s.SaveEvery, s.Validation
	if was := c.Config.Validation; was != nil && s.Validation == nil {
		if run.Validation, err = r.validation(ctx, corpus, was); err != nil {
			return nil, err
		}
		defer run.Validation.Close()
	}
	return r.Kind.Train(ctx, r.Options, run)
}

// validation opens the validation of the run as it was.
func (r *Reopened) validation(ctx context.Context, corpus *corpora.Corpus, was *checkpoints.Validation) (*training.Validation, error) {
	sets, err := ReadSameSets(was)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.folder, err)
	}
	v, err := OpenValidation(ctx, sets, corpus, r.Checkpoint.Tokenizer, r.Options.NGrams.Max > 0)
	if err != nil {
		return nil, err
	}
	v.KeepLast, v.Patience = was.Keep == checkpoints.KeepLast, was.Patience
	if v.Every, err = training.ParseCadence(was.Every); err != nil {
		v.Close()
		return nil, fmt.Errorf("%s: validation in config.json: %w", r.folder, err)
	}
	return v, nil
}
