package train

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/plainjson"
	"github.com/luminavec/luminavec/internal/training"
)

// Settings are what config.json records of a run beside its model: enough to resume it.
type Settings struct {
	Options
	Input
}

// JSON returns the settings as Run.Settings takes them.
func (s *Settings) JSON() json.RawMessage {
	data, _ := json.Marshal(s) // plain numbers and strings
	return data
}

// Validate checks the options and the input.
func (s *Settings) Validate() error {
	if err := s.Options.Validate(); err != nil {
		return err
	}
	return s.Input.Validate()
}

// ErrFinished is wrapped by the error of [Interrupted] for a checkpoint whose training
// is finished.
var ErrFinished = errors.New("training is already finished")

// Interrupted returns the settings of the unfinished run of a checkpoint. To resume it,
// read the pairs again with the tokenizer of the checkpoint, and pass the checkpoint to
// Train as Run.Resume:
//
//	c, err := checkpoints.Read(ctx, "model", checkpoints.ReadOptions{State: true})
//	…
//	s, err := train.Interrupted(c)
//	…
//	sources, done, err := s.Open(ctx, false)
//	…
//	pairs, err := pairs.Build(ctx, sources, s.PairOptions(c.Tokenizer, s.MaxTokens))
//	…
//	c, err = train.Train(ctx, s.Options, train.Run{
//		Pairs: pairs, Tokenizer: c.Tokenizer, Sources: s.Files, Settings: s.JSON(), Resume: c,
//	})
func Interrupted(c *checkpoints.Checkpoint) (*Settings, error) {
	s := &Settings{}
	if err := plainjson.Unmarshal(c.Config.Options, s); err != nil {
		return nil, fmt.Errorf("options in config.json: %w", err)
	}
	s.Files = c.Config.Corpus.Sources
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("options in config.json: %w", err)
	}
	switch p := c.Config.Progress; {
	case p.Stopped != "":
		return nil, fmt.Errorf("%w; it stopped early: %s", ErrFinished, p.Stopped)
	case p.Finished, c.Config.Part != nil && c.Config.Part.Shard > 0 && training.PartDone(c):
		return nil, ErrFinished
	}
	return s, nil
}
