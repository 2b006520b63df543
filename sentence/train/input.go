package train

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/pairs/docpairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Input defines which pairs a run reads, and how. Its JSON form is stored beside the options in
// config.json, so that a resumed run reads the same pairs.
type Input struct {
	Files   []string `json:"-"`                 // TSV, CSV or JSON Lines; "-" is standard input; default the bundled sample
	Columns string   `json:"columns,omitempty"` // names of the columns, separated by commas, see pairs.Options; default detected
	Weights []string `json:"weights,omitempty"` // FILE=N: read the examples of FILE N times per epoch; default 1
	Strict  bool     `json:"strict,omitempty"`  // a bad row is an error; default false: it is skipped and counted

	// Documents are folders and files of documents, as in package documents, in place of Files: the pairs
	// are made from them as in package docpairs. A tenth of the documents is held out. Default none.
	Documents []string `json:"documents,omitempty"`

	ScoreRange []float64 `json:"score_range,omitempty"` // lowest and highest possible score, see pairs.Options; default detected
	Labels     []string  `json:"labels,omitempty"`      // meanings of labels, LABEL=X, see pairs.Options; default 0 and 1, and well-known names

	Shard string `json:"shard,omitempty"` // i/n: keep one of n parts of the examples, see pairs.Options.Shard; default all

	own *docpairs.Pairs
}

// Own returns the pairs of Documents after Open, nil for others.
func (in *Input) Own() *docpairs.Pairs { return in.own }

// Keep records what was detected in the pairs, so that a resumed run reads them in the same way.
func (in *Input) Keep(p *pairs.Dataset) {
	if r := p.Scores().Range; r != [2]float64{} {
		in.ScoreRange = r[:]
	}
}

// Complete sets Columns, ScoreRange and Labels to those of o, where o has them. It is an error
// if the run has recorded others, because it would continue with other targets.
func (in *Input) Complete(o Input) error {
	differ := func(field, was, is string) error {
		return fault.Field(field, "leave it out: the training continues as it began", "must be as before, %s, got %s", was, is)
	}
	commas := func(r []float64) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(r), " ", ","), "[]") }
	switch {
	case o.Columns != "" && in.Columns != "" && o.Columns != in.Columns:
		return differ("Columns", in.Columns, o.Columns)
	case o.ScoreRange != nil && in.ScoreRange != nil && !slices.Equal(o.ScoreRange, in.ScoreRange):
		return differ("ScoreRange", commas(in.ScoreRange), commas(o.ScoreRange))
	case o.Labels != nil && in.Labels != nil && !slices.Equal(o.Labels, in.Labels):
		return differ("Labels", strings.Join(in.Labels, ","), strings.Join(o.Labels, ","))
	}
	in.Columns = cmp.Or(o.Columns, in.Columns)
	if o.ScoreRange != nil {
		in.ScoreRange = o.ScoreRange
	}
	if o.Labels != nil {
		in.Labels = o.Labels
	}
	return in.Validate()
}

// PairOptions returns the options for pairs.Build.
func (in *Input) PairOptions(tokenizer *tokenize.Tokenizer, maxTokens int) pairs.Options {
	o := pairs.Options{Tokenizer: tokenizer, MaxTokens: maxTokens, Strict: in.Strict, Related: true, Labels: in.Labels}
	copy(o.ScoreRange[:], in.ScoreRange)
	o.Shard, _ = text.ParseShard(in.Shard) // Validate checks it
	if in.Columns != "" {
		for name := range strings.SplitSeq(in.Columns, ",") {
			o.Columns = append(o.Columns, strings.TrimSpace(name))
		}
	}
	return o
}

