package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/fault"
)

// Validation defines how a run judges its model while it trains, which model it keeps, and
// whether it stops early. The first metric of the first set decides; a validation in which it is
// undefined is recorded, but is neither the best nor without improvement. Training pauses while
// the model is judged.
type Validation struct {
	Sets     []ValidationSet
	Every    Cadence
	KeepLast bool // keep the last model at the end; default false: the best
	Patience int  // number of validations without improvement after which the run stops; default 0: never

	// Report, if set, is called with each validation; best says whether it is the
	// best so far.
	Report func(v checkpoints.Validated, best bool)
}

// ValidationSet is a set that judges a model: either a Judge or held-out Text.
type ValidationSet struct {
	checkpoints.ValidationSet // for the record, by which a resumed run recognizes it

	// Judge measures a model, which shares the trainer's memory: it is valid
	// during the call only.
	Judge func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error)
	// Text is judged by the mean loss of the objective on it. It was made with
	// the vocabulary of the run.
	Text *corpora.Corpus

	// Known is how many of the Size pairs, analogies or words of the set are in the vocabulary; for
	// reports, 0 if that is not counted.
	Known, Size int64

	Read    string // how the file was read, for reports: "read 999 pairs: words in columns 1-2, score in column 4"; "" if Known and Size say it
	Warning string // why the result will say little or nothing about a model, for reports
}

// Readings says how the files of the sets were read, as in "pairs.tsv: read 999 pairs: …". v may be nil.
func (v *Validation) Readings() (texts []string) {
	if v == nil {
		return nil
	}
	for _, s := range v.Sets {
		if s.Read != "" {
			texts = append(texts, s.File+": "+s.Read)
		}
	}
	return texts
}

// Warnings says which figures of a validation say little or nothing about the model. It does not
// repeat the warning of a set, nor one that it returned before.
func (v *Validation) Warnings(now checkpoints.Validated) (texts []string) {
	for i, m := range now.Metrics {
		if s := &v.Sets[i]; s.Warning == "" && m.Warning() != "" {
			s.Warning = m.Warning()
			texts = append(texts, s.Warning)
		}
	}
	return texts
}

// Close closes the texts of the sets.
func (v *Validation) Close() error {
	var all []error
	for _, s := range v.Sets {
		if s.Text != nil {
			all = append(all, s.Text.Close())
		}
	}
	return errors.Join(all...)
}

func (v *Validation) validate() error {
	if len(v.Sets) == 0 {
		return errors.New("validation: no set to validate with")
	}
	if v.Patience < 0 {
		return fault.Field("Patience", "0 trains to the end", "must be 0 or more, got %d", v.Patience)
	}
	for _, s := range v.Sets {
		if (s.Judge == nil) == (s.Text == nil) {
			return fmt.Errorf("validation: set %s: exactly one of Judge and Text must be set", s.File)
		}
	}
	return nil
}

// watcher carries a Validation through a run.
type watcher struct {
	*Validation
	record checkpoints.Validation // as it goes into config.json
	best   *snapshot              // nil: there is none, it is the model of record.Best.Blocks, or it is not kept
}

// Watch starts the validation of the run; resume, if not nil, is the checkpoint that
// it continues from.
func (s *Session) Watch(v *Validation, resume *checkpoints.Checkpoint) error {
	if err := v.validate(); err != nil {
		return err
	}
	w := &watcher{Validation: v, record: checkpoints.Validation{
		Every: v.Every.over(s.Units).String(), Patience: v.Patience, Keep: checkpoints.KeepBest, Model: checkpoints.KeepLast,
	}}
	if v.KeepLast {
		w.record.Keep = checkpoints.KeepLast
	}
	for _, set := range v.Sets {
		w.record.Sets = append(w.record.Sets, set.ValidationSet)
		if set.Text != nil && s.HeldOut == nil {
			return fmt.Errorf("validation: set %s: a %s model cannot be judged by text", set.File, s.Kind)
		}
	}
	s.watcher = w
	if resume != nil {
		return w.resume(resume)
	}
	return nil
}

