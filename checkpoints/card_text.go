package checkpoints

// cardText is the template of the model card. The block at the top is for model hubs.
const cardText = `---
library_name: luminavec
pipeline_tag: {{if .Kind.Texts}}sentence-similarity{{else}}feature-extraction{{end}}
tags:
- luminavec
- {{if .Kind.Texts}}sentence-embeddings{{else}}word-embeddings{{end}}
- static-embeddings
---

# {{.Title}}

{{group .Tokens}} tokens, {{group .Params}} parameters in float32, {{if .Kind.Imported}}imported{{else}}trained{{end}} with LuminaVec{{with .Config.Version}} {{.}}{{end}}{{with .Config.Created}} on {{.}}{{end}}.
{{if not .Config.Progress.Finished}}
**Training is not finished:** {{percent .Config.Progress.Done}} is done. The vectors can be used as they are.
{{end}}
How a text becomes a vector:

1. It is split into tokens (` + "`tokenizer.json`" + `){{if not .Subwords}}. Those outside the vocabulary are {{if .NGrams}}composed from their character n-grams, see below{{else}}ignored{{end}}{{end}}.
1. Each token is looked up in a table with a row of {{.Config.Dim}} values for each token.
{{- if .Config.Encoder.Hidden}}
1. Each row passes through a linear layer with ReLU, {{.Config.Encoder.Hidden}} outputs.
{{- end}}
1. {{.Pooling}}
{{- if .Config.Encoder.Project}}
1. It is projected to {{.Config.Encoder.Project}} values.
{{- end}}
{{- if .Config.Encoder.Normalize}}
1. It is scaled to length 1.
{{- end}}

Texts with similar meaning have vectors that point in similar directions: compare them by cosine. The most
frequent tokens are {{.FrequentText}}.

## Use it

With LuminaVec, where ` + "`MODEL`" + ` is this folder:

    embed text -m MODEL < lines.txt > vectors.npy
    embed info -m MODEL
    {{if .Kind.Texts}}search eval sts -m MODEL{{else}}search neighbors -m MODEL WORD{{end}}
    search build -m MODEL FILE... -o docs

{{if .Kind.Texts}}In Python, with ` + "`pip install safetensors numpy tokenizers`" + `:

` + "```python" + `
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

model = load_file("model.safetensors")
table = model["embedding.weight"]  # ({{.Tokens}}, {{.Config.Dim}})
tokenizer = Tokenizer.from_file("tokenizer.json")

def encode(text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
{{- if not .Subwords}}
    ids = [i for i in ids if i < len(table)]  # without unknown words
{{- end}}
    x = table[ids]  # a text without a known token has no vector
{{- if .Config.Encoder.Hidden}}
    x = np.maximum(x @ model["linear.weight"].T + model["linear.bias"], 0)
{{- end}}
    z = {{.PythonPool}}
{{- if .Config.Encoder.Project}}
    z = model["projection.weight"] @ z
{{- end}}
    return z{{if .Config.Encoder.Normalize}} / np.linalg.norm(z){{end}}
` + "```" + `
{{else}}In Python, with only ` + "`pip install safetensors numpy`" + `:

` + "```python" + `
import numpy as np
from safetensors.numpy import load_file

table = load_file("model.safetensors")["embedding.weight"]  # ({{.Tokens}}, {{.Config.Dim}})
words = [line.split("\t")[0] for line in open("vocab.tsv", encoding="utf-8", newline="\n")]
row = {word: i for i, word in enumerate(words)}

def neighbors(word, n=10):
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    best = np.argsort(-(unit @ unit[row[word]]))
    return [words[i] for i in best[1:n + 1]]
` + "```" + `
{{end}}{{with .Config.NGrams}}{{if .Max}}
## Words outside the vocabulary

The vector of such a word is the mean of its character n-grams, the runs of {{.Min}} to {{.Max}} characters of the word between < and >.
They are hashed into {{group .Buckets}} buckets as in fastText, and {{group $.NGrams}} of those, listed in ` + "`ngrams.txt`" + `,
have a row in the tensor ` + "`ngrams.weight`" + `. (The rows of ` + "`embedding.weight`" + ` already include theirs.)
A word without a known n-gram remains unknown.

` + "```python" + `
parts = load_file("model.safetensors")["ngrams.weight"]  # ({{$.NGrams}}, {{$.Config.Dim}})
row_of = {int(bucket): i for i, bucket in enumerate(open("ngrams.txt"))}

def bucket(gram):
    h = 2166136261
    for byte in gram.encode():
        h = ((h ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return h % {{.Buckets}}

def vector(word):
    if word in row:
        return table[row[word]]
    s = f"<{word}>"
    grams = [s[i:i + n] for i in range(len(s)) for n in range({{.Min}}, {{.Max}} + 1) if i + n <= len(s)]
    rows = [row_of.get(bucket(g)) for g in grams if g not in ("<", ">", s)]
    return np.mean([parts[r] for r in rows if r is not None], axis=0)
` + "```" + `
{{end}}{{end}}{{if .Phrases}}
{{group .Phrases}} phrases count as one word, joined with an underscore. LuminaVec joins them in any text; other libraries
ignore the list, the key ` + "`phrases`" + ` in ` + "`tokenizer.json`" + `, and see separate words.
{{end}}{{if .Layers}}{{if not .Kind.Texts}}
The layers after the table are the tensors ` + "`linear.weight`, `linear.bias` and `projection.weight`" + ` of the same
file, laid out as in PyTorch: ` + "`y = x @ weight.T + bias`" + `.
{{end}}{{else if .Static}}
With ` + "`pip install sentence-transformers`" + ` the table is a static embedding{{if not .Subwords}} (words outside the vocabulary then
count as a row of zeros, {{if .NGrams}}not composed from n-grams{{else}}which changes the length of a vector, not its direction{{end}}){{end}}:

` + "```python" + `
import numpy as np
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import StaticEmbedding
from tokenizers import Tokenizer

table = load_file("model.safetensors")["embedding.weight"]
{{- if eq .Config.Encoder.Pooling "sif"}}
table = table * load_file("model.safetensors")["pooling.weight"][:, None]
{{- end}}
{{- if not .Subwords}}
table = np.vstack([table, np.zeros_like(table[:1])])  # the id of unknown words is {{.Tokens}}
{{- end}}
model = SentenceTransformer(modules=[StaticEmbedding(Tokenizer.from_file("tokenizer.json"), embedding_weights=table)])
` + "```" + `
{{end}}
With gensim: ` + "`embed export -m MODEL -f word2vec-bin -o vectors.bin`" + `, then
` + "`KeyedVectors.load_word2vec_format(\"vectors.bin\", binary=True)`" + `.

{{if .Kind.Imported}}## Where it comes from

| | |
|---|---|
| file | {{or .Sources "not recorded"}} |
{{range .Settings}}| {{index . 0}} | {{index . 1}} |
{{end}}
The vectors were not trained with LuminaVec; the license of the file applies.
{{else}}## How it was trained

| | |
|---|---|
{{range .Method}}| {{index . 0}} | {{index . 1}} |
{{end}}| text | {{or .Sources "not recorded"}} |
{{range .Earlier}}| earlier text | {{or .Sources "not recorded"}}: {{group .RawWords}} words |
{{end}}{{if .Kind.Texts}}| tokens in the text | {{group .Config.Corpus.RawWords}} in {{group .Config.Corpus.Lines}} examples |
{{else}}| words in the text | {{group .Config.Corpus.RawWords}} in {{group .Config.Corpus.Lines}} lines |
| words in the vocabulary | {{group .Config.Corpus.Words}} ({{group .Config.Corpus.Vocabulary}} distinct) |
{{end}}| epochs | {{.Config.Progress.Epoch}} of {{.Config.Progress.Epochs}} |
| mean loss of the last epoch | {{number .Config.Progress.Loss}}{{if not .Kind.Texts}} nats per prediction{{end}} |
{{with .Config.Progress.Stopped}}| ended early | {{code .}} |
{{end}}{{range .Validation}}| {{.Name}} of {{code .Set}} | {{number .Value}} |
{{end}}{{with .Duration}}| time | {{.}} |
{{end}}{{if .Settings}}
Every setting of the trainer:

| | |
|---|---|
{{range .Settings}}| {{index . 0}} | {{index . 1}} |
{{end}}{{end}}{{end}}
The vectors reflect the training text, including its errors and biases. Check for these before you use the
vectors for decisions about people.

## Files

| file | content |
|---|---|
| ` + "`config.json`" + ` | what the model is, all settings, training progress |
| ` + "`vocab.tsv`" + ` | a token, a tab and its count on each line; line n is row n-1 of the table |
| ` + "`tokenizer.json`" + ` | how text is split into tokens, in the format of Hugging Face tokenizers |
{{if .NGrams}}| ` + "`ngrams.txt`" + ` | the bucket of each row of ` + "`ngrams.weight`" + ` |
{{end}}| ` + "`model.safetensors`" + ` | the tables |
{{if not .Kind.Imported}}| ` + "`training/`" + ` | the state that resuming needs, the log and a plot of the loss; not needed to use the model |
{{end}}| ` + "`MANIFEST`" + ` | size and SHA-256 of every file (format {{.Version}}) |

To verify a copy: ` + "`awk 'NF==3 {print $2 \"  \" $3}' MANIFEST | sha256sum -c`" + `
`
