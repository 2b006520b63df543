package search

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

// maxQuestion bounds a line of questions: a question is a sentence.
const maxQuestion = 1 << 20

// asked is a question with its id, which may be empty.
type asked struct{ id, text string }

// ask answers one question.
func (a *asker) ask(ctx context.Context, q asked, indent bool) error {
	if len(q.text) > maxQuestion {
		return fault.New("ask a shorter question", "the question is longer than %s", cli.Bytes(maxQuestion))
	}
	question := a.options.Question
	question.Text = strings.ToValidUTF8(q.text, "\ufffd")
	found, err := a.find(ctx, question)
	if err != nil {
		return err
	}
	a.last = found.Hits
	if !a.json && !a.tsv && len(found.Unknown) > 0 {
		cli.Note(a.cmd, "no passage has %s", fault.Names(found.Unknown))
	}
	if !a.json && !a.tsv && found.NoWords && found.Mode == fusion.Hybrid {
		cli.Note(a.cmd, "the question has no words, or only very common ones: passages are found by meaning alone")
	}
	return a.write(a.answerOf(q, found), indent)
}

// askEach answers the lines of standard input or of a file: at a prompt when it is a
// terminal. A question without an answer does not end it.
func (a *asker) askEach() error {
	ctx, cmd := a.cmd.Context(), a.cmd
	in, name := cmd.InOrStdin(), "standard input"
	switch path := a.options.queries; {
	case path != "" && path != "-":
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in, name = f, path
	case path == "" && cli.IsTerminal(in) && cli.IsTerminal(a.out) && !a.json && !a.tsv:
		return a.prompt(ctx)
	}
	questions, failed := readQuestions(ctx, in, name)
	count, failures := 0, 0
	records := false
	for {
		var line string
		var more bool
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, more = <-questions:
		}
		if !more {
			break
		}
		if cli.Blank(line) {
			continue
		}
		q := asked{text: line}
		if count == 0 {
			if _, records = parseQuestion(line); records {
				cli.Note(cmd, "%s: questions are read from JSON objects", cli.Printable(name))
			} else if u := text.DetectRecords(text.Head{First: []byte(line)}); u.Format != "" {
				cli.Warn(cmd, "the first question looks like %s but is used as it is written: jq -r .NAME writes a field as text", u.Format)
			}
		}
		if records {
			parsed, ok := parseQuestion(line)
			if !ok {
				return fault.New(`each line is one JSON object, as in: {"_id": "7", "text": "..."}`, "%s, question %d: not a JSON object with a text", cli.Printable(name), count+1)
			}
			q = parsed
		}
		if count++; !a.json && !a.tsv {
			heading := cli.Printable(q.text) + "\n"
			if count > 1 {
				heading = "\n" + heading
			}
			if _, err := io.WriteString(a.out, heading); err != nil {
				return err
			}
		}
		if ok, err := a.tolerant(ctx, q); err != nil {
			return err
		} else if !ok {
			failures++
		}
	}
	if err := <-failed; err != nil {
		return err
	}
	switch {
	case count == 0:
		return cli.UsageError(fault.New("give it as an argument, or one per line on standard input", "no question"))
	case failures == count:
		return errors.New("no question could be answered")
	}
	return nil
}

// tolerant answers a question, and reports an error that is about this question alone.
func (a *asker) tolerant(ctx context.Context, q asked) (ok bool, err error) {
	err = a.ask(ctx, q, false)
	if err == nil {
		return true, nil
	}
	if ctx.Err() != nil || fault.Hint(err) == "" {
		return false, err
	}
	cli.Warn(a.cmd, "%v", err)
	cli.WriteExcerpt(a.cmd.ErrOrStderr(), err)
	fmt.Fprintf(a.cmd.ErrOrStderr(), "hint: %s\n", cli.OneLine(fault.Hint(err)))
	if a.json {
		return false, a.write(answer{ID: q.id, Query: q.text, Hits: []hit{}, Error: err.Error()}, false)
	}
	return false, nil
}

// parseQuestion reads a question as a JSON object, with the names of BEIR and other common ones.
func parseQuestion(line string) (q asked, ok bool) {
	if !strings.HasPrefix(strings.TrimSpace(line), "{") {
		return asked{}, false
	}
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		return asked{}, false
	}
	for _, name := range []string{"text", "query", "question"} {
		if s, is := fields[name].(string); is {
			q.text, ok = s, true
			break
		}
	}
	for _, name := range []string{"_id", "id", "query_id", "qid"} {
		if v, ok := fields[name]; ok && v != nil {
			q.id = fmt.Sprint(v)
			break
		}
	}
	return q, ok
}

// readQuestions sends the lines of r, as they come, until r or ctx ends; then
// it closes the channel and sends why on the second one. A read that blocks
// cannot be broken off, so the goroutine may outlive ctx, until r ends.
func readQuestions(ctx context.Context, r io.Reader, name string) (<-chan string, <-chan error) {
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
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			err = fault.New("each question is one line", "%s:%d: the line is longer than %s", cli.Printable(name), n+1, cli.Bytes(maxQuestion))
		case err != nil:
			err = durable.Explain(name, err)
		}
		failed <- err
	}()
	return questions, failed
}
