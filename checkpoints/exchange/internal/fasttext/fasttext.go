// Package fasttext reads and writes the models of fastText, which it calls .bin and, quantized,
// .ftz. A file is, in little-endian numbers:
//
//	magic, version      int32 each; files of 2016 have neither
//	settings            12 int32 and a float64: Settings
//	dictionary          the numbers of entries, of words and of labels as int32, of tokens and
//	                    of kept n-grams as int64 (-1: all; files of 2016 lack it), then for each
//	                    entry its bytes, a zero byte, its count as int64 and its type as a byte,
//	                    then for each kept n-gram its bucket and its row as int32
//	input matrix        a byte, 1 if it is quantized (files of 2016 lack it), then the numbers of
//	                    rows and columns as int64 and the values as float32: a row for each word,
//	                    then one for each bucket of n-grams
//	output matrix       the same
//
// The vector of a word is the mean of its own row and the rows of its n-grams, that of any other
// word the mean of the rows of its n-grams; see tokenize.NGrams. Source: dictionary.cc, args.cc,
// densematrix.cc, quantmatrix.cc and productquantizer.cc of
// https://github.com/facebookresearch/fastText, version 0.9.2.
package fasttext

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/luminavec/luminavec/internal/fault"
)

// Magic starts every file since 2017.
const Magic = "\xba\x16\x4f\x2f"

// version is the newest version of the format, and the one that is written.
const version = 12

// EndOfLine is the word that fastText puts at the end of each line; it has no n-grams.
const EndOfLine = "</s>"

// Kinds of models and losses.
const (
	CBOW       = 1
	SkipGram   = 2
	Supervised = 3

	negativeSampling = 2
)

const (
	// maxWord is the longest word that is read, in bytes.
	maxWord = 1 << 16

	hintDamaged = "the file is damaged: copy or download it again, and compare its size"
)

var little = binary.LittleEndian

// Settings are what the model was trained with, in the order of the file.
type Settings struct {
	Dim        int32
	Window     int32
	Epoch      int32
	MinCount   int32
	Negative   int32
	WordNGrams int32
	Loss       int32 // 1: hierarchical softmax, 2: negative sampling, 3: softmax, 4: one-vs-all
	Model      int32 // CBOW, SkipGram or Supervised
	Bucket     int32
	MinN       int32 // shortest character n-gram
	MaxN       int32 // longest; 0: no n-grams
	UpdateRate int32
	Sample     float64
}

// numbers are the fields of s that are int32, in the order of the file.
func (s *Settings) numbers() []*int32 {
	return []*int32{&s.Dim, &s.Window, &s.Epoch, &s.MinCount, &s.Negative, &s.WordNGrams, &s.Loss, &s.Model, &s.Bucket, &s.MinN, &s.MaxN, &s.UpdateRate}
}

// ModelName returns the name that fastText gives to the kind of model.
func (s *Settings) ModelName() string {
	return map[int32]string{CBOW: "cbow", SkipGram: "skipgram", Supervised: "supervised"}[s.Model]
}

// LossName returns the name that fastText gives to the loss.
func (s *Settings) LossName() string {
	return map[int32]string{1: "hs", negativeSampling: "ns", 3: "softmax", 4: "ova"}[s.Loss]
}

// check returns an error if a setting is impossible or not supported. maxDim and maxN are the
// largest that can be used.
func (s *Settings) check(maxDim, maxN int) error {
	switch {
	case s.Dim < 1 || int(s.Dim) > maxDim:
		return fault.New(fmt.Sprintf("vectors may have 1 to %d dimensions", maxDim), "vectors of %d dimensions", s.Dim)
	case s.ModelName() == "":
		return fault.New(hintDamaged, "the kind of model is %d; expected 1 (cbow), 2 (skipgram) or 3 (supervised)", s.Model)
	case s.MaxN < 0 || s.MinN < 0 || s.Bucket < 0:
		return fault.New(hintDamaged, "n-grams of %d to %d characters in %d buckets", s.MinN, s.MaxN, s.Bucket)
	case s.NGrams() && int(s.MaxN) > maxN:
		return fault.New(fmt.Sprintf("n-grams of up to %d characters can be used", maxN), "n-grams of %d to %d characters", s.MinN, s.MaxN)
	case s.NGrams() && s.Bucket == 0:
		return fault.New(hintDamaged, "n-grams of %d to %d characters, but 0 buckets", s.MinN, s.MaxN)
	}
	return nil
}

