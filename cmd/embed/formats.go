package main

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/checkpoints/exchange"
)

// formatHelp is the help of --format: a line for each format.
func formatHelp(formats []exchange.Format) string {
	return formatLines("  -f, --format FORMAT    ", formats)
}

// formatList lists formats, a line each.
func formatList(formats []exchange.Format) string { return formatLines("  ", formats) }

// formatLines is a line for each format, behind first or as much space.
func formatLines(first string, formats []exchange.Format) string {
	width := 0
	for _, f := range formats {
		width = max(width, len(f.Name))
	}
	var b strings.Builder
	for _, f := range formats {
		fmt.Fprintf(&b, "%s%-*s  %s\n", first, width, f.Name, f.Description)
		first = strings.Repeat(" ", len(first))
	}
	return b.String()
}
