// Package hashing provides the hash functions of an index: those that spread
// labels and vectors evenly, and the locality-sensitive ones of hash tables.
package hashing

import "math"

// Mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Vector returns a hash that is the same for equal vectors; 0 and -0 are equal.
func Vector(vector []float32) uint64 {
	h := uint64(len(vector))
	for _, v := range vector {
		h = (h ^ uint64(math.Float32bits(v+0))) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return Mix(h)
}
