//go:build (!amd64 && !arm64) || noasm

package kernel

import "testing"

// eachLevel runs f at the only level.
func eachLevel(_ testing.TB, f func(name string)) { f(Level()) }
