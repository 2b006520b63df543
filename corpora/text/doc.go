// Package text reads text: from files, folders, patterns and standard input, compressed
// or not, as lines to learn from or as records.
//
//	files ──► Source ──► Read    ──► Chunks: lines, whatever their length
//	                 └─► Records ──► Record: a line, a row, an object
//
// # Text
//
// Open names the inputs, Read streams them once in bounded memory:
//
//	src, err := text.Open("wiki/", "more-*.txt.gz")
//	err = src.Read(ctx, func(c text.Chunk) error { … })
//
// Gzip, bzip2 and zstd are detected by the first bytes of each file. A file that is not
// text is refused after its first 64 KiB. An invalid byte further on is replaced and
// counted in Stats: one bad page should not end a run of hours, but it must be reported.
//
// Select turns structured input into text: a field of JSON Lines or a column of CSV or
// TSV, as lines that keep their numbers in the file. A record that does not fit is an
// error with its place; nothing is skipped silently.
//
//	err := src.Select(text.Selection{Field: "meta.title"})
//
// # Records
//
// Records reads the files record by record, in memory for one of them. The format of each
// file is detected by its name and first line for the Use at hand, or given:
//
//	err := src.Records(ctx, text.RecordOptions{Format: text.JSONLines}, func(in *text.Records) error {
//		return in.Each(func(r *text.Record) error {
//			id, err := r.Member(text.ParsePath("meta.id"))
//			…
//		})
//	})
//
// Each treats a bad record as an error; Next returns it as a *BadRecord, which has a
// position and a Defect, and goes on with the record after it. So training pairs can skip
// bad rows and count them, and evaluation sets can refuse them.
//
// # Formats
//
// A Format is one file of code and one call of Register. It detects its files and opens
// them as a RecordReader; what selects text, pairs or sets from records then works with
// it. lines.go, jsonl.go, csv.go and tsv.go are the formats that come with the package.
// Formats that are not text have a Magic and read their files at any place with File.At.
//
//	var _ = text.Register(&text.Format{Name: "blocks", Detect: …, Open: …})
package text
