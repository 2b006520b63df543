package evaluate

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// warning says why a result says little or nothing about a model: it is undefined, or fewer than
// half of the set were found, each of which has what is needed. It is empty for other results.
func warning(defined bool, found, of int, noun, needed string) string {
	switch {
	case of == 0:
		return ""
	case found == 0 && of == 1:
		return fmt.Sprintf("no result: its only %s does not have %s", noun, needed)
	case found == 0:
		return fmt.Sprintf("no result: none of its %s has %s", count(of, noun), needed)
	case !defined && of == 1:
		return fmt.Sprintf("no result: a correlation needs %s, but there is only 1", count(2, noun))
	case !defined && found == 1:
		return fmt.Sprintf("no result: a correlation needs %s, but only 1 of %d has %s", count(2, noun), of, needed)
	case !defined:
		return fmt.Sprintf("no result: the scores or the cosines of all its %s are equal", count(found, noun))
	case 2*found < of:
		have := "have"
		if found == 1 {
			have = "has"
		}
		return fmt.Sprintf("only %d of its %s %s %s: the result says little about the model", found, count(of, noun), have, strings.TrimPrefix(needed, "only "))
	}
	return ""
}

// count is fault.Count for queries, too.
func count(n int, noun string) string {
	if noun == "query" && n != 1 {
		return fmt.Sprintf("%d queries", n)
	}
	return fault.Count(n, noun)
}

// share returns the share of a set that was found, 0 of an empty one.
func share(found, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(found) / float64(of)
}

// defined returns a pointer to a result, or nil if it is undefined: null in JSON.
func defined(x float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &x
}
