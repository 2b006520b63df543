package words

import (
	"slices"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Losses returns the values of Options.Loss, the default first.
func Losses() []string { return []string{LossNS, LossHS} }

// LossSummary describes a loss in a few words. It is empty for an unknown one.
func LossSummary(name string) string {
	return map[string]string{
		LossNS: "negative sampling",
		LossHS: "hierarchical softmax: each word is a path in a Huffman tree",
	}[name]
}

// WindowForms returns the values of Options.Windows.
func WindowForms() []string { return []string{WindowsWeighted, WindowsDrawn, WindowsFull} }

// WindowSummary describes a form of windows in a few words. It is empty for an unknown one.
func WindowSummary(name string) string {
	return map[string]string{
		WindowsWeighted: "nearer words count more: (window+1-d)/window at distance d",
		WindowsDrawn:    "words up to a reach drawn from 1 to the window count, all equally, as in word2vec",
		WindowsFull:     "all words count equally",
	}[name]
}

// oneOf returns an error if value is neither empty nor one of names.
func oneOf(field, value string, names []string) error {
	if value == "" || slices.Contains(names, value) {
		return nil
	}
	last := len(names) - 1
	return fault.Field(field, "", "must be %s or %s, got %q", strings.Join(names[:last], ", "), names[last], value)
}
