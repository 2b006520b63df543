package sets

import (
	"bufio"
	"context"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// judgements are what a file of them says of one query.
type judgements struct {
	id       string
	line     int64 // of the first
	relevant map[string]int
}

// parseQrels reads judgements: query-id, corpus-id and score between tabs, with
// or without that header.
func parseQrels(ctx context.Context, src *text.Source) (map[string]*judgements, error) {
	const hint = "each line is query-id TAB corpus-id TAB score, where the score is a whole number, above 0 for relevant"
	byQuery, held := map[string]*judgements{}, 0
	err := src.ReadOne(ctx, func(rs *text.Records, r *bufio.Reader) error {
		file, first := text.Describe(rs.File), true
		return rs.EachLine(r, hint, func(line []byte, number int64) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			fields := trimmed(strings.Split(string(line), "\t"))
			if len(fields) != 3 {
				return fault.New(hint, "%s:%d: %d columns in %.80q, not 3", file, number, len(fields), line)
			}
			query, document := strings.Clone(fields[0]), strings.Clone(fields[1])
			score, err := strconv.ParseInt(fields[2], 10, 32)
			header := first && err != nil && !strings.ContainsAny(fields[2], "0123456789")
			first = false
			switch {
			case header:
				return nil
			case err != nil:
				return fault.New(hint, "%s:%d: score %.40q is no whole number", file, number, fields[2])
			case query == "" || document == "":
				return fault.New(hint, "%s:%d: an id is missing in %.80q", file, number, line)
			}
			const overhead = 64 // of a judgement in the map, beside its ids
			if held += len(query) + len(document) + overhead; held > maxSet {
				return fault.New("judge with fewer queries", "%s:%d: the judgements are larger than %d MiB", file, number, maxSet>>20)
			}
			q := byQuery[query]
			if q == nil {
				q = &judgements{query, number, map[string]int{}}
				byQuery[query] = q
			}
			if was, ok := q.relevant[document]; ok && was != int(score) {
				return fault.New("keep one of the two lines", "%s:%d: document %.60q has score %d for query %.60q, and %d further up", file, number, document, score, query, was)
			}
			q.relevant[document] = int(score)
			return nil
		})
	})
	if err == nil && len(byQuery) == 0 {
		err = fault.New(hint, "%s holds no judgements", text.Describe(src.Names()[0]))
	}
	return byQuery, err
}
