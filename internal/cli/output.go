package cli

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/pipe"
)

// OutputOptions says where a command's data goes.
type OutputOptions struct {
	Path   string   // a file; "" or "-" is standard output
	Force  bool     // an existing file may be replaced
	Binary bool     // the data is not text: a terminal must not get it
	Inputs []string // files the command reads: none of them may be the output
}

// Output is where a command's data goes: standard output, or a file that
// appears whole under its name when Commit is called, or not at all. The file is
// created when there is something to write, so a command that fails before then
// leaves nothing behind.
type Output struct {
	o      OutputOptions
	stream *bufio.Writer // standard output, a pipe or a device; nil for a file
	device io.Closer     // what stream writes to, when it was opened here
	file   *durable.File // nil before the first Write
}

// OpenOutput checks that the output may be written, before any work is done.
func OpenOutput(cmd *cobra.Command, o OutputOptions) (*Output, error) {
	if o.Path == "" || o.Path == "-" {
		w := cmd.OutOrStdout()
		if o.Binary && IsTerminal(w) {
			return nil, fault.New("write to a file with -o FILE or '> FILE', or choose a text format",
				"refusing to write binary data to the terminal")
		}
		if f, ok := w.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				if name := sameFile(info, o.Inputs); name != "" {
					return nil, fault.New("write to another file", "the output is also the input %s", name)
				}
			}
		}
		return &Output{o: o, stream: bufio.NewWriterSize(w, 1<<16)}, nil
	}
	info, err := os.Stat(o.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return probed(o)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fault.New("name a file in it", "%s is a folder", o.Path)
	}
	if name := sameFile(info, o.Inputs); name != "" {
		return nil, fault.New("write to another file", "the output %s is also an input", o.Path)
	}
	if !info.Mode().IsRegular() {
		// A named pipe or a device, such as /dev/null: written to as it is.
		f, err := pipe.Create(o.Path)
		if err != nil {
			return nil, err
		}
		return &Output{o: o, stream: bufio.NewWriterSize(f, 1<<16), device: f}, nil
	}
	return probed(o)
}

// NotInput returns an error if a folder to write is the one that is read: it would be lost.
func NotInput(output, input string) error {
	if info, err := os.Stat(output); err == nil && sameFile(info, []string{input}) != "" {
		return fault.New("write to another folder", "the output %s is also the input", output)
	}
	return nil
}

// part returns an error if the file at path would be, or replace, a part of a collection or of a
// model, which has checksums of its files.
func part(path string) error {
	if real, err := durable.RealPath(path); err == nil {
		path = real
	}
	exists := func(elem ...string) bool {
		_, err := os.Lstat(filepath.Join(elem...))
		return err == nil
	}
	dir := filepath.Dir(path)
	for range 3 {
		if exists(dir, "collection.json") {
			return fault.New("write to another folder", "will not write %s: %s is a collection, which has its own files", path, dir)
		}
		if exists(path) && exists(dir, checkpoints.ManifestFile) && exists(dir, checkpoints.ConfigFile) {
			return fault.New("write to another file", "will not replace %s: it is part of the model %s", path, dir)
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// probed is the output of a file that can be created. Some commands write only at
// the end of long work; what would stop them then is reported before it: a file
// that exists, a folder that is missing or read-only.
func probed(o OutputOptions) (*Output, error) {
	if err := part(o.Path); err != nil {
		return nil, err
	}
	f, err := durable.CreateFile(o.Path, o.Force)
	if err != nil {
		return nil, err
	}
	f.Abort()
	return &Output{o: o}, nil
}

// sameFile returns the input that is the file info, or "".
func sameFile(info fs.FileInfo, inputs []string) string {
	for _, name := range inputs {
		if name == "-" {
			if in, err := os.Stdin.Stat(); err == nil && in.Mode().IsRegular() && os.SameFile(info, in) {
				return "standard input"
			}
			continue
		}
		if in, err := os.Stat(name); err == nil && os.SameFile(info, in) {
			return name
		}
	}
	return ""
}

// Write writes data to the output.
func (o *Output) Write(data []byte) (int, error) {
	if o.stream != nil {
		return o.stream.Write(data)
	}
	if err := o.open(); err != nil {
		return 0, err
	}
	return o.file.Write(data)
}

func (o *Output) open() error {
	if o.file != nil {
		return nil
	}
	f, err := durable.CreateFile(o.o.Path, o.o.Force)
	if err != nil {
		return err
	}
	o.file = f
	return nil
}

// Flush passes on what is buffered, for a reader that waits at a pipe. It does not
// affect a file, which is not visible before Commit.
func (o *Output) Flush() error {
	if o.stream != nil {
		return o.stream.Flush()
	}
	return nil
}

// Commit ends the output: what was written is on standard output, or in the
// file under its name and on the disk.
func (o *Output) Commit() error {
	if o.stream != nil {
		err := o.stream.Flush()
		if o.device != nil {
			err = errors.Join(err, o.device.Close())
			o.device = nil
		}
		return err
	}
	if err := o.open(); err != nil {
		return err
	}
	return o.file.Commit()
}

// Abort drops what was not committed. After Commit it does nothing, so it can
// be deferred.
func (o *Output) Abort() {
	if o.file != nil {
		o.file.Abort()
	}
	if o.device != nil {
		o.device.Close()
		o.device = nil
	}
}

// Stream reports whether the output is standard output, a pipe or a device, and not a file.
func (o *Output) Stream() bool { return o.stream != nil }

// Name is how messages call the output.
func (o *Output) Name() string {
	if o.o.Path == "" || o.o.Path == "-" {
		return "standard output"
	}
	return o.o.Path
}
