package collection

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/collection/internal/roots"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/manifest"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// FormatVersion is the version of the folder that Build writes. All versions can be read.
//
//	1  The first: collection.json, MANIFEST, model/, index.lvx, documents.db
//	   with the bucket "documents".
//	2  Passages in compressed segments, a table of files, and a collection.json that lists the
//	   parts, so that a change replaces some parts and then this file.
const FormatVersion = 2

const (
	infoFile = parts.InfoFile
	lockFile = "lock" // locked by the program that changes the collection
	modelDir = "model"

	queryModelDir = "query-model"
)

// The names of parts are a number, which is not used again, and one of these.
const (
	segmentPart  = "passages"
	filesPart    = "files"
	indexPart    = "index.lvx"
	fullTextPart = "fulltext" // a folder
)

// maxParts bounds the number of files of a collection.
const maxParts = 1 << 16

const maxLabel = parts.MaxLabel

const hintRebuild = parts.Rebuild

// partName matches the names of parts, and the hidden ones that they have while they are written.
var partName = regexp.MustCompile(`^(\d{6,}\.(passages|files|map|index\.lvx|fulltext)$|\.\d{6,}\.(passages|files|map|index\.lvx|fulltext))`)

// Info describes a collection. It is the content of collection.json.
type Info struct {
	Format int `json:"format"`
	// Documents is the number of passages with a vector, which are found by meaning. Passages
	// counts the others too, of which the model knows no word: there are Skipped of them.
	Documents int64 `json:"documents"`
	Passages  int64 `json:"passages"`
	Skipped   int64 `json:"skipped"`
	Files     int64 `json:"files"`

	Dim      int    `json:"dim"`
	Metric   string `json:"metric"`
	Kind     string `json:"kind"`
	Language string `json:"language"` // of the full-text index
	Created  string `json:"created"`  // RFC 3339
	Updated  string `json:"updated"`

	// Recall is that of the index for its own vectors, as measured by the last Build or Compact, and
	// Measured that for headings and first sentences as questions, with what is kept of the vectors.
	Recall   index.Recall   `json:"recall"`
	Measured index.Measured `json:"measured"`
	// Rescored is whether the index has only codes by which candidates are found, whose best are encoded again
	// from their texts. Measured is then the recall with that.
	Rescored bool `json:"rescored,omitempty"`
	// Auto is whether the kind of the index follows the number of passages.
	Auto bool `json:"auto"`
	// Models say how texts were encoded; nil in collections of older releases.
	Models *Models `json:"models,omitempty"`
	// Calibration says what a good match is; nil if the metric is not cosine.
	Calibration *Calibration `json:"calibration,omitempty"`
	// TextBytes is the size of all texts.
	TextBytes int64 `json:"text_bytes"`
	// Input is what Build read, and Sync reads again.
	Input Input `json:"input"`
	// Parts are all files, with paths in the folder.
	Parts []Part `json:"parts"`

	// Next are the numbers of the next passage, file and part.
	Next Next `json:"next"`
}

// Input is where the documents come from.
type Input struct {
	Paths   []Path            `json:"paths,omitempty"`
	Options documents.Options `json:"options"`
	// Deleted is what Delete removed, which Sync does not add again.
	Deleted []Deleted `json:"deleted,omitempty"`
}

// Deleted is a file, or a record of a file, that was deleted from the collection.
type Deleted struct {
	Path string `json:"path"`
	ID   string `json:"id,omitempty"` // of a record
}

// Path is a file, a folder or a pattern that was named.
type Path = roots.Path

// Next are the numbers that were not used yet.
type Next struct {
	Label int64  `json:"label"`
	File  uint64 `json:"file"`
	Part  int64  `json:"part"`
}

// Part is a file of the collection.
type Part struct {
	Name   string `json:"name"` // with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// maxInfo is the maximum size of collection.json, which has some hundred bytes for each part.
const maxInfo = 1 << 24

// checksumKey begins the last key of collection.json. Its value is the SHA-256 of all before it.
const checksumKey = ",\n  \"checksum\": \""

// marshal returns the content of collection.json.
func (i *Info) marshal() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(i); err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n}\n"))
	return fmt.Appendf(nil, "%s%s%x\"\n}\n", body, checksumKey, sha256.Sum256(body)), nil
}

