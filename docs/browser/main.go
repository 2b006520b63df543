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
	_ "embed"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
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
	fmt.Printf("http://%s\n", address)
	return http.ListenAndServe(address, http.FileServer(http.Dir(folder)))
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
