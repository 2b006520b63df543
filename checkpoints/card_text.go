package checkpoints

import (
	"cmp"
	"fmt"
	"strings"
)

// card is a model card in the making. It is written by plain functions and not by a
// template: package text/template calls methods by name, so a program that links it
// keeps every exported method of every library, several megabytes of them.
type card struct {
	strings.Builder
}

func (c *card) line(format string, args ...any) {
	fmt.Fprintf(c, format, args...)
	c.WriteByte('\n')
}

// text returns the lines as they are, without the newline at the beginning that lets
// them start a line in the source.
func (c *card) text(lines string) { c.WriteString(strings.TrimPrefix(lines, "\n")) }

// table writes the head of a table whose rows have a name and a text.
func (c *card) table() { c.text("\n| | |\n|---|---|\n") }

func (c *card) row(name, format string, args ...any) {
	fmt.Fprintf(c, "| %s | %s |\n", name, fmt.Sprintf(format, args...))
}

func (c *card) rows(rows [][2]string) {
	for _, r := range rows {
		c.row(r[0], "%s", r[1])
	}
}

// choose returns yes or no.
func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// text returns README.md.
func (d *cardData) text() string {
	var c card
	d.summary(&c)
	d.steps(&c)
	d.usage(&c)
	if d.config.NGrams.Max != 0 {
		d.unknownWords(&c)
	}
	if d.phrases != 0 {
		c.line("")
		c.line("%s phrases count as one word, joined with an underscore. LuminaVec joins them in any text; other libraries", group(int64(d.phrases)))
		c.line("ignore the list, the key `phrases` in `tokenizer.json`, and see separate words.")
	}
	d.otherLibraries(&c)
	if d.kind.Imported {
		d.origin(&c)
	} else {
		d.training(&c)
	}
	d.files(&c)
	return c.String()
}

// summary says what the model is. The block at the top is for model hubs.
func (d *cardData) summary(c *card) {
	c.line("---")
	c.line("library_name: luminavec")
	c.line("pipeline_tag: %s", choose(d.kind.Texts, "sentence-similarity", "feature-extraction"))
	c.line("tags:")
	c.line("- luminavec")
	c.line("- %s-embeddings", choose(d.kind.Texts, "sentence", "word"))
	c.line("- static-embeddings")
	c.line("---")
	c.line("")
	c.line("# %s", d.title)
	c.line("")
	made := choose(d.kind.Imported, "imported", "trained") + " with LuminaVec"
	if d.config.Version != "" {
		made += " " + d.config.Version
	}
	if d.config.Created != "" {
		made += " on " + d.config.Created
	}
	stored := string(Float32)
	if q := d.quantized[EmbeddingTensor]; q != nil {
		stored = string(q.DType)
	}
	c.line("%s tokens, %s parameters in %s, %s.", group(int64(d.tokens)), group(int64(d.params)), stored, made)
	c.line("")
	if !d.config.Progress.Finished {
		c.line("**Training is not finished:** %s is done. The vectors can be used as they are.", percent(d.config.Progress.Done))
		c.line("")
	}
}

// steps says how a text becomes a vector.
func (d *cardData) steps(c *card) {
	encoder := d.config.Encoder
	c.line("How a text becomes a vector:")
	c.line("")
	unknown := ""
	switch {
	case d.unknown >= 0:
		unknown = fmt.Sprintf(". The token for unknown text, id %d, is ignored", d.unknown)
	case !d.subwords:
		unknown = ". Those outside the vocabulary are " + choose(d.ngrams != 0, "composed from their character n-grams, see below", "ignored")
	}
	c.line("1. It is split into tokens (`tokenizer.json`)%s.", unknown)
	c.line("1. Each token is looked up in a table with a row of %d values for each token.", d.config.Dim)
	if encoder.Hidden != 0 {
		c.line("1. Each row passes through a linear layer with ReLU, %d outputs.", encoder.Hidden)
	}
	c.line("1. %s", d.pooling)
	if encoder.Project != 0 {
		c.line("1. It is projected to %d values.", encoder.Project)
	}
	if encoder.Normalize {
		c.line("1. It is scaled to length 1.")
	}
	c.line("")
	c.line("Texts with similar meaning have vectors that point in similar directions: compare them by cosine. The most")
	c.line("frequent tokens are %s.", d.frequentText)
	c.line("")
}

