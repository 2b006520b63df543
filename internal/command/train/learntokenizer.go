package train

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// learnTokenizerJob is a command line of train tokenizer.
type learnTokenizerJob struct {
	options learn.Options
	output  string
	force   bool
	text    text.Selection
	shard   string
}

func tokenizerCommand() *cobra.Command {
	job := learnTokenizerJob{options: learn.DefaultOptions(learn.WordPiece)}
	o := &job.options
	o.Lowercase, o.StripAccents, o.Special, o.MaxLength = false, false, nil, 0 // settle sets them by the type
	cmd := &cobra.Command{
		Use:   "tokenizer [CORPUS...] -o FILE [options]",
		Short: "Learn a tokenizer that splits words into frequent parts",
		Long: `
A vocabulary of fixed size then covers all words: unfathomable is un, ##fat, ##hom, ##able.
FILE is a tokenizer.json, which the tokenizers library of Hugging Face opens too.
'train skipgram --tokenizer FILE' learns a vector for each of its tokens.

With --shard, FILE holds the counts of the words of a shard instead, and 'train tokenizer
merge' learns from those of all shards: the result is that of one pass over all text.`,
		Example: `
$ train tokenizer wiki.txt -o tokenizer.json
$ train tokenizer wiki.txt --type bpe --vocab 50000 -o bpe.json
$ train tokenizer pages.jsonl --field text --type unigram -o unigram.json
$ train tokenizer wiki.txt --shard 1/2 -o counts-1.tsv
$ train tokenizer merge counts-1.tsv counts-2.tsv -o tokenizer.json`,
		RunE: job.run,
	}
	cli.Declare(cmd, cli.Arguments, corpusArgument())
	cli.Declare(cmd, cli.ForInput, cli.TextFlags(&job.text)...)
	cli.Declare(cmd, cli.ForInput, cli.ShardFlag(&job.shard))
	cmd.AddCommand(tokenizerMergeCommand())
	return job.declare(cmd)
}

// declare declares the options of the tokenizer and of the output.
func (job *learnTokenizerJob) declare(cmd *cobra.Command) *cobra.Command {
	o := &job.options
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "type", Arg: "NAME", Into: &o.Model, Field: "Model", Help: "type of the tokenizer", Values: cli.Summarized(learn.Models(), learn.Model.Summary)},
		cli.Flag{Name: "vocab", Arg: "N", Into: &o.Vocabulary, Field: "Vocabulary", Help: "number of tokens"},
		cli.Flag{Name: "min-count", Arg: "N", Into: &o.MinCount, Field: "MinCount", Help: "skip what occurs less often: pairs to merge, or initial parts of words"},
		cli.Flag{Name: "lowercase", Into: &o.Lowercase, Field: "Lowercase", Help: "convert capital letters to lower case", Default: "true for wordpiece, else false"},
		cli.LocaleFlag(&o.Locale),
		cli.Flag{Name: "strip-accents", Into: &o.StripAccents, Field: "StripAccents", Help: "remove accents: é becomes e", Default: "true for wordpiece, else false"},
		cli.Flag{Name: "special", Arg: "TOKEN", Into: &o.Special, Field: "Special", Help: "special token, which is never split and has one of the first ids",
			Default: "[PAD] [UNK] [CLS] [SEP] [MASK] for wordpiece, which needs [UNK]; <unk> for unigram, which needs it; none for bpe"},
		cli.Flag{Name: "alphabet", Arg: "N", Into: &o.Alphabet, Field: "Alphabet", Help: "number of characters to keep, the most frequent ones; others are unknown; 0 keeps all; not for bpe, which has all 256 bytes"},
		cli.Flag{Name: "max-length", Arg: "N", Into: &o.MaxLength, Field: "MaxLength", Help: "maximum length of a token in characters; 0 sets no limit", Default: "16 for unigram, else 0"})
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &job.output, Help: "file to write, or - for standard output", Ext: []string{"json"}},
		cli.Flag{Name: "force", Into: &job.force, Help: "replace FILE if it exists"},
		cli.JSONFlag())
}

// settle fills in the defaults of the type, and checks the command line.
func (j *learnTokenizerJob) settle(cmd *cobra.Command) error {
	o := &j.options
	usual := learn.DefaultOptions(o.Model)
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
	if o.Model == learn.BPE && cmd.Flags().Changed("alphabet") {
		return fault.Field("Alphabet", "leave it out", "cannot be used with bpe, which has all 256 bytes")
	}
	return checkFile(cmd, j.output, "tokenizer.json")
}

func (j *learnTokenizerJob) run(cmd *cobra.Command, args []string) error {
	if err := j.settle(cmd); err != nil {
		return cli.UsageError(err)
	}
	source, err := openCorpus(args, j.text)
	if err != nil {
		return err
	}
	if j.shard != "" {
		return j.countShard(cmd, source)
	}
	return j.learn(cmd, args, source.Names(), func(o learn.Options) (*learn.Result, error) {
		learned, err := learn.Train(cmd.Context(), source, o)
		cli.WarnInvalid(cmd, source)
		return learned, err
	})
}

