// Package filter is the language of conditions on the metadata of passages, such as
//
//	year >= 2020 and lang = "en"
//
// [Parse] reads a condition, and [Condition.Labels] evaluates it to the set of the labels of the
// passages for which it is true, which restricts a search.
//
//	condition  = and-condition { "or" and-condition }
//	and        = not-condition { "and" not-condition }
//	not        = "not" not-condition | "(" condition ")" | comparison
//	comparison = field ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	           | field [ "not" ] "in" "(" value { "," value } ")"
//	           | field [ "not" ] ( "contains" | "~" ) value
//	           | field [ "not" ] "exists"  |  "exists" field
//
// Keywords may be written in capitals, and ==, <>, &&, || and ! mean =, !=, and, or and not. A field
// is a word of letters, digits, "_", "-" and "."; any other name is put in backquotes. A value is a
// string in single or double quotes (with \" and \\), a number, true, false, a date such as
// 2024-01-31, 2024-01 or 2024-01-31T12:00:00Z, or a single word.
//
// # What is compared
//
// The kind of a field decides ([Kind]). A number field compares numbers, a date field moments, and a
// value that cannot be converted is an error. A date without a time is the whole day, and one without
// a day the whole month, so date <= 2024-01 includes January 31. Dates without a time zone are UTC.
// A string field compares bytes, but a number that is not in quotes is compared with those of its
// values that are numbers. contains ignores the case of letters.
//
// A field may have several values: a comparison is true if it is true for one of them. It is false,
// whatever the operator, for passages that do not have the field; "not (year = 2020)" is true for
// these.
package filter
