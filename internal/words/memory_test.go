package words_test

import (
	"runtime"
	"testing"
	"weak"

	"github.com/luminavec/luminavec/internal/training"
	. "github.com/luminavec/luminavec/internal/words"
)

// A model that is no longer used is freed, with everything that training has needed: programs that
// train many models do not grow.
func TestMemoryIsFreed(t *testing.T) {
	for _, engine := range training.Engines() {
		o := smallOptions()
		o.Engine, o.Epochs = engine, 1
		c, err := Train(t.Context(), SkipGram(), o, runOf(t, topics(40)))
		if err != nil {
			t.Fatal(err)
		}
		model := weak.Make(&table(c)[0])
		runtime.KeepAlive(c)
		c = nil // the last reference
		for range 5 {
			runtime.GC()
		}
		if model.Value() != nil {
			t.Errorf("engine %s: the table is still in memory", engine)
		}
	}
}
