package documents

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
)

// plainName returns the last name of a path in lower case, without the extension of a compression.
func plainName(name string) string {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		name = strings.TrimSuffix(name, packed)
	}
	return name
}

// NameTitle returns the words of the name of a file, or of its folder if it has one of the names that
// stand for the folder: those of a document without a title. In the documentation of npm without its
// titles, vectors find the right page with an MRR@10 of 0.597 for 91 questions, and 0.477 without
// the names.
func NameTitle(name string) string {
	if name == Stdin {
		return ""
	}
	dir, base := path.Split(name)
	for _, packed := range []string{".gz", ".bz2", ".zst"} {
		base = strings.TrimSuffix(base, packed)
	}
	if ext := path.Ext(base); ext != base {
		base = strings.TrimSuffix(base, ext)
	}
	switch strings.ToLower(base) {
	case "readme", "index", "_index", "default", "home", "main":
		if dir = path.Base(dir); dir != "." && dir != "/" {
			base = dir
		}
	}
	if _, ok := date(base[:min(len(base), len("2006-01-02"))]); ok && len(base) > len("2006-01-02-") { // of a blog
		base = base[len("2006-01-02"):]
	}
	return strings.Join(strings.Fields(strings.NewReplacer("-", " ", "_", " ", "\x00", " ").Replace(display([]byte(base)))), " ")
}

func words(s string, k Kind, into map[string]Kind) {
	for _, w := range strings.Fields(s) {
		into[w] = k
	}
}

// extensions and names are the kinds of files by their names.
var extensions, names = func() (map[string]Kind, map[string]Kind) {
	x, n := map[string]Kind{}, map[string]Kind{}
	words(".md .markdown .mdown .mkd .mkdn .mdwn .mdx .qmd .rmd", Markdown, x)
	words(".html .htm .xhtml .shtml", HTML, x)
	words(".txt .text .rst .adoc .asciidoc .org .tex .log .wiki .creole .textile .pod .srt .vtt .me .1 .2 .3 .4 .5 .6 .7 .8", Text, x)
	words(".jsonl .ndjson .csv .tsv .parquet", Records, x)
	words(`.go .c .h .cc .cpp .cxx .hh .hpp .hxx .m .mm .java .kt .kts .scala .groovy .gradle .cs .fs .fsx .vb .rs .swift .d .zig .nim .v .sv .vhd .vhdl
		.py .pyi .pyx .rb .pl .pm .php .lua .tcl .r .jl .ex .exs .erl .hrl .hs .lhs .ml .mli .elm .clj .cljs .cljc .edn .lisp .el .scm .rkt .dart .pas .f .f90 .f95 .for .ada .adb .ads .cob .asm .s
		.js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .coffee .css .scss .sass .less .sh .bash .zsh .fish .ps1 .psm1 .bat .cmd .awk .sed .vim
		.sql .graphql .gql .proto .thrift .tf .hcl .nix .cmake .mk .mak .ninja .bzl .bazel .json .ipynb .json5 .jsonc .yaml .yml .toml .ini .cfg .conf .properties .env .xml .xsd .xsl .svg .plist .lock .sum .mod .cu .cl .glsl .wgsl .sol`, Code, x)
	words("makefile gnumakefile dockerfile containerfile jenkinsfile vagrantfile rakefile gemfile podfile brewfile justfile cmakelists.txt build workspace .gitignore .ignore .editorconfig .bashrc .zshrc .profile", Code, n)
	return x, n
}()

// kindOf returns the kind of a file by its name.
func kindOf(name string) Kind {
	base := plainName(name)
	if k, ok := names[base]; ok {
		return k
	}
	if k, ok := extensions[path.Ext(base)]; ok {
		return k
	}
	return Text
}

// binaryExtensions are those of files that are not opened in a folder, and what they are.
var binaryExtensions = func() map[string]string {
	m := map[string]string{}
	for reason, list := range map[string]string{
		"an image":                "png jpg jpeg gif bmp ico webp avif heic heif tif tiff psd xcf cr2 nef dng jxl",
		"a PDF document":          "pdf",
		"an office document":      "doc docx dotx xls xlsx xlsm ppt pptx odt ods odp odg rtf epub mobi azw3",
		"an archive":              "zip tar tgz tbz2 txz 7z rar xz lz4 lz lzma jar war ear apk whl egg deb rpm dmg iso cab cpio",
		"sound or video":          "mp3 m4a aac flac ogg opus wav wma mp4 m4v mkv webm avi mov wmv flv mpg mpeg mid midi",
		"a font":                  "ttf otf woff woff2 eot",
		"a program or its object": "exe dll so dylib o a class pyc pyo pyd wasm bin elf ko",
		"binary data":             "db sqlite sqlite3 npy npz pt pth safetensors onnx gguf pkl pickle h5 hdf5 arrow feather orc avro dex swp ds_store",
	} {
		for _, ext := range strings.Fields(list) {
			m["."+ext] = reason
		}
	}
	return m
}()

// magics are the first bytes of files that are not text.
var magics = []struct{ magic, what string }{
	{"%PDF-", "a PDF document"},
	{"\x89PNG\r\n", "an image"}, {"\xff\xd8\xff", "an image"}, {"GIF87a", "an image"}, {"GIF89a", "an image"},
	{"PK\x03\x04", "an archive"}, {"PK\x05\x06", "an archive"}, {"7z\xbc\xaf\x27\x1c", "an archive"}, {"Rar!\x1a\x07", "an archive"},
	{"\xfd7zXZ\x00", "an archive"}, {"\x04\x22\x4d\x18", "an archive"},
	{"{\\rtf", "an office document"}, {"\xd0\xcf\x11\xe0", "an office document"},
	{"\x7fELF", "a program or its object"}, {"MZ\x90\x00", "a program or its object"}, {"\x00asm", "a program or its object"},
	{"%!PS", "a PostScript document"}, {"SQLite format 3\x00", "binary data"},
}

// notText returns what a file is whose first bytes are not text, otherwise "".
func notText(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.what
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return "an archive"
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "binary data"
	}
	strange := 0
	for _, b := range head {
		if b < ' ' && (b < '\b' || b > '\r') && b != 0x1b {
			strange++
		}
	}
	if strange*20 > len(head) {
		return "binary data"
	}
	return ""
}

// jsonLine reports whether the first line of a file is an object of JSON.
func jsonLine(head []byte) bool {
	line, _, whole := bytes.Cut(bytes.TrimSpace(head), []byte("\n"))
	return bytes.HasPrefix(line, []byte("{")) && (whole || len(head) < headBytes) && json.Valid(line)
}

// sniff returns the kind of a file without a name that shows it.
func sniff(head []byte) Kind {
	start := bytes.ToLower(bytes.TrimSpace(head[:min(len(head), 512)]))
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return HTML
		}
	}
	switch {
	case bytes.HasPrefix(start, []byte("#!")), bytes.HasPrefix(start, []byte("<?php")), bytes.HasPrefix(start, []byte("<?xml")):
		return Code
	case bytes.HasPrefix(head, []byte("PAR1")), jsonLine(head):
		return Records
	}
	return Text
}
