//go:build (amd64 || arm64) && !noasm

package kernel

// chooseLevel lowers supported to the level named wanted. Other names have no effect.
func chooseLevel(supported int, wanted string) int {
	for l, name := range levelNames {
		if name == wanted {
			return min(l, supported)
		}
	}
	return supported
}
