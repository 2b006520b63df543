package search

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/peterh/liner"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

const promptHelp = `:k N            print N passages
:mode MODE      hybrid, dense or bm25
:where COND     search only where the condition is true; :where alone searches all
:min N          leave out passages with a lower score; :min alone prints all
:group          print one passage per file, or all again
:full           print whole texts, or two lines again
:open N         print passage N with what surrounds it
:edit N         open the file of passage N at its line in $EDITOR
:help           print this
exit            end, as Ctrl-D does
Arrows and Ctrl-R recall earlier questions.
`

// promptLabel is the number of columns before the texts of promptHelp.
const promptLabel = 16

// maxHistory is the number of bytes of the history that are read.
const maxHistory = 1 << 20

// prompt answers questions that are typed.
func (a *asker) prompt(ctx context.Context) error {
	n := 0
	for _, c := range a.opened {
		n += c.Len()
	}
	if n > 0 {
		cli.Note(a.cmd, "%s; :help lists commands, exit or Ctrl-D ends", cli.Plural(n, "passage", "passages"))
	} else {
		cli.Note(a.cmd, ":help lists commands, exit or Ctrl-D ends")
	}
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetCompleter(complete)
	history := historyFile()
	if f, err := os.Open(history); err == nil {
		_, _ = line.ReadHistory(io.LimitReader(f, maxHistory))
		f.Close()
	}
	defer saveHistory(line, history)
	aborted := false
	for ctx.Err() == nil {
		question, err := line.Prompt("query> ")
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(a.cmd.ErrOrStderr())
			return nil
		case errors.Is(err, liner.ErrPromptAborted):
			if aborted {
				return nil
			}
			aborted = true
			cli.Note(a.cmd, "Ctrl-C again or exit ends")
			continue
		case err != nil:
			return fmt.Errorf("reading the question: %w", err)
		}
		aborted = false
		if cli.Blank(question) {
			continue
		}
		line.AppendHistory(strings.TrimSpace(question))
		done, err := a.command(ctx, strings.TrimSpace(question))
		if err != nil {
			return err
		}
		if done {
			return nil
		}
	}
	return ctx.Err()
}

// commandNames are those of the prompt.
var commandNames = []string{":edit ", ":full", ":group", ":help", ":k ", ":min ", ":mode ", ":open ", ":where "}

func complete(line string) (found []string) {
	list := commandNames
	if strings.HasPrefix(line, ":mode ") {
		list = nil
		for _, m := range fusion.Modes() {
			list = append(list, ":mode "+string(m))
		}
	}
	for _, c := range list {
		if line != "" && strings.HasPrefix(c, line) {
			found = append(found, c)
		}
	}
	return found
}

// command does what a line of the prompt says.
func (a *asker) command(ctx context.Context, line string) (done bool, err error) {
	name, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	problem := func(format string, args ...any) (bool, error) {
		cli.Warn(a.cmd, format, args...)
		return false, nil
	}
	switch name {
	case "exit", "quit":
		if rest == "" {
			return true, nil
		}
	case ":q", ":quit", ":exit":
		return true, nil
	case ":help", ":h", ":?":
		for line := range strings.Lines(promptHelp) {
			label, text := line[:min(promptLabel, len(line))], strings.TrimSpace(line[min(promptLabel, len(line)):])
			if !strings.HasSuffix(label, " ") {
				label, text = "", strings.TrimSpace(line)
			}
			if _, err := io.WriteString(a.out, cli.Hanging(a.out, label, text)); err != nil {
				return false, err
			}
		}
		return false, nil
	case ":k":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 || n > 100000 {
			return problem(":k takes a number from 1 to 100000, as in :k 20, got %q", rest)
		}
		a.options.K = n
		return false, nil
	case ":mode":
		if fusion.Mode(rest).Validate() != nil {
			return problem(":mode takes %s, got %q", fault.OneOf(fusion.Modes()), rest)
		}
		a.options.Mode = fusion.Mode(rest)
		return false, nil
	case ":where":
		if rest != "" {
			if _, err := filter.Parse(rest); err != nil {
				cli.Warn(a.cmd, "%v", err)
				cli.WriteExcerpt(a.cmd.ErrOrStderr(), err)
				return false, nil
			}
		}
		a.options.Where = rest
		return false, nil
	case ":min":
		if a.options.MinScore = nil; rest != "" {
			x, err := strconv.ParseFloat(rest, 64)
			if err != nil || x != x {
				return problem(":min takes a score, as in :min 1.5, got %q", rest)
			}
			a.options.MinScore = &x
		}
		return false, nil
	case ":group":
		if a.options.GroupBy == "" {
			a.options.GroupBy = collection.GroupByFile
		} else {
			a.options.GroupBy = ""
		}
		return false, nil
	case ":full":
		a.options.full = !a.options.full
		return false, nil
	case ":open", ":o", ":edit", ":e":
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 || n > len(a.last) {
			if len(a.last) == 0 {
				return problem("%s takes the number of a passage of the last answer, and there is none", name)
			}
			return problem("%s takes the number of a passage of the last answer, from 1 to %d, got %q", name, len(a.last), rest)
		}
		m := &a.last[n-1]
		if name == ":edit" || name == ":e" {
			return false, a.edit(ctx, m)
		}
		return false, a.open(ctx, m)
	default:
		if strings.HasPrefix(name, ":") && len(name) > 1 {
			return problem("no such command: %s; :help lists them", name)
		}
	}
	_, err = a.tolerant(ctx, asked{text: line})
	return false, err
}

