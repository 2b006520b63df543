package fault

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// A FieldError is about a field of an options struct. Libraries return it: its message
// names the field as Go code does ("Dim must be from 1 to 16384, got 0"). A
// command translates the name into its flag with [Rename].
type FieldError struct {
	// Field is the field at fault; "" if the error only mentions fields.
	Field string

	format string
	args   []any
	hint   string
	err    error // of format and args
}

// Field returns an error about the value of one field. Its message is the name of the
// field and what fmt.Errorf makes of format and args:
//
//	fault.Field("Dim", "", "must be from 1 to %d, got %d", most, dim)
//
// format and hint may mention other fields by name; Rename translates these too. Pass user
// input in args, which are not translated.
func Field(name, hint, format string, args ...any) error {
	return newField(name, hint, name+" "+format, args)
}

// Mention returns an error that is not about the value of a field but mentions fields
// by name in its format or its hint ("lower MinCount"), for Rename to translate.
func Mention(hint, format string, args ...any) error {
	return newField("", hint, format, args)
}

func newField(name, hint, format string, args []any) error {
	return &FieldError{name, format, args, hint, fmt.Errorf(format, args...)}
}

func (e *FieldError) Error() string { return e.err.Error() }
func (e *FieldError) Unwrap() error { return errors.Unwrap(e.err) }

// Rename translates the fields that err names: flags gives the flag of each field, such as
// "--dim" for "Dim". The result wraps err and has the same message and hint with the names
// replaced, wherever the field error is in the chain. An error without a field error, including
// nil, is returned unchanged.
func Rename(err error, flags map[string]string) error {
	var f *FieldError
	if !errors.As(err, &f) {
		return err
	}
	named := fmt.Errorf(renameWords(f.format, flags), f.args...).Error()
	hint := Hint(err)
	if hint == f.hint {
		hint = renameWords(hint, flags)
	}
	return &renamed{strings.Replace(err.Error(), f.Error(), named, 1), hint, err}
}

// renamed is an error whose fields have been translated.
type renamed struct {
	message, hint string
	err           error
}

func (e *renamed) Error() string { return e.message }
func (e *renamed) Unwrap() error { return e.err }
func (e *renamed) Hint() string  { return e.hint }

// Hint returns the hint.
func (e *FieldError) Hint() string { return e.hint }

// renameWords replaces whole words.
func renameWords(text string, names map[string]string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		if name, ok := names[word]; ok {
			word = name
		}
		b.WriteString(word)
		if text = text[end:]; text != "" {
			b.WriteByte(text[0])
			text = text[1:]
		}
	}
	return b.String()
}
