//go:build slow

package collection

// slow selects exhaustive tests: go test -tags=slow ./index/collection
const slow = true
