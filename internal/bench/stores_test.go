package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

func TestPageSections(t *testing.T) {
	page, err := os.ReadFile("../../docs/vector-stores.md")
	if err != nil {
		t.Fatal(err)
	}
	stores, answered := 0, 0
	for _, s := range pageSections(string(page)) {
		if len(s.needs) > 0 {
			stores++
		}
		for _, b := range s.blocks {
			if b.language != "sh" && b.language != "python" {
				t.Errorf("%s: a block of %q", s.title, b.language)
			}
			if b.output != nil {
				answered++
			}
		}
	}
	if stores != 9 || answered != 9 {
		t.Errorf("%d stores and %d answers, want 9", stores, answered)
	}
}

func TestStoresShell(t *testing.T) {
	s := storesShell{dir: t.TempDir()}
	right, wrong := "2\n", "3\n"
	for want, b := range map[string]pageBlock{
		"":            {"sh", "echo 2", &right},
		"want \"3":    {"sh", "echo 2", &wrong},
		"exit status": {"sh", "false\necho 2", &right},
	} {
		err := s.run(context.Background(), []pageBlock{b})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", b.code, err, want)
		}
	}
}