// usage shows the commands and the same computation in Python.
func (d *cardData) usage(c *card) {
	c.line("## Use it")
	c.line("")
	c.line("With LuminaVec, where `MODEL` is this folder:")
	c.line("")
	c.line("    embed text -m MODEL < lines.txt > vectors.npy")
	c.line("    embed info -m MODEL")
	c.line("    %s", choose(d.kind.Texts, "search eval sts -m MODEL", "search neighbors -m MODEL WORD"))
	c.line("    search build -m MODEL FILE... -o docs")
	c.line("")
	if d.kind.Texts {
		d.pythonTexts(c)
	} else {
		d.pythonWords(c)
	}
}

func (d *cardData) pythonTexts(c *card) {
	encoder := d.config.Encoder
	c.line("In Python, with `pip install safetensors numpy tokenizers`:")
	c.line("")
	c.line("```python")
	c.text(`
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

model = load_file("model.safetensors")
`)
	d.pythonTable(c, "table", EmbeddingTensor, d.tokens)
	c.text(`
tokenizer = Tokenizer.from_file("tokenizer.json")
`)
	if d.pads {
		c.line("tokenizer.no_padding()")
	}
	if d.truncates {
		c.line("tokenizer.no_truncation()")
	}
	c.text(`

def encode(text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
`)
	switch {
	case d.unknown >= 0:
		c.line("    ids = [i for i in ids if i != %d]  # without unknown tokens", d.unknown)
	case !d.subwords:
		c.line("    ids = [i for i in ids if i < len(table)]  # without unknown words")
	}
	c.line("    x = table[ids]  # a text without a known token has no vector")
	if encoder.Hidden != 0 {
		c.line(`    x = np.maximum(x @ model["%s"].T + model["%s"], 0)`, LinearTensor, BiasTensor)
	}
	c.line("    z = %s", d.pythonPool)
	if encoder.Project != 0 {
		c.line(`    z = model["%s"] @ z`, ProjectionTensor)
	}
	c.line("    return z%s", choose(encoder.Normalize, " / np.linalg.norm(z)", ""))
	c.line("```")
}

// pythonTable reads a table of the tensors "model" into a variable, as float32.
func (d *cardData) pythonTable(c *card, variable, table string, rows int) {
	q := d.quantized[table]
	if q == nil {
		name, part := table, ""
		if table == EmbeddingTensor {
			name, part = d.tableName(), d.rows()
		}
		c.line(`%s = model["%s"]%s  # (%d, %d)`, variable, name, part, rows, d.config.Dim)
		return
	}
	names := tableNames(table, q.DType, d.config.Encoder.static())
	c.line(`codes = model["%s"]  # (%d, %d), %s`, names.codes, q.Clusters(), q.CodeBytes(), q.DType)
	switch q.DType {
	case Int4:
		c.line("values = np.stack([codes & 15, codes >> 4], axis=2).reshape(len(codes), -1)[:, :%d] - np.float32(8)", d.config.Dim)
	case PQ:
		c.line(`values = model["%s"][np.arange(%d), codes].reshape(len(codes), -1)[:, :%d]`, names.codebook, q.CodeBytes(), d.config.Dim)
	default:
		c.line("values = codes")
	}
	if q.Mapping != nil {
		c.line(`values = values[model["%s"]]`, names.mapping)
	}
	c.line(`%s = values * model["%s"][:, None]  # (%d, %d)`, variable, names.scales, rows, d.config.Dim)
}

