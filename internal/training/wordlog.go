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
	WordsPerSecond float64   `json:"words_per_second"`
	LearningRate   float64   `json:"lr"`
}

// progress passes an event on; an event since which nothing was finished
// repeats the loss of the one before.
func (t *wordTrainer) progress(e Event) {
	t.mu.Lock()
	if e.Loss == 0 {
		e.Loss = t.loss
	}
	t.loss = e.Loss
	t.mu.Unlock()
	if t.run.Progress != nil {
		t.run.Progress(e)
	}
}

// record appends an event to the log.
func (t *wordTrainer) record(e Event) {
	line, err := json.Marshal(LogLine{time.Now().UTC().Truncate(time.Millisecond), e.Progress, e.Epoch, e.Loss, e.UnitsPerSecond, e.LearningRate})
	if err != nil { // a number that is none: the loop ends the run for it
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Write(append(line, '\n'))
}
