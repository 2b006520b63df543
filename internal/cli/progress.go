package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
)

const (
	redrawEvery = 100 * time.Millisecond // on a terminal
	lineEvery   = 10 * time.Second       // elsewhere
	barWidth    = 20                     // at most
	barLeast    = 5

	// besideBar is the columns of the percent and the spaces, of the ^C that a
	// terminal shows behind the line, and the last column, which some terminals
	// wrap at.
	besideBar = 14
)

// Progress shows how far a long piece of work is: one line that is redrawn on a
// terminal, and a plain line every ten seconds where standard error is a file or
// a pipe. It is safe for concurrent use. A nil *Progress shows nothing.
type Progress struct {
	w        io.Writer
	label    string
	terminal bool
	now      func() time.Time
	began    time.Time

	mu    sync.Mutex
	last  time.Time
	bar   *progressbar.ProgressBar
	known bool // bar shows a fraction
	drawn int  // the percent it shows
	width int  // columns of the bar
	done  bool
}

// shown is the progress line that is on the terminal now; a message clears it
// first.
var shown atomic.Pointer[Progress]

func clearProgress() {
	if p := shown.Load(); p != nil {
		p.clear()
	}
}

// NewProgress starts the progress of the work called label on w. Nothing is
// written before the first Update.
func NewProgress(w io.Writer, label string) *Progress {
	p := &Progress{w: w, label: label, terminal: IsTerminal(w), now: time.Now}
	p.began = p.now()
	p.last = p.began
	if p.terminal {
		p.last = time.Time{} // the first Update draws
		shown.Store(p)
	}
	return p
}

// StartProgress is NewProgress on cmd's standard error, nil with --quiet.
func StartProgress(cmd *cobra.Command, label string) *Progress {
	if Quiet(cmd) {
		return nil
	}
	return NewProgress(cmd.ErrOrStderr(), label)
}

// Update reports that the fraction (0 to 1) of the work is done; a negative or
// undefined fraction means that the total is unknown. The note is further text, such
// as "1.2M words/s  42s left  loss 2.31  lr 0.0172". It may be called at any rate:
// most calls return at once.
func (p *Progress) Update(fraction float64, note string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	wait := lineEvery
	if p.terminal {
		wait = redrawEvery
	}
	if p.done || now.Sub(p.last) < wait {
		return
	}
	p.last = now
	known := fraction >= 0 && !math.IsInf(fraction, 0)
	if p.terminal {
		p.draw(known, min(fraction, 1), note)
		return
	}
	line := p.label
	if known {
		line += fmt.Sprintf(" %d%%", int(100*min(fraction, 1)))
	}
	if note != "" {
		line += " " + note
	}
	fmt.Fprintln(p.w, OneLine(line))
}

// Bytes is Update for work that is counted in bytes of size, 0 for an unknown size.
func (p *Progress) Bytes(done, size int64) { p.Update(Share(done, size), Bytes(done)) }

// Items is Update for n items of total, 0 for an unknown total.
func (p *Progress) Items(n, total int64, items string) { p.Update(Share(n, total), p.Rate(n, items)) }

// Rate is a note for Update: how many items are done, and how many a second.
func (p *Progress) Rate(n int64, items string) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s %s %s/s", Count(float64(n)), items, Count(float64(n)/p.now().Sub(p.began).Seconds()))
}

// Share is the fraction that done is of size, and negative when size is unknown: 0.
func Share(done, size int64) float64 {
	if size <= 0 {
		return -1
	}
	return float64(done) / float64(size)
}

// draw redraws the line: " 31% |██████      | label note".
func (p *Progress) draw(known bool, fraction float64, note string) {
	if p.bar == nil || p.known != known {
		if p.bar != nil {
			p.bar.Clear()
		}
		steps := 100
		if !known {
			steps = -1
		}
		p.known, p.drawn, p.width = known, 0, barWidth
		p.bar = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: " ", BarStart: "|", BarEnd: "|"}),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false))
	}
	text := p.label
	if note != "" {
		text += " " + note
	}
	text = OneLine(text)
	// The bar makes room for the note and never grows again, so that the note does
	// not jump.
	p.width = max(min(p.width, Width(p.w)-besideBar-Columns(text)), barLeast)
	progressbar.OptionSetWidth(p.width)(p.bar)
	progressbar.OptionSetDescription(Cut(text, max(Width(p.w)-besideBar-p.width, 8)))(p.bar)
	if !known {
		p.bar.Add(1)
		return
	}
	// The bar would end itself at its last step, which Done does; and it does not
	// redraw itself for a new note alone.
	if percent := min(int(100*fraction), 99); percent != p.drawn {
		p.drawn = percent
		p.bar.Set(percent)
	} else {
		p.bar.RenderBlank()
	}
}

func (p *Progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		// The whole line, because a terminal shows ^C behind what is on it.
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", Width(p.w)-1))
	}
	p.last = time.Time{} // the next Update draws at once
}

// Done ends the progress and clears its line; later Updates do nothing.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	if p.terminal {
		p.clear()
		shown.CompareAndSwap(p, nil)
	}
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
}

// Stages shows the progress of work in several stages, each under its own name.
type Stages struct {
	Cmd      *cobra.Command
	name     string
	progress *Progress
}

// Update is [Progress.Update] of the stage called name.
func (s *Stages) Update(name string, fraction float64, note string) {
	if name != s.name {
		s.progress.Done()
		s.name, s.progress = name, StartProgress(s.Cmd, name)
	}
	s.progress.Update(fraction, note)
}

// Done ends the last stage.
func (s *Stages) Done() { s.progress.Done() }
