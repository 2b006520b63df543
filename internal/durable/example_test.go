package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/durable"
)

func ExampleCreateFile() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	path := filepath.Join(parent, "vectors.txt")

	write := func(text string) error {
		f, err := durable.CreateFile(path, false)
		if err != nil {
			return err
		}
		defer f.Abort()
		if _, err := fmt.Fprint(f, text); err != nil {
			return err
		}
		if _, err := os.Stat(path); err != nil {
			fmt.Println("nothing there yet")
		}
		return f.Commit()
	}
	fmt.Println(write("first"))
	fmt.Println(errors.Is(write("second"), fs.ErrExist))
	data, err := os.ReadFile(path)
	fmt.Println(string(data), err)
	// Output:
	// nothing there yet
	// <nil>
	// true
	// first <nil>
}
