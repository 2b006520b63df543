package training

import (
	"encoding/json"
	"time"
)

// LogLine is a line of training/log.jsonl.
type LogLine struct {
	Time           time.Time `json:"time"`
	Progress       float64   `json:"progress"`
	Epoch          int       `json:"epoch"`
	Loss           float64   `json:"loss"`
	WordsPerSecond float64   `json:"words_per_second,omitempty"` // for word models
	PairsPerSecond float64   `json:"pairs_per_second,omitempty"` // for sentence models
	LearningRate   float64   `json:"lr"`
}

// progress passes on an event. An event during which no block was finished
// repeats the loss of the event before.
func (s *Session) progress(e Event) {
	s.mu.Lock()
	if e.Loss == 0 {
		e.Loss = s.loss
	}
	s.loss = e.Loss
	s.mu.Unlock()
	if s.Progress != nil {
		s.Progress(e)
	}
}

// record appends an event to the log.
func (s *Session) record(e Event) {
	l := LogLine{Time: time.Now().UTC().Truncate(time.Millisecond), Progress: e.Progress, Epoch: e.Epoch, Loss: e.Loss, LearningRate: e.LearningRate}
	if s.Unit == "pairs" {
		l.PairsPerSecond = e.UnitsPerSecond
	} else {
		l.WordsPerSecond = e.UnitsPerSecond
	}
	line, err := json.Marshal(l)
	if err != nil { // not a finite number: the loop ends the run for it
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Write(append(line, '\n'))
}
