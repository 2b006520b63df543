package text

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Shard is one of Of equal parts of a source. The zero Shard is the whole.
type Shard struct {
	Index int // from 1 to Of
	Of    int
}

// maxShards is the maximum number of parts.
const maxShards = 1 << 20

// ParseShard reads i/n: the i-th of n parts, counted from 1.
func ParseShard(s string) (Shard, error) {
	i, n, ok := strings.Cut(s, "/")
	index, err := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err != nil || err2 != nil {
		return Shard{}, fault.Field("Shard", "write 2/8 for the second of eight parts", "must have the form i/n, got %q", s)
	}
	shard := Shard{index, of}
	return shard, shard.Validate()
}

// Validate returns an error if there is no such part.
func (s Shard) Validate() error {
	switch {
	case s == Shard{}:
		return nil
	case s.Of < 1 || s.Of > maxShards:
		return fault.Field("Shard", "write 2/8 for the second of eight parts", "must be one of 1 to %d parts, got %s", maxShards, s)
	case s.Index < 1 || s.Index > s.Of:
		return fault.Field("Shard", fmt.Sprintf("parts are counted from 1: the first is 1/%[1]d and the last %[1]d/%[1]d", s.Of), "must be from 1/%[1]d to %[1]d/%[1]d, got %[2]s", s.Of, s)
	}
	return nil
}

// String returns i/n.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// CheckShards returns which parts are missing of a division, of which some are named; and an error if two are the same, of different
// divisions, or if one is a part and another is not. If none is a part, nothing is missing.
func CheckShards(names []string, shards []Shard) (missing []Shard, err error) {
	const hint = "name the shards of one division"
	have := map[int]string{}
	first := shards[0]
	for i, s := range shards {
		switch {
		case s.Of != first.Of && s.Of == 0:
			return nil, fault.New(hint, "%s is a shard, %s, but %s is not", names[0], first, names[i])
		case s.Of != first.Of && first.Of == 0:
			return nil, fault.New(hint, "%s is a shard, %s, but %s is not", names[i], s, names[0])
		case s.Of != first.Of:
			return nil, fault.New(hint, "%s is shard %s, but %s is shard %s", names[0], first, names[i], s)
		case have[s.Index] != "" && s.Of > 0:
			return nil, fault.New("leave out one of them", "%s and %s are both shard %s", have[s.Index], names[i], s)
		}
		have[s.Index] = names[i]
	}
	for i := 1; i <= first.Of; i++ {
		if have[i] == "" {
			missing = append(missing, Shard{i, first.Of})
		}
	}
	return missing, nil
}

// MissingShards is the text of the error for shards that are missing.
func MissingShards(missing []Shard) string {
	var shown []string
	for _, s := range missing[:min(3, len(missing))] {
		shown = append(shown, s.String())
	}
	more := ""
	if n := len(missing) - len(shown); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return "shards are missing: " + strings.Join(shown, ", ") + more
}

// Division describes a shard of a source.
type Division struct {
	Shard
	Parts  []Part
	Bytes  int64  // of the shard, as stored
	Size   int64  // of the whole source, as stored
	Reason string // why whole files were assigned to the shards, "" if the source was divided at line ends

	// Corpus identifies the whole source: a hash of the names, the sizes and the first bytes of its
	// inputs, without their folders. All shards of one source have the same.
	Corpus string
}

// Part is a range of an input that belongs to a shard.
type Part struct {
	Name     string
	From, To int64 // bytes as stored; a file that is kept in memory is counted decompressed
	Whole    bool  // it is the whole input
}

