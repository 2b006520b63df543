package main

import (
	"strconv"
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/training"
)

// settle gives the options that were not given what is usual with those that were.
func (j *wordJob) settle(given func(name string) bool) error {
	o := &j.options
	switch {
	case o.Loss == training.LossHS && (given("negative") || given("ns-exponent")):
		return fault.New("leave them out, or train with --loss ns", "--negative and --ns-exponent are of negative sampling, and the loss is hs")
	case given("windows") && given("shrink-windows"):
		return fault.New("leave one of them out", "--windows and --shrink-windows say the same")
	case given("shrink-windows") && j.shrink:
		o.Windows = training.WindowsDrawn
	case given("shrink-windows"):
		o.Windows = training.WindowsFull
	case !given("windows") && (o.Loss == training.LossHS || o.PositionWeights):
		o.Windows = training.WindowsDrawn
	}
	switch j.vectors {
	case "":
		o.SumVectors = o.SumVectors && o.Loss != training.LossHS && o.NGrams.Max == 0 && !o.FreezeInit
	case "input", "sum":
		o.SumVectors = j.vectors == "sum"
	default:
		return fault.New("choose input or sum", "vectors are %q", j.vectors)
	}
	if !given("lr") {
		o.LearningRate = training.UsualRate(j.kind, o)
	}
	return nil
}

// charNGrams reads --char-ngrams, which --buckets, if given, belongs to.
func (j *wordJob) charNGrams(buckets bool) error {
	if j.grams == "" {
		if buckets {
			return fault.New("add --char-ngrams 3-6", "--buckets are of character n-grams, and there are none")
		}
		return nil
	}
	low, high, ok := strings.Cut(j.grams, "-")
	n, errN := strconv.Atoi(low)
	m, errM := strconv.Atoi(high)
	if !ok || errN != nil || errM != nil || m < 1 {
		return fault.New("give the shortest and the longest, as in 3-6", "--char-ngrams cannot be %q", j.grams)
	}
	j.options.NGrams = tokenize.NGramOptions{Min: n, Max: m, Buckets: j.buckets}
	return j.options.NGrams.Validate()
}
