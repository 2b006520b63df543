// Package manifest writes and verifies the file MANIFEST, which lists the size and checksum of
// every other file in a folder, so that a flipped byte, a truncated file or a file from another
// folder is reported by name instead of being read.
//
// MANIFEST is text, with lines that end in a single line feed. The first line names the
// kind of folder and the version of its format. Then each file has a line with its
// size in bytes, the SHA-256 of its content in lower-case hexadecimal digits and its
// path with slashes, separated by single spaces and sorted by path. The last line
// has the SHA-256 of all bytes before it:
//
//	luminavec-manifest 1
//	1180 5ad5…90 config.json
//	end 03ac…f4
//
// Damage to MANIFEST itself can therefore be distinguished from damage to a file. The checksum
// is SHA-256 and not a CRC because that is what sha256sum prints and model hubs show, and
// processors compute it about as fast as disks read.
//
// A [Format] is a kind of folder. [Format.Marshal] and [Format.Parse] write and read
// the file, [Tally] makes its lines, and a [Folder] verifies files while it reads them,
// in one pass.
package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Name is the name of the file.
const Name = "MANIFEST"

const (
	end = "end"

	// maxBytes is the greatest size of MANIFEST. Ten files need about 1 KiB.
	maxBytes = 1 << 20
)

// Format is a kind of folder.
type Format struct {
	Head    string // the first word of the file
	Version int    // the newest version that is read, and the one that is written
	Kind    string // name of the kind of folder in errors: "model"
	Other   string // hint when MANIFEST belongs to another kind
	Damaged string // hint when a file is damaged or missing
}

// Manifest is the content of MANIFEST.
type Manifest struct {
	Version int
	Files   []File // sorted by name
}

// File is a line of MANIFEST.
type File struct {
	Name string // path with slashes
	Size int64
	Sum  [sha256.Size]byte
}

// Find returns the line of a file.
func (m *Manifest) Find(name string) (File, bool) {
	i, ok := slices.BinarySearchFunc(m.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if !ok {
		return File{}, false
	}
	return m.Files[i], true
}

// Marshal returns the content of MANIFEST for files in any order.
func (f Format) Marshal(files []File) []byte {
	return f.marshal(&Manifest{f.Version, files})
}

func (f Format) marshal(m *Manifest) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d\n", f.Head, m.Version)
	for _, file := range slices.SortedFunc(slices.Values(m.Files), func(a, b File) int { return strings.Compare(a.Name, b.Name) }) {
		fmt.Fprintf(&b, "%d %x %s\n", file.Size, file.Sum, file.Name)
	}
	fmt.Fprintf(&b, "%s %x\n", end, sha256.Sum256(b.Bytes()))
	return b.Bytes()
}

// Parse reads the content of MANIFEST. It accepts only what Marshal writes, in this
// version or an older one, so every change is detected. No name in the result points
// outside the folder.
func (f Format) Parse(data []byte) (*Manifest, error) {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	digits, ok := strings.CutPrefix(string(first), f.Head+" ")
	if !ok {
		return nil, fault.New(f.Other, "line 1 does not belong to a %s", f.Kind)
	}
	version, err := strconv.Atoi(digits)
	if err != nil || version < 1 || strconv.Itoa(version) != digits {
		return nil, fault.New(f.Damaged, "line 1: %.20q is not a version", digits)
	}
	body := data[:bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n')+1]
	if want := fmt.Sprintf("%s %x\n", end, sha256.Sum256(body)); string(data[len(body):]) != want {
		return nil, fault.New(f.Damaged, "changed or cut short: its last line does not match the rest")
	}
	if version > f.Version {
		return nil, fault.New("update LuminaVec", "format version %d is newer than %d, the newest this version reads", version, f.Version)
	}
	m := &Manifest{Version: version}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	for n, line := range lines[1:] {
		file, err := parseLine(line)
		if err != nil {
			return nil, fault.New(f.Damaged, "line %d: %w", n+2, err)
		}
		if k := len(m.Files); k > 0 && m.Files[k-1].Name >= file.Name {
			return nil, fault.New(f.Damaged, "line %d: names must be sorted and unique, got %q after %q", n+2, file.Name, m.Files[k-1].Name)
		}
		m.Files = append(m.Files, file)
	}
	return m, nil
}

// Foreign reports whether dir has an undamaged MANIFEST of another kind of folder,
// which a folder of this kind must not replace.
func (f Format) Foreign(dir string) bool {
	data, err := ReadSmall(filepath.Join(dir, Name), maxBytes)
	if err != nil {
		return false
	}
	head, _, _ := strings.Cut(string(data), " ")
	if head == f.Head {
		return false
	}
	_, err = Format{Head: head, Version: math.MaxInt}.Parse(data)
	return err == nil
}

func parseLine(line string) (File, error) {
	size, rest, _ := strings.Cut(line, " ")
	digits, name, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != size {
		return File{}, fmt.Errorf("%.20q is not a size", size)
	}
	sum, err := hex.DecodeString(digits)
	if err != nil || len(sum) != sha256.Size || strings.ToLower(digits) != digits {
		return File{}, fmt.Errorf("%.70q is not a SHA-256", digits)
	}
	// fs.ValidPath also rejects names that point outside the folder.
	if !fs.ValidPath(name) || name == "." || name == Name || strings.ContainsAny(name, "\\:") {
		return File{}, fmt.Errorf("%.60q is not the name of a file in the folder", name)
	}
	return File{Name: name, Size: n, Sum: [sha256.Size]byte(sum)}, nil
}

// Tally computes size and checksum of the bytes written to it, for the line of a file.
type Tally struct {
	hash hash.Hash
	size int64
}

// NewTally returns an empty tally.
func NewTally() *Tally { return &Tally{hash: sha256.New()} }

// Write counts p. It never fails.
func (t *Tally) Write(p []byte) (int, error) {
	t.size += int64(len(p))
	return t.hash.Write(p)
}

// File returns the line of a file that consists of the bytes written so far.
func (t *Tally) File(name string) File {
	f := File{Name: name, Size: t.size}
	t.hash.Sum(f.Sum[:0])
	return f
}
