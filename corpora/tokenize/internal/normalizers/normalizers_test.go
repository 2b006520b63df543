package normalizers

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// oddText returns random text of characters whose normal forms differ.
func oddText(rng *rand.Rand, n int) string {
	pool := []rune("aAbsStTreEvmldD'''    \n\r\t\v\u00a0\u3000 019٣Ⅷ.,!?-_é漢ハか\u0301\u0323\u0307\u0345ſßİﬁ가ᄀ\u11a8👍\u200d\ufe0f▁")
	var b strings.Builder
	for range n {
		b.WriteRune(pool[rng.IntN(len(pool))])
	}
	return b.String()
}

// The forms are those of package norm, except for many marks after a letter; for few
// marks, long gives the same result.
func TestForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, step := range []formStep{formC, formD, formKC, formKD} {
		for i := range 5_000 {
			text := oddText(rng, i%25)
			want := step.form.String(text)
			if got := step.Apply(&Text{Bytes: []byte(text)}, &Text{}); string(got.Bytes) != want {
				t.Fatalf("%+q: %+q, want %+q", text, got.Bytes, want)
			}
			if got := step.long(nil, []byte(text)); string(got) != want {
				t.Fatalf("long: %+q: %+q, want %+q", text, got, want)
			}
		}
		got := step.Apply(&Text{Bytes: []byte("a" + strings.Repeat("\u0301\u0323", 40) + "b")}, &Text{})
		marks := strings.Repeat("\u0323", 40) + strings.Repeat("\u0301", 40)
		if want := norm.NFD.String("a"); step == formD && string(got.Bytes) != want+marks+"b" {
			t.Errorf("%+q", got.Bytes)
		}
		if strings.ContainsRune(string(got.Bytes), '\u034f') {
			t.Errorf("%+q has a grapheme joiner", got.Bytes)
		}
	}
}

// Golden files of package tokenize test the charsmap; these blobs are not one.
func TestCharsmapErrors(t *testing.T) {
	for _, blob := range []string{"", "\x01", "\x08\x00\x00\x00abcd", "\x03\x00\x00\x00abcd", "\x00\x00\x00\x00\xff", "\xfc\xff\xff\xff"} {
		if _, err := newCharsmap([]byte(blob)); err == nil {
			t.Errorf("%q is accepted", blob)
		}
	}
	if c, err := newCharsmap([]byte("\x00\x00\x00\x00")); err != nil || string(c.Apply(&Text{Bytes: []byte("a\r\né")}, &Text{}).Bytes) != "a\r\né" {
		t.Errorf("an empty one: %v", err)
	}
}

func FuzzCharsmap(f *testing.F) {
	f.Add(testCharsmap(f), "ａｂ ﬁe\u0301")
	f.Add(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 4), 1<<31|0xffffff), "\x01")
	f.Fuzz(func(t *testing.T, blob []byte, text string) {
		c, err := newCharsmap(blob)
		if err != nil {
			return
		}
		var in, out Text
		text = strings.ToValidUTF8(text, "")
		in.Set([]byte(text), true)
		done := c.Apply(&in, &out)
		if len(done.From) != len(done.Bytes) || len(done.Until) != len(done.Bytes) {
			t.Fatalf("%d bytes have %d positions", len(done.Bytes), len(done.From))
		}
		for i, from := range done.From {
			if until := done.Until[i]; from < 0 || until > len(text) || from > until {
				t.Errorf("%q: byte %d of %q stands for bytes %d to %d", text, i, done.Bytes, from, until)
			}
		}
	})
}

// testCharsmap returns the charsmap of the golden files.
func testCharsmap(t testing.TB) []byte {
	data, err := os.ReadFile("../../testdata/tokenizers/precompiled.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Normalizer struct {
			Normalizers []struct {
				Charsmap string `json:"precompiled_charsmap"`
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(file.Normalizer.Normalizers[0].Charsmap)
	if err != nil {
		t.Fatal(err)
	}
	return blob
}
