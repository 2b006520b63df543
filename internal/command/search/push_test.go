package search

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/cli/clitest"
)

// weaviate answers as a server of Weaviate that has the collection Docs with one object.
func weaviate(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/v1/schema/Docs":
		fmt.Fprint(w, `{"class":"Docs","vectorIndexConfig":{"distance":"cosine"},"properties":[{"name":"key"},{"name":"hash"},{"name":"first_line"}]}`)
	case "/v1/graphql":
		fmt.Fprint(w, `{"data":{"Get":{"Docs":[{"key":"k1","path":"a.txt","text":"the queen","fields":"{\"year\":2020}","first_line":3,"last_line":3,"_additional":{"score":"0.5"}}]}}}`)
	default:
		fmt.Fprint(w, `{"version":"1.30.0"}`)
	}
}

// A question in a database is answered, and the command ends.
func TestQueryIn(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(weaviate))
	defer server.Close()
	dir := t.TempDir()
	model, docs, text := filepath.Join(dir, "m"), filepath.Join(dir, "docs"), filepath.Join(dir, "a.txt")
	if err := clitest.WriteModel(model, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("the king and the queen\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("search", "build", "-m", model, text, "-o", docs).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command("search", "query", docs, "--in", strings.Replace(server.URL, "http", "weaviate", 1), "--json", "the queen")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"id": "k1"`) || !strings.Contains(string(out), `"score": 0.5`) {
		t.Fatalf("%v: %.2000s", err, out)
	}
}
