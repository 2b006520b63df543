package checkpoints

import "testing"

// The Python code and the sentence of poolings in which repeated tokens count less.
func TestCardRepeats(t *testing.T) {
	for _, c := range []struct {
		encoder      EncoderConfig
		python, text string
	}{
		{EncoderConfig{Pooling: "mean", Repeats: 0.7}, "(x * (np.array([ids.count(i) for i in ids]) ** (0.7 - 1))[:, None]).mean(axis=0)",
			"The tokens are averaged. A token that occurs n times in a text counts n^0.7 times."},
		{EncoderConfig{Pooling: "sif", Repeats: 0.5}, `(x * (np.array([ids.count(i) for i in ids]) ** (0.5 - 1) * model["pooling.weight"][ids])[:, None]).mean(axis=0)`,
			"The tokens are averaged, each multiplied by its weight. A token that occurs n times in a text counts n^0.5 times."},
		{EncoderConfig{Pooling: "mean"}, "x.mean(axis=0)", "The tokens are averaged."},
	} {
		if got := pythonPooling(c.encoder, plain); got != c.python {
			t.Errorf("%+v: %s", c.encoder, got)
		}
		if got := poolingStep(c.encoder); got != c.text {
			t.Errorf("%+v: %s", c.encoder, got)
		}
	}
}
