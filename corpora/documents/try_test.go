package documents

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	in := os.Getenv("TRY")
	if in == "" {
		t.Skip("for trying")
	}
	o := Options{Split: Split(os.Getenv("SPLIT"))}
	at := time.Now()
	s, err := Open(t.Context(), nil, strings.Fields(in), o)
	if err != nil {
		t.Fatal(err)
	}
	walked := time.Since(at)
	n, bytes := 0, int64(0)
	show := os.Getenv("SHOW") != ""
	at = time.Now()
	for _, f := range s.Files() {
		err := s.Read(t.Context(), f, func(p Passage) error {
			n++
			if show {
				fmt.Printf("== %s:%d-%d [%d:%d] %q %q id=%q %v (%d words)\n%s\n", p.Path, p.FirstLine, p.LastLine, p.Start, p.End, p.Title, p.Heading, p.ID, p.Fields, len(strings.Fields(p.Text)), p.Text)
			}
			return nil
		})
		if err == nil {
			bytes += f.Size
		}
	}
	d := time.Since(at)
	reasons := map[string]int{}
	for _, k := range s.Skipped() {
		reasons[k.Reason]++
		if show {
			fmt.Println("skipped", k.Path, k.Reason, k.Err)
		}
	}
	fmt.Println(len(s.Files()), "files", n, "passages", bytes, "bytes", float64(bytes)/1e6/d.Seconds(), "MB/s", "walk", walked, reasons, s.Detected()[:min(5, len(s.Detected()))])
}
