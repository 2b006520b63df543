package checkpoints

// poolingStep returns a sentence that describes a pooling.
func poolingStep(pooling string) string {
	switch pooling {
	case "max":
		return "In each dimension the largest value of all tokens is taken."
	case "cls":
		return "The first token represents the text."
	case "sep":
		return "The last token represents the text."
	case sif:
		return "The tokens are averaged, each multiplied by its weight."
	}
	return "The tokens are averaged."
}

// pythonPooling returns Python code for a pooling, where x holds the rows of the tokens ids.
func pythonPooling(pooling string, l layout) string {
	switch pooling {
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
