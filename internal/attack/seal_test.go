//go:build slow && unix

package attack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/manifest"
)

// sealFolder recomputes the checksums in the MANIFEST of a folder, of a folder in it, and in the
// collection.json of a collection, for files that were changed.
func sealFolder(dir string) error {
	if err := sealManifests(dir); err != nil {
		return err
	}
	path := filepath.Join(dir, "collection.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil // not a collection
	}
	const checksum = ",\n  \"checksum\": \""
	body, _, found := bytes.Cut(data, []byte(checksum))
	if !found {
		return nil
	}
	var info struct {
		Parts []struct{ Name, SHA256 string }
	}
	if json.Unmarshal(data, &info) == nil {
		for _, p := range info.Parts {
			if !filepath.IsLocal(p.Name) {
				continue
			}
			if f, err := manifest.Sum(context.Background(), dir, p.Name); err == nil && p.SHA256 != "" {
				body = bytes.ReplaceAll(body, []byte(p.SHA256), fmt.Appendf(nil, "%x", f.Sum))
				at := bytes.Index(body, fmt.Appendf(nil, "%q", p.Name))
				if size := bytes.Index(body[max(at, 0):], []byte("\"size\": ")); at >= 0 && size >= 0 {
					from := at + size + len("\"size\": ")
					digits := len(body[from:]) - len(bytes.TrimLeft(body[from:], "0123456789"))
					body = slices.Concat(body[:from], fmt.Appendf(nil, "%d", f.Size), body[from+digits:])
				}
			}
		}
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%s%s%x\"\n}\n", body, checksum, sha256.Sum256(body)), 0o666)
}

func sealManifests(dir string) error {
	for _, inner := range []string{filepath.Join(dir, "model"), dir} {
		path := filepath.Join(inner, manifest.Name)
		old, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		kind, _, _ := strings.Cut(string(old), " ")
		format := manifest.Format{Head: kind, Version: 1}
		var files []manifest.File
		for _, line := range strings.Split(string(old), "\n") {
			field := strings.SplitN(line, " ", 3)
			if len(field) != 3 {
				continue // the first and the last line
			}
			f, err := manifest.Sum(context.Background(), inner, field[2])
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		if version := strings.Fields(string(old)); len(version) > 1 {
			format.Version = int(version[1][0] - '0')
		}
		if err := os.WriteFile(path, format.Marshal(files), 0o666); err != nil {
			return err
		}
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sealIndex recomputes the checksums of the sections of an index, as far as their lengths make
// sense.
func sealIndex(data []byte) []byte {
	data = bytes.Clone(data)
	const head = 8 + 4
	for at := head; at+16 <= len(data); {
		length := binary.LittleEndian.Uint64(data[at+8:])
		if length > uint64(len(data)-at-16) || uint64(len(data)-at-16)-length < 4 {
			break
		}
		end := at + 16 + int(length)
		binary.LittleEndian.PutUint32(data[end:], crc32.Checksum(data[at:end], castagnoli))
		at = end + 4
	}
	return data
}

// sealLog recomputes the checksums of the header and the records of a log of changes.
func sealLog(data []byte) []byte {
	data = bytes.Clone(data)
	const head = 8 + 4 + 4 + 8
	if len(data) < head+4 {
		return data
	}
	binary.LittleEndian.PutUint32(data[head:], crc32.Checksum(data[:head], castagnoli))
	for at := head + 4; at+8 <= len(data); {
		end := at + 8 + int(binary.LittleEndian.Uint32(data[at+4:]))
		if end > len(data) || end < at {
			break
		}
		binary.LittleEndian.PutUint32(data[at:], crc32.Checksum(data[at+4:end], castagnoli))
		at = end
	}
	return data
}

// filesBelow lists the regular files of a folder with slashes, sorted.
func filesBelow(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(names)
	return names, err
}
