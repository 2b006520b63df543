package filter

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxCondition = 64 << 10 // bytes
	maxDepth     = 200      // parentheses and nots in one another
)

// Parse parses a condition. The error is an [*Error].
func Parse(text string) (*Condition, error) {
	p := &parser{text: text}
	if len(text) > maxCondition {
		return nil, p.fail(maxCondition, fmt.Sprintf("the condition has %d bytes, more than %d", len(text), maxCondition), "")
	}
	if at := invalid(text); at >= 0 {
		return nil, p.fail(at, "invalid UTF-8", "")
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	if p.token.kind == end {
		return nil, p.fail(0, "the condition is empty", `for example: year >= 2020 and lang = "en"`)
	}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.token.kind != end {
		if p.is(")") {
			return nil, p.fail(p.token.at, "this parenthesis closes nothing", "")
		}
		return nil, p.expected("and, or, or the end", "")
	}
	return &Condition{text, root}, nil
}

func invalid(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return -1
}

type tokenKind int

const (
	end    tokenKind = iota
	symbol           // an operator, a parenthesis or a comma
	word             // a field, a keyword, a number or a date
	quoted           // a string
	name             // a field in backquotes
)

type token struct {
	kind tokenKind
	text string // unquoted
	at   int
}

type parser struct {
	text  string
	at    int // of what follows token
	token token
}

func (p *parser) fail(at int, message, advice string) *Error {
	return &Error{p.text, min(at, len(p.text)), message, advice, false}
}

// expected returns the error for a token in the wrong place.
func (p *parser) expected(what, advice string) *Error {
	found := fmt.Sprintf("%q", p.token.text)
	if p.token.kind == end {
		found = "the end"
	}
	return p.fail(p.token.at, fmt.Sprintf("expected %s but found %s", what, found), advice)
}

// is reports whether the token is a symbol or keyword.
func (p *parser) is(texts ...string) bool {
	for _, t := range texts {
		if p.token.kind == symbol && p.token.text == t || p.token.kind == word && strings.EqualFold(p.token.text, t) {
			return true
		}
	}
	return false
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("_-.:+@/", r)
}

// next reads a token.
func (p *parser) next() error {
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			break
		}
		p.at += n
	}
	from := p.at
	if from == len(p.text) {
		p.token = token{kind: end, at: from}
		return nil
	}
	rest := p.text[from:]
	for _, s := range []string{"==", "!=", "<=", ">=", "<>", "&&", "||", "=", "<", ">", "~", "!", "(", ")", ","} {
		if strings.HasPrefix(rest, s) {
			p.at += len(s)
			p.token = token{symbol, s, from}
			return nil
		}
	}
	switch rest[0] {
	case '"', '\'', '`':
		return p.quoted(rest[0])
	}
	n := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
	if n < 0 {
		n = len(rest)
	}
	if n == 0 {
		r, _ := utf8.DecodeRuneInString(rest)
		advice := "put text in quotes, and names of fields in backquotes"
		if strings.ContainsRune("“”‘’«»", r) {
			advice = `quotes are " and '`
		}
		return p.fail(from, fmt.Sprintf("unexpected character %q", r), advice)
	}
	p.at += n
	p.token = token{word, rest[:n], from}
	return nil
}

func (p *parser) quoted(quote byte) error {
	from := p.at
	var b strings.Builder
	for i := from + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.at = i + 1
			p.token = token{quoted, b.String(), from}
			if quote == '`' {
				p.token.kind = name
			}
			return nil
		case c == '\\' && i+1 < len(p.text) && (p.text[i+1] == '\\' || p.text[i+1] == '"' || p.text[i+1] == '\'' || p.text[i+1] == '`'):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return p.fail(from, "the closing quote is missing", "")
}

func (p *parser) or(depth int) (node, error) { return p.join(depth, true, "or", "||") }

func (p *parser) and(depth int) (node, error) { return p.join(depth, false, "and", "&&") }

func (p *parser) join(depth int, or bool, signs ...string) (node, error) {
	operand := p.not
	if or {
		operand = p.and
	}
	left, err := operand(depth)
	for err == nil && p.is(signs...) {
		if err = p.next(); err != nil {
			return nil, err
		}
		var right node
		right, err = operand(depth)
		left = &both{or, left, right}
	}
	return left, err
}

