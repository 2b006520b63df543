package normalizers

import (
	"fmt"
	"strings"
)

// A tokenizer.json may come from anywhere. Its normalizers may make a text longer (NFKC makes
// ﷺ 11 times as long), but nested Replace steps can multiply it without bounds. CheckGrowth
// tries what can grow: every ASCII character, some others, and what each Replace searches for
// and inserts.
const (
	maxGrowth = 64   // times
	maxInsert = 1024 // bytes, in addition

	probeRepeats = 32 // so that what is inserted once counts less than what is inserted everywhere
)

// CheckGrowth returns an error if steps make a text more than 64 times and 1,024 bytes
// longer.
func CheckGrowth(steps []Step) error {
	probes := []string{"é", "漢", "ﬃ", "ﷺ", "\u3000", "👍", "a b", "\u0301"}
	for b := range byte(0x7f) {
		probes = append(probes, string(rune(b)))
	}
	for i, step := range steps {
		s, ok := step.(replaceStep)
		if !ok {
			continue
		}
		if len(s.content) > maxGrowth*len(s.literal)+maxInsert {
			return fmt.Errorf("step %d: Replace inserts %d bytes; at most %d are supported", i+1, len(s.content), maxGrowth*len(s.literal)+maxInsert)
		}
		for _, probe := range []string{s.literal, s.content} {
			if len(probe) <= maxInsert {
				probes = append(probes, probe)
			}
		}
	}
	for i, step := range steps {
		if s, ok := step.(*prependStep); ok && len(s.Prepend) > maxInsert {
			return fmt.Errorf("step %d: Prepend inserts %d bytes; at most %d are supported", i+1, len(s.Prepend), maxInsert)
		}
	}
	var buffers [2]Text
	for _, probe := range probes {
		probe = strings.Repeat(probe, probeRepeats)
		t := &Text{}
		t.Set([]byte(probe), false)
		next := 0
		for i, step := range steps {
			out := &buffers[next]
			out.Reset()
			if done := step.Apply(t, out); done != t {
				t, next = done, 1-next
			}
			if most := maxGrowth*len(probe) + maxInsert; len(t.Bytes) > most {
				return fmt.Errorf("up to step %d, %d bytes (%.20q) become %d; at most %d are supported", i+1, len(probe), probe, len(t.Bytes), most)
			}
		}
	}
	return nil
}
