package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// learnTokenizerJob is a command line of train tokenizer.
type learnTokenizerJob struct {
	options corpora.SubwordOptions
	output  string
	force   bool
	text    corpora.Selection
}

func tokenizerCommand() *cobra.Command {
	j := &learnTokenizerJob{options: corpora.DefaultSubwordOptions(corpora.WordPiece)}
	o := &j.options
	o.Special = nil // settled later
	cmd := &cobra.Command{
		Use:   "tokenizer [CORPUS...] -o FILE [options]",
		Short: "Train a tokenizer that splits words into frequent parts",
		Long: `
A vocabulary of fixed size then covers all words: unfathomable is un, ##fat, ##hom, ##able.
FILE is a tokenizer.json, which the tokenizers library of Hugging Face opens too.
'train skipgram --tokenizer FILE' learns a vector for each of its tokens.`,
		Example: `
$ train tokenizer wiki.txt -o tokenizer.json
$ train tokenizer wiki.txt --type bpe --vocab 50000 -o bpe.json
$ train tokenizer pages.jsonl --field text --type unigram -o unigram.json`,
		RunE: j.run,
	}
	cli.Declare(cmd, cli.Arguments, corpusArgument())
	cli.Declare(cmd, cli.ForInput, cli.TextFlags(&j.text)...)
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "lowercase", Into: &o.Lowercase, Field: "Lowercase", Help: "make capital letters small; =false keeps them", Default: "true for wordpiece"},
		cli.Flag{Name: "strip-accents", Into: &o.StripAccents, Field: "StripAccents", Help: "read é as e", Default: "true for wordpiece"})
	cli.Declare(cmd, cli.ForModel,
		cli.Flag{Name: "type", Arg: "NAME", Into: &o.Model, Field: "Model", Help: "kind of tokenizer", Values: []cli.Value{
			{Name: string(corpora.WordPiece), Help: "as in BERT"},
			{Name: string(corpora.BPE), Help: "on bytes as in GPT-2, so that no text is unknown"},
			{Name: string(corpora.Unigram), Help: "as in SentencePiece"}}},
		cli.Flag{Name: "vocab", Arg: "N", Into: &o.Vocabulary, Field: "Vocabulary", Help: "tokens in all"},
		cli.Flag{Name: "min-count", Arg: "N", Into: &o.MinCount, Field: "MinCount", Help: "ignore pairs to merge, or initial parts of words, that occur less often"},
		cli.Flag{Name: "special", Arg: "TOKEN", Into: &o.Special, Field: "Special", Help: "special token, which gets one of the first ids; replaces the default. wordpiece needs [UNK], unigram <unk>",
			Default: "[PAD] [UNK] [CLS] [SEP] [MASK] for wordpiece, <unk> for unigram, none for bpe"},
		cli.Flag{Name: "alphabet", Arg: "N", Into: &o.Alphabet, Field: "Alphabet", Help: "most characters that become tokens, the frequent ones; the others are unknown; 0 for all. bpe has all 256 bytes instead"},
		cli.Flag{Name: "max-length", Arg: "N", Into: &o.MaxLength, Field: "MaxLength", Help: "most characters of a token; 0 for no limit", Default: "16 for unigram, 0 for the others"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &j.output, Help: "file to write, or - for standard output", Ext: []string{"json"}},
		cli.Flag{Name: "force", Into: &j.force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

// settle derives defaults from the type, and checks the command line.
func (j *learnTokenizerJob) settle(cmd *cobra.Command, args []string) error {
	o := &j.options
	usual := corpora.DefaultSubwordOptions(o.Model)
	for flag, set := range map[string]func(){
		"lowercase":     func() { o.Lowercase = usual.Lowercase },
		"strip-accents": func() { o.StripAccents = usual.StripAccents },
		"special":       func() { o.Special = usual.Special },
		"max-length":    func() { o.MaxLength = usual.MaxLength },
	} {
		if !cmd.Flags().Changed(flag) {
			set()
		}
	}
	if err := o.Validate(); err != nil {
		return err
	}
	switch {
	case len(args) == 0 && j.text != (corpora.Selection{}):
		return fault.New("name the files to read, or - for standard input", "--field and --column need a CORPUS")
	case o.Model == corpora.BPE && cmd.Flags().Changed("alphabet"):
		return fault.New("leave it out", "--alphabet cannot be given with bpe, which has all 256 bytes")
	case j.output == "":
		return fault.New("name the file to write: -o tokenizer.json", "no output was given")
	case j.output == "-" && cli.JSON(cmd):
		return fault.New("write the tokenizer to a file: -o tokenizer.json", "the report and the tokenizer cannot both go to standard output")
	}
	return nil
}

func (j *learnTokenizerJob) run(cmd *cobra.Command, args []string) error {
	if err := j.settle(cmd, args); err != nil {
		return cli.UsageError(err)
	}
	source, err := openSource(args)
	if err != nil {
		return err
	}
	if err := source.Select(j.text); err != nil {
		return cli.UsageError(err)
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: j.output, Force: j.force, Inputs: source.Names()})
	if err != nil {
		return err
	}
	defer out.Abort()
	began := time.Now()
	learnt, err := learnTokenizer(cmd, source, j.options)
	if err != nil {
		return err
	}
	data, err := learnt.Tokenizer.MarshalJSON()
	if err != nil {
		return err
	}
	if _, err := out.Write(append(data, '\n')); err != nil {
		return err
	}
	if err := out.Commit(); err != nil {
		return err
	}
	if j.output == "-" {
		return nil
	}
	r := newTokenizerReport(j, args, learnt, len(data)+1, time.Since(began))
	if cli.JSON(cmd) {
		return cli.WriteJSON(cmd.OutOrStdout(), r)
	}
	return r.writeText(cmd.OutOrStdout())
}

// learnTokenizer trains on the source and reports what was skipped.
func learnTokenizer(cmd *cobra.Command, source *corpora.Source, o corpora.SubwordOptions) (*corpora.TrainedSubwords, error) {
	stage := "counting"
	progress := cli.StartProgress(cmd, stage)
	o.OnProgress = func(p corpora.SubwordProgress) {
		if p.Stage != stage {
			progress.Done()
			stage = p.Stage
			progress = cli.StartProgress(cmd, stage)
		}
		note := ""
		if stage == "counting" {
			note = cli.Bytes(p.Done)
		}
		progress.Update(cli.Share(p.Done, p.Size), note)
	}
	learnt, err := corpora.TrainSubwords(cmd.Context(), source, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	cli.WarnInvalid(cmd, source)
	if learnt.Dropped > 0 {
		cli.Warn(cmd, "not enough memory for all different words: dropped %s that occurred %s",
			cli.Plural(learnt.Dropped, "word", "words"), times(learnt.DroppedBelow))
	}
	if learnt.Skipped > 0 {
		cli.Warn(cmd, "skipped %s of more than 4,096 bytes", cli.Plural(learnt.Skipped, "word", "words"))
	}
	if n := learnt.Tokenizer.Vocabulary().Len(); n < o.Vocabulary {
		cli.Warn(cmd, "the text has only %s, not the %s that were asked for", cli.Plural(n, "token", "tokens"), cli.Thousands(o.Vocabulary))
	}
	return learnt, nil
}

// tokenizerReport is the report of train tokenizer.
type tokenizerReport struct {
	Output        string            `json:"output"`
	Bytes         int               `json:"bytes"`
	Type          string            `json:"type"`
	Vocabulary    int               `json:"vocabulary"`
	Words         int64             `json:"words"`
	DistinctWords int               `json:"distinct_words"`
	Dropped       int64             `json:"dropped"`    // words dropped for want of memory
	Characters    int               `json:"characters"` // of the text; bytes, for bpe
	Kept          int               `json:"kept"`       // of them, in the vocabulary
	Merges        int               `json:"merges,omitempty"`
	Likelihood    float64           `json:"likelihood,omitempty"` // of a word, natural logarithm
	Seconds       float64           `json:"seconds"`
	Examples      []tokenizerSample `json:"examples"`
	Next          []string          `json:"next"`
}

// tokenizerSample is a text and how the tokenizer splits it.
type tokenizerSample struct {
	Text   string   `json:"text"`
	Tokens []string `json:"tokens"`
}

// segmented are the texts of the examples.
var segmented = []string{"How are you?", "unbelievably", "The train to Zürich left at 10:45."}

func newTokenizerReport(j *learnTokenizerJob, corpus []string, t *corpora.TrainedSubwords, size int, took time.Duration) *tokenizerReport {
	r := &tokenizerReport{
		Output: j.output, Bytes: size, Type: string(j.options.Model), Vocabulary: t.Tokenizer.Vocabulary().Len(), Words: t.Words,
		DistinctWords: t.Distinct, Dropped: t.Dropped, Characters: t.Characters, Kept: t.Kept, Merges: t.Merges,
		Likelihood: t.Likelihood, Seconds: took.Seconds(),
	}
	for _, text := range segmented {
		s := tokenizerSample{Text: text}
		for _, token := range t.Tokenizer.Tokens(text) {
			s.Tokens = append(s.Tokens, token.Text)
		}
		r.Examples = append(r.Examples, s)
	}
	next := nextCommand(corpus, j.text)
	r.Next = []string{cli.CommandLine("train", append(next, "--tokenizer", j.output, "-o", "model")...)}
	return r
}

func (r *tokenizerReport) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "learned %s: %s, from %s words, %s different\n", r.Type, cli.Plural(r.Vocabulary, "token", "tokens"),
		cli.Count(float64(r.Words)), cli.Count(float64(r.DistinctWords)))
	if r.Type == string(corpora.BPE) {
		fmt.Fprintf(&b, "  all 256 bytes, of which the text has %d", r.Characters)
	} else {
		fmt.Fprintf(&b, "  %s of %s", cli.Thousands(r.Kept), cli.Plural(r.Characters, "character", "characters"))
	}
	if r.Merges > 0 {
		fmt.Fprintf(&b, ", %s", cli.Plural(r.Merges, "merge", "merges"))
	}
	if r.Likelihood != 0 {
		fmt.Fprintf(&b, ", log-likelihood %.3f a word", r.Likelihood)
	}
	fmt.Fprintf(&b, ", in %s\n", cli.Duration(time.Duration(r.Seconds*float64(time.Second))))
	fmt.Fprintf(&b, "\nwrote %s, %s\n", cli.Printable(r.Output), cli.Bytes(int64(r.Bytes)))
	b.WriteString("\nexamples\n")
	for _, s := range r.Examples {
		fmt.Fprintf(&b, "  %s\n    %s\n", s.Text, cli.Printable(strings.Join(s.Tokens, " ")))
	}
	writeNext(&b, r.Next)
	_, err := io.WriteString(w, b.String())
	return err
}
