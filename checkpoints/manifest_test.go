package checkpoints

import (
	"bytes"
	"strings"
	"testing"
)

func TestManifestLine(t *testing.T) {
	sum := strings.Repeat("a", 64)
	if f, err := parseManifestLine("12 " + sum + " a/b c"); err != nil || f != (manifestFile{"a/b c", 12, sum}) {
		t.Errorf("%+v, %v", f, err)
	}
	for _, line := range []string{
		"", "12", "12 " + sum, "12 " + sum + " ", "-1 " + sum + " a", "01 " + sum + " a", "+1 " + sum + " a", "x " + sum + " a",
		"9223372036854775808 " + sum + " a", "1 " + sum[1:] + " a", "1 " + sum + "aa a", "1 " + strings.ToUpper(sum) + " a",
		"1 " + strings.Repeat("g", 64) + " a", "1 " + sum + " .", "1 " + sum + " /a", "1 " + sum + " ../a", "1 " + sum + " a/../b",
		"1 " + sum + " a//b", "1 " + sum + " MANIFEST", `1 ` + sum + ` a\b`, "1 " + sum + " C:a", "1 " + sum + " \xff",
	} {
		if f, err := parseManifestLine(line); err == nil {
			t.Errorf("%q is accepted as %+v", line, f)
		}
	}
}

func TestManifestOrder(t *testing.T) {
	f := manifestFile{"a", 0, strings.Repeat("0", 64)}
	m := manifest{version: 1, files: []manifestFile{f, f}}
	if _, err := parseManifest(m.marshal()); err == nil {
		t.Error("a file may be listed twice")
	}
}

// FuzzManifest: what is accepted is what marshal writes, so no change goes
// unnoticed.
func FuzzManifest(f *testing.F) {
	m := manifest{version: 1, files: []manifestFile{{"a/b", 7, strings.Repeat("0", 64)}, {"c", 0, strings.Repeat("f", 64)}}}
	f.Add(m.marshal())
	f.Add([]byte("luminavec-manifest 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err == nil && !bytes.Equal(m.marshal(), data) {
			t.Errorf("%q is accepted, and written as %q", data, m.marshal())
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
		m := manifest{version: 1}
		file, err := parseManifestLine(line)
		if err != nil {
			return
		}
		m.files = append(m.files, file)
		if _, err := parseManifest(m.marshal()); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if got := string(m.marshal()); !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("%q is written as %q", line, got)
		}
		if strings.HasPrefix(file.name, "/") || strings.Contains(file.name, "..") && strings.Contains("/"+file.name+"/", "/../") {
			t.Errorf("%q points out of the folder", file.name)
		}
	})
}
