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

// EachLevel calls f at each level that this machine supports and LUMINAVEC_CPU allows, best first. It is for the tests
// of kernels in packages of their own; nothing else may use kernels in the meantime.
func EachLevel(f func(name string)) {
	saved := level
	defer func() { level = saved }()
	for l := saved; l >= levelGo; l-- {
		level = l
		f(Level())
	}
}
