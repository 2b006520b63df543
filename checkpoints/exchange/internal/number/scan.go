package number

import (
	"errors"
	"math"
	"strconv"
)

// The powers of ten that a float64 holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// Scan reads the number at the start of b, up to a space, a tab or the end, and returns it
// with the number of bytes it took. The result and the errors are those of
// strconv.ParseFloat(…, 32), to the bit.
//
// Most numbers are a mantissa and a power of ten that a float64 both holds exactly, so that one
// operation gives the nearest float64 (Clinger, "How to Read Floating Point Numbers
// Accurately", 1990). Rounding that to a float32 is the same as rounding the number itself
// unless it lies half-way between two float32 values. Those cases and less simple numbers are
// left to strconv.
func Scan(b []byte) (v float32, n int, err error) {
	i := 0
	negative := false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		negative = b[i] == '-'
		i++
	}
	var mantissa uint64
	first := i
	for ; i < len(b) && b[i]-'0' < 10; i++ {
		mantissa = mantissa*10 + uint64(b[i]-'0')
	}
	digits, exponent := i-first, 0
	if i < len(b) && b[i] == '.' {
		i++
		point := i
		for ; i < len(b) && b[i]-'0' < 10; i++ {
			mantissa = mantissa*10 + uint64(b[i]-'0')
		}
		digits += i - point
		exponent = point - i
	}
	simple := digits > 0 && digits <= 19 && mantissa <= 1<<53 // 19 digits do not overflow
	if simple && i < len(b) && b[i]|0x20 == 'e' {
		i++
		minus := i < len(b) && b[i] == '-'
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			i++
		}
		e, start := 0, i
		for ; i < len(b) && b[i]-'0' < 10 && i-start < 4; i++ {
			e = e*10 + int(b[i]-'0')
		}
		simple = i > start
		if minus {
			e = -e
		}
		exponent += e
	}
	if simple && (i == len(b) || b[i] == ' ' || b[i] == '\t') && -22 <= exponent && exponent <= 22 {
		d := float64(mantissa)
		if exponent < 0 {
			d /= powersOfTen[-exponent]
		} else {
			d *= powersOfTen[exponent]
		}
		const rest, half = 1<<29 - 1, 1 << 28 // the bits of a float64 that do not fit a float32
		normal := d >= 0x1p-126 && d <= math.MaxFloat32 || d == 0
		if normal && math.Float64bits(d)&rest != half {
			if negative {
				d = math.Copysign(d, -1)
			}
			return float32(d), i, nil
		}
	}
	for i < len(b) && b[i] != ' ' && b[i] != '\t' {
		i++
	}
	x, err := strconv.ParseFloat(string(b[:i]), 32)
	return float32(x), i, err
}

// Is reports whether a field is a number, even one that float32 cannot hold.
func Is(field []byte) bool {
	_, _, err := Scan(field)
	return err == nil || errors.Is(err, strconv.ErrRange)
}
