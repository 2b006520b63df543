package checkpoints

import "fmt"

// poolingStep returns a sentence that describes a pooling.
func poolingStep(e EncoderConfig) string {
	switch e.Pooling {
	case "max":
		return "In each dimension the largest value of all tokens is taken."
	case "cls":
		return "The first token represents the text."
	case "sep":
		return "The last token represents the text."
	case sif:
		return "The tokens are averaged, each multiplied by its weight." + repeatsStep(e.Repeats)
	}
	return "The tokens are averaged." + repeatsStep(e.Repeats)
}

// repeatsStep returns a sentence that says how repetition counts; nothing if every occurrence does.
func repeatsStep(power float64) string {
	if power == 0 {
		return ""
	}
	return fmt.Sprintf(" A token that occurs n times in a text counts n^%g times.", power)
}

// pythonPooling returns Python code for a pooling, where x holds the rows of the tokens ids.
func pythonPooling(e EncoderConfig, l layout) string {
	if e.Repeats > 0 { // the layout is plain
		weights := ""
		if e.Pooling == sif {
			weights = ` * model["` + PoolingTensor + `"][ids]`
		}
		return fmt.Sprintf("(x * (np.array([ids.count(i) for i in ids]) ** (%g - 1)%s)[:, None]).mean(axis=0)", e.Repeats, weights)
	}
	switch e.Pooling {
	case "max":
		return "x.max(axis=0)"
	case "cls":
		return "x[0]"
	case "sep":
		return "x[-1]"
	case sif:
		if l == indexed {
			return `(x * model["` + weightsTensor + `"][ids, None]).mean(axis=0)`
		}
		return `(x * model["` + PoolingTensor + `"][ids, None]).mean(axis=0)`
	}
	return "x.mean(axis=0)"
}