// surroundings is the number of lines of a file that are shown before and after a passage.
const surroundings = 5

// open prints a passage in its surroundings: with $PAGER if it is set, and from the collection
// if the file is gone or was changed.
func (a *asker) open(ctx context.Context, m *collection.Match) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", a.style(bold, cli.Printable(cli.InputName(m.Path))))
	path := a.locate(m.Path)
	lines, first := fileLines(path, m.FirstLine-surroundings, m.LastLine+surroundings)
	if len(lines) == 0 {
		fmt.Fprintln(&b, a.style(dim, "the file cannot be read; this is the passage as it is stored"))
		lines, first = strings.Split(m.Text, "\n"), m.FirstLine
	}
	width := len(strconv.Itoa(first + len(lines)))
	for i, line := range lines {
		number := first + i
		mark := "  "
		if number >= m.FirstLine && number <= m.LastLine {
			mark = "> "
		}
		start := fmt.Sprintf("%s%*d  ", mark, width, number)
		text := strings.TrimRight(cli.Printable(line), " ")
		if indent := len(text) - len(strings.TrimLeft(text, " ")); indent < cli.Width(a.out)/2 {
			start += text[:indent]
		}
		rows := cli.Wrap(text, cli.Width(a.out)-1-len(start), 0)
		if len(rows) == 0 {
			rows = []string{""}
		}
		for j, row := range rows {
			if j > 0 {
				start = strings.Repeat(" ", len(start))
			}
			fmt.Fprintln(&b, strings.TrimRight(start+row, " "))
		}
	}
	if pager := os.Getenv("PAGER"); pager != "" && strings.Count(b.String(), "\n") > 20 {
		if a.run(ctx, pager, nil, strings.NewReader(b.String())) == nil {
			return nil
		}
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// locate returns where the file of a path is now, or "".
func (a *asker) locate(path string) string {
	for _, c := range a.opened {
		if at := c.Locate(path); at != "" {
			return at
		}
	}
	return ""
}

// edit opens the file of a passage in the editor.
func (a *asker) edit(ctx context.Context, m *collection.Match) error {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	path := a.locate(m.Path)
	switch {
	case editor == "":
		cli.Warn(a.cmd, "no editor: set EDITOR, for example to vi")
		return nil
	case path == "":
		cli.Warn(a.cmd, "%s: no such file any more; :open prints the passage", cli.Printable(m.Path))
		return nil
	}
	if err := a.run(ctx, editor, []string{fmt.Sprintf("+%d", max(1, m.FirstLine)), path}, os.Stdin); err != nil {
		cli.Warn(a.cmd, "%s: %v", cli.Printable(editor), err)
	}
	return nil
}

// run runs a command that a variable names, which may have arguments.
func (a *asker) run(ctx context.Context, command string, args []string, in io.Reader) error {
	words := strings.Fields(command)
	if len(words) == 0 {
		return errors.New("no command")
	}
	c := exec.CommandContext(ctx, words[0], append(words[1:], args...)...)
	c.Stdin, c.Stdout, c.Stderr = in, a.out, a.cmd.ErrOrStderr()
	return c.Run()
}

// fileLines returns the lines first to last of a file, and the number of the first returned. They
// are nil if the file cannot be read.
func fileLines(path string, first, last int) (lines []string, at int) {
	if path == "" {
		return nil, 0
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, 0
	}
	in := bufio.NewScanner(io.LimitReader(f, 64<<20))
	in.Buffer(nil, 4<<20)
	at = max(1, first)
	for n := 1; n <= last && in.Scan(); n++ {
		if bytes.IndexByte(in.Bytes(), 0) >= 0 {
			return nil, 0 // compressed or binary
		}
		if n >= at {
			lines = append(lines, strings.ToValidUTF8(in.Text(), "\ufffd"))
		}
	}
	return lines, at
}

// historyFile is where the questions are kept.
func historyFile() string {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "luminavec", "query_history")
}

// saveHistory writes the history for the user alone. Without a place for it, it is lost.
func saveHistory(line *liner.State, path string) {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	var b bytes.Buffer
	if _, err := line.WriteHistory(&b); err == nil {
		_ = os.WriteFile(path, b.Bytes(), 0o600)
	}
}
