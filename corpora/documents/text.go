package documents

import (
	"bufio"
	"bytes"
)

// readText reads plain text.
func readText(r *reading, in *bufio.Reader) error {
	s := &sections{r: r}
	return r.windows(in, lastBlank, func(data []byte) error {
		s.body.add(data, r.base)
		return s.finish()
	})
}

// lastBlank returns where the last blank line of a text ends, or 0.
func lastBlank(data []byte) int {
	for end := len(data); end > 0; {
		i := bytes.LastIndexByte(data[:end], '\n')
		if i <= 0 {
			return 0
		}
		before := bytes.TrimRight(data[:i], " \t\r")
		if len(before) > 0 && before[len(before)-1] == '\n' {
			return i + 1
		}
		end = i
	}
	return 0
}
