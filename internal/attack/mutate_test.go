//go:build slow && unix

package attack

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
)

// extremes are values that parsers handle badly.
var extremes = []string{
	"0", "-1", "1e999", "-1e-999", "NaN", "inf", "9223372036854775807", "18446744073709551616", "2147483648", "4294967295", "1.5", "00", "0x10",
	"null", "true", "[]", "{}", `""`, `"x"`, `[[[[1]]]]`, `{"a": {"a": {"a": null}}}`, "\x00", "\xff\xfe", "\ufeff", "\u00a0", "\u200b", "\r", "\r\n", "\t", " ", "\"", "'", "\\",
	"\x1b[31m", "w1", "[UNK]", "../../x", "/etc/passwd", strings.Repeat("9", 400), strings.Repeat("(", 3000), strings.Repeat("[", 3000), strings.Repeat("w", 70000),
}

// mutate changes data at random: once, or a few times.
func mutate(r *rand.Rand, data []byte, other []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + r.IntN(2)*r.IntN(4) {
		data = mutations[r.IntN(len(mutations))](r, data, other)
	}
	return data
}

// mutations change data; other is the content of another file of the same kind, or of any kind.
var mutations = []func(r *rand.Rand, data, other []byte) []byte{
	func(r *rand.Rand, data, _ []byte) []byte { // flip a bit
		if len(data) > 0 {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
		return data
	},
	func(r *rand.Rand, data, _ []byte) []byte { // overwrite bytes
		if len(data) > 0 {
			at := r.IntN(len(data))
			for i := at; i < min(len(data), at+1+r.IntN(9)); i++ {
				data[i] = byte(r.Uint32())
			}
		}
		return data
	},
	func(r *rand.Rand, data, _ []byte) []byte { // an extreme number in binary, often in the header
		number := make([]byte, 8)
		binary.LittleEndian.PutUint64(number, []uint64{0, 1, 0xffffffff, 0xffffffffffffffff, 0x7fffffffffffffff, 0x7fc000007f800000, 1 << 32, 1 << 40, uint64(len(data))}[r.IntN(9)])
		number = number[:[]int{4, 8}[r.IntN(2)]]
		if len(data) > len(number) {
			most := len(data) - len(number)
			if r.IntN(2) == 0 {
				most = min(most, 200)
			}
			copy(data[r.IntN(most):], number)
		}
		return data
	},
	func(r *rand.Rand, data, _ []byte) []byte { return data[:r.IntN(len(data)+1)] }, // cut
	func(r *rand.Rand, data, _ []byte) []byte { return data[:len(data)-min(len(data), 1+r.IntN(20))] },
	func(r *rand.Rand, data, _ []byte) []byte { // remove a piece
		from, to := piece(r, data)
		return slices.Delete(data, from, to)
	},
	func(r *rand.Rand, data, _ []byte) []byte { // repeat a piece
		from, to := piece(r, data)
		return slices.Insert(data, to, bytes.Repeat(data[from:to], 1+r.IntN(3))...)
	},
	func(r *rand.Rand, data, other []byte) []byte { // a piece of another file
		from, to := piece(r, other)
		at, _ := piece(r, data)
		return slices.Insert(data, at, other[from:to]...)
	},
	func(r *rand.Rand, data, other []byte) []byte { // the end of another file
		at, _ := piece(r, data)
		from, _ := piece(r, other)
		return append(data[:at:at], other[from:]...)
	},
	func(r *rand.Rand, data, _ []byte) []byte { // zeros
		from, to := piece(r, data)
		clear(data[from:to])
		return data
	},
	func(r *rand.Rand, data, _ []byte) []byte { // an extreme value at any place
		at, _ := piece(r, data)
		return slices.Insert(data, at, []byte(extremes[r.IntN(len(extremes))])...)
	},
	replaceToken, replaceToken, replaceToken,
	func(r *rand.Rand, data, _ []byte) []byte { // lines removed, repeated or swapped
		lines := bytes.SplitAfter(data, []byte("\n"))
		i, j := r.IntN(len(lines)), r.IntN(len(lines))
		switch r.IntN(3) {
		case 0:
			lines[i], lines[j] = lines[j], lines[i]
		case 1:
			lines = slices.Insert(lines, i, lines[j])
		default:
			lines = slices.Delete(lines, i, i+1)
		}
		return bytes.Join(lines, nil)
	},
	func(r *rand.Rand, data, _ []byte) []byte { // other ends of lines
		return bytes.ReplaceAll(data, []byte("\n"), []byte([]string{"\r", "\r\n", "\n\n", ""}[r.IntN(4)]))
	},
	func(r *rand.Rand, data, _ []byte) []byte { // bytes at the end
		return append(data, extremes[r.IntN(len(extremes))]...)
	},
}

// piece returns the bounds of a piece, mostly a short one.
func piece(r *rand.Rand, data []byte) (from, to int) {
	from = r.IntN(len(data) + 1)
	length := 1 + r.IntN(40)
	if r.IntN(4) == 0 {
		length = 1 + r.IntN(len(data)+1)
	}
	return from, min(len(data), from+length)
}

// replaceToken replaces a number, a word or a JSON string by an extreme value.
func replaceToken(r *rand.Rand, data, _ []byte) []byte {
	inToken := func(c byte) bool {
		return c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	if len(data) == 0 {
		return data
	}
	from := r.IntN(len(data))
	if r.IntN(2) == 0 {
		from = r.IntN(min(len(data), 400))
	}
	for from < len(data) && !inToken(data[from]) {
		from++
	}
	to := from
	for from > 0 && inToken(data[from-1]) {
		from--
	}
	for to < len(data) && inToken(data[to]) {
		to++
	}
	if from > 0 && to < len(data) && data[from-1] == '"' && data[to] == '"' && r.IntN(2) == 0 {
		from, to = from-1, to+1
	}
	return slices.Replace(data, from, to, []byte(extremes[r.IntN(len(extremes))])...)
}
