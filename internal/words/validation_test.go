package words_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/training"
	. "github.com/luminavec/luminavec/internal/words"
)

// judged returns a Validation after every half epoch by a judge that finds the
// model of block peak best, and notes the tables it sees.
func judged(peak float64, seen map[int64][]float32) *training.Validation {
	return &training.Validation{
		Every: training.Cadence{Epochs: 0.5},
		Sets: []training.ValidationSet{{
			ValidationSet: checkpoints.ValidationSet{Kind: "words", File: "peak"},
			Judge: func(_ context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
				b := c.Config.Progress.Blocks
				seen[b] = slices.Clone(table(c))
				return checkpoints.Metric{Set: "peak", Name: "spearman", Value: -math.Abs(float64(b) - peak), Found: 1, Of: 1}, nil
			},
		}},
	}
}

func cloneTensors(from map[string]checkpoints.Tensor) map[string]checkpoints.Tensor {
	to := map[string]checkpoints.Tensor{}
	for name, x := range from {
		x.Data = slices.Clone(x.Data)
		to[name] = x
	}
	return to
}

// heldOutSet returns a set of text for a run.
func heldOutSet(t testing.TB, run Run, content string) training.ValidationSet {
	t.Helper()
	c, err := corpora.Build(context.Background(), text.FromReader("held", strings.NewReader(content)),
		corpora.BuildOptions{Tokenizer: run.Tokenizer, Vocabulary: run.Corpus.Vocabulary()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return training.ValidationSet{ValidationSet: checkpoints.ValidationSet{Kind: "text", File: "held"}, Text: c}
}

// validations returns the validation lines of a log, without their times.
func validations(t *testing.T, c *checkpoints.Checkpoint) (lines []string) {
	t.Helper()
	for line := range strings.Lines(string(c.Log)) {
		var v training.ValidationLine
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if v.Kind != "" {
			lines = append(lines, fmt.Sprintf("%.4f %d %s %s %.9g %v", v.Progress, v.Epoch, v.Set, v.Name, v.Value, v.Best))
		}
	}
	return lines
}

func TestValidationKeeps(t *testing.T) {
	text := topics(6000) // five blocks an epoch
	for _, c := range []struct {
		name     string
		keepLast bool
		patience int
		peak     float64
		best     int64 // place of the best
		end      int64
		model    int64 // place of the model at the end
		stopped  bool
	}{
		{name: "best in the middle", peak: 8, best: 8, end: 15, model: 8},
		{name: "best at the end", peak: 100, best: 15, end: 15, model: 15},
		{name: "keep last", keepLast: true, peak: 8, best: 8, end: 15, model: 15},
		{name: "patience", patience: 2, peak: 3, best: 3, end: 8, model: 3, stopped: true},
		{name: "patience, keep last", patience: 2, peak: 3, keepLast: true, best: 3, end: 8, model: 8, stopped: true},
		{name: "patience that lasts", patience: 5, peak: 3, best: 3, end: 15, model: 3},
	} {
		seen := map[int64][]float32{}
		run := runOf(t, text)
		run.Validation = judged(c.peak, seen)
		run.Validation.KeepLast, run.Validation.Patience = c.keepLast, c.patience
		var told []int64
		run.Validation.Report = func(v checkpoints.Validated, best bool) {
			if told = append(told, v.Blocks); best != (float64(v.Blocks) <= c.peak) {
				t.Errorf("%s: %+v, best %v", c.name, v, best)
			}
		}
		m, err := Train(context.Background(), SkipGram(), smallOptions(), run)
		if err != nil {
			t.Fatal(err)
		}
		p, v := m.Config.Progress, m.Config.Validation
		if p.Blocks != c.end || !p.Finished || (p.Stopped != "") != c.stopped || p.Loss <= 0 {
			t.Errorf("%s: %+v", c.name, p)
		}
		if v.Best.Blocks != c.best || v.Last.Blocks != c.end || v.Count != len(told) || v.Every != "0.5" {
			t.Errorf("%s: %+v, best %+v, last %+v, told %v", c.name, v, v.Best, v.Last, told)
		}
		if want := map[bool]string{true: checkpoints.KeepBest, false: checkpoints.KeepLast}[c.model == c.best]; v.Model != want {
			t.Errorf("%s: the model is said to be the %s", c.name, v.Model)
		}
		if !equalBits(table(m), seen[c.model]) {
			t.Errorf("%s: the model is not that of block %d", c.name, c.model)
		}
		for name := range m.State {
			if strings.HasPrefix(name, checkpoints.BestPrefix) {
				t.Errorf("%s: a finished run has the tensor %s", c.name, name)
			}
		}
		if n := len(validations(t, m)); n != len(told) {
			t.Errorf("%s: %d lines for %d validations", c.name, n, len(told))
		}
		run = runOf(t, text)
		run.Resume = m
		if _, err := Train(context.Background(), SkipGram(), smallOptions(), run); c.stopped != (err != nil && strings.Contains(err.Error(), "stopped early: spearman of peak")) {
			t.Errorf("%s: resumed: %v", c.name, err)
		}
	}
}

// A run that is validated, cut anywhere, written and resumed takes the same
// decisions, and ends with the same bits, as one that was not cut.
func TestValidationResumes(t *testing.T) {
	text := topics(6000)
	for _, c := range []struct {
		peak     float64
		patience int
		keepLast bool
	}{{3, 0, false}, {8, 2, false}, {5, 3, true}, {15, 0, false}} {
		start := func() (Run, map[int64][]float32) {
			run, seen := runOf(t, text), map[int64][]float32{}
			run.Validation = judged(c.peak, seen)
			run.Validation.Sets = append(run.Validation.Sets, heldOutSet(t, run, topics(500)))
			run.Validation.Patience, run.Validation.KeepLast = c.patience, c.keepLast
			return run, seen
		}
		run, _ := start()
		whole, err := Train(context.Background(), SkipGram(), smallOptions(), run)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir() + "/model"
		var resume, m *checkpoints.Checkpoint
		for cuts := 0; ; cuts++ {
			run, _ := start()
			run.Resume = resume
			ctx, cancel := context.WithCancel(context.Background())
			run.SaveEvery = time.Nanosecond
			run.Save = func(context.Context, *checkpoints.Checkpoint) error { cancel(); return nil }
			if judge := run.Validation.Sets[0].Judge; cuts%2 == 1 { // cut in the middle of a validation
				run.Validation.Sets[0].Judge = func(ctx context.Context, c *checkpoints.Checkpoint) (checkpoints.Metric, error) {
					if resume.Config.Progress.Blocks < c.Config.Progress.Blocks {
						cancel()
						return checkpoints.Metric{}, ctx.Err()
					}
					return judge(ctx, c)
				}
			}
			m, err = Train(ctx, SkipGram(), smallOptions(), run)
			cancel()
			if err == nil {
				if cuts < 5 {
					t.Errorf("peak %g: cut %d times only", c.peak, cuts)
				}
				break
			}
			if m == nil || !errors.Is(err, context.Canceled) || cuts > 40 {
				t.Fatalf("peak %g, cut %d times: %v", c.peak, cuts, err)
			}
			if m.Config.Progress.Finished {
				t.Fatalf("peak %g: cut, and finished", c.peak)
			}
			if err := checkpoints.Write(context.Background(), dir, m, checkpoints.WriteOptions{Replace: true}); err != nil {
				t.Fatal(err)
			}
			if resume, err = checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{State: true}); err != nil {
				t.Fatal(err)
			}
		}
		if !equalBits(table(m), table(whole)) || !equalBits(m.State[OutputTensor].Data, whole.State[OutputTensor].Data) {
			t.Errorf("peak %g: other tables than the run that was not cut", c.peak)
		}
		if !reflect.DeepEqual(m.Config.Validation, whole.Config.Validation) {
			t.Errorf("peak %g: %+v, want %+v", c.peak, m.Config.Validation, whole.Config.Validation)
		}
		if got, want := validations(t, m), validations(t, whole); !slices.Equal(got, want) {
			t.Errorf("peak %g: log\n%s\nwant\n%s", c.peak, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		a, b := m.Config.Progress, whole.Config.Progress
		if a.Seconds, b.Seconds = 0, 0; a != b {
			t.Errorf("peak %g: %+v, want %+v", c.peak, a, b)
		}
	}
}

// With other sets the search for the best begins anew; without its tensors the
// best cannot be kept.
func TestValidationResumesWith(t *testing.T) {
	text := topics(6000)
	ctx, cancel := context.WithCancel(context.Background())
	run := runOf(t, text)
	run.Validation = judged(3, map[int64][]float32{})
	run.Validation.Report = func(v checkpoints.Validated, _ bool) {
		if v.Blocks == 10 {
			cancel()
		}
	}
	cut, err := Train(ctx, SkipGram(), smallOptions(), run)
	if !errors.Is(err, context.Canceled) || cut.Config.Validation.Best.Blocks != 3 {
		t.Fatalf("%v, %+v", err, cut)
	}
	resume := func(change func(*training.Validation)) (*checkpoints.Checkpoint, error) {
		copied := *cut
		copied.Tensors, copied.State = cloneTensors(cut.Tensors), cloneTensors(cut.State)
		run := runOf(t, text)
		run.Resume = &copied
		run.Validation = judged(3, map[int64][]float32{})
		change(run.Validation)
		return Train(context.Background(), SkipGram(), smallOptions(), run)
	}
	if m, err := resume(func(*training.Validation) {}); err != nil || m.Config.Validation.Best.Blocks != 3 || m.Config.Validation.Model != "best" {
		t.Errorf("the same sets: %v, %+v", err, m.Config.Validation)
	}
	if m, err := resume(func(v *training.Validation) { v.Sets[0].File = "other" }); err != nil || m.Config.Validation.Best.Blocks != 10 {
		t.Errorf("another set: %v, %+v", err, m.Config.Validation.Best)
	}
	if m, err := resume(func(v *training.Validation) { v.KeepLast = true }); err != nil || m.Config.Validation.Best.Blocks != 3 || m.Config.Validation.Model != "last" {
		t.Errorf("keep last: %v, %+v", err, m.Config.Validation)
	}
	cut.Config.Validation.Keep = checkpoints.KeepLast
	if m, err := resume(func(*training.Validation) {}); err != nil || m.Config.Validation.Best.Blocks != 13 {
		t.Errorf("the best was not kept: %v, %+v", err, m.Config.Validation.Best)
	}
	cut.Config.Validation.Keep = checkpoints.KeepBest
	other := cut.State["best."+OutputTensor]
	other.Shape = []int{other.Shape[0] - 1, other.Shape[1]}
	cut.State["best."+OutputTensor] = other
	if _, err := resume(func(*training.Validation) {}); err == nil || !strings.Contains(err.Error(), "no tensor best.output.weight of shape") {
		t.Errorf("the best with a row less: %v", err)
	}
	delete(cut.State, "best."+OutputTensor)
	if _, err := resume(func(*training.Validation) {}); err == nil || !strings.Contains(err.Error(), "no tensor best.output.weight") {
		t.Errorf("without the best: %v", err)
	}
}

// The loss on held-out text is that of the objective, whatever the number of
// threads and whichever the engine, and measuring it changes nothing.
func TestHeldOutLoss(t *testing.T) {
	text, held := topics(6000), topics(9000)
	for _, objective := range []*Objective{SkipGram(), CBOW()} {
		var losses []float64
		var tables [][]float32
		for _, threads := range []int{0, 1, 1, 5} { // 0: one, and no validation
			o, run := smallOptions(), runOf(t, text)
			o.Epochs = 1
			if threads > 0 {
				run.Validation = &training.Validation{Sets: []training.ValidationSet{heldOutSet(t, run, held)}, KeepLast: true, Every: training.Cadence{Epochs: 0.4}}
				run.Validation.Report = func(v checkpoints.Validated, _ bool) {
					if v.Blocks == 2 || threads == 1 {
						losses = append(losses, v.Metrics[0].Value)
					}
				}
			}
			if o.Threads = max(1, threads); threads > 1 {
				o.LearningRate = 1e-30 // Hogwild changes nothing either: the model of block 2 is that of block 0
			}
			m, err := Train(context.Background(), objective, o, run)
			if err != nil {
				t.Fatal(err)
			}
			tables = append(tables, table(m))
		}
		if !equalBits(tables[0], tables[1]) || !equalBits(tables[0], tables[2]) {
			t.Errorf("%s: validation changes the training", objective.Name)
		}
		if len(losses) != 7 || !slices.Equal(losses[:3], losses[3:6]) || losses[2] >= losses[0] {
			t.Errorf("%s: losses %v", objective.Name, losses)
		}
		if untrained := 4 * math.Ln2; math.Abs(losses[6]-untrained) > 1e-6 {
			t.Errorf("%s: the loss of an untrained model is %v, want %v", objective.Name, losses[6], untrained)
		}
	}
	// Models of one vocabulary meet the same windows, whatever seed they were trained with.
	o := smallOptions()
	dir, _ := saved(t, o, SkipGram(), text)
	var same []checkpoints.Metric
	for seed := range uint64(2) {
		run := runOf(t, text)
		set := heldOutSet(t, run, held)
		run.Validation = &training.Validation{Sets: []training.ValidationSet{set}}
		var err error
		if run.Start, err = NewStart(context.Background(), open(t, dir), run.Corpus.Vocabulary(), "skipgram", o); err != nil {
			t.Fatal(err)
		}
		o.Seed = seed
		trainer, err := NewTrainer(SkipGram(), o, run)
		if err != nil {
			t.Fatal(err)
		}
		m, err := trainer.HeldOutLoss(context.Background(), set)
		if err != nil {
			t.Fatal(err)
		}
		trainer.CloseHeldOut()
		same = append(same, m)
	}
	if same[0] != same[1] || same[0].Value > 4*math.Ln2-0.1 {
		t.Errorf("one model, two seeds: %+v", same)
	}
	// Both engines measure the same.
	var losses [2]float64
	for i, engine := range []training.Engine{training.Fused, training.Graph} {
		o, run := smallOptions(), runOf(t, topics(60))
		o.Engine, o.LearningRate = engine, 0.01
		run.Validation = &training.Validation{Sets: []training.ValidationSet{heldOutSet(t, run, topics(80))}}
		m, err := Train(context.Background(), SkipGram(), o, run)
		if err != nil {
			t.Fatal(err)
		}
		losses[i] = m.Config.Validation.Last.Metrics[0].Value
	}
	if d := math.Abs(losses[0] - losses[1]); d > 1e-3 {
		t.Errorf("loss %v fused, %v graph", losses[0], losses[1])
	}
}

func TestValidationErrors(t *testing.T) {
	judge := func(m checkpoints.Metric, err error) training.ValidationSet {
		return training.ValidationSet{ValidationSet: checkpoints.ValidationSet{File: "set"}, Judge: func(context.Context, *checkpoints.Checkpoint) (checkpoints.Metric, error) { return m, err }}
	}
	broken := errors.New("broken judge")
	lonely := runOf(t, "one two\n")
	for name, c := range map[string]struct {
		v    training.Validation
		want string
	}{
		"no sets":  {training.Validation{}, "no set"},
		"patience": {training.Validation{Sets: []training.ValidationSet{judge(checkpoints.Metric{}, nil)}, Patience: -1}, "Patience must be 0 or more"},
		"neither":  {training.Validation{Sets: []training.ValidationSet{{}}}, "exactly one of Judge and Text"},
		"both":     {training.Validation{Sets: []training.ValidationSet{{Judge: judge(checkpoints.Metric{}, nil).Judge, Text: lonely.Corpus}}}, "exactly one of Judge and Text"},
		"judge":    {training.Validation{Sets: []training.ValidationSet{judge(checkpoints.Metric{}, broken)}}, "validation at 100.0%: set: broken judge"},
		"NaN":      {training.Validation{Sets: []training.ValidationSet{judge(checkpoints.Metric{Name: "loss", Value: math.NaN()}, nil)}}, "set: loss is NaN"},
		"one word": {training.Validation{Sets: []training.ValidationSet{heldOutSet(t, lonely, "one\ntwo\n")}}, "no two words"},
	} {
		run := lonely
		run.Validation = &c.v
		if m, err := Train(context.Background(), SkipGram(), smallOptions(), run); m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			if name != "judge" || !errors.Is(err, broken) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
