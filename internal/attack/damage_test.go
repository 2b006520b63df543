//go:build slow && unix

package attack

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/internal/manifest"
)

// A prey is a kind of input and the commands that read it. In a command, @ is the name of the
// input; an output is called out, with any extension.
type prey struct {
	name   string   // of the input in the fixtures: a file, or a folder of which any file is changed
	with   []string // other fixtures that the commands read
	sealed func(dir, changed string) error
	sums   bool // the files have checksums, which every reader compares
	run    []string
}

var models = []string{
	"embed info -m @", "embed text -m @ docs.txt -o out.jsonl", "search neighbors -m @ w1 w2", "search verify @",
	"embed export -m @ -o out.txt", "embed explain -m @ w1", "search eval words -m @ --set similar.tsv", "search eval sts -m @ --set sts.tsv --json",
	"embed import @ -o out", "search build -m @ docs.txt -o out --threads 1", "search eval ann -m @ --queries 5 --json",
	"train resume @", "train resume @ --corpus docs.txt -o out --epochs 1 --grow --min-count 1", "train sentence pairs.tsv --init @ -o out --epochs 1",
	"train skipgram corpus.txt --init @ -o out --epochs 1 --min-count 1", "train skipgram corpus.txt --tokenizer @ -o out --epochs 1 --min-count 1 --dim 4",
	"train mine pairs.tsv -m @ -o out.tsv --negatives 1 --margin -2",
}

var modelInputs = []string{"docs.txt", "corpus.txt", "pairs.tsv", "similar.tsv", "sts.tsv"}

var vectorFiles = []string{
	"embed import @ -o out", "search build --vectors @ -o out.lvx --threads 1", "search build --vectors @ -o out.lvx --index flat --metric dot",
	"search query flat.lvx --vectors @ -k 2", "search eval ann --vectors @ --queries 5 --json", "train skipgram corpus.txt --init @ -o out --epochs 1 --min-count 1",
	"embed import @ -o out --partial", "search query flat.lvx --vectors @ --partial", "embed import @ -o out --vectors-format word2vec", "embed import @ -o out --vectors-format glove",
	"search build --vectors @ -o out.lvx --threads 1 --vectors-format tsv", "search build --vectors @ -o out.lvx --threads 1 --vectors-format jsonl", "embed import @ -o out --vectors-format word2vec-bin",
	"embed import @ -o out --vectors-format npy", "embed import @ -o out --vectors-format json",
}

var indexes = []string{"search query @ --vectors v.npy -k 3", "search verify @", "search query @ --vectors v.npy --ef 4 --json"}

var texts = []string{
	"train skipgram @ -o out --dim 4 --epochs 1 --min-count 1", "train phrases @ -o out.txt --threshold 1 --min-count 2", "embed text -m words @ -o out.tsv", "search build -m words @ -o out",
	"train tokenizer @ -o out.json --vocab 60", "train cbow @ -o out --dim 4 --epochs 1 --min-count 1 --cache out.cache",
}

var pairFiles = []string{"train sentence @ -o out --dim 8 --vocab 60 --epochs 1", "train mine @ -m words -o out.tsv --negatives 1 --margin -2", "train sentence @ --init words -o out --epochs 1"}

var tokenizers = []string{"train skipgram docs.txt --tokenizer @ -o out --dim 4 --epochs 1 --min-count 1", "train sentence pairs.tsv --tokenizer @ -o out --dim 8 --epochs 1"}

