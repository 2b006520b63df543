package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		n    int
		q    float64
		want int
	}{{1, 0.5, 0}, {100, 0.5, 49}, {100, 0.99, 98}, {100, 1, 99}, {1000, 0.99, 989}, {3, 0.01, 0}} {
		if got := quantile(c.n, c.q); got != c.want {
			t.Errorf("quantile %v of %d values: %d, want %d", c.q, c.n, got, c.want)
		}
	}
}

// A server that stands still for 200 ms makes the requests late that should have been sent meanwhile.
func TestLatencyFromWhenDue(t *testing.T) {
	began := time.Now()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if since := time.Since(began); since > 100*time.Millisecond && since < 300*time.Millisecond {
			time.Sleep(300*time.Millisecond - since)
		}
	}))
	defer server.Close()
	l := &load{query: server.URL, client: server.Client(), bodies: [][]byte{nil}}
	p := l.atRate(context.Background(), "x", 100, 500*time.Millisecond)
	late := 0
	for _, d := range p.latencies {
		if d > 50*time.Millisecond {
			late++
		}
	}
	if n := p.statuses[http.StatusOK]; n < 45 || n > 50 || late < 10 || late > 30 {
		t.Errorf("%d answers, %d of them late; want 50, and about 15 late", n, late)
	}
	if row := p.String(); !strings.HasPrefix(row, "| x | ") {
		t.Error(row)
	}
}