func (p *parser) not(depth int) (node, error) {
	if depth > maxDepth {
		return nil, p.fail(p.token.at, fmt.Sprintf("more than %d conditions in one another", maxDepth), "")
	}
	switch {
	case p.is("not", "!"):
		if err := p.next(); err != nil {
			return nil, err
		}
		of, err := p.not(depth + 1)
		return &negation{of}, err
	case p.is("("):
		open := p.token.at
		if err := p.next(); err != nil {
			return nil, err
		}
		inner, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.is(")") {
			if p.token.kind == end {
				return nil, p.fail(open, "this parenthesis is not closed", "")
			}
			return nil, p.expected("and, or, or )", "")
		}
		return inner, p.next()
	}
	return p.comparison()
}

var keywords = []string{"and", "or", "not", "in", "contains", "exists"}

func (p *parser) keyword() bool { return p.token.kind == word && p.is(keywords...) }

const comparisons = "=, !=, <, <=, >, >=, in, contains or exists"

func (p *parser) comparison() (node, error) {
	c := &comparison{}
	if p.is("exists") {
		if err := p.next(); err != nil {
			return nil, err
		}
		parenthesis := p.is("(")
		if parenthesis {
			if err := p.next(); err != nil {
				return nil, err
			}
		}
		if err := p.field(c); err != nil {
			return nil, err
		}
		c.op = existing
		if parenthesis {
			if !p.is(")") {
				return nil, p.expected(")", "")
			}
			return c, p.next()
		}
		return c, nil
	}
	if err := p.field(c); err != nil {
		return nil, err
	}
	negated := false
	if p.is("not") {
		negated = true
		if err := p.next(); err != nil {
			return nil, err
		}
		if !p.is("in", "contains", "~", "exists") {
			return nil, p.expected("in, contains or exists", "write 'not' before the field: not year > 2020")
		}
	}
	switch {
	case p.is("=", "=="):
		c.op = equal
	case p.is("!=", "<>"):
		c.op = differs
	case p.is("<", "<=", ">", ">=", "in", "contains", "exists"):
		c.op = operator(strings.ToLower(p.token.text))
	case p.is("~"):
		c.op = contains
	default:
		return nil, p.expected(comparisons, "")
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	switch c.op {
	case existing:
	case in:
		if err := p.list(c); err != nil {
			return nil, err
		}
	default:
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		c.values = []literal{v}
	}
	if !negated {
		return c, nil
	}
	if c.op == existing {
		return &negation{c}, nil
	}
	// Of the passages that have the field.
	return &both{false, &comparison{field: c.field, at: c.at, op: existing}, &negation{c}}, nil
}

func (p *parser) field(c *comparison) error {
	switch {
	case p.token.kind == quoted:
		return p.expected("the name of a field", fmt.Sprintf("write it without quotes, or in backquotes: `%s`", p.token.text))
	case p.token.kind == name || p.token.kind == word && !p.keyword():
		c.field, c.at = p.token.text, p.token.at
		return p.next()
	}
	return p.expected("the name of a field", "")
}

// list parses the values of in.
func (p *parser) list(c *comparison) error {
	if !p.is("(") {
		return p.expected("(", `write the values in parentheses: lang in ("en", "de")`)
	}
	open := p.token.at
	for {
		if err := p.next(); err != nil {
			return err
		}
		v, err := p.value()
		if err != nil {
			return err
		}
		c.values = append(c.values, v)
		if p.is(")") {
			return p.next()
		}
		if !p.is(",") {
			if p.token.kind == end {
				return p.fail(open, "this parenthesis is not closed", "")
			}
			return p.expected(`"," or ")"`, "")
		}
	}
}

func (p *parser) value() (literal, error) {
	t := p.token
	switch {
	case t.kind == quoted:
		return literal{t.text, t.at, true}, p.next()
	case t.kind == word && !p.keyword():
		return literal{t.text, t.at, false}, p.next()
	case t.kind == name:
		return literal{}, p.fail(t.at, "fields can only be compared with values", "write a value in double quotes")
	case t.kind == word:
		return literal{}, p.expected("a value", fmt.Sprintf("put it in quotes if it is one: %q", t.text))
	}
	return literal{}, p.expected("a value", "")
}
