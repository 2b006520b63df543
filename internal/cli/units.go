package cli

import (
	"fmt"
	"strconv"
	"time"
)

// Count writes n in three figures with a decimal unit: "950", "1.2k", "16.6M".
func Count(n float64) string {
	return scaled(n, []string{"", "k", "M", "G", "T"}, "")
}

// Bytes writes a size in three figures with a decimal unit: "950 B", "3.4 MB".
func Bytes(n int64) string {
	return scaled(float64(n), []string{"B", "kB", "MB", "GB", "TB"}, " ")
}

// scaled divides n by 1,000 until it has at most three figures before the
// point, counting the rounding: 999,950 is "1.0M", not "1000.0k".
func scaled(n float64, units []string, space string) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	i := 0
	for i < len(units)-1 && n >= 999.5 {
		n /= 1000
		i++
	}
	switch {
	case i == 0, n >= 99.95:
		return fmt.Sprintf("%s%.0f%s%s", sign, n, space, units[i])
	default:
		return fmt.Sprintf("%s%.1f%s%s", sign, n, space, units[i])
	}
}

// Thousands writes n with commas: "71,290".
func Thousands[T ~int | ~int64 | ~int32 | ~uint64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Plural writes a count and its noun: "1 line", "2,000 lines".
func Plural[T ~int | ~int64 | ~int32 | ~uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Duration writes a time as people say it: "40ms", "0.4s", "42s", "3m12s", "1h04m".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 95*time.Millisecond:
		return fmt.Sprintf("%dms", d.Round(time.Millisecond)/time.Millisecond)
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
}

// Seconds is [Duration] of a number of seconds.
func Seconds(s float64) string { return Duration(time.Duration(s * float64(time.Second))) }
