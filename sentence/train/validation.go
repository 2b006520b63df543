package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// Validation judges a model while it trains: it measures sets at a Cadence, keeps the best
// model, and may stop the run early. The first set decides which model is best.
//
//	sets, err := train.OpenSets(ctx, sets.STSOptions{}, "stsb-dev.csv", "retrieval:scifact")
//	…
//	run.Validation = &train.Validation{Sets: sets, Every: train.Cadence{Epochs: 0.5}, Patience: 3}
type Validation = training.Validation

// ValidationSet is a set that judges a model; see OpenSets.
type ValidationSet = training.ValidationSet

// Cadence is how often a model is validated.
type Cadence = training.Cadence

// judge measures an encoder.
type judge func(context.Context, *sentence.Encoder) (checkpoints.Metric, error)

// opened is a set with a description of how it was read, and a warning if it says little.
type opened struct {
	judge   judge
	read    string
	warning string
}

// judges are the kinds of sets with the function that opens each.
var judges = []struct {
	kind   sets.Kind
	folder bool // a set is a folder, else a file
	open   func(ctx context.Context, path string, o sets.STSOptions) (opened, error)
}{
	{sets.STSSet, false, openSTS},
	{sets.RetrievalSet, true, openRetrieval},
}

// OpenSets opens the sets that judge a model: files of sentence pairs with scores, judged by
// Spearman correlation, or folders in the BEIR layout, judged by NDCG@10. A name may start with
// sts: or retrieval: to select the kind. o says how the sentence pairs are read; its Labels are
// ignored for a file most of whose pairs have scores or labels of other names.
func OpenSets(ctx context.Context, o sets.STSOptions, names ...string) ([]ValidationSet, error) {
	var opened []ValidationSet
	for _, name := range names {
		set, err := openSet(ctx, o, name)
		if err != nil {
			return nil, err
		}
		opened = append(opened, set)
	}
	if o.ScoreColumn != 0 && !slices.ContainsFunc(opened, func(s ValidationSet) bool { return s.Kind == string(sets.STSSet) }) {
		return nil, fault.Field("ScoreColumn", "leave it out", "requires a validation set of sentence pairs")
	}
	return opened, nil
}

// ReopenSets opens the sets called names or, if there are none, those that judged an
// interrupted run; was may be nil. It is an error if one of the latter has changed. o is as in
// OpenSets; its ScoreColumn is by default that of the interrupted run.
func ReopenSets(ctx context.Context, o sets.STSOptions, was *checkpoints.Validation, names ...string) ([]ValidationSet, error) {
	if was == nil || len(names) > 0 {
		return OpenSets(ctx, o, names...)
	}
	const hint = "restore the set, or validate with a different one, which restarts the comparison"
	var opened []ValidationSet
	for _, s := range was.Sets {
		same := o
		same.ScoreColumn = cmp.Or(o.ScoreColumn, s.ScoreColumn)
		set, err := openSet(ctx, same, s.Kind+":"+s.File)
		if err != nil {
			return nil, fault.New(hint, "the run was validated with a set that cannot be read: %w", err)
		}
		if set.SHA256 != s.SHA256 {
			return nil, fault.New(hint, "the validation set %s has changed since the run was interrupted", s.File)
		}
		opened = append(opened, set)
	}
	return opened, nil
}

func openSet(ctx context.Context, o sets.STSOptions, name string) (ValidationSet, error) {
	kind, path := sets.Kind(""), name
	for _, j := range judges {
		if rest, ok := strings.CutPrefix(name, string(j.kind)+":"); ok {
			kind, path = j.kind, rest
		}
	}
	if path == "" || path == text.Stdin {
		return ValidationSet{}, fault.New("name a file or a folder; it is read again if training is resumed", "a validation set must be a file or a folder, got %q", name)
	}
	sum, err := corpora.SetSum(path)
	if err != nil {
		return ValidationSet{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return ValidationSet{}, err
	}
	for _, j := range judges {
		if kind != j.kind && (kind != "" || info.IsDir() != j.folder) {
			continue
		}
		set, err := j.open(ctx, path, o)
		if j.folder {
			o.ScoreColumn = 0
		}
		return ValidationSet{
			ValidationSet: checkpoints.ValidationSet{Kind: string(j.kind), File: path, SHA256: sum, ScoreColumn: o.ScoreColumn}, Read: set.read,
			Judge: func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
				encoder, err := sentence.FromCheckpoint(c)
				if err != nil {
					return checkpoints.Metric{}, err
				}
				return set.judge(ctx, encoder)
			},
			Warning: set.warning,
		}, err
	}
	panic("train: the kinds of validation sets must include a file and a folder")
}

func openSTS(ctx context.Context, path string, o sets.STSOptions) (opened, error) {
	set, err := sets.ReadSTS(ctx, path, o)
	if field := (*fault.FieldError)(nil); errors.As(err, &field) && field.Field == "Labels" { // they are those of the pairs alone
		o.Labels = nil
		set, err = sets.ReadSTS(ctx, path, o)
	}
	if strings.Contains(fault.Hint(err), "ScoreRange") { // a run has no such option for its sets
		err = fault.Mention("if these are labels, say what they mean with Labels, such as 0=1,1=0,2=0 if 0 is entailment; if they are scores, name their column score in a header", "%w", err)
	}
	if err != nil {
		return opened{}, err
	}
	read := fmt.Sprintf("read %s: %s", fault.Count(len(set.Pairs), "pair"), set.Layout)
	return opened{func(ctx context.Context, e *sentence.Encoder) (checkpoints.Metric, error) {
		r, err := evaluate.STS(ctx, e, set, evaluate.STSOptions{})
		return checkpoints.Metric{Set: set.Name, Name: "spearman", Value: r.Spearman, Found: int64(r.Pairs - r.Missing), Of: int64(r.Pairs), Undefined: !r.Defined}, err
	}, read, set.Undecided()}, nil
}

func openRetrieval(ctx context.Context, path string, _ sets.STSOptions) (opened, error) {
	set, err := sets.OpenRetrieval(ctx, path, "")
	if err != nil {
		return opened{}, err
	}
	return opened{func(ctx context.Context, e *sentence.Encoder) (checkpoints.Metric, error) {
		r, err := evaluate.Retrieval(ctx, e, set, evaluate.RetrievalOptions{})
		return checkpoints.Metric{Set: set.Name, Name: "ndcg@10", Value: r.NDCG10, Found: int64(r.Queries - r.Unknown), Of: int64(r.Queries), Undefined: !r.Defined()}, err
	}, "read the split " + set.Split, ""}, nil
}
