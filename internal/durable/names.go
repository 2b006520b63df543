package durable

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	tempMark = ".luminavec-"
	tempHex  = 8 // hexadecimal digits after tempMark

	// oldSuffix marks a folder that the first of two renames has moved away; the temporary
	// folder of the same swap has the same name without it.
	oldSuffix = ".old"

	// abandonedAge is the age from which a leftover counts as abandoned if the system
	// cannot tell whether its writer is running.
	abandonedAge = 24 * time.Hour

	// maxStem keeps hidden names below the limit of 255 bytes of file systems.
	maxStem = 200
)

// isTemp reports whether a file name (not a path) is a hidden name of this package. Programs
// that list a folder should skip such names.
func isTemp(name string) bool {
	name = strings.TrimSuffix(name, oldSuffix)
	i := len(name) - tempHex - len(tempMark)
	return i > 1 && name[0] == '.' && name[i:i+len(tempMark)] == tempMark && isHex(name[i+len(tempMark):])
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// tempPrefix returns the prefix of all hidden names for path.
func tempPrefix(path string) string {
	name := filepath.Base(path)
	if len(name) > maxStem {
		name = fmt.Sprintf("%s~%08x", strings.ToValidUTF8(name[:maxStem], ""), crc32.ChecksumIEEE([]byte(name)))
	}
	return "." + name + tempMark
}

// newTemp calls create with new hidden paths beside path until one is unused.
func newTemp(path string, create func(temp string) error) error {
	for range 100 {
		var b [tempHex / 2]byte
		rand.Read(b[:])
		temp := filepath.Join(filepath.Dir(path), tempPrefix(path)+hex.EncodeToString(b[:]))
		if err := create(temp); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return fmt.Errorf("no free temporary name: %w", fs.ErrExist)
}

// leftovers lists the hidden names for path: temporary ones, whether in use or abandoned,
// and folders moved away by a swap of two renames.
func leftovers(path string) (temps, olds []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	prefix := tempPrefix(path)
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok {
			continue
		}
		rest, old := strings.CutSuffix(rest, oldSuffix)
		if len(rest) != tempHex || !isHex(rest) {
			continue
		}
		full := filepath.Join(filepath.Dir(path), e.Name())
		if old {
			olds = append(olds, full)
		} else {
			temps = append(temps, full)
		}
	}
	return temps, olds, nil
}

// sweep removes what dead processes left beside path. It does its best: whatever it cannot
// read, lock or remove stays.
func sweep(path string) {
	temps, olds, err := leftovers(path)
	if err != nil {
		return
	}
	kept := map[string]bool{} // temporary folders of interrupted swaps
	for _, old := range olds {
		temp := strings.TrimSuffix(old, oldSuffix)
		if _, err := os.Lstat(path); err != nil {
			return // a swap is in progress or was interrupted: touch nothing
		}
		if _, err := os.Lstat(temp); err == nil {
			// A folder was put at path after an interrupted swap. Both folders are
			// complete and may be the only copies: leave them to the user.
			kept[temp] = true
			continue
		}
		os.RemoveAll(old)
	}
	for _, temp := range temps {
		if !kept[temp] {
			removeAbandoned(temp)
		}
	}
}

// olderThan reports whether temp was last modified more than age ago.
func olderThan(temp string, age time.Duration) bool {
	info, err := os.Lstat(temp)
	return err == nil && time.Since(info.ModTime()) > age
}

// newest returns the path that was modified last.
func newest(paths []string) string {
	changed := func(path string) time.Time {
		if info, err := os.Lstat(path); err == nil {
			return info.ModTime()
		}
		return time.Time{}
	}
	return slices.MaxFunc(paths, func(a, b string) int { return changed(a).Compare(changed(b)) })
}
