package sentence

// Normalizes reports whether Encode divides each vector by its length.
func (e *Encoder) Normalizes() bool { return e.normalize }

// Shorten returns the first dims values of a vector, in place: of a model that was trained for
// it (Matryoshka), they are a vector of their own. If normalized is set, they are divided by their
// length; a zero vector stays zero.
func Shorten(vector []float32, dims int, normalized bool) []float32 {
	vector = vector[:dims]
	if normalized {
		normalize(vector)
	}
	return vector
}