// Validate checks the fields without opening the files.
func (in *Input) Validate() error {
	if len(in.Documents) > 0 {
		for field, set := range map[string]bool{"Files": len(in.Files) > 0, "Columns": in.Columns != "", "Weights": len(in.Weights) > 0, "ScoreRange": in.ScoreRange != nil, "Labels": in.Labels != nil} {
			if set {
				return fault.Field(field, "leave it out, or train on files of pairs", "does not apply to Documents, of which the pairs are made")
			}
		}
	}
	if len(in.Files) == 0 && len(in.Documents) == 0 {
		for field, set := range map[string]bool{"Columns": in.Columns != "", "Weights": len(in.Weights) > 0} {
			if set {
				return fault.Field(field, "name the files to read, or - for standard input", "must be empty for the bundled sample")
			}
		}
	}
	if n := len(in.ScoreRange); n != 0 && n != 2 {
		return fault.Field("ScoreRange", "give the lowest and the highest possible score, such as 0,5", "must be two numbers, got %d", n)
	} else if n == 2 && in.ScoreRange[0] == in.ScoreRange[1] {
		return fault.Field("ScoreRange", "give the lowest and the highest possible score, such as 0,5", "must be two different numbers, got %v twice", in.ScoreRange[0])
	}
	if _, err := in.weights(); err != nil {
		return err
	}
	if in.Shard != "" {
		if _, err := text.ParseShard(in.Shard); err != nil {
			return err
		}
	}
	o := in.PairOptions(nil, 0)
	return o.Validate()
}

// weights reads the weights by file.
func (in *Input) weights() (map[string]float64, error) {
	weights := map[string]float64{}
	for _, w := range in.Weights {
		const hint = "give a file of the pairs and a number, as in captions.tsv=2"
		at := strings.LastIndexByte(w, '=')
		if at < 1 {
			return nil, fault.Field("Weights", hint, "must have the form FILE=N, got %q", w)
		}
		name, number := w[:at], w[at+1:]
		x, err := strconv.ParseFloat(number, 64)
		if err != nil || !(x > 0 && x <= 1000) {
			return nil, fault.Field("Weights", hint, "must be above 0 and at most 1000, got %q for %s", number, name)
		}
		if !slices.ContainsFunc(in.Files, func(n string) bool { return filepath.Clean(n) == filepath.Clean(name) }) {
			return nil, fault.Field("Weights", "write the file exactly as in the list of pairs", "must name a file of the pairs, got %s", name)
		}
		weights[name] = x
	}
	return weights, nil
}

// Open opens the pairs. If twice is set, to train a tokenizer on them first, pairs from
// standard input are copied to a temporary file, which the returned function removes.
func (in *Input) Open(ctx context.Context, twice bool) (sources []pairs.Source, done func() error, err error) {
	done = func() error { return nil }
	if err := in.Validate(); err != nil {
		return nil, done, err
	}
	if len(in.Documents) > 0 {
		sources, err = in.openDocuments(ctx)
		return sources, done, err
	}
	if len(in.Files) == 0 {
		return pairs.Sample(), done, nil
	}
	weights, err := in.weights()
	if err != nil {
		return nil, done, err
	}
	if sources, err = pairs.Open(in.Files, weights); err != nil {
		return nil, done, err
	}
	if twice {
		return pairs.Spool(ctx, sources, "")
	}
	return sources, done, nil
}

// heldOut is the share of documents that judges.
const heldOut = 0.1

// openDocuments makes the pairs of documents.
func (in *Input) openDocuments(ctx context.Context) ([]pairs.Source, error) {
	src, err := documents.Open(ctx, nil, in.Documents, documents.Options{Strict: in.Strict})
	if err != nil {
		return nil, err
	}
	if in.own, err = docpairs.Collect(ctx, src, docpairs.Options{MaxBytes: 1 << 30, HeldOut: heldOut}); err != nil {
		return nil, err
	}
	if len(in.own.Train) == 0 {
		return nil, fault.Field("Documents", "documents with headings, titles or several sentences make pairs", "have no pairs of texts that belong together: %s", strings.Join(in.Documents, ", "))
	}
	return docpairs.Sources(in.own.Train), nil
}

// Move replaces the files with the same pairs elsewhere; weights follow their files.
func (in *Input) Move(files []string) {
	if len(files) == len(in.Files) {
		for i, w := range in.Weights {
			for k, name := range in.Files {
				if number, ok := strings.CutPrefix(w, name+"="); ok {
					in.Weights[i] = files[k] + "=" + number
				}
			}
		}
	}
	in.Files = files
}
