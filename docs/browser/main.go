//go:build !js

// Command browser shows how LuminaVec runs in a browser: a page that embeds the passages of a text with
// the bundled model and searches them. Nothing leaves the browser.
//
//	go run ./docs/browser            # builds the page and serves it at http://localhost:8080
//	go run ./docs/browser -o site    # writes its three files, for any web server
//
// The page is index.html, the program page_js.go, compiled to WebAssembly, and wasm_exec.js, which
// is part of Go.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

//go:embed index.html
var page []byte

func main() {
	folder := flag.String("o", "", "write the files of the page to this `folder` instead of serving them")
	address := flag.String("addr", "localhost:8080", "serve the page at this `address`")
	flag.Parse()
	if err := run(*folder, *address); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

func run(folder, address string) error {
	if folder != "" {
		return write(folder)
	}
	folder, err := os.MkdirTemp("", "luminavec-browser")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := write(folder); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	fmt.Printf("http://%s (Ctrl-C ends it)\n", listener.Addr())
	if err := http.Serve(listener, http.FileServer(http.Dir(folder))); ctx.Err() == nil {
		return err
	}
	return nil
}

// write writes the files of the page to a folder.
func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(folder, "luminavec.wasm"), "github.com/luminavec/luminavec/docs/browser")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("go env GOROOT: %w", err)
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "wasm_exec.js"), script, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "index.html"), page, 0o644)
}
