package documents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"
)

// longestFrontMatter is its size limit in bytes.
const longestFrontMatter = 64 << 10

// frontMatter reads the front matter at the start of Markdown, YAML between lines of --- or TOML
// between +++ or an object of JSON, and returns its length; 0 if there is none. What is not a table of
// values is text.
func (m *markdown) frontMatter(data []byte) int {
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	mark := string(bytes.TrimRight(line, " \t\r"))
	start, last := len(data)-len(rest), mark
	switch mark {
	case "---", "+++":
	case "{":
		start, last = 0, "}"
	default:
		return 0
	}
	for at := start; at < min(len(data), longestFrontMatter); {
		end := at + bytes.IndexByte(data[at:], '\n') + 1
		if end == at {
			end = len(data)
		}
		if line := string(bytes.TrimRight(data[at:end], " \t\r\n")); line == last || line == "..." && mark == "---" {
			if mark == "{" {
				if at = end; !json.Valid(data[:at]) {
					return 0
				}
			}
			fields, ok := parseFrontMatter(mark, data[start:at])
			if !ok {
				return 0
			}
			m.r.describe(fields)
			return end
		}
		at = end
	}
	return 0
}

// parseFrontMatter returns the fields in their order.
func parseFrontMatter(mark string, text []byte) (fields []Field, ok bool) {
	defer func() {
		if recover() != nil { // a parser that panics cannot read it
			fields, ok = nil, false
		}
	}()
	if nested(mark, text) {
		return nil, false
	}
	if mark == "+++" {
		table := map[string]any{}
		meta, err := toml.Decode(string(text), &table)
		if err != nil {
			return nil, false
		}
		for _, key := range meta.Keys() {
			value := any(table)
			for _, name := range key {
				t, _ := value.(map[string]any)
				value = t[name]
			}
			fields = appendField(fields, strings.Join(key, "."), value)
		}
		return fields, true
	}
	var doc yaml.Node // JSON is YAML
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return plainFields(text)
	}
	if len(doc.Content) == 0 {
		return nil, true // empty
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, false
	}
	return yamlFields(fields, "", doc.Content[0], 0), true
}

var plainField = regexp.MustCompile(`^([A-Za-z_][\w-]*):(?:[ \t]+(.*))?$`)

// plainFields reads what is not YAML, as it is often written: "title: Part 2: the end" is the text
// after the first colon. Values of several lines are not read.
func plainFields(text []byte) (fields []Field, ok bool) {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, " \t\r\n")
		m := plainField.FindStringSubmatch(line)
		switch {
		case m != nil && m[2] != "":
			fields = appendField(fields, m[1], typed(strings.Trim(m[2], `"'`)))
		case m == nil && line != "" && !strings.ContainsAny(line[:1], " \t#-"):
			return nil, false
		}
	}
	return fields, len(fields) > 0
}

// nested reports whether names or lists are nested so deeply that parsers take long.
func nested(mark string, text []byte) bool {
	const most = 30
	depth := 0
	for line := range bytes.Lines(text) {
		name, _, _ := bytes.Cut(line, []byte("="))
		if bytes.HasPrefix(line, []byte("[")) {
			name = line
		}
		if mark == "+++" && bytes.Count(name, []byte(".")) > most {
			return true
		}
		for _, b := range line {
			switch b {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > most {
				return true
			}
		}
	}
	return false
}

// yamlFields appends the values of a mapping, those of inner ones as outer.inner.
func yamlFields(fields []Field, prefix string, mapping *yaml.Node, depth int) []Field {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, node := prefix+mapping.Content[i].Value, mapping.Content[i+1]
		if node.Kind == yaml.MappingNode {
			if depth < 4 {
				fields = yamlFields(fields, name+".", node, depth+1)
			}
			continue
		}
		if node.Kind == yaml.AliasNode || hasAlias(node) {
			continue
		}
		var value any
		if node.Decode(&value) == nil {
			fields = appendField(fields, name, value)
		}
	}
	return fields
}

func hasAlias(node *yaml.Node) bool {
	for _, n := range node.Content {
		if n.Kind != yaml.ScalarNode {
			return true
		}
	}
	return false
}

// appendField appends a value, if it has one of the types of fields.
func appendField(fields []Field, name string, value any) []Field {
	switch v := value.(type) {
	case string:
		value = v
		if t, ok := date(v); ok {
			value = t
		}
	case int:
		value = int64(v)
	case uint64:
		value = float64(v)
	case int64, float64, bool, time.Time:
	case []any:
		list := make([]string, 0, len(v))
		for _, item := range v {
			switch item := item.(type) {
			case string:
				list = append(list, item)
			case time.Time:
				list = append(list, item.Format(time.RFC3339))
			case int, int64, uint64, float64, bool:
				list = append(list, fmt.Sprint(item))
			default:
				return fields
			}
		}
		value = list
	default:
		return fields
	}
	return append(fields, Field{name, value})
}

// describe takes the title of a document from its fields, and keeps the rest. Keep names the ones
// to keep, if it is set.
func (r *reading) describe(fields []Field) {
	keep := r.source.options.Keep
	for _, f := range fields {
		if title, ok := f.Value.(string); ok && strings.EqualFold(f.Name, r.source.titleName()) {
			r.title = strings.Join(strings.Fields(title), " ")
			if len(keep) == 0 {
				continue
			}
		}
		if len(keep) == 0 || contains(keep, f.Name) {
			r.fields = append(r.fields, f)
		}
	}
}

func contains(list []string, name string) bool {
	for _, s := range list {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}
