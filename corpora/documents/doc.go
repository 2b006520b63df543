// Package documents reads folders of documents as passages: parts of about 150 words that can be
// read, encoded and found by themselves, and that know their place.
//
//	folder ──► walk ──► files ──► reader of the kind ──► sections ──► passages
//	           ignore             Markdown, HTML,        heading      path, lines, bytes,
//	           rules              text, code, records    trail        heading trail, fields
//
//	src, err := documents.Open(ctx, nil, []string{"docs"}, documents.Options{})
//	for _, f := range src.Files() {
//		err = src.Read(ctx, f, func(p documents.Passage) error {
//			fmt.Println(p.Path, p.FirstLine, p.Heading, p.Text)
//			return nil
//		})
//	}
//
// # Which files
//
// Files of a folder are sorted by their paths. Left out are hidden files, and what .gitignore and
// .ignore exclude, as git does: also the files of folders above, up to that of the repository,
// .git/info/exclude and the user's own git/ignore. A file that is named itself is read whatever
// these say. Links are followed if they lead to a file in the folder; each file is read once.
//
// A file that cannot be read, such as an image, is skipped: Skipped holds it with its reason, which
// such files share. With Strict it is an error.
//
// # Kinds
//
//	Markdown  headings make sections; front matter (YAML, TOML) makes the title and the fields; links
//	          are their text; code is kept, and is not searched for headings; comments are left out
//	HTML      headings make sections; scripts, styles and navigation are left out, and with a main
//	          element all that is outside of it; in the encoding that the page states
//	text      paragraphs; reStructuredText, AsciiDoc and Org have their headings, subtitles no times
//	code      blocks between blank lines, those that begin at the start of a line first
//	records   JSON Lines, JSON arrays, CSV, TSV, Parquet: each is a document with its id and title
//
// Jupyter notebooks are read as Markdown. Gzip, bzip2 and zstd are decompressed, and UTF-16 with a
// byte order mark is converted. Plain text, code and Markdown of any length are read in bounded
// memory; HTML, notebooks and JSON arrays may have 256 MiB, other encodings than UTF-8 64 MiB.
//
// # Passages
//
// A section of at most Chunk words is a passage. A longer one is cut into passages of about equal
// length, at the ends of paragraphs or otherwise of sentences (see package passages). Sections of a
// few words are joined to their neighbors, as are headings without text. Text has no markup but
// its line breaks; lines and bytes are those of the file, whatever was left out between them.
package documents

import (
	"slices"

	"github.com/luminavec/luminavec/corpora/passages"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Stdin is the path that names standard input.
const Stdin = "-"

// Kind is how a file is read.
type Kind string

const (
	Markdown Kind = "markdown" // headings make sections
	HTML     Kind = "html"     // the text without tags; headings make sections
	Text     Kind = "text"     // paragraphs
	Code     Kind = "code"     // blocks between blank lines
	Records  Kind = "records"  // JSON Lines, CSV, TSV and Parquet: each record is a document
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Markdown, HTML, Text, Code, Records} }

// Split is what a document is divided into before it is cut into passages.
type Split string

const (
	ByKind    Split = ""          // sections of Markdown and HTML, paragraphs of text, blocks of code; records whole
	Section   Split = "section"   // what is under one heading
	Paragraph Split = "paragraph" // what is between blank lines; every paragraph is a passage
	Line      Split = "line"      // every line is a passage
	Whole     Split = "file"      // a file or a record is one passage, of any length
)

// Splits lists the values of Split.
func Splits() []Split { return []Split{Section, Paragraph, Line, Whole} }

// DefaultChunk is the number of words of a passage.
const DefaultChunk = 150

// Options say which files are read, and how.
type Options struct {
	// Include and Exclude are patterns of files, matched with the path from the named folder with
	// slashes: * does not match a slash, ** matches any folders, {a,b} alternatives. A pattern
	// without a slash matches a name in any folder; one that matches a folder matches all in it.
	// Of the files that Include matches, those that Exclude matches are left out. Default: all files.
	Include, Exclude []string
	// Hidden reads hidden files too, whose names or folders begin with a dot. Default: false.
	Hidden bool
	// NoIgnore does not read the rules of .gitignore and .ignore. Default: false.
	NoIgnore bool
	// Follow follows links that lead out of the named folder, and links to folders. Default: false.
	Follow bool
	// Strict makes the first file that cannot be read an error. Default: it is skipped.
	Strict bool

	// FileKind is the kind of all files. Default "": by name and content.
	FileKind Kind
	// Split is what documents are divided into. Default: by kind.
	Split Split
	// Chunk is the maximum size of a passage in words, or in tokens if a tokenizer counts. Longer
	// parts are cut at the ends of sentences, and short neighbors are joined. Default: 150.
	Chunk int
	// Overlap is how many of the words before a passage it repeats where a part is cut, in whole
	// sentences if they fit. It must be less than Chunk. Default: 0.
	Overlap int

	// Text is the part of each record that is its text: a member of JSON Lines (meta.body is a
	// nested one), or a column of CSV, TSV and Parquet, by name or by number in files without a
	// header. Default: detected, by names such as text and body.
	Text string
	// ID, Title and Keep are parts of each record that become the id, the title and fields of its
	// passages. Default: ID and Title are detected by name; all short parts are kept.
	ID, Title string
	Keep      []string

	// Shard is which of several equal parts of the files is read. Files are assigned whole, by their sizes. If there are fewer than shards,
	// or one shard would have more than 1.25 times its share, large files are divided at passages or records; compressed files,
	// Parquet, HTML, and text that is not UTF-8 cannot be. Default: all files.
	Shard text.Shard `json:",omitzero"`
}

// withDefaults returns the options with the defaults filled in.
func (o Options) withDefaults() Options {
	if o.Chunk == 0 {
		o.Chunk = DefaultChunk
	}
	return o
}

// Validate returns an error that names the field at fault.
func (o Options) Validate() error {
	o = o.withDefaults()
	switch {
	case o.FileKind != "" && !slices.Contains(Kinds(), o.FileKind):
		return fault.Field("FileKind", "", "must be %s, got %q", fault.OneOf(Kinds()), string(o.FileKind))
	case o.Split != ByKind && !slices.Contains(Splits(), o.Split):
		return fault.Field("Split", "", "must be %s, got %q", fault.OneOf(Splits()), string(o.Split))
	case o.Chunk < 1:
		return fault.Field("Chunk", "100 to 300 is usual", "must be at least 1, got %d", o.Chunk)
	case o.Overlap < 0:
		return fault.Field("Overlap", "leave it out for passages that do not overlap", "must not be negative, got %d", o.Overlap)
	case o.Overlap >= o.Chunk:
		return fault.Field("Overlap", "a tenth of Chunk is usual", "must be less than Chunk, %d, got %d", o.Chunk, o.Overlap)
	}
	return o.Shard.Validate()
}

func (o Options) cutter() passages.Options {
	return passages.Options{Tokens: o.Chunk, Overlap: o.Overlap}
}
