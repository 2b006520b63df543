package architecture

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

var directDependency = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)

// CONTRIBUTING.md says what each dependency is for.
func TestDependenciesAreJustified(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(guide), "\n## Dependencies\n")
	table, _, _ = strings.Cut(table, "\n## ")
	direct := map[string]bool{}
	for _, m := range directDependency.FindAllStringSubmatch(string(mod), -1) {
		direct[m[1]] = true
		if !strings.Contains(table, "| "+m[1]+" | ") {
			t.Errorf("CONTRIBUTING.md does not say what %s is for", m[1])
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+\.\S+) \|`).FindAllStringSubmatch(table, -1) {
		if !direct[row[1]] {
			t.Errorf("CONTRIBUTING.md lists %s, which go.mod does not require", row[1])
		}
	}
}

// A program that links the execution of templates keeps every exported method of every
// package, because a template may call any of them: 2.6 MB in embed, 4.7 in search.
func TestNoTemplates(t *testing.T) {
	files, set := repository(t)
	for _, f := range files {
		if f.test {
			continue
		}
		for _, spec := range f.ast.Imports {
			if name := strings.Trim(spec.Path.Value, `"`); name == "text/template" || name == "html/template" {
				t.Errorf("%s imports %s", f.path, name)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				switch s.Sel.Name {
				case "SetHelpTemplate", "SetUsageTemplate", "SetVersionTemplate":
					t.Errorf("%s: %s links text/template", set.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
	}
}
