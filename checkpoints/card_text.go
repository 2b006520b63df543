package checkpoints

// cardText is the model card. The block at the top is what model hubs read.
const cardText = `---
library_name: luminavec
pipeline_tag: {{if .Sentence}}sentence-similarity{{else}}feature-extraction{{end}}
tags:
- luminavec
- {{if .Sentence}}sentence-embeddings{{else}}word-embeddings{{end}}
- static-embeddings
---

# {{.Title}}

{{group .Tokens}} tokens, {{group .Params}} parameters in float32, {{if .Imported}}imported{{else}}trained{{end}} with LuminaVec{{with .Config.Version}} {{.}}{{end}}{{with .Config.Created}} on {{.}}{{end}}.
{{if not .Config.Progress.Finished}}
**Training is not finished:** {{percent .Config.Progress.Done}} is done. The vectors can be used as they are.
{{end}}
A text becomes a vector like this:

1. It is cut into tokens (` + "`tokenizer.json`" + `){{if not .Subwords}}. Those outside the vocabulary are {{if .NGrams}}made of their parts, see below{{else}}left out{{end}}{{end}}.
1. Each token is looked up in a table with a row of {{.Config.Dim}} values a token.
{{- if .Config.Encoder.Hidden}}
1. Each row goes through a linear layer with ReLU, {{.Config.Encoder.Hidden}} outputs.
{{- end}}
1. {{.Pooling}}
{{- if .Config.Encoder.Project}}
1. It is projected to {{.Config.Encoder.Project}} values.
{{- end}}
{{- if .Config.Encoder.Normalize}}
1. It is scaled to length 1.
{{- end}}

Texts of similar meaning get vectors that point in similar directions: compare them by cosine. The most
frequent tokens are {{.FrequentText}}.

## Use it

With LuminaVec, where ` + "`MODEL`" + ` is this folder:

    embed text -m MODEL < lines.txt > vectors.npy
    embed info -m MODEL
    {{if .Sentence}}search eval sts -m MODEL{{else}}search neighbors -m MODEL WORD{{end}}
    search build -m MODEL FILE... -o docs

{{if .Sentence}}In Python, with ` + "`pip install safetensors numpy tokenizers`" + `:

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
{{else}}In Python, with nothing but ` + "`pip install safetensors numpy`" + `:

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

Such a word is the mean of its character n-grams, the runs of {{.Min}} to {{.Max}} characters of the word between < and >.
They are hashed into {{group .Buckets}} buckets as fastText does it, and {{group $.NGrams}} of those, listed in ` + "`ngrams.txt`" + `,
have a row in the tensor ` + "`ngrams.weight`" + `. (The rows of ` + "`embedding.weight`" + ` have theirs in them already.)
A word without a known n-gram stays unknown.

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
{{group .Phrases}} phrases count as one word, joined with an underscore. The commands of this program join them in
any text; other libraries pass over the list, the key ` + "`phrases`" + ` in ` + "`tokenizer.json`" + `, and see single words.
{{end}}{{if .Layers}}{{if not .Sentence}}
The layers after the table are the tensors ` + "`linear.weight`, `linear.bias` and `projection.weight`" + ` of the same
file, laid out as in PyTorch: ` + "`y = x @ weight.T + bias`" + `.
{{end}}{{else if .Static}}
With ` + "`pip install sentence-transformers`" + ` the table is a static embedding{{if not .Subwords}} (here words outside the vocabulary
count as a row of zeros, {{if .NGrams}}they are not made of their parts{{else}}which changes the length of a vector and not its direction{{end}}){{end}}:

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
With gensim: ` + "`embed export -m MODEL --format word2vec-bin -o vectors.bin`" + `, then
` + "`KeyedVectors.load_word2vec_format(\"vectors.bin\", binary=True)`" + `.

{{if .Imported}}## Where it comes from

| | |
|---|---|
| file | {{or .Sources "not recorded"}} |
{{range .Settings}}| {{index . 0}} | {{index . 1}} |
{{end}}
The vectors were not trained here: their licence is that of the file.
{{else}}## How it was trained

| | |
|---|---|
{{range .Method}}| {{index . 0}} | {{index . 1}} |
{{end}}| text | {{or .Sources "not recorded"}} |
{{range .Earlier}}| text before | {{or .Sources "not recorded"}}: {{group .RawWords}} words |
{{end}}{{if .Sentence}}| tokens in the text | {{group .Config.Corpus.RawWords}} in {{group .Config.Corpus.Lines}} examples |
{{else}}| words in the text | {{group .Config.Corpus.RawWords}} in {{group .Config.Corpus.Lines}} lines |
| words in the vocabulary | {{group .Config.Corpus.Words}} ({{group .Config.Corpus.Vocabulary}} distinct) |
{{end}}| epochs | {{.Config.Progress.Epoch}} of {{.Config.Progress.Epochs}} |
| mean loss of the last epoch | {{number .Config.Progress.Loss}}{{if not .Sentence}} nats per prediction{{end}} |
{{with .Config.Progress.Stopped}}| ended early | {{code .}} |
{{end}}{{range .Validation}}| {{.Name}} of {{code .Set}} | {{number .Value}} |
{{end}}{{with .Duration}}| time | {{.}} |
{{end}}{{if .Settings}}
Every setting of the trainer:

| | |
|---|---|
{{range .Settings}}| {{index . 0}} | {{index . 1}} |
{{end}}{{end}}{{end}}
The vectors hold what the text held, its errors and prejudices too. Who uses them for decisions about
people should look at that first.

## Files

| file | what |
|---|---|
| ` + "`config.json`" + ` | what the model is, every setting, how far training came |
| ` + "`vocab.tsv`" + ` | token, tab, count; line n is row n-1 of the table |
| ` + "`tokenizer.json`" + ` | text to tokens, in the layout of Hugging Face tokenizers |
{{if .NGrams}}| ` + "`ngrams.txt`" + ` | the bucket of each row of ` + "`ngrams.weight`" + ` |
{{end}}| ` + "`model.safetensors`" + ` | the tables |
{{if not .Imported}}| ` + "`training/`" + ` | what training needs to go on, its log and a drawing of the loss; not needed to use the model |
{{end}}| ` + "`MANIFEST`" + ` | size and SHA-256 of every file (format {{.Version}}) |

To check a copy: ` + "`awk 'NF==3 {print $2 \"  \" $3}' MANIFEST | sha256sum -c`" + `
`
