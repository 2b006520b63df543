package cli

import (
	"os"
	"strings"
)

// CommandLine writes a command line as the user would type it in a shell, with
// "go run" when this program was started so.
func CommandLine(name string, args ...string) string {
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
