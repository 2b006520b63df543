package exchange

// DType is how the values of vectors are stored.
type DType string

const (
	Float32 DType = "float32"
	// Float16 is IEEE 754 binary16, rounded to the nearest, ties to even. A value that is too
	// large for it is an error.
	Float16 DType = "float16"
	// Int8 is a whole number from -127 to 127; times the scale of the file, it is the value.
	Int8 DType = "int8"
	// Binary is one bit per value, 1 if it is positive, packed into bytes with the most
	// significant bit first, as numpy.packbits and the precision "ubinary" of
	// sentence-transformers do. It is read as 1 and -1.
	Binary DType = "binary"
)

// DTypes returns all types.
func DTypes() []DType { return []DType{Float32, Float16, Int8, Binary} }
