package documents

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

const (
	unequal    = 1.25    // how much of its share a shard may have before large files are divided
	dividePart = 4       // a file is divided if it is larger than this part of a share
	divideFrom = 1 << 20 // and, if there are as many files as shards, than this
)

// divide reduces the files to those of one shard: each file, the largest first, belongs to the shard that has
// the fewest bytes so far. If there are fewer files than shards, or one shard would have far more than the others, large files
// are divided among all shards. This depends only on the paths, sizes and first bytes, so separate processes
// agree on it.
func (s *Source) divide() error {
	shard := s.options.Shard
	if shard.Of < 2 {
		return nil
	}
	total := int64(0)
	for _, f := range s.files {
		if f.Path == Stdin {
			return fault.Field("Shard", "save it in files", "standard input cannot be divided into shards")
		}
		total += max(0, f.Size)
	}
	share := total / int64(shard.Of)
	few := len(s.files) < shard.Of
	owner, most := s.assign(nil)
	var whole string // why a file was not divided
	if few || float64(most) > unequal*float64(share) {
		cut := make([]bool, len(s.files))
		for i, f := range s.files {
			if !few && f.Size <= max(divideFrom, share/dividePart) {
				continue
			}
			reason, err := s.indivisible(f)
			if err != nil {
				return err
			}
			if cut[i] = reason == ""; !cut[i] && whole == "" {
				whole = text.Describe(f.Path) + " " + reason
			}
		}
		owner, _ = s.assign(cut)
	}
	var ours []File
	for i, f := range s.files {
		switch owner[i] {
		case shard.Index:
			ours = append(ours, f)
		case everyShard:
			f.Part = shard
			ours = append(ours, f)
		}
	}
	if len(ours) > 0 {
		s.files = ours
		return nil
	}
	hint := "use fewer shards, or more and smaller files"
	if strings.HasSuffix(whole, isCompressed) {
		hint = "use fewer shards, or decompress the file"
	}
	return fault.Mark(fault.Field("Shard", hint, "%s has no file: there are %d, and %s, so it is not divided", shard, len(s.files), whole), ErrNoFiles)
}

// Described is the kind of the file; of a part of a divided file, with its number after it: records 2/8.
func (f File) Described() string {
	if f.Part.Of == 0 {
		return string(f.Kind)
	}
	return string(f.Kind) + " " + f.Part.String()
}

// everyShard is the owner of a file that is divided.
const everyShard = -1

// assign returns the shard of each file, and how many bytes the largest shard has. Files that are cut belong to all, in equal parts.
func (s *Source) assign(cut []bool) (owner []int, most int64) {
	owner = make([]int, len(s.files))
	var order []int
	for i := range s.files {
		if cut != nil && cut[i] {
			owner[i] = everyShard
		} else {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(s.files[b].Size, s.files[a].Size), strings.Compare(s.files[a].Path, s.files[b].Path))
	})
	load := make([]int64, s.options.Shard.Of)
	for _, i := range order {
		least := 0
		for j, n := range load {
			if n < load[least] {
				least = j
			}
		}
		load[least] += s.files[i].Size + 1 // empty files are spread too
		owner[i] = least + 1
	}
	return owner, slices.Max(load)
}

const isCompressed = "is compressed"

// indivisible returns why a file is not divided, as the end of a sentence, or "" if it can be: its records, or its passages if it is
// text, belong to the part of its bytes in which they begin.
func (s *Source) indivisible(f File) (string, error) {
	if f.Size < 0 {
		return "can be read only once", nil
	}
	if f.Kind != Records && s.options.Split == Whole {
		return "is one passage", nil
	}
	in, err := os.Open(f.Path)
	if err != nil {
		return "cannot be read", nil // which is reported when it is
	}
	defer in.Close()
	head := make([]byte, min(headBytes, f.Size))
	n, err := io.ReadFull(in, head)
	if head = head[:n]; err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "cannot be read", nil
	}
	kind := f.Kind
	if s.options.FileKind == "" && kind == Text && !named(f.Name) {
		kind = sniff(head)
	}
	if s.options.FileKind == "" || s.options.FileKind == Records {
		kind = jsonKind(f.Name, head, kind)
	}
	encoding, _, _ := encoding(head, kind)
	switch {
	case packed(head):
		return isCompressed, nil
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "is Parquet", nil
	case encoding != "" || bytes.IndexByte(head, 0) >= 0:
		return "is not UTF-8", nil
	case kind == HTML:
		return "is HTML", nil
	case kind == notebook || kind == jsonArray:
		return "is " + string(kind), nil
	case text.EndsAtCR(head):
		return "has lines that end at CR", nil
	}
	return "", nil
}

// extent is the part of a file that is read: bytes of its text, or lines on which its records begin.
type extent struct{ from, to int64 }

// has reports whether what begins here is read. No extent is the whole file.
func (e *extent) has(at int64) bool { return e == nil || e.from <= at && at < e.to }

// errAfter ends the reading of a part of a file.
var errAfter = errors.New("after the part that is read")

// partOf returns the bytes of a file that are read, nil for all.
func partOf(f File) *extent {
	if f.Part.Of < 2 {
		return nil
	}
	at := func(i int) int64 { // in two steps, because the product may not fit
		n := int64(f.Part.Of)
		return f.Size/n*int64(i) + f.Size%n*int64(i)/n
	}
	e := &extent{at(f.Part.Index - 1), at(f.Part.Index)}
	if f.Part.Index == f.Part.Of {
		e.to = math.MaxInt64 // also what was appended in the meantime
	}
	return e
}

// partLines returns the lines that begin in the bytes of the file that are read, nil for all.
func (r *reading) partLines() (*extent, error) {
	if r.part == nil {
		return nil, nil
	}
	f, err := os.Open(r.file.Path)
	if err != nil {
		return nil, cannotRead(r.file.Path, err)
	}
	defer f.Close()
	at, line := int64(0), int64(2) // the number of the first line that begins after at
	first := func(from int64) (int64, error) {
		switch from {
		case 0:
			return 1, nil
		case math.MaxInt64:
			return from, nil
		}
		buf := make([]byte, windowBytes)
		for at < from-1 { // the line break before from begins a line there
			if err := r.ctx.Err(); err != nil {
				return 0, err
			}
			n, err := f.Read(buf[:min(int64(len(buf)), from-1-at)])
			line += int64(bytes.Count(buf[:n], []byte{'\n'}))
			if at += int64(n); err == io.EOF {
				break
			} else if err != nil {
				return 0, cannotRead(r.file.Path, err)
			}
		}
		return line, nil
	}
	e := &extent{}
	if e.from, err = first(r.part.from); err == nil {
		e.to, err = first(r.part.to)
	}
	return e, err
}
