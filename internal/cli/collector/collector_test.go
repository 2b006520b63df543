package collector

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// The collector works as usual once it has run.
func TestWait(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	percent := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	wait()
	if p := percent(); p != 800 {
		t.Errorf("%d%% before", p)
	}
	for range 1000 {
		if runtime.GC(); percent() == 77 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d%% after", percent())
}
