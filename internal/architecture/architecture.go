// Package architecture holds the tests that enforce the structure described in
// docs/ARCHITECTURE.md: which package may import which, how large packages and files may grow,
// and that library strings do not mention command-line flags.
package architecture
