package cli

import (
	"regexp"
	"runtime/debug"
	"strings"
)

// modulePath is the module that Version is of.
const modulePath = "github.com/luminavec/luminavec"

// pseudo matches the versions that the go command makes of commits.
var pseudo = regexp.MustCompile(`^v\d+\.\d+\.\d+-(?:.*\.)?\d{14}-([0-9a-f]{12})$`)

// Version is what --version prints after the name: the version of the module, or
// the commit, with "(modified)" when the working tree had changes.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development build"
	}
	return version(info)
}

func version(info *debug.BuildInfo) string {
	of, modified := info.Main.Version, ""
	for _, m := range info.Deps {
		if m.Path == modulePath && info.Main.Path != modulePath {
			of = m.Version
		}
	}
	revision := ""
	if info.Main.Path == modulePath {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				modified = " (modified)"
			}
		}
	}
	of, dirty := strings.CutSuffix(of, "+dirty")
	if dirty {
		modified = " (modified)"
	}
	if m := pseudo.FindStringSubmatch(of); m != nil {
		of, revision = "", m[1]
	}
	switch {
	case of != "" && of != "(devel)":
		return of + modified
	case revision != "":
		return "commit " + revision + modified
	}
	return "development build"
}
