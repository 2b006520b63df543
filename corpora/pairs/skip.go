package pairs

import (
	"fmt"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// skipReason is why a row is skipped.
type skipReason int

const (
	badColumns skipReason = iota
	badJSON
	badQuotes
	badField
	badEmpty
	badUnknown
	badScore
	badRange
	badLabel
	badNegative
	badLength
	badFormat
	skipReasons
)

func (r skipReason) String() string {
	return [...]string{"too few or too many columns", "not a JSON object", "misplaced quotes", "a field that is missing or not a string",
		"an empty text", "a text without a known token", "a score that is not a number", "a score out of range", "an unknown label",
		"a negative equal to the anchor or the positive", "too long", "not valid in its format"}[r]
}

// badRow is a row that can be skipped.
type badRow struct {
	reason  skipReason
	at      text.Position
	message string
	hint    string
}

func (b *badRow) Error() string { return b.at.String() + ": " + b.message }

func bad(reason skipReason, at text.Position, hint, format string, args ...any) *badRow {
	return &badRow{reason, at, fmt.Sprintf(format, args...), hint}
}

// unreadable returns the bad row for a record that could not be read.
func unreadable(r *text.BadRecord) *badRow {
	reason := badFormat
	switch r.Defect {
	case text.NotJSON:
		reason = badJSON
	case text.Misquoted:
		reason = badQuotes
	case text.TooLong:
		reason = badLength
	}
	return &badRow{reason, r.Position, r.Err.Error(), fault.Hint(r)}
}
