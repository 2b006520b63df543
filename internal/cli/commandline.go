package cli

import (
	"os"
	"strings"
)

// running is the name of the command that Run executes.
var running string

// CommandLine writes a command line as the user would type it in a shell: with
// "go run" or the name of the suite when this program was started that way.
func CommandLine(name string, args ...string) string {
	if running == Suite && !strings.HasPrefix(name, Suite) {
		name = Suite + " " + name
	}
	if strings.Contains(os.Args[0], "go-build") {
		name = "go run ./cmd/" + name
	}
	words := []string{name}
	for _, a := range args {
		words = append(words, quoted(a))
	}
	return strings.Join(words, " ")
}

// PathArgument is path so that a command does not take it for a flag.
func PathArgument(path string) string {
	if strings.HasPrefix(path, "-") {
		return "./" + path
	}
	return path
}

func quoted(arg string) string {
	if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\$&|;<>(){}*?[]#~`!") {
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return arg
}
