//go:build amd64 && !noasm

package kernel

import (
	"encoding/binary"
	"slices"
)

func joinCode(c, b, signs []byte, i, dim int) {
	if level < levelAVX2 {
		joinCodeGo(c, b, signs, i, dim)
		return
	}
	at, shift := nibble(i, 0)
	joinCodeAVX2(&c[0], &b[0], &signs[0], &joinPicks[at][0], &joinMasks[0], 0x08040201<<shift, dim/32)
}

// joinMasks are for the steps of joinCodeAVX2, to spread 14 bytes over two words, and the highest bits.
var joinMasks = func() (m []byte) {
	for _, mask := range [][2]uint64{
		{0x000000000fffffff}, {0x0fffffff00000000}, {0x00003fff00003fff}, {0x3fff00003fff0000},
		{0x007f007f007f007f}, {0x7f007f007f007f00}, {0xff06050403020100, 0xff0d0c0b0a090807}, {0x8080808080808080},
	} {
		if mask[1] == 0 {
			mask[1] = mask[0]
		}
		half := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, mask[0]), mask[1])
		m = append(m, slices.Repeat(half, 2)...)
	}
	return m
}()

// joinPicks put the byte at the index into four bytes, of the four at the place of each part.
var joinPicks = func() (p [16][4 * 32]byte) {
	for at := range p {
		for i := range p[at] {
			p[at][i] = 0xff
			if i%16/4 == i/32 {
				p[at][i] = byte(at)
			}
		}
	}
	return p
}()
