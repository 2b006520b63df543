package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// givenModel is what --init names: a sentence model, or vectors of words. Nil: there
// is no --init.
type givenModel struct {
	name    string
	model   *checkpoints.Checkpoint // of a model folder; nil: vectors in another form
	vectors *checkpoints.Vectors    // nil of a sentence model
}

// openInit opens what --init names, before the pairs are read: what is wrong with it
// is told at once. Where the encoder of a sentence model decides options, these are
// its own.
func (j *sentenceJob) openInit(cmd *cobra.Command) (*givenModel, error) {
	if j.init == "" {
		if j.options.Freeze {
			return nil, cli.UsageError(fault.New("name the vectors to keep: --init MODEL", "--freeze embedding needs --init"))
		}
		return nil, nil
	}
	o, changed := &j.options, cmd.Flags().Changed
	g := &givenModel{name: j.init}
	info, err := os.Stat(j.init)
	if err == nil && info.IsDir() {
		if g.model, err = checkpoints.Read(cmd.Context(), j.init, checkpoints.ReadOptions{}); err != nil {
			return nil, err
		}
		if g.model.Config.Kind == sentence.Kind {
			return g, j.as(cmd, g.model)
		}
	}
	if errors.Is(err, fs.ErrNotExist) && j.init != text.Stdin {
		return nil, cli.UsageError(fault.New("name a model folder or a file of vectors", "--init %s: %w", j.init, fs.ErrNotExist))
	}
	if g.vectors, err = checkpoints.OpenVectors(cmd.Context(), j.init, checkpoints.VectorsOptions{}); err != nil {
		return nil, err
	}
	if changed("dim") && o.Dim != g.vectors.Dim {
		g.close()
		return nil, cli.UsageError(fault.New(fmt.Sprintf("leave --dim out, or give --dim %d", g.vectors.Dim),
			"--dim is %d, and the vectors of %s have %d dimensions", o.Dim, j.init, g.vectors.Dim))
	}
	o.Dim = g.vectors.Dim
	return g, nil
}

// as takes the shape of a sentence model into the options, and refuses others.
func (j *sentenceJob) as(cmd *cobra.Command, c *checkpoints.Checkpoint) error {
	o := &j.options
	pooling := c.Config.Encoder.Pooling
	if pooling == "" {
		pooling = sentence.Mean
	}
	for _, is := range []struct {
		flag      string
		same      bool
		have, was any
		set       func()
	}{
		{"dim", o.Dim == c.Config.Dim, o.Dim, c.Config.Dim, func() { o.Dim = c.Config.Dim }},
		{"hidden", o.Hidden == c.Config.Encoder.Hidden, o.Hidden, c.Config.Encoder.Hidden, func() { o.Hidden = c.Config.Encoder.Hidden }},
		{"project", o.Project == c.Config.Encoder.Project, o.Project, c.Config.Encoder.Project, func() { o.Project = c.Config.Encoder.Project }},
		{"pooling", o.Pooling == pooling, o.Pooling, pooling, func() { o.Pooling = pooling }},
	} {
		if cmd.Flags().Changed(is.flag) && !is.same {
			return cli.UsageError(fault.New("leave it out: it is that of the model; or begin anew, without --init",
				"--%s is %v, and %s was trained with %v", is.flag, is.have, j.init, is.was))
		}
		is.set()
	}
	for _, name := range []string{"project-init", "sif-a"} {
		if cmd.Flags().Changed(name) {
			return cli.UsageError(fault.New("leave it out", "--%s is of a beginning without a sentence model, and %s has what it would make", name, j.init))
		}
	}
	if j.tokenizer != "" {
		return cli.UsageError(fault.New("leave --tokenizer out", "the sentence model %s has its own tokens, and --tokenizer is %s", j.init, j.tokenizer))
	}
	return nil
}

// tokenizer is that of the model; nil: it has none.
func (g *givenModel) tokenizer() *tokenize.Tokenizer {
	if g == nil || g.model == nil {
		return nil
	}
	return g.model.Tokenizer
}

// start makes the beginning of the run of it.
func (g *givenModel) start(cmd *cobra.Command, v *tokenize.Vocabulary, o *sentence.Options) (*sentence.Start, error) {
	if g == nil {
		return nil, nil
	}
	if g.vectors == nil {
		encoder, err := sentence.FromCheckpoint(g.model)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", g.name, err)
		}
		return &sentence.Start{Encoder: encoder}, nil
	}
	start, err := sentence.NewStart(cmd.Context(), g.vectors, v, o.Dim)
	if err != nil {
		return nil, err
	}
	cli.Note(cmd, "%s of %s begin with the vectors of %s (%s, %.1f%%)", cli.Thousands(start.Found()), cli.Plural(v.Len(), "token", "tokens"),
		g.name, g.vectors.Format, 100*float64(start.Found())/float64(v.Len()))
	return start, nil
}

func (g *givenModel) close() {
	if g != nil && g.vectors != nil {
		g.vectors.Close()
	}
}
