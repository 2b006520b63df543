package text

import (
	"errors"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/luminavec/luminavec/internal/fault"
)

// parquetNode is a column that is read: a leaf, or a group of nodes.
type parquetNode struct {
	name       string
	optional   bool
	repeated   bool
	repetition int  // its level: that of the innermost list that it is in, counting itself
	definition int  // its level: how many of the optional and repeated nodes down to it are there
	list       bool // a group whose one child is the list
	item       bool // the child of a list, which stands for its own child
	leaf       *parquetLeaf
	names      []string
	nodes      []*parquetNode
}

// lackedField is the error for field number i of RecordOptions.Fields, which no record has.
type lackedField struct {
	i   int
	err error
}

func (l *lackedField) Error() string { return l.err.Error() }
func (l *lackedField) Unwrap() error { return l.err }

// choose finds the columns to read.
func (p *parquetRecords) choose(root *parquet.Column) error {
	for i, path := range p.file.Fields {
		if err := p.checkField(root, path, i == 0 && (p.file.Use == ForField || p.file.Use == ForColumn)); err != nil {
			return &lackedField{i, err}
		}
	}
	for _, column := range root.Columns() {
		fields, read := below(p.file.Fields, column.Name())
		if p.file.Fields != nil && !read {
			continue
		}
		if node := p.node(column, fields, 0, 0); node != nil {
			p.names, p.nodes = append(p.names, node.name), append(p.nodes, node)
		}
	}
	return nil
}

// below returns the rests of the paths that begin with name; nil means all of it.
func below(paths []Path, name string) (rest []Path, found bool) {
	all := false
	for _, path := range paths {
		if len(path) > 0 && path[0] == name {
			found = true
			all = all || len(path) == 1
			rest = append(rest, path[1:])
		}
	}
	if all {
		return nil, true
	}
	return rest, found
}

// checkField checks that a path leads to a column and, for the text, that it may hold text.
func (p *parquetRecords) checkField(root *parquet.Column, path Path, text bool) error {
	at := root
	for i, name := range path {
		next := at.Column(name)
		if next == nil {
			var names []string
			for _, c := range at.Columns() {
				names = append(names, c.Name())
			}
			slices.Sort(names)
			const hint = `name a column of the file; a dot selects a column of a group, and \. is a dot in a name`
			if len(names) == 0 || isList(at) {
				return fault.New(hint, "%s: column %q is %s, not a group", Describe(p.file.Name), path[:i], p.columnKind(at))
			}
			return fault.New(hint, "%s has no column %q, only %s", Describe(p.file.Name), path[:i+1], fault.Names(names))
		}
		same := func(c *parquet.Column) bool { return c.Name() == name }
		if columns := at.Columns(); slices.ContainsFunc(columns[slices.IndexFunc(columns, same)+1:], same) {
			return fault.New("rename one of them", "%s: two columns are named %q", Describe(p.file.Name), path[:i+1])
		}
		at = next
	}
	if !text {
		return nil
	}
	if item := listItem(at); isListGroup(item) || !item.Leaf() || !typeOf(item, false).text {
		return fault.New("name a column of strings, or of lists of strings", "%s: column %q is %s, not text", Describe(p.file.Name), path, p.columnKind(at))
	}
	return nil
}

// isList reports whether a column is a list, as one level or three.
func isList(c *parquet.Column) bool { return c.Repeated() || isListGroup(c) }

// isListGroup reports whether a column is a group that stands for the list in it.
func isListGroup(c *parquet.Column) bool {
	if c.Leaf() || len(c.Columns()) != 1 || !c.Columns()[0].Repeated() {
		return false
	}
	switch c.Type().LogicalType().Value.(type) {
	case *format.ListType, *format.MapType:
		return true
	}
	return false
}

// stands reports whether the repeated column of a list stands for its own child. Source: Parquet's
// LogicalTypes.md, backward-compatibility rules of lists.
func stands(list, c *parquet.Column) bool {
	return !c.Leaf() && len(c.Columns()) == 1 && c.Name() != "array" && c.Name() != list.Name()+"_tuple"
}

// listItem returns the column of the items of a list, or the column itself.
func listItem(c *parquet.Column) *parquet.Column {
	if !isListGroup(c) {
		return c
	}
	item := c.Columns()[0]
	if stands(c, item) {
		return item.Columns()[0]
	}
	return item
}