// learn writes the tokenizer that fn learns.
func (j *learnTokenizerJob) learn(cmd *cobra.Command, args, inputs []string, fn func(learn.Options) (*learn.Result, error)) error {
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: j.output, Force: j.force, Inputs: inputs})
	if err != nil {
		return err
	}
	defer out.Abort()
	began := time.Now()
	learned, err := learnTokenizer(cmd, j.options, fn)
	if err != nil {
		return err
	}
	data, err := learned.Tokenizer.MarshalJSON()
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
	return printReport(cmd, newTokenizerReport(j, args, learned, len(data)+1, time.Since(began)))
}

// learnTokenizer calls fn, and warns of what was dropped.
func learnTokenizer(cmd *cobra.Command, o learn.Options, fn func(learn.Options) (*learn.Result, error)) (*learn.Result, error) {
	stages := cli.Stages{Cmd: cmd}
	o.OnProgress = func(p learn.Progress) {
		note := ""
		if p.Stage == "counting" {
			note = cli.Bytes(p.Done)
		}
		stages.Update(p.Stage, cli.Share(p.Done, p.Size), note)
	}
	learned, err := fn(o)
	stages.Done()
	if err != nil {
		return nil, err
	}
	if learned.Dropped > 0 {
		cli.Warn(cmd, "more distinct words than fit in memory: dropped %s that occurred %s", cli.Thousands(learned.Dropped), times(learned.DroppedBelow))
	}
	if learned.Skipped > 0 {
		cli.Warn(cmd, "skipped %s of more than 4,096 bytes", cli.Plural(learned.Skipped, "word", "words"))
	}
	if n := learned.Tokenizer.Vocabulary().Len(); n < o.Vocabulary {
		cli.Warn(cmd, "the text has only %s, fewer than --vocab %d", cli.Plural(n, "token", "tokens"), o.Vocabulary)
	}
	return learned, nil
}

// tokenizerReport is the report of train tokenizer.
type tokenizerReport struct {
	Output        string            `json:"output"`
	Bytes         int               `json:"bytes"`
	Type          string            `json:"type"`
	Vocabulary    int               `json:"vocabulary"`
	Words         int64             `json:"words"`
	DistinctWords int               `json:"distinct_words"`
	Dropped       int64             `json:"dropped"`    // words dropped for lack of memory
	Characters    int               `json:"characters"` // of the text; bytes, for bpe
	Kept          int               `json:"kept"`       // of them, in the vocabulary
	Merges        int               `json:"merges,omitempty"`
	Likelihood    float64           `json:"likelihood,omitempty"` // of a word, natural logarithm
	Seconds       float64           `json:"seconds"`
	Examples      []tokenizerSample `json:"examples"`
	Next          []string          `json:"next"`
}

// tokenizerSample is a text and its tokens.
type tokenizerSample struct {
	Text   string   `json:"text"`
	Tokens []string `json:"tokens"`
}

// segmented are the examples of the report.
var segmented = []string{"How are you?", "unbelievably", "The train to Zürich left at 10:45."}

func newTokenizerReport(j *learnTokenizerJob, corpus []string, t *learn.Result, size int, took time.Duration) *tokenizerReport {
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

func (r *tokenizerReport) write(b *strings.Builder, _ int) {
	fmt.Fprintf(b, "learned %s: %s, from %s words, %s distinct\n", r.Type, cli.Plural(r.Vocabulary, "token", "tokens"),
		cli.Count(float64(r.Words)), cli.Count(float64(r.DistinctWords)))
	if r.Type == string(learn.BPE) {
		fmt.Fprintf(b, "  all 256 bytes, %d of them in the text", r.Characters)
	} else {
		fmt.Fprintf(b, "  %s of %s", cli.Thousands(r.Kept), cli.Plural(r.Characters, "character", "characters"))
	}
	if r.Merges > 0 {
		fmt.Fprintf(b, ", %s", cli.Plural(r.Merges, "merge", "merges"))
	}
	if r.Likelihood != 0 {
		fmt.Fprintf(b, ", log-likelihood %.3f a word", r.Likelihood)
	}
	fmt.Fprintf(b, ", in %s\n", cli.Seconds(r.Seconds))
	fmt.Fprintf(b, "\nwrote %s, %s\n", cli.Printable(r.Output), cli.Bytes(int64(r.Bytes)))
	b.WriteString("\nexamples\n")
	for _, s := range r.Examples {
		fmt.Fprintf(b, "  %s\n    %s\n", s.Text, cli.Printable(strings.Join(s.Tokens, " ")))
	}
	writeNext(b, r.Next)
}
