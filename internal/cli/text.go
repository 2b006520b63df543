package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// TextFlags declare --field and --column: which part of a record is the text.
func TextFlags(s *text.Selection) []Flag {
	return []Flag{
		{Name: "field", Arg: "NAME", Into: &s.Field, Field: "Field",
			Help: "member of each JSON Lines object, or column of Parquet, that holds the text, a string or a list of strings; meta.title is a nested member"},
		{Name: "column", Arg: "NAME", Into: &s.Column, Field: "Column",
			Help: "column of CSV, TSV or Parquet that holds the text: its name, or its number in files without a header"},
	}
}

// KeptFlags declare --id and --keep: what accompanies the text of a record.
func KeptFlags(k *text.Kept) []Flag {
	return []Flag{
		{Name: "id", Arg: "NAME", Into: &k.ID, Field: "ID",
			Help: "member or column that holds the id of each record, named like that of the text; it is written beside the vector"},
		{Name: "keep", Arg: "A,B,...", Into: &k.Fields, Field: "Fields",
			Help: "further members or columns to write beside the vector; can be repeated"},
	}
}

// DocumentsFlag declares --documents.
func DocumentsFlag(documents *bool) Flag {
	return Flag{Name: "documents", Into: documents, Field: "Documents",
		Help: "take each file as one text, whose id is its path in the folder that is named; Markdown and HTML are read without their markup"}
}

// PassageFlags declare --chunk and --overlap: how long texts are cut.
func PassageFlags(o *passages.Options) []Flag {
	return []Flag{
		{Name: "chunk", Arg: "N", Into: &o.Tokens, Field: "Tokens", Positive: true, Default: "texts are not cut",
			Help: "cut each text into passages of at most N tokens, at the ends of sentences"},
		{Name: "overlap", Arg: "N", Into: &o.Overlap, Field: "Overlap",
			Help: "begin a passage with up to N tokens of the one before, whole sentences if they fit; less than --chunk"},
	}
}

// LocaleFlag declares --locale: how capital letters become small ones.
func LocaleFlag(locale *string) Flag {
	return Flag{Name: "locale", Arg: "NAME", Into: locale, Field: "Locale", Help: "language with its own rules for lower case",
		Default: "none: I becomes i, İ becomes i and a combining dot, and Greek Σ always becomes σ",
		Values:  []Value{{Name: "tr", Help: "Turkish: I becomes ı, and İ becomes i"}, {Name: "az", Help: "Azerbaijani: the same"}}}
}

// SkipBadFlag declares --skip-bad, for commands that make something of each record.
func SkipBadFlag(skip *bool) Flag {
	return Flag{Name: "skip-bad", Into: skip, Field: "SkipBad",
		Help: "skip and count records that are damaged, lack a part that is selected, or hold something other than text there, and of --documents the files that are not text; without it the first one is an error"}
}

// Skippable adds to the error of a bad record that --skip-bad skips it.
func Skippable(err error) error {
	var bad *text.BadRecord
	if !errors.As(err, &bad) {
		return err
	}
	hint := "skip such records with --skip-bad"
	if bad.Line == 0 { // Texts of documents: the whole file
		hint = "skip such files with --skip-bad"
	}
	if own := fault.Hint(err); own != "" {
		hint = own + "; or " + hint
	}
	return fault.New(hint, "%w", err)
}

// WarnInvalid warns of bytes of src that are not UTF-8, of records that were skipped and of
// records that were read as text, and notes unusual line ends.
func WarnInvalid(cmd *cobra.Command, src *text.Source) {
	if name := src.AtCR(); name != "" {
		Note(cmd, "the lines of %s end at carriage returns", InputName(name))
	}
	WarnRecords(cmd, src.Unselected(), cmd.Flag("field") != nil)
	if n, first := src.Skipped(); n > 0 {
		one, many := "bad record", "bad records"
		if s := src.Selected(); s.Field == "" && s.Column == "" {
			one, many = "file", "files"
		}
		Warn(cmd, "skipped %s (first: %v)", Plural(n, one, many), fault.Rename(first, FieldFlags(cmd)))
	}
	if s := src.Stats(); s.Invalid > 0 {
		Warn(cmd, "replaced %s (first: %s)", Replaced(s.Invalid, s.NULs), s.FirstInvalid)
	}
}

// Replaced says which bytes were replaced: invalid ones, of which nuls are NUL.
func Replaced(invalid, nuls int64) string {
	var parts []string
	if n := invalid - nuls; n > 0 {
		parts = append(parts, Plural(n, "byte of invalid UTF-8", "bytes of invalid UTF-8")+" with U+FFFD")
	}
	switch {
	case nuls == 1:
		parts = append(parts, "1 NUL byte with a space")
	case nuls > 0:
		parts = append(parts, Plural(nuls, "NUL byte", "NUL bytes")+" with spaces")
	}
	return strings.Join(parts, " and ")
}

// WarnRecords warns of records that were read as text; selectable is whether --field and
// --column select a part of them.
func WarnRecords(cmd *cobra.Command, u text.Unselected, selectable bool) {
	how := ""
	switch {
	case u.Format == "":
		return
	case (u.Format == "CSV" || u.Format == "TSV") && selectable:
		how = "--column selects the text"
	case u.Format == "CSV" || u.Format == "TSV":
		how = "use a file with one text per line"
	case u.Format == "JSON" || !selectable:
		how = "jq -r '.. | strings' writes the texts, one per line"
	default:
		how = "--field selects the text"
		if u.Fields != "" {
			how += ", such as " + u.Fields
		}
	}
	Warn(cmd, "%s is %s, but every line was read as text, with names and punctuation: %s", InputName(u.File), u.Format, how)
}

// OpenRecords is OpenText; with skipBad, bad records are skipped.
func OpenRecords(paths []string, s text.Selection, skipBad bool) (*text.Source, error) {
	src, err := OpenText(paths, s)
	if err == nil && skipBad {
		err = UsageError(src.SkipBad())
	}
	return src, err
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
