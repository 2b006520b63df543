//go:build slow && unix

package attack

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/luminavec/luminavec/index"
)

// fixtureDir is the folder with an undamaged file of every kind, made by fixtures.
var fixtureDir string

var makeFixtures = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "attack")
	if err != nil {
		return err
	}
	fixtureDir = dir
	if err := os.Chmod(dir, 0o755); err != nil { // for another user, who may not write
		return err
	}
	if err := writeInputs(dir); err != nil {
		return err
	}
	for _, line := range []string{
		"train skipgram corpus.txt -o words --dim 12 --min-count 1 --epochs 2 --threads 1 --subsample 0 --cache cache",
		"train cbow corpus.txt -o ngrams --dim 12 --min-count 1 --epochs 1 --threads 1 --subsample 0 --char-ngrams 3-4 --buckets 200",
		"train sentence pairs.tsv -o sent --dim 16 --vocab 120 --epochs 1 --threads 1",
		"train phrases corpus.txt -o phrases.txt --min-count 2 --threshold 1",
		"train tokenizer corpus.txt -o bpe.json --type bpe --vocab 300",
		"train tokenizer corpus.txt -o unigram.json --type unigram --vocab 120",
		"embed import spelled.txt -o spelled",
		"embed export -m words -o v.txt",
		"embed export -m words -f word2vec-bin -o v.bin",
		"embed export -m words -f glove -o v.glove",
		"embed export -m words -f tsv -o v.tsv",
		"embed export -m words -f jsonl -o v.jsonl",
		"embed text -m words corpus.txt -o v.npy",
		"search build -m sent docs.txt -o docs",
		"search build --vectors v.npy --index flat -o flat.lvx",
		"search build --vectors v.npy -o hnsw.lvx --m 4 --ef-construction 20",
		"search build --vectors v.npy --index lsh -o lsh.lvx",
		"search build --vectors v.npy --quantize int8 -o int8.lvx",
	} {
		args := strings.Fields(line)
		if out, err := command(context.Background(), dir, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("luminavec %s: %w\n%s", line, err, out)
		}
	}
	return writeLog(filepath.Join(dir, "log.lvx"))
})

// fixtures returns the folder.
func fixtures(t *testing.T) string {
	t.Helper()
	if err := makeFixtures(); err != nil {
		t.Fatal(err)
	}
	return fixtureDir
}

// bzip2 of the first lines of a text, because the standard library cannot write it.
const bzipped = "QlpoOTFBWSZTWZKBUk4AAOhYgAAQQAB/4ADgMAEhjRFT9ojzVSANKfpNtVGgCU9Qj1UAee951JOG+ewOCSoAAAMzMAA4AkjQsVjpxUqlSpUqVCxSG4sVlFFFFFDatu2mmup80lvpIRwk6Cm4NoDrwNZoM4xnJCc1jf67u7uzkHzbz9mQVV393fHSYNwO4WF2WF2KKKKKKKbiirJnJDIt7YoooooooopKO8kk2yW4tBKJvezu4S3CkUjRCF5w3apFIshGY27KRZCMxu5RLnJJzVuBNnJJzVv6FVX4Cqr+LuSKcKEhJQKknA=="

