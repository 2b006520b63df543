package training

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

// Cadence is how often a model is validated: after every given number of Epochs or Steps
// (batches of a sentence model), or at the end of every epoch and whenever Time has passed.
// Epochs and Steps are positions in the data, the same in every run; Time depends on the speed
// of the machine, and so does which model is the best. The end of training is always validated.
// The zero Cadence is every epoch or, in epochs of more than a billion words, which take
// minutes, every equal part of at most that length.
type Cadence struct {
	Epochs float64
	Time   time.Duration
	Steps  int64
}

// partWords is the length of a part of a long epoch.
const partWords = 1e9

// ParseCadence parses a number of epochs ("0.25") or steps ("100steps"), a time ("10m"), or
// "epoch".
func ParseCadence(s string) (Cadence, error) {
	const hint = "use a number of epochs, such as 1 or 0.25, of steps, such as 100steps, or a time with its unit, such as 10m"
	if s == "epoch" {
		return Cadence{Epochs: 1}, nil
	}
	if n, ok := strings.CutSuffix(s, "steps"); ok {
		steps, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
		if err != nil || steps < 1 {
			return Cadence{}, fault.Field("Every", "use a number above 0, such as 100steps", "cannot be %q", s)
		}
		return Cadence{Steps: steps}, nil
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		if !(x > 0) || math.IsInf(x, 0) {
			return Cadence{}, fault.Field("Every", hint, "cannot be %q", s)
		}
		return Cadence{Epochs: x}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return Cadence{}, fault.Field("Every", hint, "cannot be %q", s)
	}
	return Cadence{Time: d}, nil
}

// String returns the form that ParseCadence parses.
func (c Cadence) String() string {
	if c.Time > 0 {
		return c.Time.String()
	}
	if c.Steps > 0 {
		return strconv.FormatInt(c.Steps, 10) + "steps"
	}
	return strconv.FormatFloat(c.Epochs, 'g', -1, 64)
}

// over fills in the default for an epoch of the given number of words.
func (c Cadence) over(words int64) Cadence {
	if c.Epochs == 0 && c.Time == 0 && c.Steps == 0 {
		c.Epochs = 1 / max(1, math.Ceil(float64(words)/partWords))
	}
	return c
}

// at returns a function from a position, in blocks, to the next position of a validation.
func (c Cadence) at(perEpoch int64) func(done int64) int64 {
	step := float64(perEpoch)
	switch {
	case c.Steps > 0:
		step = float64(c.Steps)
	case c.Time == 0:
		step = max(1, c.Epochs*step)
	}
	return func(done int64) int64 {
		for k := math.Floor(float64(max(done, 0)) / step); ; k++ {
			if place := math.Round(k * step); place >= math.MaxInt64 {
				return math.MaxInt64
			} else if int64(place) > done {
				return int64(place)
			}
		}
	}
}
