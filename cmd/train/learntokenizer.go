package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const learnTokenizerHelp = `Usage: train tokenizer [CORPUS...] -o FILE [options]

Learn a tokenizer that cuts words into frequent parts, so that a vocabulary of
fixed size knows all words: unfathomable is un, ##fat, ##hom, ##able.

CORPUS is as in 'train skipgram --help'. FILE is a tokenizer.json, which the
tokenizers library of Hugging Face opens too; 'train skipgram --tokenizer FILE'
learns a vector for each of its tokens.

Options:
  -o, --output FILE      file to write, or - for standard output
      --force            replace FILE if it exists
      --type NAME        wordpiece, as BERT; bpe, on bytes as GPT-2, so that no
                         text is unknown; unigram, as SentencePiece (default
                         wordpiece)
      --vocab N          tokens in all (default 30000)
      --min-count N      leave out what occurs less often: pairs to be merged,
                         or parts of words to begin with (default 2)
      --lowercase        read capitals as small letters (default for wordpiece;
                         --lowercase=false keeps them)
      --strip-accents    read é as e (default for wordpiece)
      --special TOKEN    a token that stands for itself and has one of the first
                         ids; may be given several times, and replaces the
                         default: [PAD] [UNK] [CLS] [SEP] [MASK] for wordpiece,
                         which needs [UNK], <unk> for unigram, which needs it,
                         none for bpe
      --alphabet N       most different characters to be tokens, the frequent
                         ones; the others are unknown; 0 for all; bpe has all
                         256 bytes (default 1000)
      --max-length N     most characters a token has; 0 for no limit (default 16
                         for unigram, else 0)
      --field NAME, --column NAME
                         as in 'train skipgram --help'
%s
Examples:
  $ train tokenizer wiki.txt -o tokenizer.json
  $ train tokenizer wiki.txt --type bpe --vocab 50000 -o bpe.json
  $ train tokenizer pages.jsonl --field text --type unigram -o unigram.json
`

// learnTokenizerJob is a command line of train tokenizer.
type learnTokenizerJob struct {
	options learn.Options
	kind    string // --type
	output  string
	force   bool
	text    text.Selection
}

func tokenizerCommand() *cobra.Command {
	job := learnTokenizerJob{options: learn.DefaultOptions(learn.WordPiece)}
	o := &job.options
	cmd := &cobra.Command{
		Use:   "tokenizer [CORPUS...] -o FILE",
		Short: "learn a tokenizer of parts of words",
		Long:  fmt.Sprintf(learnTokenizerHelp, cli.JSONHelp+cli.SharedHelp),
		RunE:  job.run,
	}
	f := cmd.Flags()
	f.StringVarP(&job.output, "output", "o", "", "")
	f.BoolVar(&job.force, "force", false, "")
	f.StringVar(&job.kind, "type", string(o.Model), "")
	f.IntVar(&o.Vocabulary, "vocab", o.Vocabulary, "")
	f.Int64Var(&o.MinCount, "min-count", o.MinCount, "")
	f.BoolVar(&o.Lowercase, "lowercase", false, "")
	f.BoolVar(&o.StripAccents, "strip-accents", false, "")
	f.StringArrayVar(&o.Special, "special", nil, "")
	f.IntVar(&o.Alphabet, "alphabet", o.Alphabet, "")
	f.IntVar(&o.MaxLength, "max-length", 0, "")
	f.StringVar(&job.text.Field, "field", "", "")
	f.StringVar(&job.text.Column, "column", "", "")
	cli.AddJSON(cmd)
	return cmd
}

