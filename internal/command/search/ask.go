package search

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// maxQuestion bounds a line of standard input: a question is a sentence.
const maxQuestion = 1 << 20

// ask answers one question.
func (a *asker) ask(ctx context.Context, question string, indent bool) error {
	hits, err := a.collection.Query(ctx, question, a.options.k, a.searchOptions())
	if err != nil {
		return err
	}
	return a.write(answerOf(question, hits), indent)
}

// askEach answers the lines of standard input: at a prompt when it is a
// terminal. A question without an answer does not end it.
func (a *asker) askEach(cmd *cobra.Command) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	prompt := cli.IsTerminal(cmd.InOrStdin())
	if prompt {
		cli.Note(cmd, "%s; Ctrl-D ends the prompt", cli.Plural(a.collection.Len(), "document", "documents"))
	}
	questions, failed := readQuestions(ctx, cmd.InOrStdin())
	asked, failures := 0, 0
	for {
		if prompt {
			fmt.Fprint(stderr, "query> ")
		}
		var question string
		var more bool
		select {
		case <-ctx.Done():
			if prompt {
				fmt.Fprintln(stderr)
			}
			return ctx.Err()
		case question, more = <-questions:
		}
		if !more {
			break
		}
		if cli.Blank(question) {
			continue
		}
		if asked++; !prompt && !a.json {
			heading := cli.Printable(question) + "\n"
			if asked > 1 {
				heading = "\n" + heading
			}
			if _, err := io.WriteString(a.out, heading); err != nil {
				return err
			}
		}
		if u := text.DetectRecords(text.Head{First: []byte(question)}); asked == 1 && u.Format != "" {
			cli.Warn(cmd, "the first question looks like %s but is used as it is written: jq -r .NAME writes a field as text", u.Format)
		}
		err := a.ask(ctx, question, false)
		switch {
		case err == nil:
		case ctx.Err() != nil || fault.Hint(err) == "":
			return err // not about this question alone
		default:
			failures++
			cli.Warn(cmd, "%v", err)
			fmt.Fprintf(stderr, "hint: %s\n", cli.OneLine(fault.Hint(err)))
			if a.json {
				if err := a.write(answer{Query: question, Hits: []hit{}, Error: err.Error()}, false); err != nil {
					return err
				}
			}
		}
	}
	if prompt {
		fmt.Fprintln(stderr) // Ctrl-D leaves the cursor after the prompt
	}
	if err := <-failed; err != nil {
		return err
	}
	switch {
	case asked == 0 && !prompt:
		return cli.UsageError(fault.New("give it as an argument, or one per line on standard input", "no question"))
	case failures == asked && asked > 0 && !prompt:
		return errors.New("no question could be answered")
	}
	return nil
}

// readQuestions sends the lines of r, as they come, until r or ctx ends; then
// it closes the channel and sends why on the second one. A read that blocks
// cannot be broken off, so the goroutine may outlive ctx, until r ends.
func readQuestions(ctx context.Context, r io.Reader) (<-chan string, <-chan error) {
	questions, failed := make(chan string), make(chan error, 1)
	go func() {
		defer close(questions)
		lines := bufio.NewScanner(text.EndLines(r))
		lines.Buffer(nil, maxQuestion)
		n := 0
		for lines.Scan() {
			n++
			select {
			case questions <- strings.ToValidUTF8(strings.TrimSuffix(lines.Text(), "\r"), "\ufffd"):
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
		}
		err := lines.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = fault.New("each question is one line", "standard input:%d: the line is longer than %s", n+1, cli.Bytes(maxQuestion))
		}
		failed <- err
	}()
	return questions, failed
}
