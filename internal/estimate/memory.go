package estimate

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// memoryOf is freeMemory for a Linux system with the given root folder.
func memoryOf(root fs.FS) int64 {
	free := meminfo(root)
	for _, line := range lines(root, "proc/self/cgroup") {
		// hierarchy:controllers:path; version 2 has the number 0 and no controllers.
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		group := group{root: root, base: "sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", cached: "total_inactive_file"}
		switch {
		case parts[0] == "0" && parts[1] == "":
			group.base, group.limit, group.usage, group.cached = "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"
		case !strings.Contains(","+parts[1]+",", ",memory,"):
			continue
		}
		// A parent may have a lower limit. In a container the path may be the host's, of
		// which only the root is visible.
		for p := path.Clean("/" + parts[2]); ; p = path.Dir(p) {
			if left := group.left(p); left >= 0 && (free < 0 || left < free) {
				free = left
			}
			if p == "/" {
				break
			}
		}
	}
	return free
}

// meminfo returns what /proc/meminfo reports as available; -1 if it does not.
func meminfo(root fs.FS) int64 {
	for _, line := range lines(root, "proc/meminfo") {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			if kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64); err == nil && kb >= 0 && kb < 1<<50 {
				return kb << 10
			}
		}
	}
	return -1
}

// group describes a hierarchy of control groups: where it is, and the names of its files.
type group struct {
	root                       fs.FS
	base, limit, usage, cached string
}

// left returns the memory that a group may still use; -1 if it has no limit. Cached pages
// of files that were not used recently count as free, because the kernel reclaims them.
func (g group) left(p string) int64 {
	dir := path.Join(g.base, p)
	limit, usage := g.number(path.Join(dir, g.limit)), g.number(path.Join(dir, g.usage))
	if limit < 0 || limit >= 1<<60 || usage < 0 { // version 1 writes a huge number for "no limit"
		return -1
	}
	for _, line := range lines(g.root, path.Join(dir, "memory.stat")) {
		if rest, ok := strings.CutPrefix(line, g.cached+" "); ok {
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil && n > 0 {
				usage -= min(n, usage)
			}
		}
	}
	return max(0, limit-usage)
}

// number returns the number in a file; -1 if it holds none, as in "max".
func (g group) number(name string) int64 {
	for _, line := range lines(g.root, name) {
		if n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// lines returns the lines of a small file, none if it cannot be read.
func lines(root fs.FS, name string) (all []string) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return nil
	}
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

// resident returns the memory that a process with the statm file in root takes; -1 if it is not
// there.
func resident(root fs.FS, page int64) int64 {
	for _, line := range lines(root, "proc/self/statm") { // size, resident, … in pages
		if f := strings.Fields(line); len(f) > 1 {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil && n > 0 {
				return n * page
			}
		}
	}
	return -1
}

// Peak returns about how much memory the process will take at the most when it takes need bytes
// more: what it holds now, such as the program and the text, and the need, part of which goes
// into memory that the process holds but does not use.
func Peak(need int64) int64 {
	runtime.GC() // what was only needed to read the text is free
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	held := residentMemory()
	if held < 0 {
		held = int64(m.Sys - m.HeapReleased)
	}
	unused := int64(m.HeapIdle - m.HeapReleased)
	return max(held, held-unused+need)
}
