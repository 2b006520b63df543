package cli

import (
	"testing"
	"time"
)

func TestCountAndBytes(t *testing.T) {
	for _, test := range []struct {
		n            int64
		count, bytes string
	}{
		{0, "0", "0 B"}, {7, "7", "7 B"}, {999, "999", "999 B"}, {1000, "1.0k", "1.0 kB"}, {1234, "1.2k", "1.2 kB"},
		{99_949, "99.9k", "99.9 kB"}, {99_950, "100k", "100 kB"}, {999_499, "999k", "999 kB"}, {999_500, "1.0M", "1.0 MB"},
		{16_600_000, "16.6M", "16.6 MB"}, {2_500_000_000, "2.5G", "2.5 GB"}, {-1500, "-1.5k", "-1.5 kB"},
		{5_000_000_000_000_000, "5000T", "5000 TB"},
	} {
		if got := Count(float64(test.n)); got != test.count {
			t.Errorf("Count(%d) = %q, want %q", test.n, got, test.count)
		}
		if got := Bytes(test.n); got != test.bytes {
			t.Errorf("Bytes(%d) = %q, want %q", test.n, got, test.bytes)
		}
	}
}

func TestThousandsAndPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 71290: "71,290", 1234567: "1,234,567", -4321: "-4,321", -432: "-432"} {
		if got := Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %q, want %q", n, got, want)
		}
	}
	if a, b := Plural(1, "line", "lines"), Plural(2000, "line", "lines"); a != "1 line" || b != "2,000 lines" {
		t.Errorf("Plural: %q, %q", a, b)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0ms", 40 * time.Millisecond: "40ms", 96 * time.Millisecond: "0.1s", 420 * time.Millisecond: "0.4s", 9940 * time.Millisecond: "9.9s", 9960 * time.Millisecond: "10s",
		42 * time.Second: "42s", 59600 * time.Millisecond: "1m00s", 192 * time.Second: "3m12s", 64 * time.Minute: "1h04m", 100 * time.Hour: "100h00m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}
