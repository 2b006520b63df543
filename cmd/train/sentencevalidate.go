package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/sentence"
)

// sentenceWatchHelp describes the flags of watchFlags for sentences.
const sentenceWatchHelp = `      --validate SET     judge the model by SET while it trains: pairs of
                         sentences with scores (a file, as the STS benchmark),
                         or a retrieval set (a folder, as BEIR's). sts:FILE and
                         retrieval:FOLDER say so. May be given several times;
                         the first decides what is best
      --validate-every N after each N epochs, such as 0.25, or so many steps,
                         as in 100steps; or with a time such as 10m that often
                         and at the end of each epoch, which makes the choice
                         depend on the machine (default 1)
      --keep best|last   the model that is left at the end (default best)
      --patience N       end after N validations in a row without a better one
                         (default 0: train to the end)
`

// readSentenceSets reads what --validate names.
func readSentenceSets(ctx context.Context, names []string) ([]training.ValidationSet, error) {
	var sets []training.ValidationSet
	for _, name := range names {
		set, err := readSentenceSet(ctx, name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func readSentenceSet(ctx context.Context, name string) (training.ValidationSet, error) {
	kind, file := sets.Kind(""), name
	for _, k := range []sets.Kind{sets.STSSet, sets.RetrievalSet} {
		if rest, ok := strings.CutPrefix(name, string(k)+":"); ok {
			kind, file = k, rest
		}
	}
	if file == "" || file == text.Stdin {
		return training.ValidationSet{}, cli.UsageError(fault.New("name a file or a folder; it is read again when the training is resumed", "--validate %s is none", name))
	}
	info, err := os.Stat(file)
	if err != nil {
		return training.ValidationSet{}, fault.New(hintValidate, "cannot read --validate %s: %w", file, errors.Unwrap(err)) // of an *fs.PathError, which names the file again
	}
	if kind == "" {
		if kind = sets.STSSet; info.IsDir() {
			kind = sets.RetrievalSet
		}
	}
	ready := training.ValidationSet{ValidationSet: checkpoints.ValidationSet{Kind: string(kind), File: file}}
	if kind == sets.RetrievalSet {
		set, err := sets.OpenRetrieval(ctx, file, "")
		if err != nil {
			return ready, err
		}
		ready.SHA256, err = sumOfFolder(file)
		ready.Judge = judgeRetrieval(set)
		return ready, err
	}
	if ready.SHA256, err = sumOf(file); err != nil {
		return ready, err
	}
	set, err := sets.ReadSTS(ctx, file)
	if err != nil {
		return ready, err
	}
	ready.Judge = judgeSTS(set)
	return ready, nil
}

// sumOfFolder returns the SHA-256 of the names, sizes and sums of the files of a folder.
func sumOfFolder(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		sum, err := sumOf(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		fmt.Fprintf(h, "%s %s\n", sum, filepath.ToSlash(name))
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

func judgeSTS(set *sets.STS) func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error) {
	return func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
		encoder, err := sentence.FromCheckpoint(c)
		if err != nil {
			return checkpoints.Metric{}, err
		}
		r, err := evaluate.STS(ctx, encoder, set, evaluate.STSOptions{})
		return checkpoints.Metric{Set: set.Name, Name: "spearman", Value: r.Spearman, Found: int64(r.Pairs - r.Missing), Of: int64(r.Pairs)}, err
	}
}

func judgeRetrieval(set *sets.Retrieval) func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error) {
	return func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
		encoder, err := sentence.FromCheckpoint(c)
		if err != nil {
			return checkpoints.Metric{}, err
		}
		r, err := evaluate.Retrieval(ctx, encoder, set, evaluate.RetrievalOptions{})
		return checkpoints.Metric{Set: set.Name, Name: "ndcg@10", Value: r.NDCG10, Found: int64(r.Queries - r.Unknown), Of: int64(r.Queries)}, err
	}
}

// sentenceValidation is how the flags want the training judged by the sets; nil: not
// at all.
func (w *watchFlags) sentenceValidation(sets []training.ValidationSet) *training.Validation {
	if len(sets) == 0 {
		return nil
	}
	return &training.Validation{Sets: sets, Every: w.cadence, KeepLast: w.keep == checkpoints.KeepLast, Patience: w.patience}
}

// resumeSentenceSets reads the sets of a training that goes on: those that are named
// now, else those of before, which must not have changed.
func (w *watchFlags) resumeSentenceSets(ctx context.Context, model string, was *checkpoints.Validation) ([]training.ValidationSet, error) {
	if was == nil || len(w.sets) > 0 {
		return readSentenceSets(ctx, w.sets)
	}
	const hint = "give the set that the model was validated with, or another one, which is begun anew with: --validate SET"
	for _, s := range was.Sets {
		w.sets = append(w.sets, s.Kind+":"+s.File)
	}
	sets, err := readSentenceSets(ctx, w.sets)
	if err != nil {
		return nil, fault.New(hint, "%s was validated with a set that cannot be read: %w", model, err)
	}
	for i, s := range sets {
		if s.SHA256 != was.Sets[i].SHA256 {
			return nil, fault.New(hint, "%s has changed since %s was validated with it", s.File, model)
		}
	}
	return sets, nil
}
