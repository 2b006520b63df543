package documents

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
)

// jsonKind returns the kind of a file named .json or .ipynb.
func jsonKind(name string, head []byte, kind Kind) Kind {
	switch path.Ext(plainName(name)) {
	case ".ipynb":
		return notebook
	case ".json":
	default:
		return kind
	}
	head = bytes.TrimSpace(head)
	if rest, ok := bytes.CutPrefix(head, []byte("[")); ok && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
		return jsonArray
	}
	line, rest, ok := bytes.Cut(head, []byte("\n"))
	if ok && bytes.HasPrefix(line, []byte("{")) && json.Valid(line) && bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
		return Records
	}
	return kind
}

// Kinds of JSON that is read as a whole.
const (
	notebook  Kind = "notebook"
	jsonArray Kind = "a JSON array"
)

// element is an element of an array in JSON, with its lines in the file.
type element struct {
	raw         json.RawMessage
	first, last int
}

// elements returns the elements of an array: the file or, in an object, the member of this name.
func elements(data []byte, member string) (list []element, err error) {
	in := json.NewDecoder(bytes.NewReader(data))
	line, mark := 1, 0
	at := func(offset int) int {
		line += bytes.Count(data[mark:offset], []byte{'\n'})
		mark = offset
		return line
	}
	if member != "" {
		if t, err := in.Token(); err != nil || t != json.Delim('{') {
			return nil, errors.Join(errNotJSON, err)
		}
		for {
			key, err := in.Token()
			if err != nil || key == json.Delim('}') {
				return nil, errors.Join(errNotJSON, err)
			}
			if key == member {
				break
			}
			var skipped json.RawMessage
			if err := in.Decode(&skipped); err != nil {
				return nil, err
			}
		}
	}
	if t, err := in.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.Join(errNotJSON, err)
	}
	for in.More() {
		start := int(in.InputOffset())
		for start < len(data) && (space(data[start]) || data[start] == ',') {
			start++
		}
		e := element{first: at(start)}
		if err := in.Decode(&e.raw); err != nil {
			return nil, err
		}
		e.last = at(int(in.InputOffset()))
		list = append(list, e)
	}
	_, err = in.Token()
	return list, err
}

var errNotJSON = errors.New("the file has not the expected JSON")

// array reads an array of records.
func (r *reading) array(in *bufio.Reader) error {
	data, err := r.all(in)
	if err != nil {
		return err
	}
	list, err := elements(data, "")
	if err != nil {
		return r.unfit(reasonDamaged, "", "%s is not a JSON array: %w", r.name(), jsonError(err))
	}
	var lines bytes.Buffer
	for _, e := range list {
		if err := json.Compact(&lines, e.raw); err != nil {
			return r.unfit(reasonDamaged, "", "%s is not a JSON array: %w", r.name(), jsonError(err))
		}
		lines.WriteByte('\n')
	}
	r.elements = list
	return r.recordsOf(text.FromBytes(r.file.Path, lines.Bytes()), text.ForField)
}

// jsonError is the error for JSON that ends too early.
func jsonError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends too early")
	}
	return err
}

// notebook reads the cells of a Jupyter notebook: Markdown as it is, code as a block of code.
func (r *reading) notebook(in *bufio.Reader) error {
	data, err := r.all(in)
	if err != nil {
		return err
	}
	cells, err := elements(data, "cells")
	if err != nil {
		return r.unfit(reasonDamaged, "", "%s is not a notebook: %w", r.name(), jsonError(err))
	}
	var all bytes.Buffer
	for _, c := range cells {
		var cell struct {
			Type   string          `json:"cell_type"`
			Source json.RawMessage `json:"source"`
		}
		var lines []string
		var source string
		if json.Unmarshal(c.raw, &cell) != nil || json.Unmarshal(cell.Source, &source) != nil && json.Unmarshal(cell.Source, &lines) != nil {
			continue
		}
		if source += strings.Join(lines, ""); strings.TrimSpace(source) == "" {
			continue
		}
		before := bytes.Count(all.Bytes(), []byte{'\n'})
		if cell.Type == "code" {
			fence := "```"
			for strings.Contains(source, fence) {
				fence += "`"
			}
			source = fence + "\n" + source + "\n" + fence
		}
		all.WriteString(source + "\n\n")
		for range bytes.Count(all.Bytes(), []byte{'\n'}) - before {
			r.places = append(r.places, [2]int{c.first, c.last})
		}
	}
	r.size = int64(all.Len())
	return readMarkdown(r, bufio.NewReader(&all))
}
