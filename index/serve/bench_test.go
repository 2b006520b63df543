package serve

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/serve/shelf"
)

// BenchmarkQuery measures requests one after another, without a network.
//
//	LUMINAVEC_COLLECTION=docs go test -bench Query ./index/serve
func BenchmarkQuery(b *testing.B) {
	dir := os.Getenv("LUMINAVEC_COLLECTION")
	if dir == "" {
		b.Skip("LUMINAVEC_COLLECTION is not set")
	}
	s, err := shelf.Open(b.Context(), []string{"docs=" + dir}, shelf.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	server, err := New(s, Options{})
	if err != nil {
		b.Fatal(err)
	}
	pairs := sets.STSBenchmarkDev().Pairs
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := httptest.NewRequest(http.MethodPost, "/v1/collections/docs/query", strings.NewReader(`{"k": 10, "text": "`+strings.ReplaceAll(pairs[i%len(pairs)].A, `"`, "")+`"}`))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if server.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatalf("%d: %s", w.Code, w.Body)
		}
	}
}
