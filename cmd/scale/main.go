// Command scale runs the steps of LuminaVec as pipelines of Apache Beam, on one machine (the Prism runner) or on Flink, Spark or
// Dataflow. It is a module of its own, so that nothing else depends on Beam.
//
// A pipeline divides the input into shards and runs the same commands that a job scheduler would: each shard is
// one element, a step writes its files completely or not at all, and a step that failed or was lost
// runs again. Elements are only names; the files are in folders that all workers can reach.
//
//	scale count --input 'texts/*.txt' --shards 8 --work work -o vocab.tsv
//	scale train --input 'texts/*.txt' --shards 8 --rounds 5 --vocab vocab.tsv --work work -o model -- --dim 200
//	scale embed --input 'docs/*.jsonl' --shards 8 --model model -o vectors -- --field text
//	scale build --input docs --shards 8 --work work -o collection
//
// What follows -- goes to the command of each shard: train vocab, train skipgram, embed text or search
// build. --runner and the other flags are those of Beam.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

// job is what all pipelines need to know. Its fields are sent to the workers.
type job struct {
	Input  []string // files, folders or patterns
	Shards int
	Work   string   // folder for the files of the shards
	Output string   // what the pipeline makes
	Extra  []string // flags for the command of each shard
}

// pipelines are those that can be named.
var pipelines = map[string]func(beam.Scope, *options) error{
	"count": func(s beam.Scope, o *options) error { count(s, o.job); return nil },
	"embed": func(s beam.Scope, o *options) error { embedAll(s, o.job, o.model, o.format); return nil },
	"train": func(s beam.Scope, o *options) error { return trainRounds(s, o) },
	"build": func(s beam.Scope, o *options) error { build(s, o.job, o.model); return nil },
}

type options struct {
	job
	input                               string
	model, format, vocab, kind, initial string
	rounds                              int
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "scale: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var o options
	names := []string{"build", "count", "embed", "train"}
	flag.StringVar(&o.input, "input", "", "files, folders or patterns to read, separated by commas")
	flag.IntVar(&o.Shards, "shards", 8, "number of parts into which the input is divided")
	flag.StringVar(&o.Work, "work", "", "folder for the files of the shards, which all workers can reach (default: OUTPUT.work)")
	flag.StringVar(&o.Output, "o", "", "what to write: a file (count), a folder (train, build) or a folder of files (embed)")
	flag.StringVar(&o.model, "model", "", "embed, build: model folder (default: the bundled model)")
	flag.StringVar(&o.format, "format", "parquet", "embed: format of the files")
	flag.StringVar(&o.vocab, "vocab", "", "train: vocabulary, as count writes it")
	flag.StringVar(&o.kind, "kind", "skipgram", "train: skipgram or cbow")
	flag.StringVar(&o.initial, "init", "", "train: model to start from (default: random vectors)")
	flag.IntVar(&o.rounds, "rounds", 5, "train: number of times that the parts are averaged")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: scale %s --input FILES -o OUTPUT [flags] [-- flags of each shard]\n\n", strings.Join(names, "|"))
		flag.PrintDefaults()
	}
	// Beam starts workers with flags alone.
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if err := flag.CommandLine.Parse(args); err != nil {
		return err
	}
	beam.Init() // does not return in a worker
	if !slices.Contains(names, name) {
		return fmt.Errorf("expected a pipeline, %s, but found %q; --help lists the flags", strings.Join(names, ", "), name)
	}
	o.Extra = flag.Args()
	if err := o.complete(name); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, s := beam.NewPipelineWithRoot()
	if err := pipelines[name](s, &o); err != nil {
		return err
	}
	if err := beamx.Run(ctx, p); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "scale: %s\n", o.Output)
	return nil
}

// complete checks the options, before a pipeline is started.
func (o *options) complete(name string) error {
	for part := range strings.SplitSeq(o.input, ",") {
		if part = strings.TrimSpace(part); part != "" {
			o.Input = append(o.Input, part)
		}
	}
	switch {
	case len(o.Input) == 0:
		return fmt.Errorf("name the input: --input 'texts/*.txt'")
	case o.Output == "":
		return fmt.Errorf("name what to write: -o")
	case o.Shards < 1 || o.Shards > 1<<20:
		return fmt.Errorf("--shards must be at least 1, got %d", o.Shards)
	case name == "train" && o.vocab == "":
		return fmt.Errorf("all shards need one vocabulary: 'scale count' makes it, and --vocab names it")
	case name == "train" && o.kind != "skipgram" && o.kind != "cbow":
		return fmt.Errorf("--kind must be skipgram or cbow, got %q", o.kind)
	case name == "train" && o.rounds < 1:
		return fmt.Errorf("--rounds must be at least 1, got %d", o.rounds)
	}
	if o.Work == "" {
		o.Work = strings.TrimRight(o.Output, "/") + ".work"
	}
	return os.MkdirAll(o.Work, 0o777)
}