// columnKind returns what a column holds, as messages name it.
func (p *parquetRecords) columnKind(c *parquet.Column) string {
	plain := func(c *parquet.Column) string {
		if c.Leaf() {
			return typeOf(c, p.float16[c.Index()]).name
		}
		return "group"
	}
	item := listItem(c)
	switch {
	case isListGroup(c) && isListGroup(item):
		return "a list of lists"
	case isList(c):
		return "a list of " + plain(item)
	case !c.Leaf():
		return "a group"
	}
	return plain(c)
}

// node returns the node of a column with the given levels above it, nil if nothing of it can be read.
func (p *parquetRecords) node(c *parquet.Column, fields []Path, repetition, definition int) *parquetNode {
	n := &parquetNode{name: c.Name(), optional: c.Optional(), repeated: c.Repeated(), repetition: repetition, definition: definition}
	if n.repeated {
		n.repetition++
	}
	if n.repeated || n.optional {
		n.definition++
	}
	if c.Leaf() {
		n.leaf = &parquetLeaf{column: c, path: Path(c.Path()).String(), about: typeOf(c, p.float16[c.Index()])}
		p.leaves = append(p.leaves, n.leaf)
		return n
	}
	n.list = isListGroup(c)
	for _, child := range c.Columns() {
		rest, read := below(fields, child.Name())
		if fields != nil && !read {
			continue
		}
		if node := p.node(child, rest, n.repetition, n.definition); node != nil {
			node.item = n.list && stands(c, child)
			n.names, n.nodes = append(n.names, node.name), append(n.nodes, node)
		}
	}
	if len(n.nodes) == 0 {
		return nil
	}
	return n
}

// span is a part of the entries of the leaves below a node.
type span map[*parquetLeaf][2]int

// value returns the value of a column in the current row.
func (n *parquetNode) value(at Position, f *File) Value {
	s := span{}
	n.each(func(l *parquetLeaf) { s[l] = [2]int{0, len(l.entries)} })
	return n.build(s, at, f)
}

// each calls fn with the leaves below n.
func (n *parquetNode) each(fn func(*parquetLeaf)) {
	if n.leaf != nil {
		fn(n.leaf)
	}
	for _, child := range n.nodes {
		child.each(fn)
	}
}

// first returns the first entry of a part; all leaves below a node agree on the levels down to it.
func (n *parquetNode) first(s span) *parquetEntry {
	for n.leaf == nil {
		n = n.nodes[0]
	}
	part := s[n.leaf]
	if part[0] >= part[1] {
		panic(errors.New("the columns of a group do not agree"))
	}
	return &n.leaf.entries[part[0]]
}

// build returns the value of a part of the entries.
func (n *parquetNode) build(s span, at Position, f *File) Value {
	if !n.repeated {
		return n.one(s, at, f)
	}
	items := []Value{}
	if n.first(s).definition >= n.definition {
		for rest := s; rest != nil; {
			var part span
			part, rest = n.split(rest)
			items = append(items, n.one(part, at, f))
		}
	}
	return Value{tree: &tree{items: items}}
}

// split cuts off the first item of a list. rest is nil after the last one.
func (n *parquetNode) split(s span) (item, rest span) {
	item = span{}
	n.each(func(l *parquetLeaf) {
		part := s[l]
		end := part[0] + 1
		for end < part[1] && l.entries[end].repetition > n.repetition {
			end++
		}
		item[l] = [2]int{part[0], end}
		if end < part[1] {
			if rest == nil {
				rest = span{}
			}
			rest[l] = [2]int{end, part[1]}
		}
	})
	return item, rest
}

// one returns the value of one item of a node that is repeated, or of another node.
func (n *parquetNode) one(s span, at Position, f *File) Value {
	first := n.first(s)
	if n.optional && first.definition < n.definition {
		return nullValue
	}
	switch {
	case n.leaf != nil:
		if v := first.value; v.json == nil && v.tree == nil {
			v.text = f.Repair(at, v.text)
			return v
		}
		return first.value
	case n.list, n.item:
		return n.nodes[0].build(s, at, f)
	}
	items := make([]Value, len(n.nodes))
	for i, child := range n.nodes {
		items[i] = child.build(s, at, f)
	}
	return Value{tree: &tree{names: n.names, items: items}}
}
