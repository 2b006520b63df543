package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
)

// annDisk holds the measurements of an index in a file.
type annDisk struct {
	bytes         int64
	save, write   time.Duration // time of SaveFile, and of writing and syncing the same bytes
	first         time.Duration // time of OpenFile and one search
	heap, touched int64         // growth after all queries of own memory and of mapped memory
	vectors       int64         // bytes of the section that only the final comparison reads
}

// onDisk saves an index, opens the file and searches it.
func (b *annBench) onDisk(ctx context.Context, ix index.Index) (*annDisk, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "index")
	d := new(annDisk)
	began := time.Now()
	if err := index.SaveFile(path, ix, true); err != nil {
		return nil, err
	}
	d.save = time.Since(began)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d.bytes = int64(len(raw))
	began = time.Now()
	if err := writeSynced(filepath.Join(dir, "copy"), raw); err != nil {
		return nil, err
	}
	d.write = time.Since(began)
	if o := ix.Options(); o.Quantization != index.NoQuantization {
		d.vectors = int64(ix.Len()) * int64((o.Dim+3)/4*4) * 4
	}
	raw = nil
	heap, file := residentParts()
	began = time.Now()
	opened, err := index.OpenFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := opened.Search(b.asked[:b.dim], b.k, index.SearchOptions{}); err != nil {
		return nil, err
	}
	d.first = time.Since(began)
	if _, _, err := b.ask(ctx, opened, b.asked, index.SearchOptions{}); err != nil {
		return nil, err
	}
	moreHeap, moreFile := residentParts()
	d.heap, d.touched = moreHeap-heap, moreFile-file
	runtime.KeepAlive(opened)
	return d, nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// writeDisk writes a table of the indexes that were measured in files, if any.
func writeDisk(w io.Writer, rows []annRow) {
	var lines [][]string
	for _, r := range rows {
		d := r.disk
		if d == nil {
			continue
		}
		lines = append(lines, []string{r.system, cli.Bytes(d.bytes), fmt.Sprintf("%d ms", d.save.Milliseconds()), fmt.Sprintf("%d ms", d.write.Milliseconds()),
			fmt.Sprintf("%.1f ms", float64(d.first.Microseconds())/1000), cli.Bytes(d.heap), cli.Bytes(d.touched), cli.Bytes(min(d.vectors, d.touched))})
	}
	if lines == nil {
		return
	}
	fmt.Fprintln(w)
	writeTable(w, []string{"as a file", "size", "saving", "writing and syncing the same bytes", "opening to first answer", "own memory",
		"mapped memory after all queries", "of it, full vectors"}, lines)
}

// resident returns the process's own memory in bytes after garbage collection, or 0 if the
// system does not report it.
func resident() int64 {
	own, _ := residentParts()
	return own
}

// residentParts returns the process's own memory and its memory of mapped files.
func residentParts() (own, file int64) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	return parseStatus(string(status))
}

// parseStatus reads the resident memory, own and of mapped files, from the text of
// /proc/PID/status.
func parseStatus(status string) (own, file int64) {
	for line := range strings.Lines(status) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "RssAnon:":
			own = kilobytes << 10
		case "RssFile:":
			file = kilobytes << 10
		}
	}
	return own, file
}
