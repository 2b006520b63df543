package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/internal/fault"
)

// Share of the loss of an untrained model from which a model counts as untrained.
const untrainedFrom = 0.995

// Shortfall returns why a model that was trained to the end has learned nothing, with a hint that
// fits its options, or nil if it has: its loss is below that of an untrained model.
func Shortfall(c *checkpoints.Checkpoint) error {
	var o Options
	if err := json.Unmarshal(c.Config.Options, &o); err != nil {
		return fmt.Errorf("options in config.json: %w", err)
	}
	p := c.Config.Progress
	kept := corpora.KeptShare(c.Vocabulary, o.Subsample)
	usual := o.LearningRate
	if kind, ok := Lookup(c.Config.Kind); ok {
		usual = kind.Rates.Usual(&o)
	}
	var try []string
	switch text := c.Config.Corpus; {
	case p.Loss == 0 && text.Words > text.Lines && o.Subsample > 0 && kept < 1:
		return fault.Mention("provide more text, or set Subsample to 0", "nothing was learned: no two words of a line were left after subsampling")
	case p.Loss == 0 && o.MinCount > 1 && text.Words < text.RawWords:
		return fault.Mention("provide more text, or set MinCount to 1", "nothing was learned: no line has two words of the vocabulary")
	case p.Loss == 0:
		return errors.New("nothing was learned: no line has two words; put the words that belong together on one line")
	case p.Untrained == 0 || p.Loss < untrainedFrom*p.Untrained:
		return nil
	case p.Loss*untrainedFrom > p.Untrained:
		return fault.Mention(fmt.Sprintf("lower LearningRate, for example to %.2g", min(usual, o.LearningRate/4)),
			"the model is worse than untrained: its loss is %.4g, that of an untrained model %.4g", p.Loss, p.Untrained)
	}
	if kept < corpora.LeastKept {
		try = append(try, fmt.Sprintf("set Subsample to %g, which keeps more of the text", corpora.AdaptSubsample(c.Vocabulary, o.Subsample)))
	}
	if o.LearningRate < usual/2 || o.LearningRate > 2*usual {
		try = append(try, fmt.Sprintf("set LearningRate to %g, which is usual", usual))
	}
	if len(try) == 0 {
		try = append(try, fmt.Sprintf("provide more text, or raise Epochs above %d", o.Epochs))
	}
	return fault.Mention(strings.Join(try, "; "), "the model is untrained: its loss, %.4f, has not left its starting value, %.4f", p.Loss, p.Untrained)
}
