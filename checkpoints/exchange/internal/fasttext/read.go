package fasttext

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
)

// Limits are what the caller can use.
type Limits struct {
	Dim    int // largest dimension
	MaxN   int // longest n-gram
	Tokens int // most words
}

// File is a model, read up to its input matrix.
type File struct {
	Settings
	Version int      // 0: of 2016
	Words   []string // of any bytes but zero
	Counts  []int64
	Labels  int // of a classifier; they have no vectors
	// Quantized is whether the rows are products of centroids.
	Quantized bool
	// Pruned is whether only some n-grams have a row; Buckets has the bucket of each of these.
	Pruned  bool
	Buckets []int32
	Rows    int64 // of the matrix: of words, then of n-grams

	s source
}

// Open reads a file up to its matrix. size is the number of bytes that r will yield, -1 if it is
// unknown. Errors name the byte. Memory grows with what is read, not with what the file states.
func Open(r *bufio.Reader, size int64, limits Limits) (*File, error) {
	f := &File{s: source{r: r, size: size}}
	start, _ := r.Peek(256)
	_, old := Is(start)
	if !old {
		if err := f.s.full(make([]byte, len(Magic)), "the magic number"); err != nil {
			return nil, err
		}
		v, err := f.s.int32("the version")
		if err != nil {
			return nil, err
		}
		if v < 1 || v > version {
			return nil, f.s.fail("version %d of fastText's format; versions up to %d can be read", v, version)
		}
		f.Version = int(v)
	}
	for _, p := range f.numbers() {
		var err error
		if *p, err = f.s.int32("the settings"); err != nil {
			return nil, err
		}
	}
	sample, err := f.s.int64("the settings")
	if err != nil {
		return nil, err
	}
	f.Sample = math.Float64frombits(uint64(sample))
	if f.Model == Supervised && f.Version <= 11 {
		f.MaxN = 0 // as fastText reads them: classifiers had no n-grams of characters then
	}
	if err := f.check(limits.Dim, limits.MaxN); err != nil {
		return nil, err
	}
	if err := f.dictionary(old, limits.Tokens); err != nil {
		return nil, err
	}
	return f, f.matrix(old)
}

func (f *File) dictionary(old bool, most int) error {
	const what = "the sizes of the dictionary"
	s := &f.s
	var sizes [3]int32
	for i := range sizes {
		var err error
		if sizes[i], err = s.int32(what); err != nil {
			return err
		}
	}
	entries, words, labels := sizes[0], sizes[1], sizes[2]
	if words < 1 || labels < 0 || int64(entries) != int64(words)+int64(labels) || int(words) > most {
		return s.fail("a dictionary of %d entries, %d words and %d labels", entries, words, labels)
	}
	f.Labels = int(labels)
	if _, err := s.int64(what); err != nil { // of tokens
		return err
	}
	kept := int64(-1)
	if !old {
		var err error
		if kept, err = s.int64(what); err != nil {
			return err
		}
	}
	if err := s.room(int64(entries), 1+8+1, "the entries of the dictionary"); err != nil {
		return err
	}
	var word []byte
	for i := range entries {
		var err error
		if word, err = s.text(word[:0]); err != nil {
			return err
		}
		count, err := s.int64("the dictionary")
		if err != nil {
			return err
		}
		label, err := s.flag("the dictionary")
		switch {
		case err != nil:
			return err
		case label != (i >= words):
			return s.fail("entry %d of the dictionary, %.40q: its first %d entries must be words, the others labels", i+1, word, words)
		case count < 0:
			return s.fail("entry %d of the dictionary, %.40q, has the count %d", i+1, word, count)
		case !label:
			f.Words, f.Counts = append(f.Words, string(word)), append(f.Counts, count)
		}
	}
	if kept < 0 {
		return nil
	}
	f.Pruned = true
	if kept > int64(f.Bucket) {
		return s.fail("%d n-grams were kept of %d buckets", kept, f.Bucket)
	}
	if err := s.room(kept, 8, "the n-grams that were kept"); err != nil {
		return err
	}
	return f.prune(int(kept))
}

