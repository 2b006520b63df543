package exchange

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/number"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange/internal/fasttext"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

const fastTextBin = "fasttext-bin"

// fastText's model, with its n-grams; see package fasttext.
func init() {
	Register(Format{
		Name: fastTextBin, Words: true, Binary: true,
		Description: "fastText's model, .bin or .ftz",
		Holds:       Holds{Words: Inside, Counts: Inside, NGrams: true},
		Loses:       "layers are folded; how text is split and the training state are lost",
		Detect: func(head Head) Match {
			if is, _ := fasttext.Is(head.Data); is {
				return Yes
			}
			return No
		},
		Read:           readFastText,
		WriteModelFile: fasttext.WriteCheckpoint,
	})
}

// fastTextRows returns the vectors of the words.
type fastTextRows struct {
	v     *Vectors
	file  *fasttext.File
	table checkpoints.Tensor
}

func (r *fastTextRows) Place() string { return fmt.Sprintf("%s: word %d", r.v.Name(), r.v.stats.Rows) }

func (r *fastTextRows) Next() (Row, error) {
	i := int(r.v.stats.Rows)
	if i == r.table.Rows() {
		return Row{}, io.EOF
	}
	return Row{Token: []byte(r.file.Words[i]), Count: r.file.Counts[i], Values: r.table.Row(i)}, nil
}

// readFastText reads a whole model, since its n-grams are at the end, and composes the vectors of
// its words, in the memory of their own rows.
func readFastText(ctx context.Context, v *Vectors, r *bufio.Reader) (RowReader, error) {
	in := func(err error) error {
		if err == nil || ctx.Err() != nil {
			return err
		}
		return fault.New(fault.Hint(err), "%s: %w", v.Name(), err)
	}
	file, err := fasttext.Open(r, v.stored(1), fasttext.Limits{Dim: MaxDim, MaxN: tokenize.MaxNGram, Tokens: math.MaxInt32})
	if err != nil {
		return nil, in(err)
	}
	v.Dim, v.Rows = int(file.Dim), int64(len(file.Words))
	limit := v.Rows
	if v.Options.Limit > 0 {
		limit = min(limit, int64(v.Options.Limit))
	}
	// The number of rows of a quantized matrix is read with its codes, one byte each.
	words, grams := &growingTable{dim: v.Dim}, &growingTable{dim: v.Dim}
	if v.stored(1) >= 0 && !file.Quantized {
		words.whole = checkpoints.NewTensor(int(limit), v.Dim)
		if n := file.Rows - v.Rows; n > 0 && file.NGrams() {
			grams.whole = checkpoints.NewTensor(int(n), v.Dim)
		}
	}
	err = file.Each(func(i, at int64, row []float32) error {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			v.report()
		}
		table := grams
		switch {
		case i < limit:
			table = words
		case i < v.Rows || !file.NGrams():
			return nil
		}
		if bad := number.NotFinite(row); bad >= 0 {
			of := fmt.Sprintf("n-gram %d", i-v.Rows+1)
			if i < v.Rows {
				of = fmt.Sprintf("word %d, %.40q", i+1, file.Words[i])
			}
			return fault.New("the training of such a model has failed, or the file is damaged: train it with a lower learning rate, or copy it again",
				"byte %d: value %d of the row of %s is %v", at, bad+1, of, row[bad])
		}
		table.add(row)
		return nil
	})
	if err != nil {
		return nil, in(err)
	}
	rows := &fastTextRows{v: v, file: file, table: words.tensor()}
	from := &checkpoints.Checkpoint{Config: checkpoints.Config{Encoder: checkpoints.EncoderConfig{Pooling: "mean", Normalize: true}}}
	if grams.rows > 0 {
		table := grams.tensor()
		if from.NGrams, err = file.Compose(ctx, rows.table, table); err != nil {
			return nil, in(err)
		}
		from.Tensors = map[string]checkpoints.Tensor{checkpoints.NGramTensor: table}
	}
	// fastText reads text as it is and splits it at white space.
	from.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true, Whitespace: true})
	v.made = from
	v.describeFastText(file, from)
	return rows, nil
}

// describeFastText says what was read and what not.
func (v *Vectors) describeFastText(f *fasttext.File, from *checkpoints.Checkpoint) {
	parts := []string{", " + f.ModelName()}
	if from.NGrams != nil {
		parts = append(parts, fmt.Sprintf("n-grams of %d to %d characters", f.MinN, f.MaxN))
	} else {
		parts = append(parts, "without n-grams")
	}
	if f.Quantized {
		parts = append(parts, "quantized")
	}
	if f.Labels > 0 {
		parts = append(parts, count(int64(f.Labels), "label")+" not read")
	}
	v.detail = strings.Join(parts, ", ") + ", words between white space"
	v.settings = map[string]any{"model": f.ModelName(), "loss": f.LossName(), "window": f.Window, "epochs": f.Epoch, "negative": f.Negative,
		"min_count": f.MinCount, "word_ngrams": f.WordNGrams, "subsample": f.Sample}
}
