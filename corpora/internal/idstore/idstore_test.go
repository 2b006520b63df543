package idstore

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/internal/fault"
)

// counting returns the ids 0 to n-1.
func counting(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}

func all(t *testing.T, s *Store) []int32 {
	t.Helper()
	var ids []int32
	for i := range s.Blocks() {
		var err error
		if ids, err = s.Read(ids, i); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// Blocks in memory and blocks in the file read the same.
func TestStore(t *testing.T) {
	want := counting(3*BlockIDs + 5)
	for memory := range 5 {
		s := New(t.TempDir(), memory)
		for from := 0; from < len(want); from += 1000 {
			if err := s.Append(want[from:min(from+1000, len(want))]...); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Finish(); err != nil {
			t.Fatal(err)
		}
		if s.Len() != int64(len(want)) || s.Blocks() != 4 || s.Spooled() != (memory < 4) {
			t.Errorf("memory %d: %d ids in %d blocks, spooled %v", memory, s.Len(), s.Blocks(), s.Spooled())
		}
		if got := all(t, s); !slices.Equal(got, want) {
			t.Errorf("memory %d: the ids read differ from those appended", memory)
		}
		for i := range 4 {
			if block := s.InMemory(i); (block != nil) != (i < memory) {
				t.Errorf("memory %d: block %d in memory: %v", memory, i, block != nil)
			}
		}
		for _, i := range []int{-1, 4} {
			if _, err := s.Read(nil, i); err == nil {
				t.Errorf("memory %d: block %d was read", memory, i)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(nil, 0); err == nil {
			t.Errorf("memory %d: a closed store was read", memory)
		}
	}
}

// Ids may be appended after a Finish in the middle of a block.
func TestAppendAfterFinish(t *testing.T) {
	for memory := range 2 {
		s := New(t.TempDir(), memory)
		defer s.Close()
		want := counting(10)
		for _, id := range want {
			if err := errors.Join(s.Append(id), s.Finish()); err != nil {
				t.Fatal(err)
			}
		}
		if got := all(t, s); !slices.Equal(got, want) {
			t.Errorf("memory %d: %v", memory, got)
		}
	}
}

func TestRewrite(t *testing.T) {
	even := func(dst, ids []int32) ([]int32, error) {
		for _, id := range ids {
			if id%2 == 0 {
				dst = append(dst, id)
			}
		}
		return dst, nil
	}
	in := counting(4*BlockIDs + 3)
	want, _ := even(nil, in)
	for memory := range 4 {
		s := New(t.TempDir(), memory)
		defer s.Close()
		if err := errors.Join(s.Append(in...), s.Rewrite(even)); err != nil {
			t.Fatal(err)
		}
		if got := all(t, s); !slices.Equal(got, want) {
			t.Errorf("memory %d: %d ids, want the %d even ones", memory, len(got), len(want))
		}
	}
	s := New(t.TempDir(), 0)
	defer s.Close()
	stop := errors.New("stop")
	if err := errors.Join(s.Append(1), s.Rewrite(func([]int32, []int32) ([]int32, error) { return nil, stop })); !errors.Is(err, stop) {
		t.Errorf("the error of change is lost: %v", err)
	}
}

// The file is removed by Close at the latest, also that of a rewritten store.
func TestFile(t *testing.T) {
	for _, keep := range []bool{false, true} {
		dir := t.TempDir()
		s := New(dir, 0)
		if keep {
			s.KeepName()
		}
		same := func(dst, ids []int32) ([]int32, error) { return append(dst, ids...), nil }
		if err := errors.Join(s.Append(1, 2), s.Finish(), s.Rewrite(same)); err != nil {
			t.Fatal(err)
		}
		if entries, _ := os.ReadDir(dir); keep && (len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), "luminavec-ids-")) {
			t.Errorf("KeepName: the folder contains %v", entries)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("keep %v: Close left %v", keep, entries)
		}
	}
	s := New(t.TempDir()+"/none", 0)
	err := errors.Join(s.Append(1), s.Finish())
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(fault.Hint(err), "TMPDIR") {
		t.Errorf("error %v, hint %q", err, fault.Hint(err))
	}
}

// A file of a cache is closed but not removed.
func TestOpen(t *testing.T) {
	want := []int32{3, -1, 1 << 30}
	name := t.TempDir() + "/ids"
	if err := os.WriteFile(name, AppendIDs(nil, want), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	s := Open(f, 3)
	if got := all(t, s); !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
	if f, err = os.Open(name); err != nil {
		t.Fatal(err)
	}
	s = Open(f, 4)
	defer s.Close()
	if _, err := s.Read(nil, 0); err == nil {
		t.Error("4 ids were read from a file of 3")
	}
}

// The hash is of the bytes of the file, however the ids were added.
func TestHash(t *testing.T) {
	if raw := AppendIDs(nil, []int32{1, -2}); string(raw) != "\x01\x00\x00\x00\xfe\xff\xff\xff" {
		t.Errorf("ids are written as %x", raw)
	}
	once, twice := NewHash(), NewHash()
	once.Add([]int32{1, -2, 3})
	twice.Add([]int32{1})
	twice.Add([]int32{-2, 3})
	// head -c 32 of: printf '\1\0\0\0\376\377\377\377\3\0\0\0' | sha256sum
	const want = "66d9f6ea4448712f79044d7fea826fbd"
	if once.String() != want || twice.String() != want {
		t.Errorf("hashes %s and %s, want %s", once, twice, want)
	}
}
