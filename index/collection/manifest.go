package collection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// manifestFile lists the other files in the layout of a model's MANIFEST: a
// heading, a line each of size, SHA-256 and name, and a last line with the
// checksum of what is above it, so that a fault in MANIFEST is not mistaken for
// one in a file that it lists. The model's own MANIFEST stands in place of the
// model's files, which it lists in turn.
const (
	manifestFile = "MANIFEST"
	manifestHead = "luminavec-collection"
	manifestEnd  = "end"
)

// listed are the files of a collection, in MANIFEST's order.
var listed = []string{infoFile, documentsFile, indexFile, "model/MANIFEST"}

const hintRebuild = "build the collection again"

type checksum struct {
	size int64
	sum  [sha256.Size]byte
}

func writeManifest(ctx context.Context, dir string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d\n", manifestHead, FormatVersion)
	for _, name := range listed {
		c, err := sumFile(ctx, filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%d %x %s\n", c.size, c.sum, name)
	}
	fmt.Fprintf(&b, "%s %x\n", manifestEnd, sha256.Sum256(b.Bytes()))
	return os.WriteFile(filepath.Join(dir, manifestFile), b.Bytes(), 0o644)
}

// readManifest reads MANIFEST and checks that the files it lists are there in
// full.
func readManifest(dir string) (map[string]checksum, error) {
	path := filepath.Join(dir, manifestFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, missing(path, err)
	}
	sums, err := parseManifest(data)
	if err != nil {
		return nil, fault.New(hintRebuild, "%s is damaged: %w", path, err)
	}
	for _, name := range listed {
		want := sums[name]
		file := filepath.Join(dir, filepath.FromSlash(name))
		info, err := os.Stat(file)
		if err != nil {
			return nil, missing(file, err)
		}
		if info.Size() != want.size {
			return nil, fault.New(hintRebuild, "%s is damaged: it has %d bytes and should have %d", file, info.Size(), want.size)
		}
	}
	return sums, nil
}

// parseManifest reads what writeManifest writes: every one of listed, and
// nothing that isn't as it was written.
func parseManifest(data []byte) (map[string]checksum, error) {
	body := data[:bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n')+1]
	if end := fmt.Sprintf("%s %x\n", manifestEnd, sha256.Sum256(body)); string(data[len(body):]) != end {
		return nil, errors.New("it was changed or cut (its last line doesn't match the rest)")
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	if want := fmt.Sprintf("%s %d", manifestHead, FormatVersion); lines[0] != want {
		return nil, fmt.Errorf("line 1 is %.40q, want %q", lines[0], want)
	}
	sums := map[string]checksum{}
	for i, line := range lines[1:] {
		size, rest, _ := strings.Cut(line, " ")
		digits, name, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseInt(size, 10, 64)
		sum, hexErr := hex.DecodeString(digits)
		if err != nil || hexErr != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("line %d is no size, SHA-256 and name: %.100q", i+2, line)
		}
		sums[name] = checksum{n, [sha256.Size]byte(sum)}
	}
	for _, name := range listed {
		if _, ok := sums[name]; !ok {
			return nil, fmt.Errorf("it doesn't list %s", name)
		}
	}
	return sums, nil
}

// missing describes an error of opening a file that a collection must have.
func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(hintRebuild, "%s is missing from the collection: %w", path, err)
	}
	return fmt.Errorf("reading the collection: %w", err)
}

// verifyFile reads a file and compares its checksum.
func verifyFile(ctx context.Context, dir, name string, want checksum) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	got, err := sumFile(ctx, path)
	if err != nil {
		return err
	}
	return compare(path, got, want)
}

func compare(path string, got, want checksum) error {
	if got != want {
		return fault.New(hintRebuild, "%s is damaged: its checksum is not the one in %s", path, manifestFile)
	}
	return nil
}

func sumFile(ctx context.Context, path string) (checksum, error) {
	f, err := os.Open(path)
	if err != nil {
		return checksum{}, missing(path, err)
	}
	defer f.Close()
	s := newSummer(ctx, f)
	if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{s}, make([]byte, 256<<10)); err != nil {
		return checksum{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return s.checksum(), nil
}

// summer passes what it reads through SHA-256 and stops when the context ends.
type summer struct {
	ctx  context.Context
	r    io.Reader
	size int64
	hash hash.Hash
}

func newSummer(ctx context.Context, r io.Reader) *summer {
	return &summer{ctx: ctx, r: r, hash: sha256.New()}
}

func (s *summer) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	return n, err
}

func (s *summer) checksum() checksum {
	c := checksum{size: s.size}
	s.hash.Sum(c.sum[:0])
	return c
}
