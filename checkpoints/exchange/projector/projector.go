// Package projector writes word vectors for the Embedding Projector of TensorBoard.
//
//	folder/
//	  vectors.tsv             a line for each vector: values with tabs between them, no header
//	  metadata.tsv            the words in the same order, with their counts under a header if they have any
//	  projector_config.pbtxt  names both: "tensorboard --logdir folder" finds it
//
// The page at projector.tensorflow.org takes the two tables.
package projector

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// Name is the name of the format.
const Name = "projector"

const (
	configFile   = "projector_config.pbtxt" // by which an existing folder is recognized
	vectorsFile  = "vectors.tsv"
	metadataFile = "metadata.tsv"
)

// DefaultLimit is the number of rows that are written without a limit: the Projector shows at most 100,000
// points, and computes t-SNE for 10,000 and UMAP for 5,000 of them.
const DefaultLimit = 10_000

// Options control Write.
type Options struct {
	Words   []string // in their order; default nil: the vocabulary, the most frequent first
	Limit   int      // rows of the vocabulary; default 0: DefaultLimit. It does not apply to Words
	Replace bool     // replace an existing folder of this kind; default false
}

// Format describes the format, for lists of formats.
func Format() exchange.Format {
	return exchange.Format{Name: Name, Folder: true, Holds: exchange.Holds{Words: exchange.Inside, Counts: exchange.Inside},
		Description: "a folder for TensorBoard's Embedding Projector: " + vectorsFile + ", " + metadataFile + " and " + configFile,
		Loses:       "tabs and line breaks in words become spaces",
		WriteModel: func(ctx context.Context, dir string, c *checkpoints.Checkpoint, o exchange.FolderOptions) error {
			_, _, err := Write(ctx, dir, c, Options{Replace: o.Replace})
			return err
		}}
}

// Write writes the vectors of a model whose rows are its vectors (see exchange.Export) to the folder dir,
// completely or not at all. It returns the number of rows and, as exchange.ExportWords, which of the words are
// unknown.
func Write(ctx context.Context, dir string, c *checkpoints.Checkpoint, o Options) (rows int, unknown []int, err error) {
	if o.Limit < 0 {
		return 0, nil, fault.Field("Limit", "leave it out for 10,000", "must be positive, got %d", o.Limit)
	}
	words := o.Words
	if words == nil {
		ids := c.Vocabulary.ByCount()
		if limit := o.Limit; limit == 0 {
			ids = ids[:min(DefaultLimit, len(ids))]
		} else {
			ids = ids[:min(limit, len(ids))]
		}
		words = make([]string, len(ids))
		for i, id := range ids {
			words[i] = c.Vocabulary.Token(id)
		}
	}
	folder, err := durable.CreateFolder(dir, o.Replace, configFile)
	if err != nil {
		return 0, nil, err
	}
	defer folder.Abort()
	file, err := folder.Create(vectorsFile)
	if err != nil {
		return 0, nil, err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	var line []byte
	var labels []string
	var counts []int64
	counted := false
	unknown, err = exchange.ExportRows(ctx, c, words, func(row exchange.Row) error {
		line = line[:0]
		for j, v := range row.Values {
			if j > 0 {
				line = append(line, '\t')
			}
			line = strconv.AppendFloat(line, float64(v), 'g', -1, 32)
		}
		labels, counts = append(labels, label(string(row.Token))), append(counts, 0)
		if id, ok := c.Vocabulary.ID(words[len(labels)-1]); ok {
			counts[len(counts)-1] = c.Vocabulary.Count(id)
			counted = counted || c.Vocabulary.Count(id) > 0
		}
		_, err := out.Write(append(line, '\n'))
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return 0, nil, err
	}
	var metadata []byte
	if counted { // a header, which TensorBoard expects of more than one column only
		metadata = append(metadata, "word\tcount\n"...)
	}
	for i, l := range labels {
		metadata = append(metadata, l...)
		if counted {
			metadata = strconv.AppendInt(append(metadata, '\t'), counts[i], 10)
		}
		metadata = append(metadata, '\n')
	}
	config := fmt.Sprintf("embeddings {\n  tensor_name: \"luminavec\"\n  tensor_path: %q\n  metadata_path: %q\n}\n", vectorsFile, metadataFile)
	for name, data := range map[string][]byte{metadataFile: metadata, configFile: []byte(config)} {
		if err := put(folder, name, data); err != nil {
			return 0, nil, err
		}
	}
	return len(labels), unknown, folder.Commit()
}

// label returns a word as a field of metadata.tsv. TensorBoard skips blank lines, so a blank word is shown
// in quotes.
func label(word string) string {
	shown := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(word, "\uFFFD"))
	if strings.TrimSpace(shown) == "" {
		return strconv.QuoteToASCII(word)
	}
	return shown
}

// put writes a file of a folder.
func put(folder *durable.Folder, name string, data []byte) error {
	f, err := folder.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