// resume restores the results of an earlier part of the run. With other sets the search for the
// best model starts again.
func (w *watcher) resume(c *checkpoints.Checkpoint) error {
	was := c.Config.Validation
	if was == nil || !slices.Equal(was.Sets, w.record.Sets) {
		return nil
	}
	w.record.Count, w.record.Worse, w.record.Last, w.record.Best = was.Count, was.Worse, was.Last, was.Best
	if was.Best == nil || w.KeepLast {
		return nil
	}
	if was.Best.Blocks == c.Config.Progress.Blocks {
		w.best = w.best.of(c) // the tensors of c are going to be trained
		return nil
	}
	if was.Keep != checkpoints.KeepBest { // it was not kept: only later models are compared
		w.record.Best, w.record.Worse = nil, 0
		return nil
	}
	var err error
	w.best, err = restoreSnapshot(c)
	return err
}

// check validates the current model; stop says that patience has run out.
func (s *Session) check(ctx context.Context, so Outcome) (stop bool, err error) {
	w := s.watcher
	c := s.checkpoint(so, false)
	now := checkpoints.Validated{Blocks: so.Done, Epoch: float64(so.Done) / float64(s.PerEpoch)}
	for _, set := range w.Sets {
		m := checkpoints.Metric{}
		if set.Text != nil {
			m, err = s.HeldOut(ctx, set)
		} else {
			m, err = set.Judge(ctx, c)
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", set.File, err)
		}
		if m.Undefined {
			m.Value = 0
		}
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			return false, fault.Mention(hintDiverged, "%s: %s is %v: %w", set.File, m.Name, m.Value, ErrDiverged)
		}
		now.Metrics = append(now.Metrics, m)
	}
	r := &w.record
	r.Count++
	r.Last = &now
	decides := now.Metrics[0]
	best := !decides.Undefined && (r.Best == nil || decides.Better(r.Best.Metrics[0]))
	switch {
	case best:
		r.Best, r.Worse = &now, 0
		if !w.KeepLast && so.Done < s.Blocks {
			w.best = w.best.of(c)
		}
	case !decides.Undefined: // which says nothing about the model
		r.Worse++
	}
	s.recordValidation(so, now, best)
	if w.Report != nil {
		w.Report(now, best)
	}
	if w.Patience > 0 && r.Worse >= w.Patience && so.Done < s.Blocks {
		m, noun := r.Best.Metrics[0], "validations"
		if r.Worse == 1 {
			noun = "validation"
		}
		s.stopped = fmt.Sprintf("%s of %s has not improved on %.4f, at epoch %.2f, in %d %s", m.Name, m.Set, m.Value, r.Best.Epoch, r.Worse, noun)
		return true, nil
	}
	return false, nil
}

// ValidationLine is a line of training/log.jsonl: one figure of a validation.
type ValidationLine struct {
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"` // "validation"
	Progress float64   `json:"progress"`
	Epoch    int       `json:"epoch"`
	checkpoints.Metric
	Best bool `json:"best,omitempty"`
}

// recordValidation appends a validation to the log.
func (s *Session) recordValidation(so Outcome, v checkpoints.Validated, best bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range v.Metrics {
		line, _ := json.Marshal(ValidationLine{ // its numbers are finite
			Time: time.Now().UTC().Truncate(time.Millisecond), Kind: "validation",
			Progress: float64(so.Done) / float64(s.Blocks),
			Epoch:    int(max(so.Done-1, 0)/s.PerEpoch) + 1,
			Metric:   m, Best: best && i == 0,
		})
		s.log.Write(append(line, '\n'))
	}
}

// put adds the results and the best model to a checkpoint: in place of the
// last model if the run is finished, else beside it, because the run continues from
// the last.
func (w *watcher) put(c *checkpoints.Checkpoint) {
	record := w.record
	c.Config.Validation = &record
	p := &c.Config.Progress
	switch best := record.Best; {
	case best == nil || w.KeepLast:
	case best.Blocks == p.Blocks:
		record.Model = checkpoints.KeepBest
	case p.Finished:
		record.Model = checkpoints.KeepBest
		c.Tensors, c.State = w.best.tensors, w.best.state
	default:
		w.best.addTo(c)
	}
}
