package cli

import (
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// A row declares the default that its variable holds, and help says the same.
func TestDefaults(t *testing.T) {
	type name string
	for _, c := range []struct {
		into             any
		text, flag, must string
	}{
		{nil, "", "false", "true or false"},
		{new(bool), "", "false", "true or false"},
		{ptr(true), "true", "true", "true or false"},
		{ptr(7), "7", "7", "a whole number"},
		{new(int), "0", "0", "a whole number"},
		{ptr(int64(-1)), "-1", "-1", "a whole number"},
		{ptr(uint64(1 << 63)), "9223372036854775808", "9223372036854775808", "a whole number of at least 0"},
		{ptr(0.025), "0.025", "0.025", "a number"},
		{ptr(1e-5), "1e-05", "1e-05", "a number"},
		{ptr(90 * time.Second), "1m30s", "1m30s", "a duration such as 30s or 5m"},
		{ptr(5 * time.Minute), "5m", "5m0s", "a duration such as 30s or 5m"},
		{new(time.Duration), "", "0s", "a duration such as 30s or 5m"},
		{ptr("tsv"), "tsv", "tsv", "text"},
		{ptr(name("fast")), "fast", "fast", "text"},
		{new([]string), "", "[]", "text"},
		{&[]string{"a", "b"}, "a, b", "[a,b]", "text"},
		{&[]int{256, 64}, "256,64", "[256,64]", "whole numbers separated by commas"},
	} {
		cmd := Declare(&cobra.Command{Use: "work"}, ForInput, Flag{Name: "it", Arg: "X", Into: c.into, Help: "a flag"})
		f := cmd.Flags().Lookup("it")
		row := rowOf(f)
		if row == nil || row.Default != c.text || row.group != ForInput {
			t.Errorf("%T: the row is %+v, want the default %q", c.into, row, c.text)
		}
		if got := f.Value.String(); got != c.flag || f.DefValue != c.flag {
			t.Errorf("%T: the flag has %q, default %q, want %q", c.into, got, f.DefValue, c.flag)
		}
		if got := mustBe(f); got != c.must {
			t.Errorf("%T: must be %q, want %q", c.into, got, c.must)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// A flag takes the values of its row, and others only if it is open.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		row   Flag
		value string
		ok    bool
	}{
		{Flag{Values: Values("tsv", "csv")}, "csv", true},
		{Flag{Values: Values("tsv", "csv")}, "xml", false},
		{Flag{Values: Values("tsv", "csv"), Also: []string{"xml"}}, "xml", true},
		{Flag{Values: Values("tsv", "csv"), Open: true}, "xml", true},
		{Flag{}, "xml", true},
	} {
		into := "tsv"
		c.row.Name, c.row.Arg, c.row.Into = "it", "X", &into
		cmd := Declare(&cobra.Command{Use: "work"}, ForInput, c.row)
		if err := cmd.Flags().Set("it", c.value); (err == nil) != c.ok || (into == c.value) != c.ok {
			t.Errorf("%+v: set to %q: %v, now %q", c.row, c.value, err, into)
		}
	}
}

// Errors about fields name the flags that set them.
func TestFieldFlags(t *testing.T) {
	var dim, k int
	cmd := Declare(&cobra.Command{Use: "work"}, ForModel,
		Flag{Name: "dim", Arg: "N", Into: &dim, Field: "Dim"}, Flag{Name: "k", Short: "k", Arg: "N", Into: &k, Field: "Count"}, Flag{Name: "json"})
	got := FieldFlags(cmd)
	if len(got) != 2 || got["Dim"] != "--dim" || got["Count"] != "-k" {
		t.Errorf("%q", got)
	}
}
