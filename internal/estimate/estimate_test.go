package estimate

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/luminavec/luminavec/internal/fault"
)

func TestWords(t *testing.T) {
	r := Run{Rows: 1_000_000, Dim: 300, TokenBytes: 8_000_000, Threads: 2, Words: 1e9, Epochs: 5, Window: 5, Negative: 5}
	n := Words(r)
	// Two tables with 304 values a row; the report has a third.
	if got, want := Total(n.Memory), int64(3*1_000_000*304*4); got < want || got > want+want/20 {
		t.Errorf("memory %d, want %d to 5%% more", got, want)
	}
	// Two checkpoints of two tables with 300 values a row.
	if got, want := Total(n.Disk), int64(4*1_000_000*300*4); got < want || got > want+want/20 {
		t.Errorf("disk %d, want %d to 5%% more", got, want)
	}
	if n.Time < 10*time.Minute || n.Time > 3*time.Hour {
		t.Errorf("time %s, want 10 minutes to 3 hours", n.Time)
	}
	resumed := r
	resumed.Loaded = true
	if got, want := Total(n.Memory)-Total(Words(resumed).Memory), int64(2*1_000_000*304*4); got != want {
		t.Errorf("a resumed run saves %d, want %d", got, want)
	}
	more := r
	more.NGramRows = 500_000
	if got, want := Total(Words(more).Memory)-Total(n.Memory), int64(1_500_000*304*4); got != want {
		t.Errorf("n-grams cost %d, want %d", got, want)
	}
	summed := r
	summed.Summed = true
	if got, want := Total(Words(summed).Memory)-Total(n.Memory), int64(1_000_000*304*4); got != want {
		t.Errorf("sums cost %d of memory, want %d", got, want)
	}
	if got, want := Total(Words(summed).Disk)-Total(n.Disk), int64(2*1_000_000*300*4); got != want {
		t.Errorf("sums cost %d of the disk, want %d", got, want)
	}
	best := r
	best.Best = true
	if got, want := Total(Words(best).Memory)-Total(n.Memory), int64(2*1_000_000*304*4); got != want {
		t.Errorf("the best model costs %d of memory, want %d", got, want)
	}
	if got, want := Total(Words(best).Disk)-Total(n.Disk), int64(4*1_000_000*300*4); got != want {
		t.Errorf("the best model costs %d of the disk, want %d", got, want)
	}
	// Each of these takes longer; CBOW does not.
	for name, change := range map[string]func(*Run){
		"dim": func(r *Run) { r.Dim *= 2 }, "window": func(r *Run) { r.Window++ }, "negative": func(r *Run) { r.Negative++ },
		"epochs": func(r *Run) { r.Epochs++ }, "graph": func(r *Run) { r.Graph = true },
		"n-grams": func(r *Run) { r.NGramRows = 1 }, "hierarchical softmax": func(r *Run) { r.Tree = true },
	} {
		slow := r
		change(&slow)
		if Words(slow).Time <= n.Time {
			t.Errorf("with a larger %s the time is %s, want more than %s", name, Words(slow).Time, n.Time)
		}
	}
	cbow := r
	cbow.CBOW, cbow.Negative = true, 20
	r.Negative = 20
	if Words(cbow).Time >= Words(r).Time {
		t.Errorf("CBOW takes %s, want less than the %s of skip-gram", Words(cbow).Time, Words(r).Time)
	}
}

func TestSpool(t *testing.T) {
	if got := Spool(6_000_000_000, 268_435_456); got != 4_000_000_000-268_435_456 {
		t.Errorf("6 GB of text take %d bytes of disk, want %d", got, 4_000_000_000-268_435_456)
	}
	if got := Spool(1000, 268_435_456); got != 0 {
		t.Errorf("1000 bytes of text take %d bytes of disk, want 0", got)
	}
}

