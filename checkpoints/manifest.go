package checkpoints

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

const (
	manifestName = "luminavec-manifest"
	manifestEnd  = "end"

	// maxManifest bounds what is read of a file that may be anything. Eight
	// files need less than 1 KiB.
	maxManifest = 1 << 20
)

// manifest is what MANIFEST says of the other files.
type manifest struct {
	version int
	files   []manifestFile // sorted by name
}

type manifestFile struct {
	name string // with slashes
	size int64
	sum  string // SHA-256, lower-case hexadecimal
}

func (m *manifest) find(name string) (manifestFile, bool) {
	i, ok := slices.BinarySearchFunc(m.files, name, func(f manifestFile, name string) int { return strings.Compare(f.name, name) })
	if !ok {
		return manifestFile{}, false
	}
	return m.files[i], true
}

// marshal returns the content of MANIFEST and sorts m.files.
func (m *manifest) marshal() []byte {
	slices.SortFunc(m.files, func(a, b manifestFile) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d\n", manifestName, m.version)
	for _, f := range m.files {
		fmt.Fprintf(&b, "%d %s %s\n", f.size, f.sum, f.name)
	}
	sum := sha256.Sum256(b.Bytes())
	fmt.Fprintf(&b, "%s %x\n", manifestEnd, sum)
	return b.Bytes()
}

// parseManifest reads MANIFEST. It accepts what marshal writes and nothing
// else, so every change to the file is noticed.
func parseManifest(data []byte) (*manifest, error) {
	const hint = "copy the model again"
	first, _, _ := bytes.Cut(data, []byte("\n"))
	digits, ok := strings.CutPrefix(string(first), manifestName+" ")
	if !ok {
		return nil, fault.New("name a folder that train has written", "line 1 is not that of a model")
	}
	version, err := strconv.Atoi(digits)
	if err != nil || version < 1 {
		return nil, fault.New(hint, "line 1: %.20q is no version", digits)
	}
	body, end := data, []byte(nil)
	if i := bytes.LastIndexByte(bytes.TrimSuffix(data, []byte("\n")), '\n'); i >= 0 {
		body, end = data[:i+1], data[i+1:]
	}
	if want := fmt.Sprintf("%s %x\n", manifestEnd, sha256.Sum256(body)); string(end) != want {
		return nil, fault.New(hint, "it was changed or cut short (its last line does not match the rest)")
	}
	if version > FormatVersion {
		return nil, fault.New("update LuminaVec", "format version is %d, newer than %d, the newest known here", version, FormatVersion)
	}
	m := &manifest{version: version}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	for n, line := range lines[1:] {
		f, err := parseManifestLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
		if k := len(m.files); k > 0 && m.files[k-1].name >= f.name {
			return nil, fmt.Errorf("line %d: %q comes after %q", n+2, f.name, m.files[k-1].name)
		}
		m.files = append(m.files, f)
	}
	return m, nil
}

func parseManifestLine(line string) (manifestFile, error) {
	size, rest, _ := strings.Cut(line, " ")
	sum, name, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != size {
		return manifestFile{}, fmt.Errorf("%.20q is no size", size)
	}
	raw, err := hex.DecodeString(sum)
	if err != nil || len(raw) != sha256.Size || strings.ToLower(sum) != sum {
		return manifestFile{}, fmt.Errorf("%.70q is no SHA-256", sum)
	}
	// fs.ValidPath also keeps a hostile file from pointing out of the folder.
	if !fs.ValidPath(name) || name == "." || name == ManifestFile || strings.ContainsAny(name, "\\:") {
		return manifestFile{}, fmt.Errorf("%.60q is no name of a file in the folder", name)
	}
	return manifestFile{name: name, size: n, sum: sum}, nil
}

// tally counts and sums the bytes that go through it.
type tally struct {
	hash hash.Hash
	size int64
}

func newTally() *tally { return &tally{hash: sha256.New()} }

func (t *tally) Write(p []byte) (int, error) {
	t.size += int64(len(p))
	return t.hash.Write(p)
}

func (t *tally) file(name string) manifestFile {
	return manifestFile{name: name, size: t.size, sum: hex.EncodeToString(t.hash.Sum(nil))}
}

var _ io.Writer = (*tally)(nil)
