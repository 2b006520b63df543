package architecture

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/luminavec/luminavec/"

// leaves are packages that every other package may import. They import only each other.
var leaves = []string{
	"internal/durable", "internal/fault", "internal/half", "internal/heap", "internal/kernel", "internal/kernel/rounded", "internal/manifest", "internal/mapped", "internal/parallel", "internal/pipe", "internal/plainjson", "internal/tensorfile",
}

// rooms maps each package to the packages that it may import in addition to the leaves. "x/..."
// stands for x and all packages below it. A package that is not listed belongs to the room of
// its nearest listed parent.
var rooms = map[string][]string{
	"corpora/data":           {},
	"corpora/internal":       {"corpora/..."},
	"corpora/text":           {"corpora/data", "corpora/internal/..."},
	"corpora/passages":       {"corpora/text", "corpora/tokenize", "corpora/internal/..."},
	"corpora/documents":      {"corpora/text", "corpora/passages", "corpora/tokenize", "corpora/internal/..."},
	"corpora/tokenize":       {"corpora/text", "corpora/internal/..."},
	"corpora/tokenize/learn": {"corpora/tokenize/...", "corpora/text", "corpora/internal/..."},
	"corpora":                {"corpora/text", "corpora/tokenize/...", "corpora/internal/..."},
	"corpora/pairs":          {"corpora", "corpora/data", "corpora/text", "corpora/tokenize", "corpora/internal/..."},
	"corpora/sets":           {"corpora", "corpora/data", "corpora/text", "corpora/tokenize", "corpora/internal/..."},

	"checkpoints":          {"corpora/tokenize"},
	"checkpoints/exchange": {"checkpoints", "corpora/text", "corpora/tokenize"},

	"autograd":          {},
	"internal/training": {"autograd", "checkpoints", "corpora", "internal/plot"},
	"internal/words":    {"autograd", "checkpoints/...", "corpora/...", "index/evaluate", "internal/estimate", "internal/training"},
	"skipgram":          {"autograd", "checkpoints/...", "corpora/...", "internal/training", "internal/words"},
	"cbow":              {"autograd", "checkpoints/...", "corpora/...", "internal/training", "internal/words"},

	"sentence":               {"checkpoints", "corpora/tokenize"},
	"corpora/pairs/docpairs": {"corpora/documents", "corpora/pairs", "corpora/text"},
	"sentence/adapt":         {"checkpoints", "corpora/documents", "corpora/pairs", "corpora/pairs/docpairs", "sentence", "sentence/compress"},
	"sentence/compress":      {"checkpoints", "corpora/tokenize", "sentence"},
	"sentence/bundled":       {"checkpoints", "sentence"},
	"sentence/distill":       {"autograd", "checkpoints", "corpora/pairs", "corpora/tokenize", "sentence", "sentence/train"},
	"sentence/models":        {"checkpoints", "corpora/tokenize", "sentence", "sentence/transformer"},
	"sentence/train":         {"autograd", "checkpoints/...", "corpora/...", "index/evaluate", "internal/estimate", "internal/training", "sentence"},

	"index":                   {},
	"index/collection":        {"checkpoints", "corpora/documents", "corpora/sets", "corpora/text", "index", "index/cluster", "index/filter", "index/fulltext", "index/fusion", "index/layout", "sentence", "sentence/compress", "sentence/models", "sentence/transformer"},
	"index/collection/shards": {"corpora/text", "index/collection", "index/filter", "index/fulltext", "index/fusion"},
	"index/cluster":           {"index"},
	"index/evaluate":          {"checkpoints", "corpora/...", "index", "index/fusion", "sentence"},
	"index/evaluate/lexical":  {"index/evaluate", "index/fulltext"},
	"index/filter":            {},
	"index/fulltext":          {},
	"index/fusion":            {},
	"index/layout":            {"index", "index/cluster"},
	"index/mining":            {"corpora/pairs", "corpora/text", "index"},
	"index/serve/page":        {},
	"index/serve":             {"checkpoints", "corpora/...", "index/...", "sentence/..."},
	"index/serve/remote":      {"corpora/documents", "index/collection", "index/filter", "index/fulltext", "index/fusion"},
	"index/push":              {"corpora/documents", "index", "index/collection", "index/fulltext", "index/fusion"},

	"internal/architecture": {},
	"internal/attack":       {"..."},
	"internal/estimate":     {},
	"internal/plot":         {},

	"internal/cli":     {"checkpoints/...", "corpora/...", "sentence", "sentence/bundled", "sentence/models", "sentence/transformer"},
	"internal/command": {"..."},
	"internal/bench":   {"..."},
	"cmd":              {"internal/cli", "internal/command/..."},
	"docs":             {"index", "sentence", "sentence/bundled"},
}

