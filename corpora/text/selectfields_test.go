package text_test

import (
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// A command can put its own names in place of both fields.
func TestSelectNamesFields(t *testing.T) {
	err := text.FromBytes("x", nil).Select(text.Selection{Field: "a", Column: "b"})
	err = fault.Rename(err, map[string]string{"Field": "F", "Column": "C"})
	if want := `F "a" and C "b" are both set`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
