package collector

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// The collector works as usual once it has run.
func TestWait(t *testing.T) {
	percent := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	becomes := func(want uint64) {
		t.Helper()
		for range 1000 {
			if runtime.GC(); percent() == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%d%% after, want %d", percent(), want)
	}
	if os.Getenv("GOGC") == "" {
		becomes(100) // after the waiting of the package
	}
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	wait()
	if p := percent(); p != 800 {
		t.Errorf("%d%% before", p)
	}
	becomes(77)
}
