package sets

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// judgments are the scores of one query.
type judgments struct {
	id       string
	line     int64 // of the first
	relevant map[string]int
}

// parseQrels reads judgments: query-id, corpus-id and score separated by tabs, with
// or without that header. Quotes are part of an id.
func parseQrels(ctx context.Context, src *text.Source) (map[string]*judgments, error) {
	const hint = "each line is query-id TAB corpus-id TAB score, where the score is a whole number, above 0 for relevant"
	byQuery, held := map[string]*judgments{}, 0
	first := true
	err := records(ctx, src, text.Lines, func(r *text.Record) error {
		if len(bytes.TrimSpace(r.Raw)) == 0 {
			return nil
		}
		fields := trimmed(strings.Split(string(r.Raw), "\t"))
		if len(fields) != 3 {
			return r.Errorf(hint, "expected 3 columns but found %d: %.80q", len(fields), r.Raw)
		}
		query, document := strings.Clone(fields[0]), strings.Clone(fields[1])
		score, err := strconv.ParseInt(fields[2], 10, 32)
		header := first && err != nil && !strings.ContainsAny(fields[2], "0123456789")
		first = false
		switch {
		case header:
			return nil
		case err != nil:
			return r.Errorf(hint, "score %.40q is not a whole number", fields[2])
		case query == "" || document == "":
			return r.Errorf(hint, "an id is missing in %.80q", r.Raw)
		}
		const overhead = 64 // of a judgment in the map, beside its ids
		if held += len(query) + len(document) + overhead; held > maxSet {
			return r.Errorf("evaluate with fewer queries", "the judgments are larger than %d MiB", maxSet>>20)
		}
		q := byQuery[query]
		if q == nil {
			q = &judgments{query, r.Line, map[string]int{}}
			byQuery[query] = q
		}
		if was, ok := q.relevant[document]; ok && was != int(score) {
			return r.Errorf("keep one of the two lines", "document %.60q has score %d for query %.60q, but score %d on an earlier line", document, score, query, was)
		}
		q.relevant[document] = int(score)
		return nil
	})
	if err == nil && len(byQuery) == 0 {
		err = fault.New(hint, "%s holds no judgments", text.Describe(src.Names()[0]))
	}
	return byQuery, err
}
