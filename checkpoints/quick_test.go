//go:build !slow

package checkpoints

// slow selects exhaustive tests: go test -tags=slow ./checkpoints
const slow = false