// settle fills in what the type decides, and checks the command line.
func (j *learnTokenizerJob) settle(cmd *cobra.Command, args []string) error {
	o := &j.options
	o.Model = learn.Model(j.kind)
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
	switch {
	case len(args) == 0 && j.text != (text.Selection{}):
		return fault.New("name the files to read, or - for standard input", "--field and --column need a CORPUS")
	case o.Model == learn.BPE && cmd.Flags().Changed("alphabet"):
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

// learnTokenizer learns from the source, and says what was left out.
func learnTokenizer(cmd *cobra.Command, source *text.Source, o learn.Options) (*learn.Result, error) {
	stage := "counting"
	progress := cli.StartProgress(cmd, stage)
	o.OnProgress = func(p learn.Progress) {
		if p.Stage != stage {
			progress.Done()
			stage = p.Stage
			progress = cli.StartProgress(cmd, stage)
		}
		fraction, note := -1.0, ""
		if p.Size > 0 {
			fraction = float64(p.Done) / float64(p.Size)
		}
		if stage == "counting" {
			note = cli.Bytes(p.Done)
		}
		progress.Update(fraction, note)
	}
	learnt, err := learn.Train(cmd.Context(), source, o)
	progress.Done()
	if err != nil {
		return nil, err
	}
	if s := source.Stats(); s.Invalid > 0 {
		cli.Warn(cmd, "%s of broken UTF-8 read as U+FFFD, first at %s", cli.Plural(s.Invalid, "byte", "bytes"), s.FirstInvalid)
	}
	if learnt.Dropped > 0 {
		cli.Warn(cmd, "more different words than memory has room for: those seen %s were forgotten on the way, %s in all",
			times(learnt.DroppedBelow), cli.Thousands(learnt.Dropped))
	}
	if learnt.Skipped > 0 {
		cli.Warn(cmd, "%s of more than 4,096 bytes left out", cli.Plural(learnt.Skipped, "word", "words"))
	}
	if n := learnt.Tokenizer.Vocabulary().Len(); n < o.Vocabulary {
		cli.Warn(cmd, "the text has only %s, not the %s that were asked for", cli.Plural(n, "token", "tokens"), cli.Thousands(o.Vocabulary))
	}
	return learnt, nil
}

// tokenizerReport is what train tokenizer has to show at its end.
type tokenizerReport struct {
	Output        string            `json:"output"`
	Bytes         int               `json:"bytes"`
	Type          string            `json:"type"`
	Vocabulary    int               `json:"vocabulary"`
	Words         int64             `json:"words"`
	DistinctWords int               `json:"distinct_words"`
	Dropped       int64             `json:"dropped"`    // words forgotten on the way
	Characters    int               `json:"characters"` // of the text; bytes, for bpe
	Kept          int               `json:"kept"`       // of them, in the vocabulary
	Merges        int               `json:"merges,omitempty"`
	Likelihood    float64           `json:"likelihood,omitempty"` // of a word, natural logarithm
	Seconds       float64           `json:"seconds"`
	Examples      []tokenizerSample `json:"examples"`
	Next          []string          `json:"next"`
}

// tokenizerSample is a text as the tokenizer cuts it.
type tokenizerSample struct {
	Text   string   `json:"text"`
	Tokens []string `json:"tokens"`
}

// segmented are texts that show how a tokenizer cuts.
var segmented = []string{"How are you?", "unbelievably", "The train to Zürich left at 10:45."}

func newTokenizerReport(j *learnTokenizerJob, corpus []string, t *learn.Result, size int, took time.Duration) *tokenizerReport {
	r := &tokenizerReport{
		Output: j.output, Bytes: size, Type: j.kind, Vocabulary: t.Tokenizer.Vocabulary().Len(), Words: t.Words,
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
	next := []string{"skipgram"}
	for _, name := range corpus {
		next = append(next, cli.PathArgument(name))
	}
	for _, flag := range [][2]string{{"--field", j.text.Field}, {"--column", j.text.Column}} {
		if flag[1] != "" {
			next = append(next, flag[:]...)
		}
	}
	r.Next = []string{cli.CommandLine("train", append(next, "--tokenizer", j.output, "-o", "model")...)}
	return r
}

func (r *tokenizerReport) writeText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "learned %s: %s, from %s words, %s different\n", r.Type, cli.Plural(r.Vocabulary, "token", "tokens"),
		cli.Count(float64(r.Words)), cli.Count(float64(r.DistinctWords)))
	if r.Type == string(learn.BPE) {
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
	b.WriteString("\nnext\n")
	for _, c := range r.Next {
		fmt.Fprintf(&b, "  %s\n", cli.Printable(c))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
