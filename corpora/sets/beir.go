package sets

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const hintFolder = "a retrieval set is a folder in the layout of BEIR: corpus.jsonl, queries.jsonl and qrels/test.tsv"

// packings are the extensions of the files of a set, compressed or not; the first that exists
// is read.
var packings = []string{"", ".gz", ".bz2", ".zst"}

// OpenRetrieval opens a folder in the layout of BEIR: corpus.jsonl with _id, title
// and text of each document, queries.jsonl with _id and text of each query, and
// qrels/SPLIT.tsv with a query, a document and a whole-number score in each line.
// Each file may be compressed (corpus.jsonl.gz, .bz2 or .zst). Split "" is "test", or
// the only split. The judgments and the judged queries are read here; a judged query
// that queries.jsonl lacks is an error.
func OpenRetrieval(ctx context.Context, dir, split string) (*Retrieval, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fault.New(hintFolder, "cannot read the retrieval set %s: %w", dir, fault.Cause(err))
	}
	if !info.IsDir() {
		return nil, fault.New(hintFolder, "%s is a file, not a retrieval set", dir)
	}
	splits, err := qrelsFiles(dir)
	if err != nil {
		return nil, err
	}
	split, err = chooseSplit(dir, split, splits)
	if err != nil {
		return nil, err
	}
	r := &Retrieval{Name: folderName(dir), Split: split}
	var queries, qrels *text.Source
	for _, f := range []struct {
		src  **text.Source
		name string
	}{{&r.documents, "corpus.jsonl"}, {&queries, "queries.jsonl"}, {&qrels, filepath.Join("qrels", split+".tsv")}} {
		if *f.src, err = openPart(dir, f.name); err != nil {
			return nil, err
		}
	}
	if err := r.load(ctx, queries, qrels); err != nil {
		return nil, err
	}
	return r, nil
}

// qrelsFiles returns the splits of a set.
func qrelsFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "qrels"))
	if err != nil {
		return nil, fault.New(hintFolder, "%s is not a retrieval set: cannot read its folder qrels: %w", dir, fault.Cause(err))
	}
	var splits []string
	for _, e := range entries {
		for _, packing := range packings {
			if split, ok := strings.CutSuffix(e.Name(), ".tsv"+packing); ok && split != "" && split[0] != '.' {
				splits = append(splits, split)
			}
		}
	}
	slices.Sort(splits)
	return slices.Compact(splits), nil
}

func chooseSplit(dir, split string, splits []string) (string, error) {
	switch {
	case len(splits) == 0:
		return "", fault.New(hintFolder, "%s is not a retrieval set: its folder qrels holds no .tsv file", dir)
	case split == "" && slices.Contains(splits, "test"):
		return "test", nil
	case split == "" && len(splits) == 1:
		return splits[0], nil
	case split == "":
		return "", fault.New("name one of them", "%s has no split \"test\", only %s", dir, fault.Names(splits))
	case !slices.Contains(splits, split):
		return "", fault.New("name one of them", "%s has no split %.60q, only %s", dir, split, fault.Names(splits))
	}
	return split, nil
}

// openPart opens one file of a set, compressed or not.
func openPart(dir, name string) (*text.Source, error) {
	path := filepath.Join(dir, name)
	var missing error
	for _, packing := range packings {
		info, err := os.Stat(path + packing)
		if err != nil {
			if missing == nil || !errors.Is(err, fs.ErrNotExist) {
				missing = err
			}
			continue
		}
		if info.IsDir() {
			return nil, fault.New(hintFolder, "%s is a folder, not a file", path+packing)
		}
		return text.Open(path + packing)
	}
	return nil, fault.New(hintFolder, "cannot read %s: %w", path, fault.Cause(missing))
}

// folderName is the last part of the full path of a folder.
func folderName(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	return filepath.Base(dir)
}