func TestCheck(t *testing.T) {
	n := Need{Memory: []Part{{"tables", 3e9}, {"workers", 12e6}}, Disk: []Part{{"two checkpoints", 5e12}}}
	for _, test := range []struct {
		limits Limits
		want   string
	}{
		{Limits{-1, -1}, ""},
		{Limits{4e9, 6e12}, ""},
		{Limits{3012e6, 5e12}, ""},
		{Limits{3e9, -1}, "training needs 3.0 GB of memory (tables 3.0 GB, workers 12 MB), but only 3.0 GB is free"},
		{Limits{0, -1}, "but only 0.0 MB is free"},
		{Limits{-1, 950e6}, "training needs 5.0 TB on the output disk (two checkpoints 5.0 TB), but only 950 MB is free"},
	} {
		err := n.Check(test.limits, "use fewer dimensions")
		if test.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", test.limits, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) != "use fewer dimensions" {
			t.Errorf("%+v: %v, hint %q", test.limits, err, fault.Hint(err))
		}
	}
}

func TestMemoryOf(t *testing.T) {
	const meminfo = "MemTotal:  1000 kB\nMemFree:  10 kB\nMemAvailable:    600 kB\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing is reported", nil, -1},
		{"no control group", map[string]string{"proc/meminfo": meminfo}, 600 << 10},
		{"an old kernel", map[string]string{"proc/meminfo": "MemTotal: 1000 kB\n"}, -1},
		{"nonsense", map[string]string{"proc/meminfo": "MemAvailable: -5 kB\n", "proc/self/cgroup": "x\n0::\n"}, -1},
		{"version 2", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "7\n",
			"sys/fs/cgroup/a/memory.max": "300000\n", "sys/fs/cgroup/a/memory.current": "200000\n",
			"sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 50000\n",
		}, 150_000},
		{"version 2 in a container that sees its own root", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/docker/x\n",
			"sys/fs/cgroup/memory.max": "300000\n", "sys/fs/cgroup/memory.current": "400000\n",
		}, 0},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu:/a\n4:memory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "500000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "100000\n",
			"sys/fs/cgroup/memory/a/memory.stat":         "total_inactive_file 1000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
		}, 401_000},
		{"a group with more than the machine", map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "99999999999\n", "sys/fs/cgroup/memory.current": "0\n",
		}, 600 << 10},
	} {
		root := fstest.MapFS{}
		for name, text := range test.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := memoryOf(root); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestMachine(t *testing.T) {
	l := Machine(t.TempDir() + "/not/yet/there")
	if l.Memory == 0 || l.Disk == 0 {
		t.Errorf("limits are %+v, want nonzero", l)
	}
}

func FuzzMemoryOf(f *testing.F) {
	f.Add("MemAvailable: 5 kB\n", "0::/a\n", "300", "20", "inactive_file 3\n")
	f.Fuzz(func(t *testing.T, meminfo, cgroup, limit, usage, stat string) {
		root := fstest.MapFS{}
		for name, text := range map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": cgroup, "sys/fs/cgroup/memory.max": limit,
			"sys/fs/cgroup/memory.current": usage, "sys/fs/cgroup/memory.stat": stat,
		} {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := memoryOf(root); got < -1 {
			t.Errorf("memoryOf = %d, want -1 or more", got)
		}
	})
}

// The memory of the process is the second number of statm, in pages.
func TestResident(t *testing.T) {
	if got := resident(fstest.MapFS{"proc/self/statm": {Data: []byte("9000 1234 500 10 0 800 0\n")}}, 4096); got != 1234*4096 {
		t.Errorf("resident %d", got)
	}
	if got := resident(fstest.MapFS{}, 4096); got != -1 {
		t.Errorf("without statm: %d", got)
	}
	if got := Peak(1 << 30); got < 1<<30 {
		t.Errorf("a need of 1 GiB has a peak of %d", got)
	}
	text := make([]byte, 200<<20) // what is held counts as well
	for i := range text {
		text[i] = 1
	}
	if got := Peak(100 << 20); got < 300<<20 {
		t.Errorf("200 MiB held and 100 MiB more: %d", got)
	}
	runtime.KeepAlive(text)
}
