package pairs

import (
	"context"
	"math"
	"math/bits"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/stream"

	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/internal/scale"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Build reads sources of pairs once and stores their ids.
//
// A file is TSV, CSV (RFC 4180), JSON Lines or another registered format, detected from its
// name and first line. Without Columns the layout is detected too. Two columns without a header
// are a pair. Three columns are a scored pair if the third holds numbers, or a labeled one if it
// holds only 0 and 1, or names such as entailment, in the first 10,000 rows. A header or JSON
// fields may have the usual names (anchor, positive, negative, query, answer, sentence1,
// sentence2, score, label and more). A first row 0, 1 and so on, as pandas writes, is a header
// too, and a column of numbers, such as an id, is not a text. JSON may have exactly two strings.
// File.Layout describes how a file was read. Files may differ in layout, but all are of one Kind,
// and their scores are of one range; see Options.ScoreRange and Options.Labels for what is
// detected, and Dataset.Scores for the result.
//
// Bad rows are skipped and counted, or are errors with Strict: rows with too few or too many
// columns, an empty text, a text without a known token, a score that is not a number or is out
// of range, an unknown label, or a record longer than text.MaxRecord. A file without
// a single good row is always an error.
//
// Ids beyond 256 MiB are kept in a file. Memory holds 4 bytes per example and 8 per text. The
// result does not depend on the number of goroutines. The caller must close the Dataset.
func Build(ctx context.Context, sources []Source, o Options) (*Dataset, error) {
	return buildWith(ctx, sources, o, idstore.MemoryBlocks, runtime.GOMAXPROCS(0))
}

func buildWith(ctx context.Context, sources []Source, o Options, memory, threads int) (*Dataset, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Tokenizer == nil || o.Tokenizer.Vocabulary() == nil {
		return nil, fault.Field("Tokenizer", "", "must have a vocabulary")
	}
	o = o.withDefaults()
	b := &builder{
		scanner: scanner{options: o},
		pairs:   &Dataset{records: newStore(o.SpoolDir, memory), counts: make([]int64, o.Tokenizer.Vocabulary().Len())},
		threads: threads,
		hash:    idstore.NewHash(),
	}
	if o.Shard.Of > 0 {
		b.pairs.shard, b.pairs.own = o.Shard, make([]int64, len(b.pairs.counts))
	}
	if err := b.build(ctx, sources); err != nil {
		b.pairs.Close()
		return nil, err
	}
	return b.pairs, nil
}

// builder encodes the rows that a scanner finds.
type builder struct {
	scanner
	pairs   *Dataset
	threads int
	hash    *idstore.Hash
	batch   *textRows
	bytes   int // of batch
}

// textRows are rows of one file on their way to a goroutine.
type textRows struct {
	file *File
	rows []textRow
}

// encodedRows are the same as records, one after the other.
type encodedRows struct {
	ids    []int32
	hashes []uint64
	ends   []int     // of the records in ids; for a bad row its beginning
	bad    []*badRow // of each row; nil: good
	cut    int64     // texts cut at MaxTokens

	unknowns int64 // tokens for unknown text that were left out
}

func (b *builder) build(ctx context.Context, sources []Source) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ordered := stream.New().WithMaxGoroutines(b.threads)
	send := func() {
		rows := b.batch
		b.batch, b.bytes = nil, 0
		if rows == nil {
			return
		}
		ordered.Go(func() stream.Callback {
			encoded := encodeRows(rows, b.options)
			return func() {
				if ctx.Err() != nil {
					return
				}
				if err := b.store(rows, encoded); err != nil {
					cancel(err)
				}
			}
		})
	}
	b.row = func(file *File, row textRow) error {
		if b.batch == nil {
			b.batch = &textRows{file: file}
		}
		b.batch.rows = append(b.batch.rows, row)
		for _, t := range row.texts {
			b.bytes += len(t) + 32 // short rows must not pile up
		}
		if b.bytes >= text.BatchBytes {
			send()
		}
		return ctx.Err()
	}
	b.ended = func(*File) error { send(); return nil }
	err := b.run(ctx, sources)
	send() // rows before the one that failed
	ordered.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return err
	}
	return b.finish(ctx)
}

