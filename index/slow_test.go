//go:build slow

package index

// slow selects exhaustive tests: go test -tags=slow ./index
const slow = true
