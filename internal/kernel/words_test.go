package kernel

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestWords compares every instruction of the arm64 assembly that is written as a word with
// what LLVM's disassembler makes of it.
func TestWords(t *testing.T) {
	tool, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("llvm-mc is not installed")
	}
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("no assembly for arm64: %v", err)
	}
	var code bytes.Buffer
	var want []string
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			word, comment, ok := strings.Cut(strings.TrimSpace(line), " // ")
			hex, isWord := strings.CutPrefix(word, "WORD $0x")
			if !isWord || seen[word] {
				continue
			}
			v, err := strconv.ParseUint(hex, 16, 32)
			if err != nil || !ok {
				t.Fatalf("%s: %q is not a word with a comment", file, line)
			}
			seen[word] = true
			fmt.Fprintf(&code, "%#02x %#02x %#02x %#02x\n", v&255, v>>8&255, v>>16&255, v>>24)
			want = append(want, comment)
		}
	}
	cmd := exec.Command(tool, "--disassemble", "--triple=aarch64", "--mattr=+dotprod")
	cmd.Stdin = &code
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		if line := strings.Join(strings.Fields(s.Text()), " "); line != "" && !strings.HasPrefix(line, ".") {
			got = append(got, line)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d words, but %d instructions in the disassembly", len(want), len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("the word of %q is %q", want[i], got[i])
		}
	}
	t.Logf("%d different words", len(want))
}