func (d *cardData) pythonWords(c *card) {
	c.line("In Python, with only `pip install safetensors numpy`:")
	c.line("")
	c.line("```python")
	c.text(`
import numpy as np
from safetensors.numpy import load_file

`)
	c.line(`model = load_file("model.safetensors")`)
	d.pythonTable(c, "table", EmbeddingTensor, d.tokens)
	c.text(`
words = [line.split("\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\n")]
row = {word: i for i, word in enumerate(words)}

def neighbors(word, n=10):
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    best = np.argsort(-(unit @ unit[row[word]]))
    return [words[i] for i in best[1:n + 1]]
`)
	c.line("```")
}

// unknownWords shows how words are composed from n-grams.
func (d *cardData) unknownWords(c *card) {
	grams := d.config.NGrams
	c.line("")
	c.line("## Words outside the vocabulary")
	c.line("")
	c.line("The vector of such a word is the mean of its character n-grams, the runs of %d to %d characters of the word between < and >.", grams.Min, grams.Max)
	c.line("They are hashed into %s buckets as in fastText, and %s of those, listed in `ngrams.txt`,", group(int64(grams.Buckets)), group(int64(d.ngrams)))
	c.line("have a row in the tensor `%s`. (The rows of `%s` already include theirs.)", NGramTensor, EmbeddingTensor)
	if grams.CountAll {
		c.line("An n-gram without a row counts as a row of zeros.")
	}
	c.line("A word without a known n-gram remains unknown.")
	c.line("")
	c.line("```python")
	d.pythonTable(c, "parts", NGramTensor, d.ngrams)
	c.text(`
row_of = {int(bucket): i for i, bucket in enumerate(open("ngrams.txt"))}

def bucket(gram):
    h = 2166136261
    for byte in gram.encode():
        h = ((h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
`)
	c.line("    return h %% %d", grams.Buckets)
	c.text(`

def vector(word):
    if word in row:
        return table[row[word]]
    s = f"<{word}>"
`)
	c.line("    grams = [s[i:i + n] for i in range(len(s)) for n in range(%d, %d + 1) if i + n <= len(s)]", grams.Min, grams.Max)
	c.line(`    rows = [row_of.get(bucket(g)) for g in grams if g not in ("<", ">"%s)]`, choose(grams.Whole, "", ", s"))
	c.line("    return np.sum([parts[r] for r in rows if r is not None], axis=0) / %s",
		choose(grams.CountAll, "len(rows)", "sum(r is not None for r in rows)"))
	c.line("```")
}

// otherLibraries says how to use the table in sentence-transformers and gensim.
func (d *cardData) otherLibraries(c *card) {
	switch {
	case d.layers && !d.kind.Texts:
		c.line("")
		c.line("The layers after the table are the tensors `%s`, `%s` and `%s` of the same", LinearTensor, BiasTensor, ProjectionTensor)
		c.line("file, laid out as in PyTorch: `y = x @ weight.T + bias`.")
	}
	d.sentenceTransformers(c)
	c.line("")
	c.line("With gensim: `embed export -m MODEL -f word2vec-bin -o vectors.bin`, then")
	c.line("`KeyedVectors.load_word2vec_format(\"vectors.bin\", binary=True)`.")
	c.line("")
}

// sentenceTransformers says how sentence-transformers and model2vec open the model, if they can.
func (d *cardData) sentenceTransformers(c *card) {
	switch {
	case d.opens:
		version := ""
		if d.layout == indexed {
			version = ">=6.2"
		}
		c.line("")
		c.line("With `pip install \"sentence-transformers%s\"`, which computes the same vectors as StaticEmbedding:", version)
		c.line("")
		c.line("```python")
		c.text(`
from sentence_transformers import SentenceTransformer

vectors = SentenceTransformer("MODEL").encode(["how are you"])
`)
		c.line("```")
		c.line("")
		c.line("For model2vec and other versions: `embed export -m MODEL -f model2vec -o FOLDER`.")
	case d.folds && d.ngrams == 0 && d.phrases == 0:
		c.line("")
		c.line("For sentence-transformers and model2vec: `embed export -m MODEL -f sentence-transformers -o FOLDER`.")
	}
}

// tableName returns the name of the tensor with the table.
func (d *cardData) tableName() string {
	if d.layout == indexed {
		return tableTensor
	}
	return EmbeddingTensor
}

