package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

// The innermost loops of the plain Go path have no checks of bounds.
func TestPlainGoChecks(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the compiler is run on amd64 only")
	}
	out, err := exec.Command("go", "build", "-gcflags=-d=ssa/check_bce", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checks := map[string][]int{} // lines by file
	for _, m := range regexp.MustCompile(`(\w+\.go):(\d+):\d+: Found Is`).FindAllSubmatch(out, -1) {
		line, err := strconv.Atoi(string(m[2]))
		if err != nil {
			t.Fatal(err)
		}
		checks[string(m[1])] = append(checks[string(m[1])], line)
	}
	if len(checks["blocked.go"]) == 0 {
		t.Fatalf("the compiler reports no checks in blocked.go:\n%s", out)
	}
	for file, functions := range map[string][]string{
		"blocked.go": {"dotSix", "dotFour", "dotTwoThree", "dotTwoTwo", "addTwoSix", "addTwoFour", "addTwoTwo", "addSix", "addTwoRows", "addToTwo"},
		"gemm_go.go": {"tileSums"}, "fastscan.go": {"twoSums"}, "vector_go.go": {"dotGo", "squaredDistanceGo", "axpyGo"},
	} {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !slices.Contains(functions, f.Name.Name) {
				continue
			}
			found++
			ast.Inspect(f.Body, func(n ast.Node) bool {
				var body *ast.BlockStmt
				switch n := n.(type) {
				case *ast.ForStmt:
					body = n.Body
				case *ast.RangeStmt:
					body = n.Body
				default:
					return true
				}
				for _, line := range checks[file] {
					if line >= set.Position(body.Lbrace).Line && line <= set.Position(body.Rbrace).Line {
						t.Errorf("%s:%d: a check of bounds in the loop of %s", file, line, f.Name.Name)
					}
				}
				return true
			})
		}
		if found != len(functions) {
			t.Errorf("%s: %d of the functions %v were found", file, found, functions)
		}
	}
}
