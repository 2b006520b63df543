package normalizers

import (
	"testing"
	"unicode"
)

func TestBertSpaces(t *testing.T) {
	for r, class := range BertClasses() {
		if got, want := class&BertSpace != 0, unicode.Is(unicode.White_Space, rune(r)); got != want {
			t.Errorf("%U: space %v, want %v", r, got, want)
		}
	}
}
