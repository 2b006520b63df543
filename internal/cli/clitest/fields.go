package clitest

import (
	"reflect"
	"slices"
	"testing"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
)

// CheckFields checks that a flag of the command sets each field of the options of a
// library, except some, so that errors about the fields name flags.
func CheckFields(t *testing.T, root *cobra.Command, name string, options any, except ...string) {
	t.Helper()
	cmd, _, err := root.Find([]string{name})
	if err != nil || cmd == root {
		t.Fatalf("no command %s: %v", name, err)
	}
	flags := cli.FieldFlags(cmd)
	for _, field := range reflect.VisibleFields(reflect.TypeOf(options)) {
		if !field.IsExported() || field.Anonymous || field.Type.Kind() == reflect.Func || slices.Contains(except, field.Name) {
			continue
		}
		if flags[field.Name] == "" {
			t.Errorf("%s: no flag sets the field %s", name, field.Name)
		}
	}
}
