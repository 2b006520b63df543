// Package clitest runs the scripts that test the commands. A script is a
// testscript file (github.com/rogpeppe/go-internal/testscript) that reads like
// a session at a terminal; these commands are added to testscript's own:
//
//	mkmodel DIR [WORDS]       write a small model; with WORDS, so many words
//	mkngrams DIR              write the small model with character n-grams
//	mkvectors FILE DIR        make a model of vectors, as embed import does
//	exits STATUS PROGRAM ...  run a program that must end with STATUS
//	json FILE [PATH [VALUE]]  FILE, or stdout, is JSON (or one value a line) in
//	                          which PATH, such as hits.0.file, is there, is VALUE
//	npy FILE                  write the shape and the rows of a NumPy array to FILE.txt
//	flip FILE                 change one byte in the middle of a file
//	cut FILE                  drop the last byte of a file
//	long FILE SIZE            write one line of SIZE MB without its end
//	files DIR NAME...         DIR holds exactly these
package clitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
)

// Main is the TestMain of a command: it makes the command's main runnable by
// name in the scripts.
func Main(m *testing.M, name string, main func()) {
	testscript.Main(m, map[string]func(){name: main})
}

// limit is when scripts that still run are ended: far longer than they take on a
// slow machine with the race detector, and before "go test" panics.
const limit = 4 * time.Minute

// Run runs the scripts of a folder.
func Run(t *testing.T, dir string) {
	deadline := time.Now().Add(limit)
	if d, ok := t.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	testscript.Run(t, testscript.Params{
		Deadline:            deadline,
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mkmodel":       mkmodel,
			"mktransformer": mktransformer,
			"mkngrams":      mkngrams,
			"mkvectors":     mkvectors,
			"exits":         exits,
			"json":          checkJSON,
			"npy":           readNpy,
			"flip":          flip,
			"cut":           cut,
			"long":          long,
			"files":         files,
		},
	})
}

// need ends the script unless there are between least and most arguments and no
// "!" stands before the command.
func need(ts *testscript.TestScript, neg bool, args []string, least, most int) {
	if neg || len(args) < least || len(args) > most {
		ts.Fatalf("%d arguments, want %d to %d and no !", len(args), least, most)
	}
}

func mkmodel(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 2)
	words := 0
	if len(args) == 2 {
		var err error
		words, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	ts.Check(WriteModel(ts.MkAbs(args[0]), words))
}

// mktransformer DIR NAME copies a tiny transformer of package sentence/transformer.
func mktransformer(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, 2)
	from := filepath.Join("..", "..", "..", "sentence", "transformer", "testdata", args[1])
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(from)))
}

func mkngrams(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	ts.Check(WriteNGramModel(ts.MkAbs(args[0])))
}

func mkvectors(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, 2)
	model, _, err := exchange.Import(context.Background(), ts.MkAbs(args[0]), exchange.ImportOptions{})
	ts.Check(err)
	ts.Check(checkpoints.Write(context.Background(), ts.MkAbs(args[1]), model, checkpoints.WriteOptions{}))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, 1000)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 3)
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.UseNumber()
	var values []any
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			ts.Fatalf("%s is not JSON: %v", args[0], err)
		}
		values = append(values, v)
	}
	if len(values) == 0 {
		ts.Fatalf("%s holds no JSON", args[0])
	}
	var value any = values
	if len(values) == 1 {
		value = values[0]
	}
	if len(args) == 1 {
		return
	}
	for _, key := range strings.Split(args[1], ".") {
		found := false
		switch v := value.(type) {
		case map[string]any:
			value, found = v[key]
		case []any:
			if i, err := strconv.Atoi(key); err == nil && i < len(v) {
				value, found = v[i], true
			}
		}
		if !found {
			ts.Fatalf("%s has no %s (at %q)", args[0], args[1], key)
		}
	}
	if len(args) == 3 && !same(fmt.Sprint(value), args[2]) {
		ts.Fatalf("%s: %s is %v, want %s", args[0], args[1], value, args[2])
	}
}

// same compares texts, and numbers to five places: the last digits depend on the
// processor.
func same(got, want string) bool {
	x, err1 := strconv.ParseFloat(got, 64)
	y, err2 := strconv.ParseFloat(want, 64)
	return got == want || err1 == nil && err2 == nil && math.Abs(x-y) < 1e-5
}

// readNpy writes the values of an array as text, a line for each row.
func readNpy(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	array := ts.MkAbs("read.npy")
	ts.Check(os.WriteFile(array, []byte(ts.ReadFile(args[0])), 0o600))
	data, read, err := exchange.ReadAll(context.Background(), array, exchange.Options{})
	ts.Check(err)
	dim := read.Dim
	ts.Check(os.Remove(array))
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d x %d\n", len(data)/dim, dim)
	for row := range slices.Chunk(data, dim) {
		fmt.Fprintln(&out, strings.Trim(fmt.Sprint(row), "[]"))
	}
	name := args[0]
	if name == "stdout" {
		name = "stdout.npy"
	}
	ts.Check(os.WriteFile(ts.MkAbs(name+".txt"), out.Bytes(), 0o600))
}

// change rewrites a file by fn.
func change(ts *testscript.TestScript, name string, fn func([]byte) []byte) {
	path := ts.MkAbs(name)
	data, err := os.ReadFile(path)
	ts.Check(err)
	if len(data) == 0 {
		ts.Fatalf("%s is empty", name)
	}
	ts.Check(os.WriteFile(path, fn(data), 0o600))
}

func flip(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	change(ts, args[0], func(data []byte) []byte { data[len(data)/2] ^= 1; return data })
}

func cut(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	change(ts, args[0], func(data []byte) []byte { return data[:len(data)-1] })
}

func long(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, 2)
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	part := bytes.Repeat([]byte("paris rome "), 100_000)[:1_000_000]
	for range size {
		_, err := f.Write(part)
		ts.Check(err)
	}
}

func files(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1000)
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}
