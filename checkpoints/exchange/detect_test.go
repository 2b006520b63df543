package exchange

import (
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// The surest format reads a file or a folder; among equals, the first by name.
func TestDetectSurest(t *testing.T) {
	was := registry
	defer func() { registry = was }()
	registry = nil
	for _, f := range []struct {
		name   string
		folder bool
		sure   Match
	}{{"c", false, Yes}, {"d", false, Yes}, {"a", false, Maybe}, {"e", true, Maybe}, {"b", false, No}} {
		Register(Format{Name: f.name, Folder: f.folder, Detect: func(h Head) Match {
			if h.Path == "other" {
				return No
			}
			return f.sure
		}})
	}
	Register(Format{Name: "written"}) // is not read
	for folder, want := range map[bool]string{false: "c", true: "e"} {
		if f, err := detect(Head{Path: "x"}, folder); err != nil || f.Name != want {
			t.Errorf("folder %v: format %q, %v, want %q", folder, f.Name, err, want)
		}
	}
	if _, err := detect(Head{Path: "other"}, false); err == nil || !strings.HasPrefix(err.Error(), "other ") || fault.Hint(err) == "" {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}
