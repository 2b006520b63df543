package train

// The word objectives that this program can train; each registers itself.
import (
	_ "github.com/luminavec/luminavec/cbow"
	_ "github.com/luminavec/luminavec/skipgram"
)
