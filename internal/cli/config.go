package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// maxConfigSize is far above the size of any settings: a larger file was named by
// mistake.
const maxConfigSize = 1 << 20

// setting is one key of a configuration file. A list sets a repeatable flag.
type setting struct {
	key    string
	values []string
	list   bool
	line   int
}

// applyConfig sets the flags of cmd that the file of --config names and the
// command line does not.
func applyConfig(cmd *cobra.Command) error {
	flag := cmd.Flag("config")
	if flag == nil || flag.Value.String() == "" {
		return nil
	}
	name := flag.Value.String()
	settings, err := readConfig(name)
	if err != nil {
		return UsageError(err)
	}
	given := map[string]bool{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = true })
	seen := map[string]int{}
	for _, s := range settings {
		key := strings.ReplaceAll(s.key, "_", "-")
		f := cmd.Flags().Lookup(key)
		if f == nil || key == "config" || key == "help" || key == "version" {
			hint := fmt.Sprintf("the keys are the flags of '%s --help' without the dashes", cmd.CommandPath())
			if near := nearestFlag(cmd, key); near != "" && f == nil {
				hint = fmt.Sprintf("did you mean %s? %s", near, hint)
			}
			return usage(hint, "%s:%d: %q is not a setting of %q", name, s.line, s.key, cmd.CommandPath())
		}
		if first, twice := seen[key]; twice {
			return usage("", "%s:%d: %q was already set in line %d", name, s.line, s.key, first)
		}
		seen[key] = s.line
		if given[key] {
			continue
		}
		if _, many := f.Value.(pflag.SliceValue); s.list && !many {
			return usage("", "%s:%d: %q takes one value, not a list", name, s.line, s.key)
		}
		for _, v := range s.values {
			if err := cmd.Flags().Set(key, v); err != nil {
				return usage("", "%s:%d: %q must be %s, got %q", name, s.line, s.key, mustBe(f), v)
			}
		}
	}
	return nil
}

func readConfig(name string) ([]setting, error) {
	f, err := pipe.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfigSize || bytes.IndexByte(data, 0) >= 0 {
		return nil, fmt.Errorf("%s is not a configuration file", name)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return parseJSONConfig(name, data)
	}
	return parseTOMLConfig(name, string(data))
}

// take adds the values of an entry: strings, numbers, true, false and lists of
// these.
func (s *setting) take(value any) error {
	items := []any{value}
	if l, ok := value.([]any); ok {
		items, s.list = l, true
	}
	for _, item := range items {
		switch item.(type) {
		case string, json.Number, bool, int64, float64:
			s.values = append(s.values, fmt.Sprint(item))
		default:
			return fmt.Errorf("%q must be a string, a number, true, false or a list of these", s.key)
		}
	}
	return nil
}

// parseJSONConfig reads one flat object; the values are strings, numbers, true,
// false and lists of these.
func parseJSONConfig(name string, data []byte) ([]setting, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	line := func() int { return 1 + bytes.Count(data[:min(d.InputOffset(), int64(len(data)))], []byte{'\n'}) }
	fail := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends too early")
		}
		return fmt.Errorf("%s:%d: %w", name, line(), err)
	}
	if _, err := d.Token(); err != nil { // the brace
		return nil, fail(err)
	}
	var settings []setting
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, fail(err)
		}
		s := setting{key: token.(string), line: line()} // a key of an object is a string
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, fail(err)
		}
		if err := s.take(value); err != nil {
			return nil, fail(err)
		}
		settings = append(settings, s)
	}
	if _, err := d.Token(); err != nil {
		return nil, fail(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fail(errors.New("text after the closing brace"))
	}
	return settings, nil
}

// parseTOMLConfig reads the keys of a TOML document without tables.
func parseTOMLConfig(name, text string) ([]setting, error) {
	var values map[string]any
	meta, err := toml.Decode(text, &values)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		return nil, fault.New(`a line is 'name = value', as in TOML; text is quoted: model = "folder"`,
			"%s:%d: %s", name, syntax.Position.Line, strings.TrimSuffix(strings.TrimSuffix(syntax.Message, " for int64"), " for float64"))
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var settings []setting
	taken := map[string]bool{}
	for _, key := range meta.Keys() {
		if taken[key[0]] {
			continue
		}
		taken[key[0]] = true // also of a dotted key, whose table is refused
		s := setting{key: key[0], line: lineOf(text, key[0])}
		if err := s.take(values[key[0]]); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, s.line, err)
		}
		settings = append(settings, s)
	}
	return settings, nil
}

// lineOf finds the line of a key or a table, which the parser does not report.
func lineOf(text, key string) int {
	at := regexp.MustCompile(`(?m)^[\t \["']*` + regexp.QuoteMeta(key) + `["'\t ]*[=.\]]`).FindStringIndex(text)
	if at == nil {
		return 1
	}
	return 1 + strings.Count(text[:at[0]], "\n")
}
