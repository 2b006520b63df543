package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// maxConfigSize is far above any settings file: a larger one was named by
// mistake.
const maxConfigSize = 1 << 20

// setting is one key of a configuration file. A list sets a repeatable flag.
type setting struct {
	key    string
	values []string
	list   bool
	line   int
}

// applyConfig sets the flags of cmd that --config's file names and the command
// line does not.
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
			return usage(fmt.Sprintf("the keys are the flags of '%s --help' without the dashes", cmd.CommandPath()),
				"%s:%d: %q is no setting of %q", name, s.line, s.key, cmd.CommandPath())
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
				return usage("", "%s:%d: %q cannot be %q (it takes %s)", name, s.line, s.key, v, flagType(f))
			}
		}
	}
	return nil
}

func flagType(f *pflag.Flag) string {
	switch t := f.Value.Type(); t {
	case "bool":
		return "true or false"
	case "int", "int32", "int64":
		return "a whole number"
	case "uint", "uint32", "uint64":
		return "a whole number from 0"
	case "float32", "float64":
		return "a number"
	case "duration":
		return "a time such as 30s or 5m"
	case "intSlice":
		return "whole numbers with commas between them"
	default:
		return "a " + t
	}
}

func readConfig(name string) ([]setting, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfigSize || bytes.IndexByte(data, 0) >= 0 {
		return nil, fmt.Errorf("%s is no configuration file", name)
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return parseJSONConfig(name, data)
	}
	return parseLineConfig(name, data)
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
		items := []any{value}
		if list, ok := value.([]any); ok {
			items, s.list = list, true
		}
		for _, item := range items {
			switch item := item.(type) {
			case string:
				s.values = append(s.values, item)
			case json.Number, bool:
				s.values = append(s.values, fmt.Sprint(item))
			default:
				return nil, fail(fmt.Errorf("%q must be a string, a number, true, false or a list of these", s.key))
			}
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

// parseLineConfig reads "name = value" and "name: value" lines: the part of
// YAML and TOML that flat settings need. A value may be quoted, be a list
// "[a, b]", or a list of "- item" lines under "name:"; "#" starts a comment.
func parseLineConfig(name string, data []byte) ([]setting, error) {
	var settings []setting
	open := false // the last setting awaits "- item" lines
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxConfigSize)
	for n := 1; lines.Scan(); n++ {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: %w", name, n, fmt.Errorf(format, args...))
		}
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" || text[0] == '#' || text == "---" {
			continue
		}
		if item, ok := strings.CutPrefix(text, "- "); ok {
			if !open {
				return nil, fail("%q belongs to no setting", text)
			}
			value, err := scalar(item)
			if err != nil {
				return nil, fail("%w", err)
			}
			last := &settings[len(settings)-1]
			last.values, last.list = append(last.values, value), true
			continue
		}
		if open && !settings[len(settings)-1].list {
			return nil, fmt.Errorf("%s:%d: %q has no value", name, settings[len(settings)-1].line, settings[len(settings)-1].key)
		}
		if text[0] == '[' {
			return nil, fail("sections such as %s are not supported", text)
		}
		i := strings.IndexAny(text, "=:")
		if i < 1 {
			return nil, fail("expected \"name = value\" or \"name: value\", found %q", Cut(text, 40))
		}
		s := setting{key: strings.Trim(strings.TrimSpace(text[:i]), `"`), line: n}
		rest := strings.TrimSpace(text[i+1:])
		open = rest == "" || rest[0] == '#'
		switch {
		case open:
		case rest[0] == '[':
			values, err := list(rest)
			if err != nil {
				return nil, fail("%w", err)
			}
			s.values, s.list = values, true
		default:
			value, err := scalar(rest)
			if err != nil {
				return nil, fail("%w", err)
			}
			s.values = []string{value}
		}
		settings = append(settings, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if n := len(settings); open && !settings[n-1].list {
		return nil, fmt.Errorf("%s:%d: %q has no value", name, settings[n-1].line, settings[n-1].key)
	}
	return settings, nil
}

// scalar takes the quotes or the trailing comment off a value.
func scalar(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	value, rest := s, ""
	switch s[0] {
	case '"':
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", fmt.Errorf("a quote is not closed in %s", s)
		}
		if value, err = strconv.Unquote(quoted); err != nil {
			return "", fmt.Errorf("%s is no string", quoted)
		}
		rest = s[len(quoted):]
	case '\'':
		end := strings.IndexByte(s[1:], '\'')
		if end < 0 {
			return "", fmt.Errorf("a quote is not closed in %s", s)
		}
		value, rest = s[1:1+end], s[end+2:]
	default:
		if i := strings.Index(s, " #"); i >= 0 {
			value = strings.TrimSpace(s[:i])
		}
	}
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		return "", fmt.Errorf("text after the closing quote in %s", s)
	}
	return value, nil
}

// list splits "[a, "b, c", d]".
func list(s string) ([]string, error) {
	end := strings.LastIndexByte(s, ']')
	if end < 0 {
		return nil, fmt.Errorf("a bracket is not closed in %s", s)
	}
	if rest := strings.TrimSpace(s[end+1:]); rest != "" && rest[0] != '#' {
		return nil, fmt.Errorf("text after the closing bracket in %s", s)
	}
	var values []string
	var quote byte
	start := 1
	for i := 1; i <= end; i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ',' || i == end:
			item := strings.TrimSpace(s[start:i])
			start = i + 1
			if item == "" {
				continue
			}
			value, err := scalar(item)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed in %s", s)
	}
	return values, nil
}
