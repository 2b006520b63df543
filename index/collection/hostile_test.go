package collection

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// reseal computes the sizes and checksums of collection.json and fulltext.json for what the files are
// now, as somebody does who wants his file to be read.
func reseal(t *testing.T, dir string, edit func(info map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, infoFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var info map[string]any
	if err := json.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	delete(info, "checksum")
	if found, _ := filepath.Glob(filepath.Join(dir, "*.fulltext", "fulltext.json")); len(found) == 1 {
		resealWords(t, found[0])
	}
	for _, p := range info["parts"].([]any) {
		p := p.(map[string]any)
		if now, err := os.ReadFile(filepath.Join(dir, p["name"].(string))); err == nil {
			p["size"], p["sha256"] = len(now), fmt.Sprintf("%x", sha256.Sum256(now))
		}
	}
	if edit != nil {
		edit(info)
	}
	body, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	body = []byte(strings.TrimSuffix(string(body), "\n}"))
	if err := os.WriteFile(path, fmt.Appendf(nil, "%s%s%x\"\n}\n", body, checksumKey, sha256.Sum256(body)), 0o666); err != nil {
		t.Fatal(err)
	}
}

func resealWords(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	var words map[string]any
	if err == nil {
		err = json.Unmarshal(data, &words)
	}
	if err != nil {
		return // it was changed itself
	}
	segments, _ := words["segments"].([]any)
	for _, s := range segments {
		for _, f := range s.(map[string]any) {
			if f, ok := f.(map[string]any); ok {
				if now, err := os.ReadFile(filepath.Join(filepath.Dir(path), fmt.Sprint(f["name"]))); err == nil {
					f["bytes"], f["crc32c"] = len(now), crc32.Checksum(now, parts.Castagnoli)
				}
			}
		}
	}
	if data, err = json.Marshal(words); err == nil {
		err = os.WriteFile(path, data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// useAll does what the commands do with a collection, and returns the errors. A panic fails the test.
func useAll(dir string) (errs []error) {
	ctx := context.Background()
	report := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	_, _, err := VerifyPath(ctx, dir)
	report(err)
	c, err := Open(ctx, dir)
	report(err)
	if err == nil {
		for _, mode := range []fusion.Mode{fusion.Hybrid, fusion.Dense, fusion.BM25} {
			_, err := c.Ask(ctx, Question{Text: "who are you, zebra", K: 100, Mode: mode})
			report(err)
		}
		_, err = c.Ask(ctx, Question{Text: "you, zebra", K: 100, Where: "year > 3 or lang = \"en\""})
		report(err)
		c.Close()
	}
	if c, err = OpenTexts(ctx, dir); err == nil {
		_, err = c.Files()
		report(err)
		report(c.EachPassage(ctx, func(*Stored) {}))
		c.Close()
	}
	report(err)
	for _, change := range []func() error{
		func() error { _, err := Sync(ctx, dir, ChangeOptions{Threads: 1}); return err },
		func() error { _, err := Compact(ctx, dir, ChangeOptions{Threads: 1}); return err },
	} {
		report(change())
	}
	return errs
}

// rewrite changes a part of a collection at random. Where it is made of compressed frames, it changes
// what is in them half of the time, and packs that again.
func rewrite(r *rand.Rand, name string, data []byte) []byte {
	change := func(b []byte) []byte {
		b = slices.Clone(b)
		for range 1 + r.IntN(3) {
			switch at := r.IntN(len(b) + 1); r.IntN(6) {
			case 0:
				b = b[:at]
			case 1:
				b = slices.Insert(b, at, binary.AppendUvarint(nil, r.Uint64()>>r.IntN(64))...)
			case 2:
				b = slices.Insert(b, at, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
			case 3:
				for i := at; i < min(len(b), at+4); i++ {
					b[i] = 0xff
				}
			default:
				if at < len(b) {
					b[at] ^= 1 << r.IntN(8)
				}
			}
		}
		return b
	}
	if r.IntN(3) == 0 {
		return change(data)
	}
	switch {
	case strings.HasSuffix(name, "."+filesPart):
		in := &parts.Reader{Data: data[len(parts.FilesMagic):]}
		out, which := slices.Clone(data[:len(parts.FilesMagic)]), r.IntN(3)
		for i := range 3 {
			frame := in.Bytes(int(in.Uint32()))
			if i == which {
				plain, err := parts.Unpack(frame)
				if err != nil {
					panic(err)
				}
				frame = parts.Pack(change(plain))
			}
			out = append(binary.LittleEndian.AppendUint32(out, uint32(len(frame))), frame...)
		}
		return out
	case strings.HasSuffix(name, "."+segmentPart): // its table
		n := int(binary.LittleEndian.Uint32(data[len(data)-parts.SegmentTrailer:]))
		from := len(data) - parts.SegmentTrailer - n
		plain, err := parts.Unpack(data[from : from+n])
		if err != nil {
			panic(err)
		}
		frame := parts.Pack(change(plain))
		out := append(slices.Clone(data[:from]), frame...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(frame)))
		out = binary.LittleEndian.AppendUint32(out, crc32.Checksum(frame, parts.Castagnoli))
		return append(out, parts.SegmentMagic...)
	}
	return change(data)
}

// A part that was changed on purpose, with checksums that match, is refused or answers something, but
// nothing panics, and memory is bounded.
func TestHostileParts(t *testing.T) {
	folder, dir := t.TempDir(), filepath.Join(t.TempDir(), "docs")
	put(t, folder, map[string]string{
		"a.md":    "---\nyear: 4\nlang: en\n---\n# who\n\nwho are you\n\n## how\n\nhow am I\n",
		"b.jsonl": `{"id": 1, "text": "you are how", "year": 2}` + "\n" + `{"id": 2, "text": "I am who", "lang": "de"}` + "\n",
		"c.txt":   strings.Repeat("how are you. who am I, zebra. ", 200),
	})
	buildFolder(t, dir, folder, documents.Options{})
	put(t, folder, map[string]string{"c.txt": strings.Repeat("how are you. who am I, zebra. ", 150), "a.md": "# who\n\nwho are you\n"})
	sync1(t, dir)
	put(t, folder, map[string]string{"c.txt": strings.Repeat("how are you. who am I, zebra. ", 100)}) // what Sync has to do
	good := contents(t, dir)
	if errs := useAll(copyOf(t, good)); len(errs) > 0 {
		t.Fatal(errs)
	}
	r := rand.New(rand.NewPCG(7, 8))
	n := 3
	if slow {
		n = 30
	}
	refused := 0
	for name := range good {
		if name == infoFile || name == lockFile || strings.HasPrefix(name, modelDir+string(filepath.Separator)) {
			continue
		}
		for try := range n {
			dir := copyOf(t, good)
			if err := os.WriteFile(filepath.Join(dir, name), rewrite(r, filepath.ToSlash(name), good[name]), 0o666); err != nil {
				t.Fatal(err)
			}
			reseal(t, dir, nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			errs := useAll(dir)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
				t.Errorf("%s, try %d: %d MiB are allocated", name, try, used>>20)
			}
			for _, err := range errs {
				if goText.MatchString(err.Error()) || fault.Hint(err) == "" {
					t.Errorf("%s, try %d: %v (hint: %s)", name, try, err, fault.Hint(err))
				}
			}
			refused += min(1, len(errs))
			os.RemoveAll(dir)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// What collection.json or a link leads elsewhere is neither read nor written.
func TestHostileNames(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	folder, dir := t.TempDir(), filepath.Join(t.TempDir(), "docs")
	put(t, folder, map[string]string{"a.txt": "how are you, zebra"})
	buildFolder(t, dir, folder, documents.Options{})
	good := contents(t, dir)
	set := func(i int, key string, value any) func(map[string]any) {
		return func(info map[string]any) { info["parts"].([]any)[i].(map[string]any)[key] = value }
	}
	refuse := func(what, dir string) {
		t.Helper()
		if errs := useAll(dir); len(errs) == 0 {
			t.Errorf("%s: nothing is refused", what)
		}
		if data, err := os.ReadFile(outside); err != nil || string(data) != "secret" {
			t.Fatalf("%s: the file outside is %q, %v", what, data, err)
		}
	}
	for i := range len(good) - 2 {
		for _, name := range []string{"../../secret", "/etc/passwd", "", ".", "..", "a/../../x", `..\\x`, "model/../../x", "999999.files", strings.Repeat("x", 1<<20)} {
			dir := copyOf(t, good)
			reseal(t, dir, set(i, "name", name))
			refuse(fmt.Sprintf("part %d named %.20q", i, name), dir)
		}
		dir := copyOf(t, good)
		reseal(t, dir, set(i, "size", int64(1)<<62))
		if _, err := Verify(context.Background(), dir); err == nil {
			t.Errorf("part %d: its size is not compared", i)
		}
	}
	for key, value := range map[string]any{"documents": 1 << 40, "passages": 1 << 40, "dim": 1 << 30, "metric": "x", "format": 3, "next": map[string]any{"label": -1}} {
		dir := copyOf(t, good)
		reseal(t, dir, func(info map[string]any) { info[key] = value })
		refuse(key, dir)
	}
	for name := range good { // the lock is what a change empties and writes
		dir := copyOf(t, good)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
		if name == filepath.Join(modelDir, "README.md") {
			continue
		}
		refuse(name+" is a link", dir)
	}
	// What is not a part stays.
	mine := filepath.Join(dir, "000009.passages.mine")
	if err := os.WriteFile(mine, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	put(t, folder, map[string]string{"a.txt": "you"})
	sync1(t, dir)
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

// copyOf writes files to a new folder.
func copyOf(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "docs")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