// Shard reduces a source to one of its shards: every line of the source is in exactly one of
// them, in the same order. Call it after Select. The division depends only on the inputs, their
// order and the number of shards, so separate processes agree on it.
//
// If all inputs are plain text, or JSON Lines of which a Field is selected, they are laid end to
// end and cut into Shard.Of ranges of equal length: a line belongs to the range in which it
// begins. Otherwise whole files are assigned to the shards, the largest first, each to the shard
// that has the fewest bytes so far: compressed files, CSV and TSV of which a Column is selected,
// Parquet, and files whose lines end at CR alone.
//
// It is an error if the source is a stream, which can be read once, if there are fewer such files
// than shards, and if a shard would be empty.
func (s *Source) Shard(ctx context.Context, shard Shard) (*Division, error) {
	if err := shard.Validate(); err != nil || shard == (Shard{}) {
		return nil, err
	}
	if s.division != nil {
		return nil, fmt.Errorf("the source is divided already: it is shard %s", s.division.Shard)
	}
	d := &Division{Shard: shard}
	for i := range s.entries {
		e := &s.entries[i]
		if e.once {
			return nil, fault.Mention("save it in a file and name the file; or leave out Shard and give each process its own part",
				"%s cannot be divided into shards: it can be read only once", Describe(e.name))
		}
		reason, err := s.indivisible(ctx, e)
		if err != nil {
			return nil, err
		}
		if d.Reason == "" {
			d.Reason = reason
		}
		d.Size += e.size
	}
	var err error
	if d.Corpus, err = s.identity(); err != nil {
		return nil, err
	}
	if d.Reason != "" {
		err = s.assign(d)
	} else {
		err = s.cut(d)
	}
	if err != nil {
		return nil, err
	}
	s.size = d.Bytes
	s.division = d
	return d, nil
}

// Division returns the description of the shard that the source was reduced to, nil if it is
// whole.
func (s *Source) Division() *Division { return s.division }

// indivisible returns why an input cannot be cut at line ends, "" if it can. An input in memory
// that is compressed is decompressed.
func (s *Source) indivisible(ctx context.Context, e *entry) (string, error) {
	f, err := e.open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, headBytes)
	head, err := r.Peek(headBytes)
	if err != nil && err != io.EOF {
		return "", readError(e.name, uncompressed, 0, err)
	}
	name := Describe(e.name)
	if kind := detect(head); kind != uncompressed {
		if e.file {
			return fmt.Sprintf("%s is compressed (%s)", name, kind), nil
		}
		data, err := s.unpack(ctx, *e)
		if err != nil {
			return "", err
		}
		e.size, e.open = int64(len(data)), func() (io.ReadCloser, error) {
			return section{io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))}, nil
		}
		return "", nil
	}
	if format := binaryFormat(head); format != nil {
		return fmt.Sprintf("%s is %s", name, format.Name), nil
	}
	if err := refuseBinary(e.name, head); err != nil {
		return "", err
	}
	if EndsAtCR(head) {
		return name + " has lines that end at CR", nil
	}
	if s.documents {
		return "each file is one document", nil
	}
	if !s.selection.structured() {
		return "", nil
	}
	text := bytes.TrimPrefix(head, byteOrderMark)
	format := detectFormat(Head{Name: e.name, First: afterBlank(text), Use: s.selection.use()})
	if format == JSONLines {
		return "", nil
	}
	what := "a file of records"
	if format != nil {
		what = format.Name
	}
	return fmt.Sprintf("a record of %s, which is %s, may have several lines", name, what), nil
}

// unpack returns the content of an input.
func (s *Source) unpack(ctx context.Context, e entry) ([]byte, error) {
	r, done, err := s.decompress(ctx, e)
	if err != nil {
		return nil, err
	}
	defer done()
	return io.ReadAll(r)
}

