package documents

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// found returns the names of the files of a folder that are read.
func found(t *testing.T, o Options, paths ...string) []string {
	t.Helper()
	s, err := Open(t.Context(), nil, paths, o)
	if err != nil {
		return []string{err.Error()}
	}
	var names []string
	for _, f := range s.Files() {
		names = append(names, f.Name)
	}
	return names
}

// Which files git ignores was printed by git 2.39: git ls-files -co --exclude-standard.
func TestIgnore(t *testing.T) {
	for rules, want := range map[string]string{
		"*.log":                 "a.txt b/a.txt b/c/a.txt keep/x.txt",
		"/a.txt":                "b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"a.txt":                 "b/a.log keep/x.txt x.log",
		"b/":                    "a.txt keep/x.txt x.log",
		"b/c":                   "a.txt b/a.log b/a.txt keep/x.txt x.log",
		"c/":                    "a.txt b/a.log b/a.txt keep/x.txt x.log",
		"b/*\n!b/c":             "a.txt b/c/a.txt keep/x.txt x.log",
		"b\n!b/c":               "a.txt keep/x.txt x.log",
		"*\n!*/\n!*.txt":        "a.txt b/a.txt b/c/a.txt keep/x.txt",
		"**/a.txt":              "b/a.log keep/x.txt x.log",
		"b/**":                  "a.txt keep/x.txt x.log",
		"b/**/a.txt":            "a.txt b/a.log keep/x.txt x.log",
		"# a.txt\n\n \n":        "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"a.txt \n":              "b/a.log keep/x.txt x.log",
		"a.txt\\ \n":            "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"[ab].txt":              "b/a.log keep/x.txt x.log",
		"[!a].*":                "a.txt b/a.log b/a.txt b/c/a.txt",
		"[[:alpha:]].log":       "a.txt b/a.txt b/c/a.txt keep/x.txt",
		"?.txt":                 "b/a.log x.log",
		"*.txt\r\n!keep/*\r\n":  "b/a.log keep/x.txt x.log",
		"b/*.txt":               "a.txt b/a.log b/c/a.txt keep/x.txt x.log",
		"\\*.txt":               "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"[a.txt":                "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"a.txt/":                "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"\ufeff*.log":           "a.txt b/a.txt b/c/a.txt keep/x.txt",
		"{a,x}.txt":             "a.txt b/a.log b/a.txt b/c/a.txt keep/x.txt x.log",
		"a*t\n!/b/c/a.txt\n**x": "b/a.log b/c/a.txt keep/x.txt x.log",
	} {
		dir := folder(t, map[string]string{".gitignore": rules, "a.txt": "", "x.log": "", "b/a.txt": "", "b/a.log": "", "b/c/a.txt": "", "keep/x.txt": ""})
		if got := strings.Join(found(t, Options{}, dir), " "); got != want {
			t.Errorf("%q: %s, want %s", rules, got, want)
		}
	}
}

// inName is ** after other characters of a name, for which git up to 2.39 compares unrelated addresses.
var inName = regexp.MustCompile(`([^/!\n*])\*\*+([/ \n])`)

// Random trees and rules are read as git reads them.
func TestIgnoreLikeGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	pieces := []string{"a", "b", "c", "ab", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[a-b]", ".x", "\\a", "*b", "a*", "[^b]", "[]a]", "a.x", "**/", "/**"}
	names := []string{"a", "b", "c", "ab", "a.x", "b.x", "[", "ca", "aab"}
	for round := range 25 {
		files := map[string]string{}
		for range 5 + rng.IntN(20) {
			var path []string
			for range 1 + rng.IntN(4) {
				path = append(path, names[rng.IntN(len(names))])
			}
			files[strings.Join(path, "/")+".f"] = "x"
		}
		rules := func() string {
			var b strings.Builder
			for range 1 + rng.IntN(6) {
				if rng.IntN(3) == 0 {
					b.WriteString("!")
				}
				for range 1 + rng.IntN(4) {
					b.WriteString(pieces[rng.IntN(len(pieces))])
				}
				b.WriteString([]string{"", "/", ".f", " "}[rng.IntN(4)] + "\n")
			}
			return inName.ReplaceAllString(b.String(), "$1*$2")
		}
		files[".gitignore"] = rules()
		for name := range files {
			if dir, _, ok := strings.Cut(name, "/"); ok && rng.IntN(4) == 0 {
				files[dir+"/.gitignore"] = rules()
			}
		}
		dir := folder(t, files)
		run := exec.Command(git, "init", "-q", dir)
		run.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "HOME="+dir)
		if err := run.Run(); err != nil {
			t.Skipf("git cannot make a repository here: %v", err)
		}
		list := exec.Command(git, "ls-files", "-co", "--exclude-standard", "-z")
		list.Dir, list.Env = dir, run.Env
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for name := range strings.SplitSeq(string(out), "\x00") {
			if name != "" && !strings.HasSuffix(name, ".gitignore") {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		got := found(t, Options{}, dir)
		if len(want) == 0 {
			continue
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: %q\ngot  %q\nwant %q", round, files, got, want)
		}
	}
}

// The rules of folders above hold up to that of the repository; .ignore comes before .gitignore.
func TestIgnoreAbove(t *testing.T) {
	dir := folder(t, map[string]string{
		".gitignore": "outside.txt", "repo/.git/info/exclude": "private.txt", "repo/.gitignore": "*.log\n/docs/top.txt\n", "repo/.ignore": "!a.log\nb.txt",
		"repo/docs/a.log": "", "repo/docs/b.log": "", "repo/docs/b.txt": "", "repo/docs/c.txt": "", "repo/docs/top.txt": "", "repo/docs/private.txt": "", "repo/docs/outside.txt": "", "repo/docs/.hidden.txt": "",
		"repo/docs/sub/.gitignore": "!b.log", "repo/docs/sub/b.log": "", "repo/docs/sub/.x/y.txt": "",
	})
	t.Setenv("XDG_CONFIG_HOME", dir)
	docs := filepath.Join(dir, "repo", "docs")
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "a.log c.txt outside.txt sub/b.log"},
		{Options{NoIgnore: true}, "a.log b.log b.txt c.txt outside.txt private.txt sub/b.log top.txt"},
		{Options{Hidden: true}, ".hidden.txt a.log c.txt outside.txt sub/.gitignore sub/.x/y.txt sub/b.log"},
		{Options{Include: []string{"*.txt"}}, "c.txt outside.txt"},
		{Options{Include: []string{"sub/"}}, "sub/b.log"},
		{Options{Include: []string{"sub"}}, "sub/b.log"},
		{Options{Include: []string{"*.{log,md}"}, Exclude: []string{"sub/**"}}, "a.log"},
		{Options{Exclude: []string{"*.log", "out*"}}, "c.txt"},
		{Options{Exclude: []string{"/a.log"}}, "c.txt outside.txt sub/b.log"},
		{Options{Exclude: []string{"./sub/b.log"}}, "a.log c.txt outside.txt"},
	} {
		if got := strings.Join(found(t, c.o, docs), " "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	// What is named itself is read.
	if got := found(t, Options{}, filepath.Join(docs, "b.log"), filepath.Join(docs, ".hidden.txt")); !slices.Equal(got, []string{"b.log", ".hidden.txt"}) {
		t.Error(got)
	}
	if got := found(t, Options{}, filepath.Join(docs, "sub", ".x")); !slices.Equal(got, []string{"y.txt"}) {
		t.Error(got)
	}
}

// Links, special files, patterns, and names of any bytes.
func TestWalk(t *testing.T) {
	dir := folder(t, map[string]string{"out/secret.txt": "x", "docs/a.md": "x", "docs/sub/b.md": "x", "docs/new\nline \x1b[31m.md": "x", "docs/image.png": "\x89PNG", "docs/empty/": ""})
	docs := filepath.Join(dir, "docs")
	for _, l := range [][2]string{{"a.md", "docs/0alias.md"}, {"../out/secret.txt", "docs/leads-out.md"}, {"..", "docs/sub/loop"}, {"sub", "docs/again"}, {"nowhere", "docs/broken.md"}, {"../out", "docs/outfolder"}, {".", "docs/self"}} {
		if err := os.Symlink(l[0], filepath.Join(dir, filepath.FromSlash(l[1]))); err != nil {
			t.Skip(err)
		}
	}
	want := []string{"a.md", "new\nline \x1b[31m.md", "sub/b.md"}
	s, err := Open(t.Context(), nil, []string{docs}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names, reasons []string
	for _, f := range s.Files() {
		names = append(names, f.Name)
	}
	for _, k := range s.Skipped() {
		rel, _ := filepath.Rel(docs, k.Path)
		reasons = append(reasons, rel+": "+k.Reason)
	}
	slices.Sort(reasons)
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if got := strings.Join(reasons, "|"); got != "0alias.md: the same file as another|again: a link to a folder|broken.md: a broken link|image.png: an image|leads-out.md: a link out of the folder|outfolder: a link to a folder|self: a link to a folder that is read already|sub/loop: a link to a folder that is read already" {
		t.Error(got)
	}
	if got := found(t, Options{Follow: true}, docs); !slices.Equal(got, []string{"a.md", "leads-out.md", "new\nline \x1b[31m.md", "sub/b.md"}) {
		t.Errorf("%q", got)
	}
	if got := found(t, Options{Strict: true, Exclude: []string{"broken.md", "image.png"}}, docs); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := found(t, Options{Strict: true, Exclude: []string{"image.png"}}, docs); len(got) != 1 || !strings.HasSuffix(got[0], "broken.md is a broken link") {
		t.Errorf("%q", got)
	}
	for pattern, want := range map[string]int{"*.md": 3, "**/*.md": 3, "s*": 3, "sub/../a.md": 1, "**/b*": 1} {
		if got := found(t, Options{}, filepath.Join(docs, pattern)); len(got) != want {
			t.Errorf("%s: %q", pattern, got)
		}
	}
	if got := found(t, Options{}, docs, docs, filepath.Join(docs, "a.md")); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for path, want := range map[string]string{"none": "cannot read " + filepath.Join(docs, "none") + ": no such file or directory", "empty": fmt.Sprintf("no file to read in %q", filepath.Join(docs, "empty"))} {
		if got := found(t, Options{}, filepath.Join(docs, path)); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}
