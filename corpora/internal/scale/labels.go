package scale

import (
	"slices"
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/internal/fault"
)

// Labels gives each label its meaning: 1 for related texts, 0 for unrelated ones, or a number
// between. Labels are compared without regard to case, and as numbers if both are.
type Labels map[string]float64

// known are the labels whose meaning is beyond doubt. A hypothesis that is neutral does not
// follow from its premise, and so is not related in that sense.
var known = Labels{
	"true": 1, "false": 0,
	"entailment": 1, "neutral": 0, "contradiction": 0, "contradictory": 0, "not_entailment": 0,
	"duplicate": 1, "not_duplicate": 0, "paraphrase": 1, "not_paraphrase": 0,
}

// Unlabeled marks the pairs of SNLI and MNLI on whose label people did not agree.
const Unlabeled = "-"

// binary are the labels that are numbers.
var binary = Labels{"0": 0, "1": 1}

const hintLabels = "say what each label means, from 1 (related) to 0 (not related), as in entailment=1,neutral=0,contradiction=0; pairs with other labels are skipped"

// ParseLabels reads lists of LABEL=X, separated by commas. It returns nil if there are none.
func ParseLabels(list []string) (Labels, error) {
	if len(list) == 0 {
		return nil, nil
	}
	labels := Labels{}
	for item := range strings.SplitSeq(strings.Join(list, ","), ",") {
		at := strings.LastIndexByte(item, '=')
		if at < 1 || strings.TrimSpace(item[:at]) == "" {
			return nil, fault.Field("Labels", hintLabels, "must have the form LABEL=X, got %q", item)
		}
		name := canonical(item[:at])
		x, err := strconv.ParseFloat(strings.TrimSpace(item[at+1:]), 64)
		if err != nil || !(x >= 0 && x <= 1) {
			return nil, fault.Field("Labels", hintLabels, "must be from 0 to 1, got %q for %s", item[at+1:], name)
		}
		if _, twice := labels[name]; twice {
			return nil, fault.Field("Labels", "give each label once", "has the label %s twice", name)
		}
		labels[name] = x
	}
	return labels, nil
}

// canonical writes equal labels alike.
func canonical(label string) string {
	label = strings.ToLower(strings.TrimSpace(label))
	if v, err := strconv.ParseFloat(label, 64); err == nil {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	if strings.Trim(label, "- ") == "" {
		return label // in SNLI, - is a pair without a label
	}
	return underscores.Replace(label)
}

var underscores = strings.NewReplacer(" ", "_", "-", "_")

// Value returns the meaning of a label. Nil knows 0, 1 and the well-known names.
func (l Labels) Value(label string) (value float64, ok bool) {
	label = canonical(label)
	if l != nil {
		value, ok = l[label]
		return value, ok
	}
	if value, ok = binary[label]; !ok {
		value, ok = known[label]
	}
	return value, ok
}

// Named reports whether a label is one of the well-known names, or is listed.
func (l Labels) Named(label string) bool {
	if l != nil {
		_, ok := l[canonical(label)]
		return ok
	}
	_, ok := known[canonical(label)]
	return ok
}

// IsNumber reports whether a label is a number, which alone does not say what it means.
func IsNumber(label string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(label), 64)
	return err == nil
}

// Counts counts the pairs of each label.
type Counts map[string]int64

// Add counts a label.
func (c Counts) Add(label string) {
	const most = 100 // a column of free text must not fill the memory
	if label = canonical(label); len(c) < most || c[label] > 0 {
		c[label]++
	}
}

// Classes reports whether the labels are the numbers of three classes, as in files of natural
// language inference, where 0 is entailment in some and contradiction in others. -1 may mark
// pairs without a label.
func (c Counts) Classes() bool {
	n := len(c)
	if c["-1"] > 0 {
		n--
	}
	return n == 3 && c["0"] > 0 && c["1"] > 0 && c["2"] > 0
}

// Numbered reports whether the labels are two or three small numbers that may be those of
// classes, as 1 and 2 or 0, 1 and 2, and not 0 and 1 alone. -1 may mark pairs without a label.
func (c Counts) Numbered() bool {
	n := 0
	for _, label := range []string{"0", "1", "2", "3"} {
		if c[label] > 0 {
			n++
		}
	}
	other := len(c) - n
	if c["-1"] > 0 {
		other--
	}
	return other == 0 && (n == 2 || n == 3) && (c["2"] > 0 || c["3"] > 0)
}

// Describe lists up to ten labels with their meanings, the most frequent first.
func (c Counts) Describe(l Labels) string {
	var names []string
	for name := range c {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c[a] != c[b] {
			return int(c[b] - c[a])
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for i, name := range names {
		if i == 10 {
			parts = append(parts, strconv.Itoa(len(names)-i)+" more")
			break
		}
		meaning := "skipped"
		if v, ok := l.Value(name); ok && v == 1 {
			meaning = "related"
		} else if ok && v == 0 {
			meaning = "not related"
		} else if ok {
			meaning = strconv.FormatFloat(v, 'g', -1, 64)
		}
		parts = append(parts, strconv.Quote(name)+" is "+meaning)
	}
	return strings.Join(parts, ", ")
}
