package agents

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// lastAnswers is the time that calls have to end after the end of the input.
const lastAnswers = 30 * time.Second

// stdio reads messages, one on each line. It counts the calls that are read and the answers that are written, so that
// the input ends for the server only when all calls are answered. A line that is not a message is answered with an
// error, where the SDK would end.
type stdio struct {
	in   *bufio.Reader
	rest []byte // of a line that was read
	end  error  // of the input

	writing sync.Mutex // held by who writes a line
	out     io.Writer

	mu       sync.Mutex
	waiting  map[string]bool // ids of calls
	answered chan struct{}   // closed when no call waits; nil if nobody wants to know
}

func newStdio(in io.Reader, out io.Writer) *stdio {
	return &stdio{in: bufio.NewReader(in), out: out, waiting: map[string]bool{}}
}

// message is what matters of a message.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

func (s *stdio) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.end != nil {
			if s.end == io.EOF {
				s.wait()
			}
			return 0, s.end
		}
		var line []byte
		var tooLong bool
		line, tooLong, s.end = s.line()
		if code, problem := s.check(line, tooLong); problem != "" {
			fault, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": nil, "error": map[string]any{"code": code, "message": problem}})
			if _, err := s.Write(append(fault, '\n')); err != nil {
				return 0, err
			}
		} else if len(line) > 0 {
			s.rest = append(line, '\n')
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// line reads a line, without spaces around it. Of one that is longer than a request may be, only a part is returned.
func (s *stdio) line() (line []byte, tooLong bool, err error) {
	for {
		part, err := s.in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(part) > maxRequest; !tooLong {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(line), tooLong, err
		}
	}
}

// The codes of JSON-RPC for a line that is not JSON, and for one that is not a message.
const (
	parseError     = -32700
	invalidRequest = -32600
)

// check returns what is wrong with a line, and notes its call.
func (s *stdio) check(line []byte, tooLong bool) (code int, problem string) {
	switch {
	case tooLong:
		return invalidRequest, fmt.Sprintf("the line has more than %d bytes", maxRequest)
	case len(line) == 0:
		return 0, ""
	case !json.Valid(line):
		return parseError, "the line is not JSON: a message is one line"
	case line[0] == '[': // which MCP has not had since 2025-06-18
		return invalidRequest, "send each message on a line of its own, instead of a batch"
	}
	if _, err := jsonrpc.DecodeMessage(line); err != nil {
		return invalidRequest, "the line is not a message of JSON-RPC 2.0"
	}
	var m message
	if json.Unmarshal(line, &m) != nil {
		return invalidRequest, "the line is not a message of JSON-RPC 2.0"
	}
	if m.Method != "" && len(m.ID) > 0 {
		s.mu.Lock()
		s.waiting[string(m.ID)] = true
		s.mu.Unlock()
	}
	return 0, ""
}

// wait waits until all calls are answered.
func (s *stdio) wait() {
	s.mu.Lock()
	var answered chan struct{}
	if len(s.waiting) > 0 {
		answered = make(chan struct{})
		s.answered = answered
	}
	s.mu.Unlock()
	if answered != nil {
		select {
		case <-answered:
		case <-time.After(lastAnswers):
		}
	}
}

// Write writes a line.
func (s *stdio) Write(p []byte) (int, error) {
	s.writing.Lock()
	n, err := s.out.Write(p)
	s.writing.Unlock()
	var m message
	if json.Unmarshal(p, &m) == nil && m.Method == "" {
		s.mu.Lock()
		if delete(s.waiting, string(m.ID)); s.answered != nil && len(s.waiting) == 0 {
			close(s.answered)
			s.answered = nil
		}
		s.mu.Unlock()
	}
	return n, err
}

// Close implements io.Closer. What it reads from and writes to stays open.
func (s *stdio) Close() error { return nil }