// rows returns the Python index of the rows of the vocabulary, without the row for unknown text.
func (d *cardData) rows() string {
	if d.layout == plain {
		return ""
	}
	return fmt.Sprintf("[:%d]", d.tokens)
}

// origin says where an imported model comes from.
func (d *cardData) origin(c *card) {
	c.line("## Where it comes from")
	c.line("")
	c.table()
	c.row("file", "%s", cmp.Or(d.sources, "not recorded"))
	if d.config.Origin != "" {
		c.row("origin", "%s", code(d.config.Origin))
	}
	if d.config.License != "" {
		c.row("license", "%s", code(d.config.License))
	}
	c.rows(d.settings)
	c.line("")
	c.line("The vectors were not trained with LuminaVec; %s applies.", choose(d.config.License != "", "that license", "the license of the file"))
}

// training says how the model was trained, with every setting.
func (d *cardData) training(c *card) {
	corpus, progress := d.config.Corpus, d.config.Progress
	c.line("## How it was trained")
	c.line("")
	c.table()
	c.rows(d.method)
	if d.config.Origin != "" {
		c.row("started from", "%s", code(d.config.Origin))
	}
	if d.config.License != "" {
		c.row("license of that", "%s", code(d.config.License))
	}
	c.row("text", "%s", cmp.Or(d.sources, "not recorded"))
	for _, e := range d.earlier {
		c.row("earlier text", "%s: %s words", cmp.Or(e.sources, "not recorded"), group(e.rawWords))
	}
	if d.kind.Texts {
		c.row("tokens in the text", "%s in %s examples", group(corpus.RawWords), group(corpus.Lines))
	} else {
		c.row("words in the text", "%s in %s lines", group(corpus.RawWords), group(corpus.Lines))
		c.row("words in the vocabulary", "%s (%s distinct)", group(corpus.Words), group(int64(corpus.Vocabulary)))
	}
	c.row("epochs", "%d of %d", progress.Epoch, progress.Epochs)
	if z := d.config.Compression; z != nil {
		c.row("compressed from", "%s tokens of %d dimensions", group(int64(z.Tokens)), z.Dim)
	}
	c.row("mean loss of the last epoch", "%s%s", number(progress.Loss), choose(d.kind.Texts, "", " nats per prediction"))
	if progress.Stopped != "" {
		c.row("ended early", "%s", code(progress.Stopped))
	}
	for _, m := range d.validation {
		c.row(m.Name+" of "+code(m.Set), "%s", choose(m.Undefined, "undefined", number(m.Value)))
	}
	if d.duration != "" {
		c.row("time", "%s", d.duration)
	}
	if len(d.settings) > 0 {
		c.line("")
		c.line("Every setting of the trainer:")
		c.line("")
		c.table()
		c.rows(d.settings)
	}
}

// files lists the files of the folder.
func (d *cardData) files(c *card) {
	c.line("")
	c.line("The vectors reflect the training text, including its errors and biases. Check for these before you use the")
	c.line("vectors for decisions about people.")
	c.line("")
	c.line("## Files")
	c.line("")
	c.line("| file | content |")
	c.line("|---|---|")
	c.row("`config.json`", "what the model is, all settings, training progress")
	c.row("`vocab.tsv`", "a token, a tab and its count on each line; line n is row n-1 of the table")
	c.row("`tokenizer.json`", "how text is split into tokens, in the format of Hugging Face tokenizers")
	if d.opens {
		c.row("`modules.json`, `config_sentence_transformers.json`", "for sentence-transformers")
	}
	if d.ngrams != 0 {
		c.row("`ngrams.txt`", "the bucket of each row of `%s`", NGramTensor)
	}
	c.row("`model.safetensors`", "the tables")
	if d.state {
		c.row("`training/`", "the state that resuming needs, the log and a plot of the loss; not needed to use the model")
	}
	c.row("`MANIFEST`", "size and SHA-256 of every file (format %d)", d.version)
	c.line("")
	c.line("To verify a copy: `awk 'NF==3 {print $2 \"  \" $3}' MANIFEST | sha256sum -c`")
}