// identity returns Division.Corpus.
func (s *Source) identity() (string, error) {
	h := sha256.New()
	head := make([]byte, 4096)
	for _, e := range s.entries {
		f, err := e.open()
		if err != nil {
			return "", err
		}
		n, err := io.ReadFull(f, head)
		f.Close()
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return "", readError(e.name, uncompressed, 0, err)
		}
		fmt.Fprintf(h, "%q %d %x\n", filepath.Base(e.name), e.size, sha256.Sum256(head[:n]))
	}
	fmt.Fprintf(h, "%q %q", s.selection.Field, s.selection.Column)
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// assign keeps the whole files of a shard.
func (s *Source) assign(d *Division) error {
	if len(s.entries) < d.Of {
		return fault.Mention(fmt.Sprintf("use at most %s, or decompress the files, or split them", fault.Count(len(s.entries), "shard")),
			"%s cannot be divided into %d shards: %s, so files are assigned whole", fault.Count(len(s.entries), "file"), d.Of, d.Reason)
	}
	order := make([]int, len(s.entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { // the largest first
		return int(min(1, max(-1, s.entries[b].size-s.entries[a].size)))
	})
	loads, counts := make([]int64, d.Of), make([]int, d.Of)
	mine := make([]bool, len(s.entries))
	for _, i := range order {
		least := 0
		for k := range loads {
			if loads[k] < loads[least] || loads[k] == loads[least] && counts[k] < counts[least] {
				least = k
			}
		}
		loads[least] += s.entries[i].size
		counts[least]++
		mine[i] = least == d.Index-1
	}
	var kept []entry
	for i, e := range s.entries {
		if mine[i] {
			kept = append(kept, e)
			d.Parts = append(d.Parts, Part{Name: e.name, To: e.size, Whole: true})
			d.Bytes += e.size
		}
	}
	s.entries = kept
	return nil
}

// cut keeps the range of a shard.
func (s *Source) cut(d *Division) error {
	// In two steps, because the product may not fit.
	at := func(i int) int64 {
		n := int64(d.Of)
		return d.Size/n*int64(i) + d.Size%n*int64(i)/n
	}
	lo, hi := at(d.Index-1), at(d.Index)
	var kept []entry
	begin := int64(0) // of the input
	for _, e := range s.entries {
		from, err := e.lineAt(lo - begin)
		if err != nil {
			return err
		}
		to := e.size
		if hi-begin < e.size {
			if to, err = e.lineAt(hi - begin); err != nil {
				return err
			}
		}
		begin += e.size
		if from >= to {
			continue
		}
		d.Parts = append(d.Parts, Part{Name: e.name, From: from, To: to, Whole: from == 0 && to == e.size})
		d.Bytes += to - from
		kept = append(kept, e.part(from, to))
	}
	if len(kept) == 0 {
		return fault.Mention("use fewer shards; a text without line breaks is divided after fold -s -w 10000",
			"shard %s of %s is empty: no line begins in it", d.Shard, strings.Join(s.Described(), ", "))
	}
	s.entries = kept
	return nil
}

// lineAt returns the position of the first line that begins at or after a position of an input;
// its size if there is none.
func (e *entry) lineAt(at int64) (int64, error) {
	if at <= 0 {
		return 0, nil
	}
	if at >= e.size {
		return e.size, nil
	}
	f, err := e.open()
	if err != nil {
		return 0, err
	}
	defer f.Close()
	seek, ok := f.(io.Seeker)
	if !ok {
		return 0, fmt.Errorf("cannot read %s at byte %d", Describe(e.name), at)
	}
	if _, err := seek.Seek(at-1, io.SeekStart); err != nil {
		return 0, readError(e.name, uncompressed, at, err)
	}
	r := bufio.NewReaderSize(io.LimitReader(f, e.size-at+1), headBytes)
	for at--; ; {
		chunk, err := r.ReadSlice('\n')
		at += int64(len(chunk))
		switch err {
		case nil, io.EOF:
			return at, nil
		case bufio.ErrBufferFull:
		default:
			return 0, readError(e.name, uncompressed, at, err)
		}
	}
}

// part returns a range of an input.
func (e entry) part(from, to int64) entry {
	if from == 0 && to == e.size {
		return e
	}
	whole := e.open
	e.inside = from > 0
	e.label = fmt.Sprintf("%s from byte %d", e.name, from)
	e.size = to - from
	e.open = func() (io.ReadCloser, error) {
		f, err := whole()
		if err != nil {
			return nil, err
		}
		seek, ok := f.(io.Seeker)
		if !ok {
			f.Close()
			return nil, fmt.Errorf("cannot read %s at byte %d", Describe(e.name), from)
		}
		if _, err := seek.Seek(from, io.SeekStart); err != nil {
			f.Close()
			return nil, readError(e.name, uncompressed, from, err)
		}
		return limited{io.LimitReader(f, to-from), f}, nil
	}
	return e
}

// limited is a range of an open file.
type limited struct {
	io.Reader
	io.Closer
}

// shown is the name of an input in the positions of errors.
func (e *entry) shown() string {
	if e.inside {
		return e.label
	}
	return e.name
}
