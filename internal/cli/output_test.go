package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/fault"
)

// outputs is a command whose standard output is a buffer, and an empty folder.
func outputs(t *testing.T) (*cobra.Command, *bytes.Buffer, string) {
	var out bytes.Buffer
	cmd := &cobra.Command{Use: "tool"}
	cmd.SetOut(&out)
	return cmd, &out, t.TempDir()
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOutputFileAppearsWhole(t *testing.T) {
	cmd, _, dir := outputs(t)
	path := filepath.Join(dir, "out.txt")
	o, err := OpenOutput(cmd, OutputOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("opened before there was something to write: %v", got)
	}
	if _, err := o.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there before Commit: %v", err)
	}
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	o.Abort()
	if data, err := os.ReadFile(path); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}

	if _, err := OpenOutput(cmd, OutputOptions{Path: path}); !errors.Is(err, fs.ErrExist) || systemHint(err) != "use --force to replace it" {
		t.Errorf("existing file: error %v, hint %q", err, systemHint(err))
	}
	o, err = OpenOutput(cmd, OutputOptions{Path: path, Force: true})
	if err != nil {
		t.Fatal(err)
	}
	o.Write([]byte("half"))
	o.Abort()
	if data, _ := os.ReadFile(path); string(data) != "text" {
		t.Errorf("an aborted output replaced the file by %q", data)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

func TestOutputWithoutDataIsAnEmptyFile(t *testing.T) {
	cmd, _, dir := outputs(t)
	path := filepath.Join(dir, "empty")
	o, err := OpenOutput(cmd, OutputOptions{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestOutputStandard(t *testing.T) {
	for _, path := range []string{"", "-"} {
		cmd, out, _ := outputs(t)
		o, err := OpenOutput(cmd, OutputOptions{Path: path, Binary: true})
		if err != nil {
			t.Fatal(err)
		}
		o.Write([]byte("data"))
		if err := o.Commit(); err != nil || out.String() != "data" || o.Name() != "standard output" {
			t.Errorf("%v, %q, %q", err, out, o.Name())
		}
	}
}

func TestOutputRefuses(t *testing.T) {
	cmd, _, dir := outputs(t)
	in := filepath.Join(dir, "in.txt")
	if err := os.WriteFile(in, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(in, link); err != nil && runtime.GOOS != "windows" {
		t.Fatal(err)
	}
	for name, o := range map[string]OutputOptions{
		"the input":         {Path: in, Inputs: []string{in}, Force: true},
		"the input, linked": {Path: link, Inputs: []string{in}, Force: true},
		"a folder":          {Path: dir, Force: true},
		"no such folder":    {Path: filepath.Join(dir, "none", "out")},
	} {
		if _, err := OpenOutput(cmd, o); err == nil || fault.Hint(err) == "" {
			t.Errorf("%s: error %v, hint %q", name, err, fault.Hint(err))
		}
	}
	f, err := os.OpenFile(in, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd.SetOut(f)
	if _, err := OpenOutput(cmd, OutputOptions{Inputs: []string{in}}); err == nil {
		t.Error("standard output appended to the input was accepted")
	}
}

func TestOutputDeviceStaysADevice(t *testing.T) {
	cmd, _, _ := outputs(t)
	if runtime.GOOS == "windows" {
		return // os.DevNull is a name there, not a file beside others
	}
	o, err := OpenOutput(cmd, OutputOptions{Path: os.DevNull})
	if err != nil {
		t.Fatal(err)
	}
	o.Write([]byte("gone"))
	if err := o.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

// Control characters that JSON may have as they are, are escaped, so that they do not reach the terminal.
func TestJSONEscapes(t *testing.T) {
	var b strings.Builder
	in := map[string]string{"\u009b": "é<\x7f\u202e\x1b天"}
	for _, write := range []func() error{func() error { return WriteJSON(&b, in) }, func() error { return WriteJSONLine(&b, in) }} {
		b.Reset()
		if err := write(); err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(strings.Join(strings.Fields(b.String()), ""), " ", ""); got != `{"\u009b":"é<\u007f\u202e\u001b天"}` {
			t.Errorf("got %s", got)
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back["\u009b"] != in["\u009b"] {
			t.Errorf("read back as %q: %v", back, err)
		}
	}
}
