package cli

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
)

// TextFlags declare --field and --column: which part of a record is the text.
func TextFlags(s *text.Selection) []Flag {
	return []Flag{
		{Name: "field", Arg: "NAME", Into: &s.Field, Field: "Field",
			Help: "member of each JSON Lines object that holds the text, a string or a list of strings; meta.title is a nested member"},
		{Name: "column", Arg: "NAME", Into: &s.Column, Field: "Column",
			Help: "column of CSV or TSV that holds the text: its name in the header, or its number in files without a header"},
	}
}

// LocaleFlag declares --locale: how capital letters become small ones.
func LocaleFlag(locale *string) Flag {
	return Flag{Name: "locale", Arg: "NAME", Into: locale, Field: "Locale", Help: "language whose lower case differs",
		Default: "none: I becomes i, İ becomes i and a combining dot, and Greek Σ becomes σ, also at the end of a word, where text has ς",
		Values:  []Value{{Name: "tr", Help: "Turkish: I becomes ı, and İ becomes i"}, {Name: "az", Help: "Azerbaijani: the same"}}}
}

// WarnInvalid warns of bytes of src that are not UTF-8.
func WarnInvalid(cmd *cobra.Command, src *text.Source) {
	if s := src.Stats(); s.Invalid > 0 {
		Warn(cmd, "replaced %s with U+FFFD (first: %s)", Plural(s.Invalid, "byte of invalid UTF-8", "bytes of invalid UTF-8"), s.FirstInvalid)
	}
}

// OpenText opens files of text, standard input when none is named. Each line, or
// each record that s selects a text of, is one text.
func OpenText(paths []string, s text.Selection) (*text.Source, error) {
	if len(paths) == 0 {
		paths = []string{text.Stdin}
	}
	src, err := text.Open(paths...)
	if err != nil {
		return nil, err
	}
	s.OneLine = true
	return src, UsageError(src.Select(s))
}