// NGrams reports whether words have n-grams.
func (s *Settings) NGrams() bool { return s.MaxN > 0 && s.MinN <= s.MaxN }

// Is reports whether data, the start of a file, is of a model of fastText; old is whether it has
// neither magic nor version. Such a file is detected by its settings, of which all must be
// possible.
func Is(data []byte) (is, old bool) {
	if len(data) >= len(Magic) && string(data[:len(Magic)]) == Magic {
		return true, false
	}
	var s Settings
	const size = 12*4 + 8
	if len(data) < size+12 {
		return false, false
	}
	for i, p := range s.numbers() {
		*p = int32(little.Uint32(data[4*i:]))
	}
	s.Sample = math.Float64frombits(little.Uint64(data[size-8:]))
	entries, words, labels := int32(little.Uint32(data[size:])), int32(little.Uint32(data[size+4:])), int32(little.Uint32(data[size+8:]))
	within := func(x, low, high int32) bool { return x >= low && x <= high }
	old = within(s.Dim, 1, 1<<16) && within(s.Window, 1, 1000) && within(s.Epoch, 0, 100_000) && within(s.MinCount, 0, 1<<24) &&
		within(s.Negative, 0, 10_000) && within(s.WordNGrams, 0, 100) && within(s.Loss, 1, 3) && within(s.Model, 1, 3) &&
		within(s.MinN, 0, 100) && within(s.MaxN, 0, 100) && s.Bucket >= 0 && s.UpdateRate >= 0 && s.Sample >= 0 && s.Sample <= 1 &&
		words > 0 && labels >= 0 && int64(entries) == int64(words)+int64(labels)
	return old, old
}

// source reads a file and knows where it is.
type source struct {
	r    *bufio.Reader
	at   int64 // bytes read
	size int64 // of the whole; -1: unknown
	word [8]byte
}

// fail is an error at the current position.
func (s *source) fail(format string, args ...any) error {
	return fault.New(hintDamaged, "byte %d: %s", s.at, fmt.Sprintf(format, args...))
}

// cut turns the end of the file in the middle of something into an error.
func (s *source) cut(what string, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return s.fail("the file ends in %s", what)
	}
	return err
}

func (s *source) full(p []byte, what string) error {
	n, err := io.ReadFull(s.r, p)
	s.at += int64(n)
	if err != nil {
		return s.cut(what, err)
	}
	return nil
}

func (s *source) int32(what string) (int32, error) {
	err := s.full(s.word[:4], what)
	return int32(little.Uint32(s.word[:])), err
}

func (s *source) int64(what string) (int64, error) {
	err := s.full(s.word[:8], what)
	return int64(little.Uint64(s.word[:])), err
}

// flag reads a byte that is 0 or 1.
func (s *source) flag(what string) (bool, error) {
	if err := s.full(s.word[:1], what); err != nil {
		return false, err
	}
	if s.word[0] > 1 {
		return false, s.fail("expected 0 or 1 for %s but found %d", what, s.word[0])
	}
	return s.word[0] == 1, nil
}

// room checks that count parts of the given bytes can follow, as far as the size is known.
func (s *source) room(count, bytes int64, what string) error {
	left := s.size - s.at
	if s.size < 0 {
		left = math.MaxInt64
	}
	if count < 0 || count > left/bytes {
		if s.size < 0 {
			return s.fail("%s: %d is impossible", what, count)
		}
		return s.fail("%s: %d of at least %d bytes each, but only %d bytes follow", what, count, bytes, left)
	}
	return nil
}

// skip passes over n bytes. If the size of the file is known, room has checked that they are there.
func (s *source) skip(n int64, what string) error {
	done, err := io.CopyN(io.Discard, s.r, n)
	s.at += done
	if err != nil {
		return s.cut(what, err)
	}
	return nil
}