var preys = []prey{
	{name: "words", with: modelInputs, sealed: sealFolderOf, sums: true, run: models},
	{name: "ngrams", with: modelInputs, sealed: sealFolderOf, sums: true, run: models},
	{name: "sent", with: modelInputs, sealed: sealFolderOf, sums: true, run: models},
	{name: "spelled", with: modelInputs, sealed: sealFolderOf, sums: true, run: models},
	{name: "docs", with: modelInputs, sealed: sealFolderOf, sums: true, run: []string{
		"search query @ w1", "search verify @", "search query @ --json -k 100 --full w5", "search list @ --passages --json", "search list @", "search info @",
		"search query @ w1 w7 --mode bm25 --group-by file", "search query @ w2 --where lines>=3", "search query @ w3 --mode dense --json", "search similar @ docs.txt", "search dedupe @ --threshold 0.01 --json", "search cluster @ --clusters 3", "search sync @", "search add @ corpus.txt",
		"search compact @", "search delete @ docs.txt", "embed info -m @", "embed info -m @/model", "search build -m @/model docs.txt -o out",
	}},
	{name: "notes", with: []string{"sent", "words"}, run: []string{
		"search build @ -m sent -o out", "search build @ -m words -o out --split line", "search build @ -m sent -o out --split file --strict", "search build @ -m sent -o out --text text --id id --keep n",
		"train sentence --from-documents @ --init sent -o out --epochs 1",
	}},
	{name: "cache", with: []string{"corpus.txt"}, sealed: sealFolderOf, run: []string{
		"train skipgram corpus.txt -o out --dim 4 --min-count 1 --epochs 1 --cache @", "search verify @",
	}},
	{name: "flat.lvx", with: []string{"v.npy"}, sealed: sealIndexAt, sums: true, run: indexes},
	{name: "hnsw.lvx", with: []string{"v.npy"}, sealed: sealIndexAt, sums: true, run: indexes},
	{name: "lsh.lvx", with: []string{"v.npy"}, sealed: sealIndexAt, sums: true, run: indexes},
	{name: "int8.lvx", with: []string{"v.npy"}, sealed: sealIndexAt, sums: true, run: indexes},
	{name: "log.lvx", with: []string{"log.lvx.log"}, sealed: sealIndexAt, run: []string{"log @"}},
	{name: "log.lvx.log", with: []string{"log.lvx"}, sealed: sealLogAt, run: []string{"log log.lvx"}},
	{name: "v.txt", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "v.bin", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "v.glove", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "v.tsv", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "v.jsonl", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "v.npy", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "vectors.json", with: []string{"corpus.txt", "flat.lvx"}, run: vectorFiles},
	{name: "words/model.safetensors", with: append([]string{"words/vocab.tsv", "flat.lvx"}, modelInputs...), run: []string{
		"embed import words -o out", "search build --vectors words -o out.lvx", "train skipgram corpus.txt --init words -o out --epochs 1 --min-count 1", "train sentence pairs.tsv --init words -o out --epochs 1",
	}},
	{name: "corpus.txt", with: []string{"words"}, run: texts},
	{name: "corpus.gz", with: []string{"words"}, run: texts},
	{name: "corpus.zst", with: []string{"words"}, run: texts},
	{name: "corpus.bz2", with: []string{"words"}, run: texts},
	{name: "records.jsonl", with: []string{"words"}, run: []string{
		"train skipgram @ --field text -o out --dim 4 --epochs 1 --min-count 1", "embed text -m words @ --field meta.title -o out.jsonl", "search build -m words @ --field text -o out",
		"search build -m words @ --field text -o out --skip-bad", "embed text -m words @ --field text -o out.tsv --skip-bad",
	}},
	{name: "table.csv", with: []string{"words"}, run: []string{"embed text -m words @ --column text -o out.jsonl", "search build -m words @ --column 2 -o out", "search build -m words @ --column text -o out --skip-bad", "train phrases @ --column text -o out.txt --threshold 1 --min-count 2"}},
	{name: "pairs.tsv", with: []string{"words"}, run: pairFiles},
	{name: "pairs.jsonl", with: []string{"words"}, run: pairFiles},
	{name: "scored.csv", with: []string{"words"}, run: append([]string{"train sentence @ -o out --dim 8 --vocab 60 --epochs 1 --score-range 0,5"}, pairFiles...)},
	{name: "labelled.tsv", with: []string{"words"}, run: append([]string{"train sentence @ -o out --dim 8 --vocab 60 --epochs 1 --labels 1", "train mine @ -m words -o out.tsv --negatives 1 --margin -2 --labels 1"}, pairFiles...)},
	{name: "similar.tsv", with: []string{"words", "corpus.txt"}, run: []string{
		"search eval words -m words --set @ --json", "search eval words -m words --set @ --score-column 3", "train skipgram corpus.txt -o out --dim 4 --epochs 1 --min-count 1 --validate @",
	}},
	{name: "analogies.txt", with: []string{"words", "corpus.txt"}, run: []string{
		"search eval analogies -m words --set @ --json", "train skipgram corpus.txt -o out --dim 4 --epochs 1 --min-count 1 --validate @",
	}},
	{name: "sts.tsv", with: []string{"sent", "pairs.tsv"}, run: []string{
		"search eval sts -m sent --set @", "search eval sts -m sent --set @ --score-column 3 --score-range 0,5", "train sentence pairs.tsv -o out --dim 8 --vocab 60 --epochs 1 --validate @",
	}},
	{name: "beir", with: []string{"sent", "pairs.tsv"}, run: []string{
		"search eval retrieval -m sent --set @ --json", "train sentence pairs.tsv -o out --dim 8 --vocab 60 --epochs 1 --validate @",
	}},
	{name: "bpe.json", with: modelInputs, run: tokenizers},
	{name: "unigram.json", with: modelInputs, run: tokenizers},
	{name: "sent/tokenizer.json", with: modelInputs, run: tokenizers},
	{name: "vocab.txt", with: modelInputs, run: tokenizers},
	{name: "phrases.txt", with: modelInputs, run: []string{"train skipgram corpus.txt --phrases @ -o out --dim 4 --epochs 1 --min-count 1"}},
	{name: "conf.json", with: modelInputs, run: []string{"train skipgram corpus.txt --config @ -o out", "embed text --config @"}},
	{name: "conf.toml", with: modelInputs, run: []string{"train skipgram corpus.txt --config @ -o out", "embed text --config @"}},
}

