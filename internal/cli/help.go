package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	helpColumn = 25 // where the text beside an option begins
	helpWidth  = 80 // of lines; terminals may be narrower
	helpNarrow = 60 // in fewer columns the text stands below the option
)

// HelpText writes the help of cmd from its table, for lines of width columns:
// the summary (cmd.Short), the usage (cmd.Use, a line for each form), what there
// is to know (cmd.Long), arguments and options, and examples (cmd.Example).
//
// Long is paragraphs, which are laid out anew. A paragraph of lines that are
// indented by two spaces is a list of terms: "  TERM  its text", where deeper
// lines go on. One that is indented by a tab is printed as it is.
func HelpText(cmd *cobra.Command, width int) string {
	h := &help{width: min(max(width, 30), helpWidth)}
	h.paragraph(cmd.Short + ".")
	h.b.WriteByte('\n')
	h.usage(cmd)
	for _, text := range strings.Split(strings.Trim(cmd.Long, "\n"), "\n\n") {
		if text != "" {
			h.b.WriteByte('\n')
			h.prose(inSuite(cmd, text))
		}
	}
	h.commands(cmd)
	h.arguments(cmd)
	h.options(cmd)
	if cmd.Example != "" {
		h.b.WriteString("\nExamples:\n")
		for _, line := range strings.Split(strings.Trim(inSuite(cmd, cmd.Example), "\n"), "\n") {
			h.b.WriteString("  " + line + "\n")
		}
	}
	if cmd.HasAvailableSubCommands() {
		h.b.WriteByte('\n')
		h.paragraph("Run '" + cmd.CommandPath() + " COMMAND --help' for the options of a command.")
	}
	return h.b.String()
}

type help struct {
	width int
	b     strings.Builder
}

func (h *help) paragraph(text string) {
	for _, line := range Wrap(text, h.width, 0) {
		h.b.WriteString(line + "\n")
	}
}

func (h *help) usage(cmd *cobra.Command) {
	parent := ""
	if cmd.HasParent() {
		parent = cmd.Parent().CommandPath() + " "
	}
	head := "Usage: "
	for _, form := range strings.Split(cmd.Use, "\n") {
		if cmd.HasAvailableSubCommands() && !strings.Contains(form, " ") {
			form += " COMMAND [options]"
		}
		for i, line := range Wrap(parent+form, h.width-11, 0) {
			if i > 0 {
				head = strings.Repeat(" ", 11)
			}
			h.b.WriteString(head + line + "\n")
		}
		head = strings.Repeat(" ", 7)
	}
}

var termLine = regexp.MustCompile(`^  (\S+(?: \S+)*)  +(\S.*)$`)

// prose lays out a paragraph of Long.
func (h *help) prose(text string) {
	if strings.HasPrefix(text, "\t") {
		h.b.WriteString(strings.ReplaceAll(text, "\t", "  ") + "\n")
		return
	}
	if !strings.HasPrefix(text, "  ") {
		h.paragraph(strings.ReplaceAll(text, "\n", " "))
		return
	}
	var terms []Value
	for _, line := range strings.Split(text, "\n") {
		if m := termLine.FindStringSubmatch(line); m != nil {
			terms = append(terms, Value{m[1], m[2]})
		} else if n := len(terms); n > 0 {
			terms[n-1].Help += " " + strings.TrimSpace(line)
		}
	}
	h.terms(2, terms)
}

// terms writes names and their texts in two columns.
func (h *help) terms(indent int, terms []Value) {
	column := 0
	for _, t := range terms {
		column = max(column, Columns(t.Name)+2)
	}
	if column > (h.width-indent)/2 { // each name above its text
		for _, t := range terms {
			h.b.WriteString(strings.Repeat(" ", indent) + t.Name + "\n")
			for _, line := range Wrap(t.Help, h.width-indent-2, 0) {
				h.b.WriteString(strings.Repeat(" ", indent+2) + line + "\n")
			}
		}
		return
	}
	for _, t := range terms {
		head := strings.Repeat(" ", indent) + t.Name + strings.Repeat(" ", column-Columns(t.Name))
		for _, line := range Wrap(t.Help, h.width-indent-column, 0) {
			h.b.WriteString(head + line + "\n")
			head = strings.Repeat(" ", indent+column)
		}
	}
}

// entry writes an option and the text beside it, and returns the column of the text.
func (h *help) entry(head, text string) int {
	column := helpColumn
	if h.width < helpNarrow {
		column, head = 6, strings.TrimSpace(head)
	}
	pad := strings.Repeat(" ", column)
	first := pad
	if head = "  " + head; Columns(head) <= column-2 {
		first = head + pad[len(head):]
	} else {
		h.b.WriteString(head + "\n")
	}
	for _, line := range Wrap(text, h.width-column, 0) {
		h.b.WriteString(first + line + "\n")
		first = pad
	}
	return column
}

func (h *help) commands(cmd *cobra.Command) {
	var terms []Value
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "help" {
			terms = append(terms, Value{child.Name(), child.Short})
		}
	}
	if len(terms) > 0 {
		h.b.WriteString("\nCommands:\n")
		h.terms(2, terms)
	}
}

func (h *help) arguments(cmd *cobra.Command) {
	text := strings.TrimSpace(cmd.Annotations[Arguments])
	if text == "" {
		return
	}
	h.b.WriteString("\n" + Arguments + ":\n")
	for _, line := range strings.Split(text, "\n") {
		name, about, _ := strings.Cut(line, "\t")
		h.entry(name, inSuite(cmd, about))
	}
}

// options writes the flags by their groups, in the order of declaration.
func (h *help) options(cmd *cobra.Command) {
	var groups []string
	rows := map[string][]*Flag{}
	add := func(f *pflag.Flag) {
		row := rowOf(f)
		if row == nil { // in no table: of a command that cobra adds
			row = &Flag{Name: f.Name, Short: f.Shorthand, Help: f.Usage, group: General}
		}
		if f.Hidden {
			return
		}
		if !slices.Contains(groups, row.group) && row.group != General {
			groups = append(groups, row.group)
		}
		rows[row.group] = append(rows[row.group], row)
	}
	cmd.LocalFlags().VisitAll(add)
	if cmd.HasParent() {
		cmd.Root().PersistentFlags().VisitAll(add)
	}
	for _, group := range append(groups, General) {
		if len(rows[group]) == 0 {
			continue
		}
		h.b.WriteString("\n" + group + ":\n")
		for _, row := range rows[group] {
			column := h.entry(row.head(), inSuite(cmd, row.text()))
			if row.explained() {
				h.terms(column+2, row.Values)
			}
		}
	}
}

// head is "-o, --output FILE".
func (r *Flag) head() string {
	head := "    --" + r.Name
	if r.Short != "" {
		head = "-" + r.Short + ", --" + r.Name
	}
	if r.Arg != "" {
		head += " " + r.Arg
	}
	return head
}

// explained says whether the values stand in a list below the text.
func (r *Flag) explained() bool {
	return slices.ContainsFunc(r.Values, func(v Value) bool { return v.Help != "" })
}

// text is the help with the values and the default.
func (r *Flag) text() string {
	var notes []string
	if len(r.Values) > 0 && !r.explained() {
		notes = append(notes, r.choices())
	}
	if _, repeatable := r.Into.(*[]string); repeatable {
		notes = append(notes, "repeatable")
	}
	if r.Default != "" {
		notes = append(notes, "default: "+r.Default)
	}
	if len(notes) == 0 {
		return r.Help
	}
	return r.Help + " (" + strings.Join(notes, "; ") + ")"
}
