package documents

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// walker finds files.
type walker struct {
	source   *Source
	ctx      context.Context
	include  []*glob
	exclude  []*glob
	seen     map[string]bool // files and folders that were added, by their real paths
	stdin    bool
	pattern  *glob // of the files of the folder that is walked, nil: all
	root     string
	realRoot string
	links    []link // in the folder that is walked, which are followed after it
}

// brokenLink is the reason of a link that leads nowhere.
const brokenLink = "a broken link"

// link is a link to a file, or to a folder with rules.
type link struct {
	path, name string
	info       fs.FileInfo
	target     string
	rules      *level
}

func newWalker(ctx context.Context, s *Source) (*walker, error) {
	w := &walker{source: s, ctx: ctx, seen: map[string]bool{}}
	var err error
	if w.include, err = patterns("Include", s.options.Include); err == nil {
		w.exclude, err = patterns("Exclude", s.options.Exclude)
	}
	return w, err
}

// patterns compiles the patterns of a field.
func patterns(field string, list []string) (globs []*glob, err error) {
	for _, p := range list {
		p = filepath.ToSlash(p)
		pattern := strings.TrimPrefix(strings.TrimSuffix(p, "/"), "./")
		if !strings.Contains(pattern, "/") {
			pattern = "**/" + pattern
		}
		for _, form := range []string{strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(pattern, "/") + "/**"} {
			if form == strings.TrimPrefix(pattern, "/") && strings.HasSuffix(p, "/") {
				continue // a folder
			}
			g := newGlob(form, true)
			if g == nil || pattern == "" || pattern == "**/" {
				return nil, fault.Field(field, `quote it for the shell; \[ is an ordinary [`, "has a pattern that is not valid: %q", p)
			}
			globs = append(globs, g)
		}
	}
	return globs, nil
}

func matches(globs []*glob, name string) bool {
	return slices.ContainsFunc(globs, func(g *glob) bool { return g.match(name) })
}

// chosen reports whether Include and Exclude leave a file in.
func (w *walker) chosen(name string) bool {
	return (len(w.include) == 0 || matches(w.include, name)) && !matches(w.exclude, name) && (w.pattern == nil || w.pattern.match(name))
}

// add adds the files of a path that was named.
func (w *walker) add(path string) error {
	switch path {
	case "":
		return fault.New("a shell variable may be empty: quote it and check", "the name of an input is empty")
	case Stdin:
		if w.stdin {
			return fault.New("standard input can be read only once: name - once", "standard input is named twice")
		}
		w.stdin = true
		k := w.source.options.FileKind
		if k == "" {
			k = Text
		}
		w.source.files = append(w.source.files, File{Path: Stdin, Name: Stdin, Size: -1, Kind: k})
		return nil
	}
	info, err := os.Stat(path)
	if err == nil {
		return w.named(path, info)
	}
	if !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(path, `*?[`) {
		return fault.New(fault.OpenHint(err), "cannot read %s: %w", path, fault.Cause(err))
	}
	if base, rest, ok := strings.Cut(filepath.ToSlash(path), "**"); ok {
		return w.deep(path, base, "**"+rest)
	}
	found, err := filepath.Glob(path)
	if err != nil {
		return fault.New("a [ in a pattern needs its ]; write \\[ for an ordinary [", "pattern %s: %w", path, err)
	}
	if len(found) == 0 {
		return fault.Mark(fault.New("try the pattern with ls; to read a whole folder, name the folder", "no file matches the pattern %s", path), ErrNoFiles)
	}
	for _, f := range found {
		info, err := os.Stat(f)
		if err != nil {
			if err := w.source.skip(f, brokenLink, fault.New(fault.OpenHint(err), "cannot read %s: %w", f, fault.Cause(err))); err != nil {
				return err
			}
			continue
		}
		if err := w.named(f, info); err != nil {
			return err
		}
	}
	return nil
}

// deep adds the files of a pattern with **: of base, a folder and the start of a name, those that
// match the rest.
func (w *walker) deep(pattern, base, rest string) error {
	dir, start := path.Split(base)
	root := filepath.FromSlash(dir)
	if root == "" {
		root = "."
	}
	w.pattern = newGlob(start+rest, false)
	defer func() { w.pattern = nil }()
	info, err := os.Stat(root)
	if strings.ContainsAny(dir, `*?[`) || w.pattern == nil || err != nil || !info.IsDir() {
		return fault.New("** may follow the name of a folder: 'docs/**/*.md'", "no file matches the pattern %s", pattern)
	}
	before := len(w.source.files)
	if err := w.folder(root); err != nil {
		return err
	}
	if len(w.source.files) == before {
		return fault.Mark(fault.New("try the pattern with ls; to read a whole folder, name the folder", "no file matches the pattern %s", pattern), ErrNoFiles)
	}
	return nil
}

// named adds a file or folder that was named.
func (w *walker) named(path string, info fs.FileInfo) error {
	if info.IsDir() {
		return w.folder(path)
	}
	name := filepath.Base(path)
	if !w.chosen(name) {
		return nil
	}
	if !info.Mode().IsRegular() { // such as a pipe of the shell: <(command)
		w.append(File{Path: path, Name: name, Size: -1})
		return nil
	}
	return w.file(path, name, info, real(path))
}

