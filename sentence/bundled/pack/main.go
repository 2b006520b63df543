// Command pack writes a model folder as the archive that package bundled embeds: the files that MANIFEST
// lists, without training/, in the order of their names. It leaves out when and how fast the model was
// trained, so that the same training makes the same bytes.
//
//	go run ./sentence/bundled/pack MODEL sentence/bundled/model.zip
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints"
)

// stored are files that hardly get smaller.
var stored = map[string]bool{checkpoints.ModelFile: true, checkpoints.BlocksFile: true}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack MODEL FILE")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(from, to string) error {
	ctx := context.Background()
	c, err := checkpoints.Read(ctx, from, checkpoints.ReadOptions{})
	if err != nil {
		return err
	}
	c.Config.Created, c.Config.Version, c.Config.Progress.Seconds = "", "", 0
	var options map[string]any
	if json.Unmarshal(c.Config.Options, &options) == nil {
		delete(options, "threads")
		if c.Config.Options, err = json.Marshal(options); err != nil {
			return err
		}
	}
	temp, err := os.MkdirTemp("", "pack")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	model := filepath.Join(temp, "model")
	if err := checkpoints.Write(ctx, model, c, checkpoints.WriteOptions{}); err != nil {
		return err
	}
	report, err := checkpoints.Verify(ctx, model)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	add := func(name string) error {
		data, err := os.ReadFile(filepath.Join(model, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if stored[name] {
			h.Method = zip.Store
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	}
	for _, f := range report.Files {
		if err := add(f.Name); err != nil {
			return err
		}
	}
	if err := add(checkpoints.ManifestFile); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o666)
}
