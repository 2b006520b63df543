package main

import (
	"context"
	"fmt"
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

// annDisk is what was measured of an index as a file.
type annDisk struct {
	bytes         int64
	save, write   time.Duration // SaveFile; the same bytes written and synced
	first         time.Duration // OpenFile and a search
	heap, touched int64         // what the process grew by after all queries, its own memory and the file's
	vectors       int64         // of the file, the section that only the last comparison reads
}

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

func writeDisk(w *strings.Builder, rows []annRow) {
	heading := false
	for _, r := range rows {
		d := r.disk
		if d == nil {
			continue
		}
		if !heading {
			fmt.Fprint(w, "\n| as a file | size | saved | the same bytes written and synced | opened to first answer | own memory | of the file in memory after all queries | of which only vectors |\n",
				"|---|---|---|---|---|---|---|---|\n")
			heading = true
		}
		fmt.Fprintf(w, "| %s | %s | %d ms | %d ms | %.1f ms | %s | %s | %s |\n", r.system, cli.Bytes(d.bytes), d.save.Milliseconds(), d.write.Milliseconds(),
			float64(d.first.Microseconds())/1000, cli.Bytes(d.heap), cli.Bytes(d.touched), cli.Bytes(min(d.vectors, d.touched)))
	}
}

// resident is the process's own memory, in bytes, less what is garbage; 0 where the
// system does not tell.
func resident() int64 {
	own, _ := residentParts()
	return own
}

// residentParts tells the process's own memory and that of mapped files.
func residentParts() (own, file int64) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
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