// speaking are the rooms whose strings may mention command-line flags.
var speaking = []string{"cmd", "internal/bench", "internal/cli", "internal/command", "corpora/internal/choosepairs", "corpora/internal/choosesample"}

const (
	maxPackage = 5500 // lines without tests and generated code
	maxFile    = 600
)

// A file is a Go file of the repository.
type file struct {
	path string // from the root, with slashes
	dir  string // the package's folder from the root
	test bool
	src  []byte
	ast  *ast.File
}

func (f file) lines() int { return bytes.Count(f.src, []byte("\n")) }

func (f file) generated() bool { return ast.IsGenerated(f.ast) }

// repository parses all Go files of the module.
func repository(t *testing.T) (files []file, set *token.FileSet) {
	t.Helper()
	root, set := filepath.Join("..", ".."), token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			base := d.Name()
			if base == "testdata" || rel != "." && (base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && rel != "." {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(set, rel, src, parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, file{rel, path.Dir(rel), strings.HasSuffix(rel, "_test.go"), src, parsed})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, set
}

// roomOf returns the room that a package belongs to, "" if there is none.
func roomOf(dir string) string {
	for d := dir; d != "."; d = path.Dir(d) {
		if _, ok := rooms[d]; ok || slices.Contains(leaves, d) {
			return d
		}
	}
	return ""
}

// matches reports whether a package is one of patterns.
func matches(dir string, patterns []string) bool {
	for _, p := range patterns {
		if above, ok := strings.CutSuffix(p, "..."); ok {
			if above == "" || dir+"/" == above || strings.HasPrefix(dir, above) {
				return true
			}
		} else if dir == p {
			return true
		}
	}
	return false
}

func TestImports(t *testing.T) {
	files, _ := repository(t)
	for _, f := range files {
		if f.test {
			continue
		}
		room := roomOf(f.dir)
		if room == "" {
			t.Errorf("%s: package %s does not belong to a room: add it to the table here and in docs/ARCHITECTURE.md", f.path, f.dir)
			continue
		}
		for _, spec := range f.ast.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imported, ok := strings.CutPrefix(name, module)
			if !ok || matches(imported, leaves) || roomOf(imported) == room {
				continue
			}
			if !matches(imported, rooms[room]) {
				t.Errorf("%s: %s may not import %s", f.path, room, imported)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	files, _ := repository(t)
	packages := map[string]int{}
	for _, f := range files {
		if f.generated() {
			continue
		}
		if n := f.lines(); n > maxFile {
			t.Errorf("%s has %d lines, more than %d", f.path, n, maxFile)
		}
		if !f.test {
			packages[f.dir] += f.lines()
		}
	}
	for dir, n := range packages {
		if n > maxPackage {
			t.Errorf("package %s has %d lines without tests, more than %d", dir, n, maxPackage)
		}
	}
}

// Commands contain only flags and reports.
func TestCommandsAreThin(t *testing.T) {
	files, _ := repository(t)
	total := 0
	for _, f := range files {
		if !f.test && matches(f.dir, []string{"cmd/...", "internal/command/..."}) {
			total += f.lines()
		}
	}
	if total > 12000 {
		t.Errorf("the commands have %d lines without tests, more than 12000", total)
	}
}

var aFlag = regexp.MustCompile(`(^|[^-\w])--[a-z]`)

// Libraries name fields; the command layer maps them to flags.
func TestLibrariesSpeakOfFields(t *testing.T) {
	files, set := repository(t)
	for _, f := range files {
		if f.test || matches(f.dir, speaking) || slices.ContainsFunc(speaking, func(room string) bool { return strings.HasPrefix(f.dir, room+"/") }) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING && aFlag.MatchString(strings.Trim(lit.Value, "`\"")) {
				t.Errorf("%s: a library string mentions a flag: %s", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// embed and search only use trained models, so they do not link gorgonia.
func TestInferenceNeedsNoAutograd(t *testing.T) {
	files, _ := repository(t)
	imports := map[string][]string{}
	for _, f := range files {
		if f.test {
			continue
		}
		for _, spec := range f.ast.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[f.dir] = append(imports[f.dir], strings.TrimPrefix(name, module))
		}
	}
	for _, command := range []string{"cmd/embed", "cmd/search"} {
		seen := map[string]bool{}
		var visit func(dir string, trail []string)
		visit = func(dir string, trail []string) {
			if seen[dir] {
				return
			}
			seen[dir] = true
			trail = append(trail, dir)
			if strings.HasPrefix(dir, "gorgonia.org/") {
				t.Errorf("%s links gorgonia: %s", command, strings.Join(trail, " imports "))
			}
			for _, imported := range imports[dir] {
				visit(imported, trail)
			}
		}
		visit(command, nil)
	}
}
