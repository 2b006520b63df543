package cli

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/fault"
)

// The groups of a help text, in the order in which a command declares them;
// General comes last. A command may have groups of its own.
const (
	Arguments   = "Arguments"
	ForInput    = "Input"
	ForModel    = "Model"
	ForTraining = "Training"
	ForOutput   = "Output"
	General     = "General"
)

// Flag is one row of a command's table. It declares the flag, its line of help,
// its default, its values and how a shell completes it.
type Flag struct {
	Name  string // without dashes; "" declares an argument, which Arg names
	Short string // one letter, or ""
	Arg   string // what the help calls the value, such as N or FILE; "" for a switch

	// Into points to the variable to set, which holds the default: a string (or a
	// type of that kind), int, int64, uint64, float64, bool, time.Duration,
	// []string (repeatable), []int or []float64 (separated by commas). Nil is a switch that
	// is read by its name.
	Into any

	Field    string   // the library's field that it sets, which errors name
	Help     string   // what it sets, without a full stop
	Values   []Value  // the values it takes
	Also     []string // other names of these that it takes
	Open     bool     // it takes any other value, such as a file
	Positive bool     // a number of at least 1

	// Default is the text of the default, where the value of Into does not say it:
	// "one per core". Unless that value is zero, it must be a part of the text.
	Default string

	Ext []string // extensions of the files that the shell completes

	group string
}

// Value is a value of a flag. Upper case names stand for others: MODEL, FILE.
type Value struct{ Name, Help string }

// Values are values that need no explanation.
func Values[T ~string](names ...T) []Value {
	return Summarized(names, func(T) string { return "" })
}

// Summarized are the values of a registry, each with what it does.
func Summarized[T ~string](names []T, summary func(T) string) []Value {
	values := make([]Value, len(names))
	for i, name := range names {
		values[i] = Value{string(name), summary(name)}
	}
	return values
}

// Declare adds the rows of a group to the table of cmd and returns cmd.
func Declare(cmd *cobra.Command, group string, rows ...Flag) *cobra.Command {
	for _, row := range rows {
		row.group = group
		if row.Name != "" {
			declare(cmd, cmd.Flags(), row)
			continue
		}
		if cmd.Annotations == nil {
			cmd.Annotations = map[string]string{}
		}
		cmd.Annotations[Arguments] += row.Arg + "\t" + row.Help + "\n"
		cmd.ValidArgsFunction = row.complete
		if row.Field != "" {
			NameField(cmd, row.Field, row.Arg)
		}
	}
	return cmd
}

func declare(cmd *cobra.Command, set *pflag.FlagSet, row Flag) {
	set.SortFlags = false
	switch into := row.Into.(type) {
	case nil:
		set.BoolP(row.Name, row.Short, false, "")
	case *bool:
		set.BoolVarP(into, row.Name, row.Short, *into, "")
	case *int:
		set.IntVarP(into, row.Name, row.Short, *into, "")
	case *int64:
		set.Int64VarP(into, row.Name, row.Short, *into, "")
	case *uint64:
		set.Uint64VarP(into, row.Name, row.Short, *into, "")
	case *float64:
		set.Float64VarP(into, row.Name, row.Short, *into, "")
	case *time.Duration:
		set.DurationVarP(into, row.Name, row.Short, *into, "")
	case *[]string:
		set.StringArrayVarP(into, row.Name, row.Short, *into, "")
	case *[]int:
		set.IntSliceVarP(into, row.Name, row.Short, *into, "")
	case *[]float64:
		set.Float64SliceVarP(into, row.Name, row.Short, *into, "")
	default:
		text := reflect.ValueOf(into).Convert(reflect.TypeFor[*string]()).Interface().(*string)
		set.StringVarP(text, row.Name, row.Short, *text, "")
	}
	row.Default = cmp.Or(row.Default, row.defaultText())
	f := set.Lookup(row.Name)
	f.Usage = row.Help // for what cobra shows of it
	v := &value{f.Value, &row}
	f.Value = v
	if slice, ok := v.Value.(pflag.SliceValue); ok {
		f.Value = &list{v, slice}
	}
	if row.Arg != "" {
		cobra.CheckErr(cmd.RegisterFlagCompletionFunc(row.Name, row.complete))
	}
}