// encodeRows encodes rows as records.
func encodeRows(in *textRows, o Options) *encodedRows {
	out := &encodedRows{ends: make([]int, 0, len(in.rows)), bad: make([]*badRow, len(in.rows))}
	most := o.mostIDs()
	unknown := o.Tokenizer.Unknown() // has no vector: an encoder ignores it
	for i, row := range in.rows {
		record, hash := len(out.ids), len(out.hashes)
		for range row.texts {
			out.ids = append(out.ids, 0)
		}
		if in.file.Kind != Paired {
			out.ids = append(out.ids, int32(math.Float32bits(float32(row.score))))
		}
		cut, unknowns := int64(0), int64(0)
		for c, text := range row.texts {
			from := len(out.ids)
			out.ids = o.Tokenizer.Encode(out.ids, text)
			ids := slices.DeleteFunc(out.ids[from:], func(id int32) bool { return id == unknown })
			left := len(out.ids) - from - len(ids)
			unknowns += int64(left)
			if !o.anyKnown(ids, left > 0) {
				out.bad[i] = bad(badUnknown, row.at, "check that the tokenizer was made for this language", "text %d has no known token: %.60q", c+1, text)
				break
			}
			if len(ids) > most {
				ids = ids[:most]
				cut++
			}
			out.ids = out.ids[:from+len(ids)]
			out.ids[record+c] = int32(len(ids))
			h := hashIDs(ids)
			if c > 1 && (h == out.hashes[hash] || h == out.hashes[hash+1]) {
				out.bad[i] = bad(badNegative, row.at, "a negative must not belong to the anchor", "negative %d is the anchor or the positive: %.60q", c-1, text)
				break
			}
			out.hashes = append(out.hashes, h)
		}
		if out.bad[i] != nil {
			out.ids, out.hashes = out.ids[:record], out.hashes[:hash]
		} else {
			out.cut += cut
			out.unknowns += unknowns
		}
		out.ends = append(out.ends, len(out.ids))
	}
	return out
}

// anyKnown reports whether a text has a known token. If another part of it is unknown, the mark
// of a space is not enough.
func (o *Options) anyKnown(ids []int32, unknown bool) bool {
	if !unknown {
		return len(ids) > 0
	}
	return slices.ContainsFunc(ids, func(id int32) bool { return !o.Tokenizer.Blank(o.Tokenizer.Vocabulary().Token(id)) })
}

// hashIDs hashes the ids of a text, two at a time, by the folded product of 128
// bits (as wyhash does). The constants are digits of the golden ratio and of e.
func hashIDs(ids []int32) uint64 {
	const k1, k2 = 0x9e3779b97f4a7c15, 0xb7e151628aed2a6b
	h := uint64(len(ids)) ^ k2
	for len(ids) > 1 {
		h = fold(h^(uint64(uint32(ids[0]))|uint64(uint32(ids[1]))<<32), k1)
		ids = ids[2:]
	}
	if len(ids) > 0 {
		h = fold(h^uint64(uint32(ids[0])), k1)
	}
	return fold(h^k1, k2)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// store keeps the records of rows. It is called in the order of the rows.
func (b *builder) store(in *textRows, rows *encodedRows) error {
	p, file := b.pairs, in.file
	p.stats.Truncated += rows.cut
	p.stats.Unknown += rows.unknowns
	header := file.Columns
	if file.Kind != Paired {
		header++
	}
	record, hash := 0, 0
	for i, end := range rows.ends {
		if rows.bad[i] != nil {
			if err := b.skip(file, rows.bad[i]); err != nil {
				return err
			}
			continue
		}
		if file.good == 0 {
			file.seen = scale.Nothing()
			b.hash.Add([]int32{-1, int32(file.Kind), int32(file.Columns)}) // no length is below 0
		}
		file.good++
		p.rows++
		ids := rows.ids[record:end]
		if file.Kind != Paired {
			file.seen.Add(float64(math.Float32frombits(uint32(ids[file.Columns]))))
		}
		for _, id := range ids[header:] {
			p.counts[id]++
		}
		if of := int64(p.shard.Of); of > 0 && (p.rows-1)%of != int64(p.shard.Index-1) {
			record, hash = end, hash+file.Columns
			continue
		}
		if file.Examples == 0 {
			file.from, file.hashBase = p.records.n, p.records.hashes.length()
			p.files = append(p.files, file)
		}
		if p.records.n == maxExamples {
			return fault.New("train on parts of them, one after the other", "there are more than %d pairs, the maximum", maxExamples)
		}
		if err := p.records.add(ids, rows.hashes[hash:hash+file.Columns]); err != nil {
			return err
		}
		file.Examples++
		p.sample(in.rows[i].texts[0], in.rows[i].texts[1])
		if p.own != nil {
			for _, id := range ids[header:] {
				p.own[id]++
			}
		}
		p.tokens += int64(len(ids) - header)
		record, hash = end, hash+file.Columns
	}
	b.hash.Add(rows.ids)
	return nil
}

// finish checks that every file has examples, and ends the reading.
func (b *builder) finish(ctx context.Context) error {
	p := b.pairs
	for _, file := range b.files {
		if file.good == 0 {
			return b.unusable(file)
		}
	}
	if p.records.n == 0 {
		return fault.Mention("use fewer shards", "shard %s has none of the %s", p.shard, fault.Count(int(p.rows), "example"))
	}
	var err error
	if p.scores, err = findScores(b.files, b.options.ScoreRange); err != nil {
		return err
	}
	cut, unknowns := p.stats.Truncated, p.stats.Unknown
	p.stats = b.summary()
	p.stats.Truncated, p.stats.Unknown = cut, unknowns
	p.fingerprint = b.hash.String()
	if p.shard.Of > 0 {
		p.fingerprint += " " + p.shard.String()
	}
	if b.options.Related {
		if p.groups, err = findGroups(ctx, p); err != nil {
			return err
		}
	}
	return p.records.ids.Finish()
}
