//go:build (!amd64 && !arm64) || noasm

package kernel

func decodeHalves(x, h []float32, scale float32) { decodeHalvesGo(x, h, scale) }
