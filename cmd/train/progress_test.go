package main

import (
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/internal/training"
)

// On 60 columns some 30 are left for the note.
func TestProgressNoteOnANarrowTerminal(t *testing.T) {
	note := progressNote(training.Event{UnitsPerSecond: 1.23e6, Remaining: 83 * time.Minute, Loss: 2.3456, LearningRate: 0.0123}, "  spearman 0.5208")
	if !strings.Contains(note[:30], "1h23m left") {
		t.Errorf("the time left is not at the beginning of %q", note)
	}
	for _, part := range []string{"1.2M words/s", "loss 2.3456", "spearman 0.5208", "lr 0.01230"} {
		if !strings.Contains(note, part) {
			t.Errorf("%q is not in %q", part, note)
		}
	}
}
