package documents

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// rule is a line of a file of ignore rules.
type rule struct {
	glob   *glob
	not    bool // the file is not ignored after all
	folder bool // for folders only
	name   bool // matched with the last name of the path, otherwise with the path from the file
}

// parseRules reads a file as gitignore(5) describes it.
func parseRules(data []byte) (rules []rule) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range strings.SplitSeq(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
			line = line[:len(line)-1]
		}
		var r rule
		if line == "" || line[0] == '#' {
			continue
		}
		if line, r.not = strings.CutPrefix(line, "!"); line == "" {
			continue
		}
		if line, r.folder = strings.CutSuffix(line, "/"); line == "" {
			continue
		}
		r.name = !strings.Contains(line, "/")
		if r.glob = newGlob(strings.TrimPrefix(line, "/"), false); r.glob != nil {
			rules = append(rules, r)
		}
	}
	return rules
}

// ruleFiles are the names of the files of rules in a folder. The rules of the first, in all
// folders, come before those of the second.
var ruleFiles = [...]string{".ignore", ".gitignore"}

// level is the rules of one folder and those above it.
type level struct {
	above *level
	rules [len(ruleFiles)][]rule
	path  string // from the folder of this level to that of the walk, for rules above it; "" or "a/b/"
	depth int    // length of the path, from the folder of the walk, to this one with its slash
}

// ignored reports whether rules match a path, given from the folder that is walked.
func (l *level) ignored(path string, folder bool) bool {
	for i := range ruleFiles {
		for at := l; at != nil; at = at.above {
			rel := at.path + path[at.depth:]
			name := rel[strings.LastIndexByte(rel, '/')+1:]
			for j := len(at.rules[i]) - 1; j >= 0; j-- {
				r := &at.rules[i][j]
				subject := rel
				if r.name {
					subject = name
				}
				if (folder || !r.folder) && r.glob.match(subject) {
					return !r.not
				}
			}
		}
	}
	return false
}

// below returns the level of a folder of the walk, whose path ends with a slash unless it is "".
func (l *level) below(dir, path string) *level {
	next := &level{above: l, depth: len(path)}
	if !next.read(dir) {
		return l
	}
	return next
}

// read reads the rules of a folder, and reports whether it has any.
func (l *level) read(dir string) (any bool) {
	for i, name := range ruleFiles {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			l.rules[i] = parseRules(data)
			any = any || len(l.rules[i]) > 0
		}
	}
	return any
}

// outer returns the rules that hold in a folder because of the folders above it, up to that of the
// git repository, and because of the repository and the user.
func outer(dir string) *level {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	var above []string // folders, from the nearest
	repository := ""
	for at := dir; ; {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			repository = at
			break
		}
		next := filepath.Dir(at)
		if next == at {
			return nil
		}
		at = next
		above = append(above, at)
	}
	path := func(from string) string {
		rel, err := filepath.Rel(from, dir)
		if err != nil || rel == "." {
			return ""
		}
		return filepath.ToSlash(rel) + "/"
	}
	var l *level
	add := func(from string, data []byte) {
		next := &level{above: l, path: path(from)}
		next.rules[len(ruleFiles)-1] = parseRules(data)
		l = next
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if home, err := os.UserHomeDir(); config == "" && err == nil {
		config = filepath.Join(home, ".config")
	}
	if data, err := os.ReadFile(filepath.Join(config, "git", "ignore")); err == nil && config != "" {
		add(repository, data)
	}
	if data, err := os.ReadFile(filepath.Join(repository, ".git", "info", "exclude")); err == nil {
		add(repository, data)
	}
	for i := len(above) - 1; i >= 0; i-- {
		next := &level{above: l, path: path(above[i])}
		if next.read(above[i]) {
			l = next
		}
	}
	return l
}