// folder adds the files of a folder that was named, sorted by their names.
func (w *walker) folder(root string) error {
	before := len(w.source.files)
	w.root, w.realRoot, w.links = root, real(root), nil
	var rules *level
	if !w.source.options.NoIgnore {
		rules = outer(root)
	}
	if err := w.walk(root, "", w.realRoot, rules); err != nil {
		return err
	}
	for i := 0; i < len(w.links); i++ { // those to folders add more
		l := w.links[i]
		var err error
		switch {
		case !l.info.IsDir():
			err = w.file(l.path, l.name, l.info, l.target)
		case w.seen[l.target]:
			err = w.skipLink(l.path, "a link to a folder that is read already")
		default:
			err = w.walk(l.path, l.name+"/", l.target, l.rules)
		}
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(w.source.files[before:], func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// walk adds the files of a folder. name is "" or its path from the root with a slash at its end,
// and place its real path.
func (w *walker) walk(dir, name, place string, rules *level) error {
	w.seen[place] = true
	entries, err := os.ReadDir(dir)
	if err != nil { // those that were read are used
		if err := w.skipError(dir, err); err != nil {
			return err
		}
	}
	if !w.source.options.NoIgnore {
		rules = rules.below(dir, name)
	}
	for _, d := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		file, rel := filepath.Join(dir, d.Name()), name+d.Name()
		if strings.HasPrefix(d.Name(), ".") && !w.source.options.Hidden || d.Name() == ".git" {
			continue
		}
		switch mode := d.Type(); {
		case rules.ignored(rel, d.IsDir()):
		case d.IsDir():
			if matches(w.exclude, rel+"/\x00") && matches(w.exclude, rel+"/\x00\x00.\x00\x00") { // whatever it holds
				continue
			}
			if err := w.walk(file, rel+"/", filepath.Join(place, d.Name()), rules); err != nil {
				return err
			}
		case mode&fs.ModeSymlink != 0:
			if err := w.link(file, rel, rules); err != nil {
				return err
			}
		case !w.chosen(rel):
		case !mode.IsRegular():
			what := special(mode)
			if err := w.source.skip(file, what, fault.New("name it by itself to read it", "%s is %s", file, what)); err != nil {
				return err
			}
		default:
			if reason := binaryExtensions[path.Ext(plainName(rel))]; reason != "" && w.source.options.FileKind == "" {
				if err := w.source.skip(file, reason, notTextError(file, reason)); err != nil {
					return err
				}
				continue
			}
			info, err := d.Info()
			if err != nil {
				if err := w.skipError(file, err); err != nil {
					return err
				}
				continue
			}
			if err := w.file(file, rel, info, filepath.Join(place, d.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// link adds what a link in a folder leads to.
func (w *walker) link(file, rel string, rules *level) error {
	follow := w.source.options.Follow
	info, err := os.Stat(file)
	target := real(file)
	inside := target == w.realRoot || strings.HasPrefix(target, strings.TrimSuffix(w.realRoot, string(filepath.Separator))+string(filepath.Separator))
	reason := ""
	switch {
	case err != nil && !w.chosen(rel):
		return nil
	case err != nil:
		reason = brokenLink
	case info.IsDir() && w.seen[target], info.IsDir() && strings.HasPrefix(real(filepath.Dir(file))+string(filepath.Separator), target+string(filepath.Separator)):
		reason = "a link to a folder that is read already"
	case info.IsDir() && !follow:
		reason = "a link to a folder"
	case info.IsDir():
	case !w.chosen(rel):
		return nil
	case !info.Mode().IsRegular():
		reason = special(info.Mode())
	case !inside && !follow:
		reason = "a link out of the folder"
	}
	if reason == "" {
		w.links = append(w.links, link{file, rel, info, target, rules})
		return nil
	}
	return w.skipLink(file, reason)
}

// skipLink skips a link. Only a broken one is an error with Strict: the others lead to what is not
// meant, or to what is read already.
func (w *walker) skipLink(file, reason string) error {
	skip := w.source.skip
	if reason != brokenLink {
		skip = w.source.leave
	}
	return skip(file, reason, fault.Mention("Follow follows links; or name what it leads to", "%s is %s", file, reason))
}

// file adds a regular file.
func (w *walker) file(path, name string, info fs.FileInfo, place string) error {
	if w.seen[place] {
		return w.source.leave(path, "the same file as another", fault.New("name each file once", "%s is read already, by another path", path))
	}
	w.seen[place] = true
	w.append(File{Path: path, Name: name, Size: info.Size(), Modified: info.ModTime()})
	return nil
}

func (w *walker) append(f File) {
	if f.Kind = w.source.options.FileKind; f.Kind == "" {
		f.Kind = kindOf(f.Name)
	}
	w.source.files = append(w.source.files, f)
}

// skipError skips a file or folder that a system call failed on.
func (w *walker) skipError(path string, err error) error {
	u := cannotRead(path, err)
	return w.source.skip(path, u.reason, u.err)
}

// real returns the path without links, or the path itself if that fails.
func real(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		path = r
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// special names a file that is not regular.
func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// notTextError returns the error for a file that is not text.
func notTextError(path, what string) error {
	hint := "name files of text"
	if what == "a PDF document" {
		hint = "convert it to text first: pdftotext FILE"
	}
	return fault.New(hint, "%s is %s, not text", path, what)
}
