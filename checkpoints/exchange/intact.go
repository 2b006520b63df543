package exchange

import (
	"context"
	"io"
	"os"

	"github.com/luminavec/luminavec/corpora/text"
)

// Intact reads a compressed file to its end, where its checksum is, and returns the error if it is
// damaged. A caller that answers row by row calls it before Open. It reads no other input: a
// stream cannot be read twice, and the other formats have no checksum.
func Intact(ctx context.Context, path string) error {
	if info, err := os.Stat(path); path == text.Stdin || err != nil || !info.Mode().IsRegular() {
		return nil // Open reports what is wrong
	}
	in, err := text.Unpack(ctx, path)
	if err != nil {
		return err
	}
	defer in.Close()
	if in.Compressed() {
		_, err = io.Copy(io.Discard, in)
	}
	return err
}
