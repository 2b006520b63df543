// Package problems collects what is wrong with an index.
package problems

import (
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// most is the maximum number of problems that an error lists.
const most = 10

// A List collects problems.
type List struct {
	list []string
	all  int
}

// Add adds a problem.
func (p *List) Add(format string, args ...any) {
	if p.all++; len(p.list) < most {
		p.list = append(p.list, fmt.Sprintf(format, args...))
	}
}

// Len returns the number of problems.
func (p *List) Len() int { return p.all }

// Err returns an error that lists the first problems, or nil if there are none.
func (p *List) Err() error {
	if p.all == 0 {
		return nil
	}
	return fault.New("this is a bug, not a mistake in your data: rebuild the index and report it",
		"index: found %d problems: %s", p.all, strings.Join(p.list, "; "))
}
