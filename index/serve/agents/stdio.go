package agents

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// lastAnswers is the time that calls have to end after the end of the input.
const lastAnswers = 30 * time.Second

// stdio counts the calls that are read and the answers that are written, so that the input ends for the server only
// when all calls are answered.
type stdio struct {
	in  io.Reader
	out io.Writer

	mu       sync.Mutex
	line     []byte // of the input, so far
	tooLong  bool
	waiting  map[string]bool // ids of calls
	answered chan struct{}   // closed when no call waits; nil if nobody wants to know
}

func newStdio(in io.Reader, out io.Writer) *stdio {
	return &stdio{in: in, out: out, waiting: map[string]bool{}}
}

// message is what matters of a message.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
}

func (s *stdio) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	s.mu.Lock()
	for rest := p[:n]; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if s.tooLong = s.tooLong || len(s.line)+len(line) > maxRequest; !s.tooLong {
			s.line = append(s.line, line...)
		}
		if rest = after; !ended {
			break
		}
		s.called()
	}
	if err == nil {
		s.mu.Unlock()
		return n, nil
	}
	s.called() // the last line may have no end
	var answered chan struct{}
	if len(s.waiting) > 0 && err == io.EOF && n == 0 {
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
	return n, err
}

// called notes the call of a line.
func (s *stdio) called() {
	var m message
	if !s.tooLong && json.Unmarshal(s.line, &m) == nil && m.Method != "" && len(m.ID) > 0 {
		s.waiting[string(m.ID)] = true
	}
	s.line, s.tooLong = s.line[:0], false
}

// Write writes a line.
func (s *stdio) Write(p []byte) (int, error) {
	n, err := s.out.Write(p)
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
