package index

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

const victimPath = "LUMINAVEC_TEST_VICTIM"

// TestKilled kills a program while it changes an index, and checks that the changes it has reported
// as done are in the index.
func TestKilled(t *testing.T) {
	if path := os.Getenv(victimPath); path != "" {
		victim(path)
	}
	path := filepath.Join(t.TempDir(), "a.index")
	mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3, M: 4, EfConstruction: 20}}).Close()
	for _, lines := range []int{1, 7, 40} {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		cmd.Env = append(os.Environ(), victimPath+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		reported := map[int64]bool{}
		in := bufio.NewScanner(out)
		for range lines {
			var l int64
			var is bool
			if !in.Scan() {
				t.Fatal("the program ended by itself")
			}
			if _, err := fmt.Sscan(in.Text(), &l, &is); err != nil {
				t.Fatal(err)
			}
			reported[l] = is
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for in.Scan() { // changes reported before it died
			var l int64
			var is bool
			if _, err := fmt.Sscan(in.Text(), &l, &is); err == nil {
				reported[l] = is
			}
		}
		_ = cmd.Wait() // killed
		d := mustOpenDurable(t, path, DurableOptions{})
		wrong := 0
		for l, is := range reported {
			if _, ok := d.Vector(l); ok != is {
				wrong++ // one unreported change may have been made
			}
		}
		if wrong > 1 {
			t.Errorf("%d of %d reported changes are missing", wrong, len(reported))
		}
		mustVerify(t, d)
		d.Close()
	}
}

// victim changes the index until it is killed, and reports each change when it is done.
func victim(path string) {
	d, err := OpenDurable(path, DurableOptions{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	for i := 0; ; i++ {
		l := r.Int64N(30)
		_, there := d.Vector(l)
		if there {
			err = d.Delete(l)
		} else {
			err = d.Add(l, []float32{r.Float32(), r.Float32(), 1})
		}
		if err == nil && i%10 == 9 {
			err = d.Flush()
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(l, !there)
	}
}

// OpenDurable removes what a program that was killed during Flush has left.
func TestOpenDurableSweeps(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("without locks, leftovers stay for a day")
	}
	path := filepath.Join(t.TempDir(), "a.index")
	mustOpenDurable(t, path, DurableOptions{Create: Options{Dim: 3}}).Close()
	left := filepath.Join(filepath.Dir(path), ".a.index.luminavec-01234567")
	if err := os.WriteFile(left, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	mustOpenDurable(t, path, DurableOptions{}).Close()
	if _, err := os.Lstat(left); err == nil {
		t.Errorf("%s is still there", left)
	}
}