// defaultText writes the default; a switch that is off, and what is empty, has none.
func (r *Flag) defaultText() string {
	if r.Into == nil {
		return ""
	}
	switch v := reflect.ValueOf(r.Into).Elem().Interface().(type) {
	case bool:
		return strings.TrimSuffix(strconv.FormatBool(v), "false")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Duration:
		if v%time.Minute == 0 { // 5m0s
			return strings.TrimSuffix(v.String(), "0s")
		}
		return v.String()
	case []string:
		return strings.Join(v, ", ")
	case []int, []float64:
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
	default:
		return fmt.Sprint(v)
	}
}

// value is the value of a flag of a table.
type value struct {
	pflag.Value
	row *Flag
}

// list is the value of a flag that takes several.
type list struct {
	*value
	pflag.SliceValue
}

// Set refuses what the table does not name.
func (v *value) Set(text string) error {
	if len(v.row.Values) > 0 && !v.row.Open && text != "" {
		known := slices.Contains(v.row.Also, text)
		for _, one := range v.row.Values {
			known = known || one.Name == text
		}
		if !known {
			return fmt.Errorf("must be %s", v.row.choices())
		}
	}
	if v.row.Positive {
		for _, part := range strings.Split(text, ",") {
			if n, err := strconv.ParseInt(part, 0, 64); err == nil && n < 1 {
				return fmt.Errorf("must be at least 1")
			}
		}
	}
	return v.Value.Set(text)
}

func (r *Flag) choices() string {
	var names []string
	for _, v := range r.Values {
		names = append(names, v.Name)
	}
	return fault.OneOf(names)
}

// rowOf returns the row of a flag, nil for one that is in no table.
func rowOf(f *pflag.Flag) *Flag {
	switch v := f.Value.(type) {
	case *value:
		return v.row
	case *list:
		return v.row
	}
	return nil
}

// mustBe says what a flag takes, for a message.
func mustBe(f *pflag.Flag) string {
	row := rowOf(f)
	switch t := f.Value.Type(); {
	case row != nil && len(row.Values) > 0 && !row.Open:
		return row.choices()
	case row != nil && row.Positive && t == "intSlice":
		return "whole numbers of at least 1, separated by commas"
	case row != nil && row.Positive:
		return "a whole number of at least 1"
	case t == "bool":
		return "true or false"
	case strings.HasPrefix(t, "uint"):
		return "a whole number of at least 0"
	case t == "intSlice":
		return "whole numbers separated by commas"
	case t == "float64Slice":
		return "numbers separated by commas"
	case strings.HasPrefix(t, "int"):
		return "a whole number"
	case strings.HasPrefix(t, "float"):
		return "a number"
	case t == "duration":
		return "a duration such as 30s or 5m"
	}
	return "text"
}

// nameFlags replaces the fields that err names by the flags of cmd that set them. An
// error about the value of such a field is a mistake in the use of the command.
func nameFlags(err error, cmd *cobra.Command) error {
	flags := FieldFlags(cmd)
	var field *fault.FieldError
	if errors.As(err, &field) && flags[field.Field] != "" {
		err = UsageError(err)
	}
	return fault.Rename(err, flags)
}

const fieldPrefix = "field "

// NameField says how messages of cmd call a field that none of its flags sets.
func NameField(cmd *cobra.Command, field, name string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[fieldPrefix+field] = name
}

// FieldFlags returns the flags of cmd by the fields that they set.
func FieldFlags(cmd *cobra.Command) map[string]string {
	flags := map[string]string{}
	for key, name := range cmd.Annotations {
		if field, ok := strings.CutPrefix(key, fieldPrefix); ok {
			flags[field] = name
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		row := rowOf(f)
		if row == nil || row.Field == "" {
			return
		}
		if _, first := flags[row.Field]; !first { // later ones are other ways to set it
			flags[row.Field] = dashed(f)
		}
	})
	return flags
}

// dashed is the name of a flag as messages write it.
func dashed(f *pflag.Flag) string {
	if f.Name == f.Shorthand {
		return "-" + f.Name
	}
	return "--" + f.Name
}
