//go:build !amd64 || noasm

package kernel

func joinCode(c, b, signs []byte, i, dim int) { joinCodeGo(c, b, signs, i, dim) }