// writeInputs writes the files that people make.
func writeInputs(dir string) error {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprintf("w%d", int(60*r.Float64()*r.Float64())) }
	sentence := func() string {
		words := make([]string, 4+r.IntN(8))
		for i := range words {
			words[i] = word()
		}
		return strings.Join(words, " ")
	}
	var corpus, docs, records, table, pairs, scored, labelled, jsonPairs strings.Builder
	var spelled strings.Builder // in Unicode NFD, so that the model has another spelling
	for i := range 40 {
		fmt.Fprintf(&spelled, "%s%d %.2f %.2f %.2f %.2f\n", []string{"w", "e\u0301"}[i/30], i, r.Float64(), r.Float64(), r.Float64(), -r.Float64())
	}
	var similar, analogies, sts, passages, queries, qrels strings.Builder
	table.WriteString("id,text\n")
	pairs.WriteString("anchor\tpositive\n")
	scored.WriteString("text,other,score\n")
	labelled.WriteString("sentence1\tsentence2\tlabel\n")
	sts.WriteString("sentence1\tsentence2\tscore\n")
	qrels.WriteString("query-id\tcorpus-id\tscore\n")
	analogies.WriteString(": gram1-plural\n")
	for i := range 200 {
		fmt.Fprintln(&corpus, sentence())
		a, b := sentence(), sentence()
		fmt.Fprintf(&pairs, "%s\t%s\n", a, a+" "+b)
		if i >= 60 {
			continue
		}
		fmt.Fprintln(&docs, sentence())
		fmt.Fprintf(&records, "{\"id\": %d, \"text\": %q, \"meta\": {\"title\": %q}}\n", i, sentence(), word())
		fmt.Fprintf(&table, "%d,\"%s\"\n", i, sentence())
		fmt.Fprintf(&scored, "%s,%s,%.1f\n", a, b, 5*r.Float64())
		fmt.Fprintf(&labelled, "%s\t%s\t%d\n", a, b, i%2)
		fmt.Fprintf(&jsonPairs, "{\"anchor\": %q, \"positive\": %q}\n", a, b)
		fmt.Fprintf(&similar, "w%d\tw%d\t%.2f\n", i%30, (i+7)%30, 10*r.Float64())
		fmt.Fprintf(&analogies, "w%d w%d w%d w%d\n", i%30, (i+1)%30, (i+2)%30, (i+3)%30)
		fmt.Fprintf(&sts, "%s\t%s\t%.1f\n", a, b, 5*r.Float64())
		fmt.Fprintf(&passages, "{\"_id\": \"d%d\", \"title\": %q, \"text\": %q}\n", i, word(), sentence())
		fmt.Fprintf(&queries, "{\"_id\": \"q%d\", \"text\": %q}\n", i, sentence())
		fmt.Fprintf(&qrels, "q%d\td%d\t1\n", i, (i*7)%60)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(corpus.String()))
	if err := z.Close(); err != nil {
		return err
	}
	zs, err := zstd.NewWriter(nil)
	if err != nil {
		return err
	}
	bz, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		return err
	}
	options, err := json.Marshal(map[string]any{"dim": 8, "epochs": 1, "min-count": 1, "threads": 1, "subsample": 0})
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"corpus.txt": corpus.String(), "docs.txt": docs.String(), "spelled.txt": spelled.String(), "records.jsonl": records.String(), "table.csv": table.String(),
		"corpus.gz": zipped.String(), "corpus.zst": string(zs.EncodeAll([]byte(corpus.String()), nil)), "corpus.bz2": string(bz),
		"pairs.tsv": pairs.String(), "scored.csv": scored.String(), "labelled.tsv": labelled.String(), "pairs.jsonl": jsonPairs.String(),
		"similar.tsv": similar.String(), "analogies.txt": analogies.String(), "sts.tsv": sts.String(),
		"notes/a.md":      "---\ntitle: w1\nyear: 4\ntags: [w2, w3]\n---\n# w1\n\n" + docs.String()[:400] + "\n\n## w2\n\n- w3\n- [w4](w5.md)\n\n```go\nw6 := w7\n```\n\n| w8 | w9 |\n|---|---|\n| w1 | w2 |\n",
		"notes/b.html":    "<!doctype html><html><head><title>w1</title><script>w2()</script></head><body><h1>w3</h1><p>" + docs.String()[:300] + "<table><tr><td>w4<td>w5</table><pre>w6\nw7</pre></body></html>\n",
		"notes/sub/c.txt": docs.String(), "notes/d.jsonl": records.String(), "notes/e.csv": table.String(), "notes/f.py": "\"\"\"w1 is w2\"\"\"\n\n\ndef w3():\n    w4()\n",
		"notes/.gitignore":  "*.log\n/w1/\n!w2\n[a-c]*.tmp\n**/w3/**\n",
		"beir/corpus.jsonl": passages.String(), "beir/queries.jsonl": queries.String(), "beir/qrels/test.tsv": qrels.String(),
		"conf.json": string(options), "conf.toml": "dim = 8\nepochs = 1\nmin-count = 1\nthreads = 1\nsubsample = 0\n",
		"vocab.txt":    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nw\n##1\n##2\n##3\n##4\nw1\nw2\nw3\n",
		"vectors.json": `{"dimensions": 3, "vectors": {"w1": [1, 2, 3], "w2": [0.5, -1, 0], "w3": [0, 0, 1e-3]}}`,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// writeLog writes an index with a log of changes beside it.
func writeLog(path string) error {
	ix, err := index.OpenDurable(path, index.DurableOptions{Create: index.Options{Dim: 6, M: 4, EfConstruction: 20}})
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		v := make([]float32, 6)
		for j := range v {
			v[j] = r.Float32() - 0.5
		}
		switch {
		case i == 30:
			err = ix.Flush()
		case i%9 == 8:
			err = ix.Delete(int64(i - 2))
		case i%9 == 7:
			err = ix.Update(int64(i-3), v)
		default:
			err = ix.Add(int64(i), v)
		}
		if err != nil {
			return err
		}
	}
	return ix.Close()
}

// openLog opens such an index as a program that uses the library, and returns its status.
func openLog(path string) int {
	ix, err := index.OpenDurable(path, index.DurableOptions{})
	if err == nil {
		defer ix.Close()
		query := []float32{1, 0, 0, 0, 0, 0}
		if dim := ix.Options().Dim; dim != len(query) {
			query = make([]float32, min(dim, 1<<16))
			query[0] = 1
		}
		var found []index.Result
		if found, err = ix.Search(query, 5, index.SearchOptions{}); err == nil {
			fmt.Println(ix.Len(), found, ix.Torn())
			for i := 0; i < 40 && err == nil; i++ {
				if err = ix.Add(int64(1000+ix.Len()), query); err == nil && i%10 == 0 {
					err = ix.Flush()
				}
			}
		}
	}
	if err == nil {
		_, err = ix.Verify(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
