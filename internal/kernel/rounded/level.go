package rounded

import "github.com/luminavec/luminavec/internal/kernel"

// The levels of package kernel for which there is assembly.
const (
	avx512  = "avx512"
	avx2    = "avx2"
	dotProd = "dotprod"
	plain   = "go"
)

func level() string { return kernel.Level() }
