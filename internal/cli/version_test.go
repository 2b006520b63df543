package cli

import (
	"runtime/debug"
	"testing"
)

func TestVersionOfBuilds(t *testing.T) {
	stamped := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: modified}}
	}
	const commit = "v0.0.0-20261129220000-0123456789ab"
	for _, test := range []struct {
		main     string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "v1.2.3"}, // go install ...@v1.2.3
		{"v1.2.3", stamped("false"), "v1.2.3"},
		{"v1.2.3+dirty", stamped("true"), "v1.2.3 (modified)"},
		{commit, nil, "commit 0123456789ab"},
		{commit, stamped("false"), "commit 0123456789ab"},
		{commit + "+dirty", stamped("true"), "commit 0123456789ab (modified)"},
		{"v1.2.4-0.20261129220000-0123456789ab", nil, "commit 0123456789ab"},
		{"(devel)", stamped("true"), "commit 0123456789ab (modified)"},
		{"(devel)", nil, "development build"},
		{"", nil, "development build"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: test.main}, Settings: test.settings}
		if got := version(info); got != test.want {
			t.Errorf("%s, %v: %q, want %q", test.main, test.settings, got, test.want)
		}
	}
	other := &debug.BuildInfo{Main: debug.Module{Path: "example.org/app", Version: "v9.0.0"}, Settings: stamped("true"),
		Deps: []*debug.Module{{Path: modulePath, Version: "v1.2.3"}}}
	if got := version(other); got != "v1.2.3" {
		t.Errorf("as a dependency: %q", got)
	}
}
