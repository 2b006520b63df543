// Package architecture holds the tests that keep the structure of the repository as
// docs/ARCHITECTURE.md describes it: which package may import which, how large packages
// and files may grow, and that libraries do not speak of command-line flags.
package architecture
