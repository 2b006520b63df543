package train

import (
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/words"
)

// settle sets the options that were not given to what is usual with those that were.
func (j *wordJob) settle(given func(name string) bool) error {
	o := &j.options
	switch {
	case o.Loss == words.LossHS && (given("negative") || given("ns-exponent")):
		return fault.New("omit them, or train with --loss ns", "--negative and --ns-exponent apply to negative sampling, but the loss is hs")
	case given("windows") && given("shrink-windows"):
		return fault.New("omit one of them", "--windows and --shrink-windows set the same option")
	case given("shrink-windows") && j.shrink:
		o.Windows = words.WindowsDrawn
	case given("shrink-windows"):
		o.Windows = words.WindowsFull
	case !given("windows") && (o.Loss == words.LossHS || o.PositionWeights):
		o.Windows = words.WindowsDrawn
	}
	switch j.vectors {
	case "":
		o.SumVectors = o.SumVectors && o.Loss != words.LossHS && o.NGrams.Max == 0 && !o.FreezeInit
	case "input", "sum":
		o.SumVectors = j.vectors == "sum"
	default:
		return fault.New("choose input or sum", "--vectors must be input or sum, got %q", j.vectors)
	}
	if !given("threads") {
		o.Threads = words.DefaultOptions().Threads
	}
	if !given("lr") {
		o.LearningRate = j.kind.Rates.Usual(o)
	}
	return nil
}

// charNGrams parses --char-ngrams; buckets says that --buckets was given.
func (j *wordJob) charNGrams(buckets bool) error {
	if j.grams == "" {
		if buckets {
			return fault.New("add --char-ngrams 3-6", "--buckets requires --char-ngrams")
		}
		return nil
	}
	low, high, ok := strings.Cut(j.grams, "-")
	n, errN := strconv.Atoi(low)
	m, errM := strconv.Atoi(high)
	if !ok || errN != nil || errM != nil || m < 1 {
		return fault.New("name the shortest and the longest, as in 3-6", "--char-ngrams cannot be %q", j.grams)
	}
	j.options.NGrams = tokenize.NGramOptions{Min: n, Max: m, Buckets: j.buckets}
	return j.options.NGrams.Validate()
}