// prune reads the buckets of the n-grams that have a row.
func (f *File) prune(kept int) error {
	rows := map[int32]int32{} // bucket by row
	used := map[int32]bool{}
	for range kept {
		bucket, err := f.s.int32("the n-grams that were kept")
		if err != nil {
			return err
		}
		row, err := f.s.int32("the n-grams that were kept")
		if err != nil {
			return err
		}
		if _, twice := rows[row]; twice || used[bucket] || bucket < 0 || bucket >= f.Bucket || row < 0 || int(row) >= kept {
			return f.s.fail("the n-gram of bucket %d has row %d; each of %d buckets may have one of %d rows", bucket, row, f.Bucket, kept)
		}
		rows[row], used[bucket] = bucket, true
	}
	f.Buckets = make([]int32, kept)
	for row, bucket := range rows {
		f.Buckets[row] = bucket
	}
	return nil
}

// text appends the bytes up to a zero byte.
func (s *source) text(word []byte) ([]byte, error) {
	for {
		part, err := s.r.ReadSlice(0)
		s.at += int64(len(part))
		word = append(word, part...)
		switch {
		case len(word) > maxWord:
			return word, s.fail("a word of more than %d bytes", maxWord)
		case err == nil:
			return bytes.TrimSuffix(word, []byte{0}), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return word, s.cut("a word of the dictionary", err)
		}
	}
}

// matrix reads the header of the input matrix.
func (f *File) matrix(old bool) (err error) {
	s := &f.s
	if !old {
		if f.Quantized, err = s.flag("whether the matrix is quantized"); err != nil {
			return err
		}
	}
	if f.Quantized {
		return nil // its header is read with its codes
	}
	if f.Pruned {
		return s.fail("n-grams were removed from a model that is not quantized, which fastText refuses too")
	}
	f.Rows, err = s.sizes(int64(f.Dim), 4*int64(f.Dim))
	if err != nil {
		return err
	}
	return f.checkRows()
}

// sizes reads the numbers of rows and columns of the input matrix, or of any if dim is 0. A row
// takes the given bytes at least.
func (s *source) sizes(dim, bytes int64) (rows int64, err error) {
	rows, err = s.int64("the sizes of a matrix")
	if err != nil {
		return 0, err
	}
	cols, err := s.int64("the sizes of a matrix")
	switch {
	case err != nil:
		return 0, err
	case cols != dim:
		return 0, s.fail("a matrix of %d columns, but vectors have %d dimensions", cols, dim)
	}
	return rows, s.room(rows, bytes, "rows of a matrix")
}

// checkRows checks that the matrix has a row for each word and each n-gram.
func (f *File) checkRows() error {
	words, grams := int64(len(f.Words)), int64(f.Bucket)
	if f.Pruned {
		grams = int64(len(f.Buckets))
	}
	if f.Rows != words+grams && (f.NGrams() || f.Rows != words) {
		return f.s.fail("a matrix of %d rows for %d words and %d buckets of n-grams", f.Rows, words, grams)
	}
	return nil
}

// Each calls fn with every row of the input matrix, in order, and the byte where it starts; it is
// valid until fn returns. Then it checks that the file is complete.
func (f *File) Each(fn func(i, at int64, row []float32) error) error {
	s := &f.s
	each := f.dense
	if f.Quantized {
		each = f.quantized
	}
	if err := each(fn); err != nil {
		return err
	}
	// The output matrix is not needed, but it must be there.
	quantized := false
	if f.Version > 0 {
		var err error
		if quantized, err = s.flag("whether the output matrix is quantized"); err != nil {
			return err
		}
	}
	if quantized && f.Quantized {
		if _, err := f.codes(); err != nil {
			return err
		}
	} else {
		rows, err := s.sizes(int64(f.Dim), 4*int64(f.Dim))
		if err != nil {
			return err
		}
		bytes := rows * 4 * int64(f.Dim)
		if s.size >= 0 { // room has checked that they are there
			s.at += bytes
		} else if err := s.skip(bytes, "the output matrix"); err != nil {
			return err
		}
	}
	if s.size >= 0 && s.at != s.size {
		return s.fail("%d more bytes after the output matrix", s.size-s.at)
	}
	if s.size < 0 {
		if _, err := s.r.ReadByte(); err == nil {
			return s.fail("more data after the output matrix")
		} else if err != io.EOF {
			return err
		}
	}
	return nil
}

func (f *File) dense(fn func(i, at int64, row []float32) error) error {
	raw, row := make([]byte, 4*f.Dim), make([]float32, f.Dim)
	for i := range f.Rows {
		at := f.s.at
		if err := f.s.full(raw, "the input matrix"); err != nil {
			return err
		}
		for k := range row {
			row[k] = math.Float32frombits(little.Uint32(raw[4*k:]))
		}
		if err := fn(i, at, row); err != nil {
			return err
		}
	}
	return nil
}