func sealFolderOf(dir, changed string) error {
	top, _, _ := strings.Cut(changed, "/")
	return sealFolder(filepath.Join(dir, top))
}

func sealIndexAt(dir, changed string) error { return sealWith(filepath.Join(dir, changed), sealIndex) }
func sealLogAt(dir, changed string) error   { return sealWith(filepath.Join(dir, changed), sealLog) }

func sealWith(path string, seal func([]byte) []byte) error {
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, seal(data), 0o666)
	}
	return err
}

// TestDamage changes files of every kind and runs the commands that read them.
func TestDamage(t *testing.T) {
	for _, p := range preys {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			from, r := fixtures(t), random("damage "+p.name)
			var asked answers
			names, err := filesBelow(filepath.Join(from, p.name))
			if err != nil {
				t.Fatal(err)
			}
			for try := range *tries * max(1, len(names)/3) {
				p.damage(t, r, from, names, try, &asked)
			}
		})
	}
}

// damage makes one try.
func (p *prey) damage(t *testing.T, r *rand.Rand, from string, names []string, try int, asked *answers) {
	dir, err := os.MkdirTemp("", "attacked")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	copyTree(t, dir, from, append([]string{p.name}, p.with...)...)
	changed := filepath.ToSlash(filepath.Join(p.name, names[r.IntN(len(names))]))
	was, err := os.ReadFile(filepath.Join(dir, changed))
	if err != nil {
		t.Fatal(err)
	}
	other := was
	if r.IntN(3) == 0 {
		q := preys[r.IntN(len(preys))]
		if data, err := os.ReadFile(filepath.Join(from, q.name)); err == nil {
			other = data
		}
	}
	now := mutate(r, was, other)
	if err := os.WriteFile(filepath.Join(dir, changed), now, 0o666); err != nil {
		t.Fatal(err)
	}
	sealed := r.IntN(2) == 0 && p.sealed != nil && filepath.Base(changed) != manifest.Name
	if sealed {
		if err := p.sealed(dir, changed); err != nil {
			t.Fatal(err)
		}
	}
	line := p.run[r.IntN(len(p.run))]
	args := strings.Fields(strings.ReplaceAll(line, "@", p.name))
	if args[0] == "log" && *program != "" {
		return // not a command
	}
	o := run(t, dir, args...)
	wrong := checkLaws(o)
	switch {
	case wrong != "":
	case len(hidden(t, dir)) > 0:
		wrong = fmt.Sprintf("it left %q", hidden(t, dir))
	case o.status != 0 && leftOut(dir) != "":
		wrong = "it failed, but wrote " + leftOut(dir)
	case o.status == 0 && p.sums && !sealed && !bytes.Equal(was, now) && reads(args):
		if want := asked.of(t, from, args); answer(dir, o) != want {
			wrong = "it answers from damaged bytes:\n" + firstDifference(answer(dir, o), want)
		}
	}
	if wrong != "" {
		t.Errorf("try %d: %s, changed (sealed: %v): %s\n%v", try, changed, sealed, wrong, o)
		keepCase(t, dir, "damage "+p.name, try)
	}
}

// leftOut returns an output, if there is one other than a cache, which is complete by itself.
func leftOut(dir string) string {
	found, _ := filepath.Glob(filepath.Join(dir, "out*"))
	for _, path := range found {
		if !strings.HasSuffix(path, ".cache") {
			return filepath.Base(path)
		}
	}
	return ""
}

// reads reports whether a command only reads, and answers the same each time.
func reads(args []string) bool {
	line := strings.Join(args, " ")
	return slices.ContainsFunc([]string{"embed text", "embed export", "embed explain", "search query", "search list", "search similar", "search dedupe", "search neighbors", "search eval words", "search eval sts"},
		func(name string) bool { return strings.HasPrefix(line, name) })
}

// answer returns what a command has answered.
func answer(dir string, o outcome) string {
	out, _ := os.ReadFile(filepath.Join(dir, output(o.args)))
	return o.stdout + string(out)
}

// firstDifference returns the first line that differs.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\nexpected: %s", i+1, head(a[i], 300), head(b[i], 300))
		}
	}
	return fmt.Sprintf("%d lines, expected %d", len(a), len(b))
}

// output returns the name of the output of a command.
func output(args []string) string {
	for i, arg := range args {
		if arg == "-o" {
			return args[i+1]
		}
	}
	return "no output"
}

// answers are those from undamaged files.
type answers struct {
	mu    sync.Mutex
	known map[string]string
}

func (a *answers) of(t *testing.T, from string, args []string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	line := strings.Join(args, " ")
	if got, ok := a.known[line]; ok {
		return got
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), maxTime)
	defer cancel()
	o := finish(t, ctx, command(ctx, dir, args...), args)
	if o.status != 0 {
		t.Fatalf("without damage: %v", o)
	}
	if a.known == nil {
		a.known = map[string]string{}
	}
	a.known[line] = answer(dir, o)
	return a.known[line]
}