// readInfo reads collection.json. If dir is not a collection, the error says what it is.
func readInfo(dir string) (*Info, error) {
	const hint = "check the path, or build the collection first"
	path := filepath.Join(dir, infoFile)
	data, err := manifest.ReadSmall(path, maxInfo)
	switch stat, statErr := os.Stat(dir); {
	case err == nil:
	case errors.Is(statErr, fs.ErrNotExist):
		return nil, fault.Mark(fault.New(hint, "no such collection: %s", dir), fs.ErrNotExist)
	case statErr == nil && !stat.IsDir():
		return nil, fault.New(hint, "%s is a file, not the folder of a collection", dir)
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
			return nil, fault.New("build a collection with this model first", "%s is a model, not a collection", dir)
		}
		return nil, fault.New(hint, "%s is not a collection: it has no %s", dir, infoFile)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open collection: %w", err)
	default:
		return nil, fault.New(hintRebuild, "cannot read %s: %w", path, err)
	}
	var version struct {
		Format int `json:"format"`
	}
	var info Info
	if err := plainjson.Unmarshal(data, &version); err != nil {
		return nil, fault.New(hintRebuild, "%s is damaged: %w", path, err)
	}
	switch {
	case version.Format > FormatVersion:
		return nil, fault.New("update this program", "%s: unsupported format version %d: this release reads versions up to %d", path, version.Format, FormatVersion)
	case version.Format < 1:
		return nil, fault.New(hintRebuild, "%s is damaged: invalid format version %d", path, version.Format)
	case version.Format > 1:
		at := bytes.LastIndex(data, []byte(checksumKey))
		if at < 0 || string(data[at:]) != fmt.Sprintf("%s%x\"\n}\n", checksumKey, sha256.Sum256(data[:at])) {
			return nil, fault.New(hintRebuild, "%s is damaged: its checksum does not match", path)
		}
	}
	if err := plainjson.Unmarshal(data, &info); err != nil {
		return nil, fault.New(hintRebuild, "%s is damaged: %w", path, err)
	}
	if info.Format == 1 {
		info.Passages = info.Documents
		return &info, nil
	}
	if err := info.check(); err != nil {
		return nil, fault.New(hintRebuild, "%s is damaged: %w", path, err)
	}
	return &info, nil
}

// check returns an error if parts are missing or have impossible names.
func (i *Info) check() error {
	if len(i.Parts) > maxParts {
		return fmt.Errorf("it lists %d parts, at most %d are possible", len(i.Parts), maxParts)
	}
	names := map[string]bool{}
	for _, p := range i.Parts {
		if !filepath.IsLocal(filepath.FromSlash(p.Name)) || strings.Contains(p.Name, `\`) || names[p.Name] || p.Size < 0 || len(p.SHA256) != 2*sha256.Size {
			return fmt.Errorf("the part %q is not possible", p.Name)
		}
		names[p.Name] = true
	}
	for _, kind := range []string{filesPart, indexPart} {
		if len(i.parts(kind)) != 1 {
			return fmt.Errorf("it lists %d parts of the kind %s, expected 1", len(i.parts(kind)), kind)
		}
	}
	if len(i.parts(mapPart)) > 1 {
		return errors.New("it lists more than one map")
	}
	if i.Models != nil {
		if err := i.Models.check(); err != nil {
			return err
		}
	}
	if i.Documents < 0 || i.Passages < i.Documents || i.Next.Label < i.Passages || i.Next.Label > maxLabel || i.Next.Part < 0 {
		return errors.New("its numbers are not possible")
	}
	return nil
}

// parts returns the parts of a kind, oldest first.
func (i *Info) parts(kind string) []Part {
	var found []Part
	for _, p := range i.Parts {
		if number, rest, _ := strings.Cut(p.Name, "."); number != "" && rest == kind {
			found = append(found, p)
		}
	}
	slices.SortStableFunc(found, func(a, b Part) int { return len(a.Name) - len(b.Name) }) // a number may have more than six digits
	return found
}

// fullText returns the name of the folder of the full-text index, or "".
func (i *Info) fullText() string {
	for _, p := range i.Parts {
		if folder, _, _ := strings.Cut(p.Name, "/"); strings.HasSuffix(folder, "."+fullTextPart) {
			return folder
		}
	}
	return ""
}

// manifest returns the parts as the lines of a MANIFEST.
func (i *Info) manifest() manifest.Manifest {
	m := manifest.Manifest{Version: i.Format}
	for _, p := range i.Parts {
		f := manifest.File{Name: p.Name, Size: p.Size}
		hex.Decode(f.Sum[:], []byte(p.SHA256))
		m.Files = append(m.Files, f)
	}
	return m
}

// Sizes are the sizes of the parts of a collection in bytes.
type Sizes struct {
	All     int64 `json:"all"`
	Texts   int64 `json:"texts"` // with all about passages and files
	Words   int64 `json:"words"`
	Vectors int64 `json:"vectors"`
	Model   int64 `json:"model"`
}

// Sizes returns the sizes of the parts. Those of format 1 are not known.
func (i *Info) Sizes() (s Sizes) {
	for _, p := range i.Parts {
		s.All += p.Size
		switch {
		case isModel(p.Name):
			s.Model += p.Size
		case strings.Contains(p.Name, "."+fullTextPart+"/"):
			s.Words += p.Size
		case strings.HasSuffix(p.Name, "."+indexPart):
			s.Vectors += p.Size
		default:
			s.Texts += p.Size
		}
	}
	return s
}
