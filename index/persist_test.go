package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/luminavec/luminavec/internal/durable"
	"github.com/luminavec/luminavec/internal/fault"
)

func saved(t testing.TB, ix Index) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := ix.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustLoad(t testing.TB, file []byte) Index {
	t.Helper()
	ix, err := Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// small returns the file of a small index with copies and upper levels.
func small(t testing.TB, kind Kind, quant Quantization) []byte {
	return smallOf(t, Options{Kind: kind, Quantization: quant})
}

func smallOf(t testing.TB, o Options) []byte {
	if o.Dim == 0 {
		o.Dim = 3
	}
	vectors := clustered(24, o.Dim, 8)
	copy(vectors[15*o.Dim:], vectors[:3*o.Dim])
	o.M, o.EfConstruction, o.Threads = 2, 5, 1
	return saved(t, filled(t, o, vectors))
}

func TestRoundTrip(t *testing.T) {
	const dim = 20
	vectors := clustered(2100, dim, 4)
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		for _, m := range allMetrics {
			o := Options{Dim: dim, Kind: kind, Quantization: quant, Metric: m, M: 7, EfConstruction: 50, EfSearch: 30, Seed: 99, Threads: 2}
			ix := filled(t, o, vectors[:2000*dim])
			file := saved(t, ix)
			back := mustLoad(t, file)
			want := ix.Options()
			if kind != HNSW {
				want.Threads = 0
			}
			if back.Options() != want {
				t.Fatalf("options %+v, saved %+v", back.Options(), want)
			}
			if !bytes.Equal(saved(t, back), file) {
				t.Error("after loading, the saved file differs")
			}
			for i := 2000; i < 2100; i++ {
				q := vectors[i*dim : (i+1)*dim]
				want := mustSearch(t, ix, q, 10, SearchOptions{})
				if got := mustSearch(t, back, q, 10, SearchOptions{}); !slices.Equal(got, want) {
					t.Fatalf("results %v after loading, %v before", got, want)
				}
			}
			a, b := ix.Stats(), back.Stats()
			if a.Edges != b.Edges || a.Copies != b.Copies || !slices.Equal(a.Levels, b.Levels) || b.Unreachable != 0 {
				t.Errorf("stats %+v after loading, %+v before", b, a)
			}
			// Vectors can be added to a loaded index.
			if err := back.AddBatch(t.Context(), sequence(2000, 100), vectors[2000*dim:]); err != nil {
				t.Fatal(err)
			}
			if u := back.Stats().Unreachable; u != 0 || back.Len() != 2100 {
				t.Errorf("%d vectors, %d unreachable", back.Len(), u)
			}
		}
		empty := mustLoad(t, saved(t, mustNew(t, Options{Dim: 5, Kind: kind, Quantization: quant})))
		if err := empty.Add(-7, make([]float32, 5)); err != nil || empty.Len() != 1 {
			t.Errorf("adding to a loaded empty index: error %v, %d vectors", err, empty.Len())
		}
	})
}

func TestEveryFlippedByteIsRefused(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		t.Parallel()
		file := small(t, kind, quant)
		mustLoad(t, file)
		for _, i := range offsets(file) {
			for _, mask := range masks(i) {
				file[i] ^= mask
				if _, err := Load(bytes.NewReader(file)); err == nil {
					t.Fatalf("byte %d of %d ^ %#x: no error", i, len(file), mask)
				} else if !strings.HasPrefix(err.Error(), "index: ") {
					t.Fatalf("byte %d: the error names no section: %v", i, err)
				}
				file[i] ^= mask
			}
		}
	})
}

func TestEveryTruncationIsRefused(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		t.Parallel()
		file := small(t, kind, quant)
		for _, i := range offsets(file) {
			_, err := Load(bytes.NewReader(file[:i]))
			if !errors.Is(err, io.ErrUnexpectedEOF) || fault.Hint(err) == "" || !strings.Contains(err.Error(), "section ") {
				t.Fatalf("truncated to %d of %d bytes: error %v", i, len(file), err)
			}
		}
		if _, err := Load(bytes.NewReader(append(file, 0))); err == nil {
			t.Fatal("an extra byte was accepted")
		}
	})
}

