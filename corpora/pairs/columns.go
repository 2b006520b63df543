package pairs

import (
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// columnRole is the role of a column in an example.
type columnRole int

const (
	otherRole columnRole = iota
	anchorRole
	positiveRole
	negativeRole
	scoreRole
	labelRole
)

// roleNames are the names that columns of pairs have in public data sets, in lower case
// with underscores between words.
var roleNames = map[string]columnRole{
	"anchor": anchorRole, "query": anchorRole, "question": anchorRole, "title": anchorRole, "premise": anchorRole,
	"sentence1": anchorRole, "sentence_1": anchorRole, "sentence_a": anchorRole, "text1": anchorRole, "text_1": anchorRole,
	"headline": anchorRole, "term": anchorRole,

	"positive": positiveRole, "pos": positiveRole, "answer": positiveRole, "abstract": positiveRole, "hypothesis": positiveRole,
	"sentence2": positiveRole, "sentence_2": positiveRole, "sentence_b": positiveRole, "text2": positiveRole, "text_2": positiveRole,
	"body": positiveRole, "definition": positiveRole, "passage": positiveRole, "text": positiveRole,

	"negative": negativeRole, "neg": negativeRole, "hard_negative": negativeRole,

	"score": scoreRole, "similarity": scoreRole, "similarity_score": scoreRole, "relatedness_score": scoreRole,
	"gold": scoreRole, "gold_score": scoreRole, "sim": scoreRole, "sim_score": scoreRole, "relatedness": scoreRole,
	"mean_score": scoreRole, "avg_score": scoreRole, "average_score": scoreRole, "human_score": scoreRole,

	"label": labelRole, "gold_label": labelRole, "is_duplicate": labelRole,
}

// roleOf returns the role of a column with this name. Negatives may be numbered.
func roleOf(name string) columnRole {
	name = strings.ToLower(strings.TrimSpace(name))
	name = strings.NewReplacer(" ", "_", "-", "_").Replace(name)
	if role, ok := roleNames[name]; ok {
		return role
	}
	if role := roleNames[strings.TrimRight(strings.TrimRight(name, "0123456789"), "_")]; role == negativeRole {
		return role
	}
	return otherRole
}

// namedColumns are the columns that the user names.
type namedColumns struct {
	texts []string
	last  string // of the score or label; "": none
	kind  Kind
}

const hintColumns = "set Columns to the names in order: anchor,positive, or anchor,positive,negative, or text1,text2,score=NAME, or text1,text2,label=NAME; " +
	"a number from 1 is a column of a file without a header"

// parseColumns reads Options.Columns. It returns nil if no column is named.
func parseColumns(columns []string) (*namedColumns, error) {
	if len(columns) == 0 {
		return nil, nil
	}
	c := &namedColumns{}
	for i, name := range columns {
		name = strings.TrimSpace(name)
		marked := ""
		for _, mark := range []string{"score=", "label="} {
			if rest, ok := strings.CutPrefix(name, mark); ok {
				name, marked = strings.TrimSpace(rest), mark
			}
		}
		if name == "" {
			return nil, fault.Mention(hintColumns, "Columns: name %d is empty", i+1)
		}
		if n, err := strconv.Atoi(name); err == nil && n < 1 {
			return nil, fault.Mention("columns are counted from 1", "Columns: column %s does not exist", name)
		}
		role := roleOf(name)
		last := i == len(columns)-1
		switch {
		case marked != "" && !last:
			return nil, fault.Mention("put it last: a score or a label follows the two texts", "Columns: %s%s is not the last", marked, name)
		case marked == "score=", marked == "" && last && i > 1 && role == scoreRole:
			c.kind, c.last = Scored, name
		case marked == "label=", marked == "" && last && i > 1 && role == labelRole:
			c.kind, c.last = Labelled, name
		default:
			c.texts = append(c.texts, name)
		}
	}
	switch {
	case len(c.texts) < 2:
		return nil, fault.Mention(hintColumns, "Columns: %s is one text, but a pair has two", strings.Join(columns, ","))
	case c.kind != Paired && len(c.texts) > 2:
		return nil, fault.Mention(hintColumns, "Columns: a score or label needs exactly two texts, got %d", len(c.texts))
	}
	all := c.all()
	for i, name := range all {
		for _, before := range all[:i] {
			if name == before {
				return nil, fault.Mention(hintColumns, "Columns: %s is named twice", name)
			}
		}
	}
	return c, nil
}

// all returns the names, the score or label last.
func (c *namedColumns) all() []string {
	if c.last == "" {
		return c.texts
	}
	return append(c.texts[:len(c.texts):len(c.texts)], c.last)
}

// numbers returns the columns from 0 if all names are numbers.
func (c *namedColumns) numbers() ([]int, bool) {
	var at []int
	for _, name := range c.all() {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil, false
		}
		at = append(at, n-1)
	}
	return at, true
}

// roles reports whether all names are well known, so that they can name the columns of a
// file without a header.
func (c *namedColumns) roles() bool {
	for _, name := range c.all() {
		if roleOf(name) == otherRole {
			return false
		}
	}
	return true
}
