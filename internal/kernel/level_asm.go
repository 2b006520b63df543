//go:build (amd64 || arm64) && !noasm

package kernel

import "slices"

// Levels returns the names of the levels of this build, best first.
func Levels() []string {
	names := slices.Clone(levelNames[:])
	slices.Reverse(names)
	return names
}

// chooseLevel lowers supported to the level named wanted. Other names have no effect.
func chooseLevel(supported int, wanted string) int {
	for l, name := range levelNames {
		if name == wanted {
			return min(l, supported)
		}
	}
	return supported
}