// offsets returns the bytes of a file at which tests damage it: all of them in slow
// tests, otherwise some of every field of every section.
func offsets(file []byte) []int {
	var list []int
	if slow {
		for i := range file {
			list = append(list, i)
		}
		return list
	}
	list = append(list, 0, 7, 8, 11) // magic and version
	for at := headerBytes; at < len(file); {
		length := int(binary.LittleEndian.Uint64(file[at+8:]))
		payload, end := at+16, at+16+length
		list = append(list, at, at+7, at+8, at+15) // name and length
		step := 4                                  // the options have fields of 4 bytes
		if string(file[at:at+7]) != "options" {
			step = max(1, length/7) | 1
		}
		for i := payload; i < end; i += step {
			list = append(list, i)
		}
		if length > 0 {
			list = append(list, end-1)
		}
		list = append(list, end, end+3) // checksum
		at = end + 4
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// masks returns how tests change byte i. A checksum finds any change of a byte.
func masks(i int) []byte { return []byte{0x81, 0xff}[i%2:][:1] }

// headerBytes is the length of the magic and the version.
const headerBytes = 12

// reseal corrects the checksums of a changed file, as far as its sections can be parsed,
// so that tests reach the checks that follow.
func reseal(file []byte) []byte {
	file = slices.Clone(file)
	for at := headerBytes; at+16 <= len(file); {
		length := binary.LittleEndian.Uint64(file[at+8:])
		if length > uint64(len(file)-at-16) || len(file)-at-16-int(length) < 4 {
			break
		}
		end := at + 16 + int(length)
		binary.LittleEndian.PutUint32(file[end:], crc32.Checksum(file[at:end], crc32.MakeTable(crc32.Castagnoli)))
		at = end + 4
	}
	return file
}

// exercise uses an index that was loaded from a hostile file.
func exercise(t testing.TB, ix Index) {
	dim := ix.Options().Dim
	q := make([]float32, dim)
	q[0] = 1
	mustSearch(t, ix, q, 3, SearchOptions{Ef: 4})
	mustSearch(t, ix, q, 3, SearchOptions{Ef: 4, Filter: func(l int64) bool { return l%3 == 0 }})
	for i := range int64(20) {
		q[0], q[dim-1] = float32(i), 1
		if _, taken := ix.Vector(1000 + i); !taken {
			if err := ix.Add(1000+i, q); err != nil {
				t.Fatal(err)
			}
		}
	}
	if u := ix.Stats().Unreachable; u != 0 {
		t.Fatalf("%d nodes are unreachable", u)
	}
	mustLoad(t, saved(t, ix))
}

// A file with valid checksums and invalid contents is refused, or harmless.
func TestHostileFile(t *testing.T) {
	eachKind(t, func(t *testing.T, kind Kind, quant Quantization) {
		t.Parallel()
		file := small(t, kind, quant)
		refused := 0
		for _, i := range offsets(file) {
			if i < headerBytes {
				continue
			}
			for _, mask := range masks(i) {
				file[i] ^= mask
				if ix, err := Load(bytes.NewReader(reseal(file))); err != nil {
					refused++
				} else if ix.Options().Dim < 100 && ix.Options().EfConstruction < 1000 {
					exercise(t, ix)
				}
				file[i] ^= mask
			}
		}
		if refused == 0 {
			t.Error("no file was refused")
		}
	})
}

// nodeBytes is the length of an entry of the section nodes.
const nodeBytes = 1 + 4 + 4

// Parents that form a cycle, each linked with the next, are refused.
func TestCircleOfParents(t *testing.T) {
	file := small(t, HNSW, NoQuantization)
	ix := mustLoad(t, file)
	nodes := bytes.Index(file, []byte("nodes\x00")) + 16
	parentOf := func(n int) []byte { return file[nodes+4+n*nodeBytes+1:] }
	parent := func(n int) int { return int(int32(binary.LittleEndian.Uint32(parentOf(n)))) }
	children := map[int]int{}
	for i := range ix.Len() {
		children[parent(i)]++
	}
	for i := range ix.Len() {
		c := parent(i)
		if c < 0 || parent(c) < 0 || children[i] == ix.Options().M {
			continue
		}
		binary.LittleEndian.PutUint32(parentOf(c), uint32(i))
		_, err := Load(bytes.NewReader(reseal(file)))
		if err == nil || !strings.Contains(err.Error(), "ancestor") {
			t.Errorf("vector %d below its own child: error %v", c, err)
		}
		return
	}
	t.Fatal("the tree has no third generation")
}

// Lengths that a file merely claims cost no memory.
func TestClaimsCostNothing(t *testing.T) {
	file := small(t, HNSW, NoQuantization)
	for _, name := range []string{"labels", "pad", "nodes", "upper", "records"} {
		huge := slices.Clone(file)
		at := bytes.Index(file, append([]byte(name), 0))
		binary.LittleEndian.PutUint64(huge[at+8:], 1<<60)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Load(bytes.NewReader(huge))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "section "+name) {
			t.Errorf("error %v", err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("allocated %d bytes for a file of %d bytes", grown, len(huge))
		}
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

func FuzzLoad(f *testing.F) {
	f.Add(small(f, Flat, NoQuantization))
	f.Add(small(f, HNSW, NoQuantization))
	f.Add(small(f, HNSW, Int8))
	f.Add(small(f, HNSW, Int4))
	f.Add(small(f, Flat, Int4))
	f.Add(small(f, Flat, Int1))
	f.Add(smallOf(f, Options{Kind: Flat, Quantization: Int4, KeepVectors: KeepNone}))
	f.Add(smallOf(f, Options{KeepVectors: KeepFloat16}))
	f.Add(smallOf(f, Options{Quantization: Edges, KeepVectors: KeepNone}))
	f.Add(small(f, Flat, NoQuantization)[:8])
	f.Fuzz(func(t *testing.T, file []byte) {
		Load(bytes.NewReader(file))
		ix, err := Load(bytes.NewReader(reseal(file)))
		if err == nil && ix.Options().Dim < 1000 && ix.Options().EfConstruction < 1000 {
			exercise(t, ix)
		}
	})
}

// Files of all past versions can be read.
func TestGolden(t *testing.T) {
	old := []string{"v1-flat.index", "v1-hnsw.index", "v2-int8.index", "v3-int8.index", "v3-int4.index"}
	// Codes of these are longer than they would be now.
	names := append(old, "v5-int4-100.index", "v6-flat-int8-none.index", "v6-flat-int4-none.index")
	for name, o := range map[string]Options{
		"v3-flat.index": {Kind: Flat}, "v3-hnsw.index": {}, "v5-int8.index": {Quantization: Int8, Metric: Euclidean},
		"v5-int4.index": {Quantization: Int4, Metric: Euclidean}, "v5-flat-int4.index": {Kind: Flat, Quantization: Int4}, "v5-edges.index": {Quantization: Edges},
		"v6-flat-float16.index": {Kind: Flat, KeepVectors: KeepFloat16}, "v6-int4-float16.index": {Quantization: Int4, KeepVectors: KeepFloat16, Metric: Euclidean},
		"v6-int8-none.index": {Quantization: Int8, KeepVectors: KeepNone}, "v9-flat-int4-none.index": {Kind: Flat, Quantization: Int4, KeepVectors: KeepNone},
		"v6-edges-none.index": {Quantization: Edges, KeepVectors: KeepNone}, "v7-int4.index": {Quantization: Int4, Dim: 100},
		"v8-int4.index": {Quantization: Int4, Metric: Euclidean}, "v9-flat-int8-none.index": {Kind: Flat, Quantization: Int8, KeepVectors: KeepNone},
		"v10-int4.index": {Quantization: Int4},
	} {
		names = append(names, name)
		if !*update {
			continue
		}
		file := smallOf(t, o)
		if strings.HasPrefix(name, "v8") {
			ix := mustLoad(t, file)
			if err := ix.Update(3, []float32{1e30, -1e-30, 0}); err != nil {
				t.Fatal(err)
			}
			file = saved(t, ix)
		}
		if strings.HasPrefix(name, "v10") { // so few vectors are not measured
			ix := mustLoad(t, file)
			known := widths{vectors: ix.Len(), of: unmeasured.of, slack: [len(calibrated)]float32{0.05, 0.1, 0.2, 0.3, 0.5}}
			ix.(*graph).widths.Store(&known)
			file = saved(t, ix)
		}
		if err := os.WriteFile(filepath.Join("testdata", name), file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		ix := mustLoad(t, file)
		again := saved(t, ix)
		if !slices.Contains(old, name) && !bytes.Equal(again, file) {
			t.Errorf("%s: after loading, the saved file differs", name)
		}
		if ix, back := ix.Stats(), mustLoad(t, again).Stats(); ix.Edges != back.Edges || ix.Copies != back.Copies {
			t.Errorf("%s: loaded again, stats %+v became %+v", name, ix, back)
		}
		mustVerify(t, ix)
		v, _ := ix.Vector(7)
		if rs := mustSearch(t, ix, v, 3, SearchOptions{Ef: 10}); len(rs) != 3 || rs[0].Label != 7 {
			t.Errorf("%s: label 7 is not nearest to itself: %v", name, rs)
		}
	}
}

// What another processor rounded otherwise is saved as it was loaded.
func TestSignsAreKept(t *testing.T) {
	file := smallOf(t, Options{Kind: Flat, Quantization: Int4, KeepVectors: KeepNone})
	ix := mustLoad(t, file)
	block := ix.(kindIndex).base().Arena.Signs.Row(0)
	bound := &block[len(block)-32+23] // of the last of 24 vectors
	*bound = math.Nextafter32(*bound, 1e9)
	other := saved(t, ix)
	if bytes.Equal(other, file) || !bytes.Equal(saved(t, mustLoad(t, other)), other) {
		t.Error("the bound was computed again")
	}
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestSaveReportsAFullDisk(t *testing.T) {
	ix := filled(t, Options{Dim: 16}, clustered(2000, 16, 1))
	for _, left := range []int{0, 1 << 16, 1 << 17} {
		if err := ix.Save(&failing{left}); err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("error %v", err)
		}
	}
}

// The error names the file once, and not the temporary file.
func TestSaveFileOnAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.index")
	ix := filled(t, Options{Dim: 4}, clustered(50, 4, 1))
	for _, full := range []durable.Op{durable.OpCreate, durable.OpWrite, durable.OpSync} {
		restore := durable.Inject(func(op durable.Op, _ string) error {
			if op == full {
				return syscall.ENOSPC
			}
			return nil
		})
		err := SaveFile(path, ix, false)
		restore()
		if !errors.Is(err, syscall.ENOSPC) || fault.Hint(err) == "" || strings.Count(err.Error(), "words.index") != 1 ||
			!strings.Contains(err.Error(), "cannot write "+path+":") {
			t.Errorf("%s: error %v, hint %q", full, err, fault.Hint(err))
		}
	}
}

func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words.index")
	if _, err := LoadFile(path); !errors.Is(err, fs.ErrNotExist) || fault.Hint(err) == "" {
		t.Errorf("missing file: error %v", err)
	}
	ix := filled(t, Options{Dim: 4}, clustered(50, 4, 1))
	if err := SaveFile(path, ix, false); err != nil {
		t.Fatal(err)
	}
	if err := SaveFile(path, ix, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("existing file: error %v", err)
	}
	if err := SaveFile(path, ix, true); err != nil {
		t.Error(err)
	}
	back, err := LoadFile(path)
	if err != nil || back.Len() != 50 {
		t.Fatalf("%v, %v", back, err)
	}
	if err := os.WriteFile(path, []byte("not an index"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadFile(path); err == nil || !strings.Contains(err.Error(), "words.index") {
		t.Errorf("not an index: error %v", err)
	}
}
