package manifest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

var testFormat = Format{Head: "luminavec-test", Version: 2, Kind: "test", Other: "name a test", Damaged: "test again"}

// sumOf returns 32 times the byte b.
func sumOf(b byte) (sum [sha256.Size]byte) {
	copy(sum[:], bytes.Repeat([]byte{b}, len(sum)))
	return sum
}

// seal ends a MANIFEST, as a hostile program could too.
func seal(body string) []byte {
	t := NewTally()
	t.Write([]byte(body))
	sum := t.File("").Sum
	return fmt.Appendf([]byte(body), "end %x\n", sum)
}

func TestManifestLine(t *testing.T) {
	sum := strings.Repeat("a", 64)
	if f, err := parseLine("12 " + sum + " a/b c"); err != nil || f != (File{"a/b c", 12, sumOf(0xaa)}) {
		t.Errorf("%+v, %v", f, err)
	}
	for _, line := range []string{
		"", "12", "12 " + sum, "12 " + sum + " ", "-1 " + sum + " a", "01 " + sum + " a", "+1 " + sum + " a", "x " + sum + " a",
		"9223372036854775808 " + sum + " a", "1 " + sum[1:] + " a", "1 " + sum + "aa a", "1 " + strings.ToUpper(sum) + " a",
		"1 " + strings.Repeat("g", 64) + " a", "1 " + sum + " .", "1 " + sum + " /a", "1 " + sum + " ../a", "1 " + sum + " a/../b",
		"1 " + sum + " a//b", "1 " + sum + " MANIFEST", `1 ` + sum + ` a\b`, "1 " + sum + " C:a", "1 " + sum + " \xff",
	} {
		if f, err := parseLine(line); err == nil {
			t.Errorf("%q is accepted as %+v", line, f)
		}
	}
}

// TestMarshal pins the layout: a change to it changes every format
// that uses it.
func TestMarshal(t *testing.T) {
	const want = "luminavec-test 2\n" +
		"0 0101010101010101010101010101010101010101010101010101010101010101 a\n" +
		"12 abababababababababababababababababababababababababababababababab b/c d\n" +
		"end dabbc838f45d067e777a510788bf839d2a0cbda81ffe7551bda242b4b9c897eb\n"
	files := []File{{"b/c d", 12, sumOf(0xab)}, {"a", 0, sumOf(1)}}
	got := testFormat.Marshal(files)
	if string(got) != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if files[0].Name != "b/c d" {
		t.Error("the files were reordered")
	}
	m, err := testFormat.Parse(got)
	if err != nil || m.Version != 2 || len(m.Files) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	for _, f := range files {
		if found, ok := m.Find(f.Name); !ok || found != f {
			t.Errorf("found %+v, %v, want %+v", found, ok, f)
		}
	}
	if f, ok := m.Find("b"); ok {
		t.Errorf("found %+v", f)
	}
}

func TestParseErrors(t *testing.T) {
	sum := strings.Repeat("a", 64)
	for _, test := range []struct {
		data          string
		message, hint string
	}{
		{"", "line 1 does not belong to a test", "name a test"},
		{"luminavec-manifest 1\n", "line 1 does not belong to a test", "name a test"},
		{string(seal("luminavec-manifest 1\n")), "line 1 does not belong to a test", "name a test"},
		{"luminavec-test x\n", `line 1: "x" is not a version`, "test again"},
		{string(seal("luminavec-test 0\n")), `line 1: "0" is not a version`, "test again"},
		{string(seal("luminavec-test 01\n")), `line 1: "01" is not a version`, "test again"},
		{string(seal("luminavec-test 3\n")), "format version 3 is newer than 2", "update LuminaVec"},
		{"luminavec-test 3\n", "changed or cut short", "test again"},
		{"luminavec-test 1", "changed or cut short", "test again"},
		{string(seal("luminavec-test 1\n")) + "\n", "changed or cut short", "test again"},
		{string(seal("luminavec-test 1\n\n")), `line 2: "" is not a size`, "test again"},
		{string(seal("luminavec-test 1\n1 " + sum + " ../a\n")), `line 2: "../a" is not the name of a file`, "test again"},
		{string(seal("luminavec-test 1\n1 " + sum + " b\n1 " + sum + " a\n")), `line 3: names must be sorted and unique, got "a" after "b"`, "test again"},
		{string(seal("luminavec-test 1\n1 " + sum + " a\n1 " + sum + " a\n")), `line 3: names must be sorted and unique, got "a" after "a"`, "test again"},
	} {
		m, err := testFormat.Parse([]byte(test.data))
		if err == nil || !strings.Contains(err.Error(), test.message) || fault.Hint(err) != test.hint {
			t.Errorf("%q: %+v, error %v, hint %q", test.data, m, err, fault.Hint(err))
		}
	}
}

// An older version stays readable.
func TestParseOlder(t *testing.T) {
	if m, err := testFormat.Parse(seal("luminavec-test 1\n")); err != nil || m.Version != 1 || len(m.Files) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestParseEveryChange(t *testing.T) {
	good := testFormat.Marshal([]File{{"b/c d", 12, sumOf(0xab)}, {"a", 0, sumOf(1)}})
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if _, err := testFormat.Parse(bad); err == nil {
				t.Errorf("byte %d flipped: accepted", i)
			}
		}
		if _, err := testFormat.Parse(good[:i]); err == nil {
			t.Errorf("cut to %d bytes: accepted", i)
		}
	}
}

// FuzzManifest: what is accepted is what Marshal writes, so no change goes
// unnoticed.
func FuzzManifest(f *testing.F) {
	f.Add(testFormat.Marshal([]File{{"a/b", 7, sumOf(0)}, {"c", 0, sumOf(0xff)}}))
	f.Add(seal("luminavec-test 1\n"))
	f.Add([]byte("luminavec-test 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := testFormat.Parse(data)
		if err == nil && !bytes.Equal(testFormat.marshal(m), data) {
			t.Errorf("%q is accepted, and written as %q", data, testFormat.marshal(m))
		}
	})
}

// FuzzManifestLine reaches what the checksum of a whole MANIFEST hides from
// the fuzzer.
func FuzzManifestLine(f *testing.F) {
	f.Add("7 " + strings.Repeat("0", 64) + " training/log.jsonl")
	f.Add("07 " + strings.Repeat("A", 64) + " ../../etc/passwd")
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			return
		}
		file, err := parseLine(line)
		if err != nil {
			return
		}
		data := testFormat.Marshal([]File{file})
		if _, err := testFormat.Parse(data); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if got := string(data); !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("%q is written as %q", line, got)
		}
		if strings.HasPrefix(file.Name, "/") || strings.Contains(file.Name, "..") && strings.Contains("/"+file.Name+"/", "/../") {
			t.Errorf("%q points out of the folder", file.Name)
		}
	})
}
