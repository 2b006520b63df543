// Package text reads text from files, folders, patterns and standard input, compressed or not,
// either as a stream of lines or as records.
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
// Gzip, bzip2 and zstd are detected from the first bytes of each file. A file that is not text
// is rejected after its first 64 KiB. An invalid byte further on is replaced and counted in
// Stats: one bad page should not end a run of hours, but it must be reported.
//
// Select turns structured input into text: a field of JSON Lines or a column of CSV or TSV, as
// lines that keep their numbers in the file. A record that does not match is an error that
// names its position; nothing is skipped silently.
//
//	err := src.Select(text.Selection{Field: "meta.title"})
//
// # Records
//
// Records reads the files one record at a time and keeps only that record in memory. The format
// of each file is given, or detected from its name and first line and the Use of the records:
//
//	err := src.Records(ctx, text.RecordOptions{Format: text.JSONLines}, func(in *text.Records) error {
//		return in.Each(func(r *text.Record) error {
//			id, err := r.Member(text.ParsePath("meta.id"))
//			…
//		})
//	})
//
// Each treats a bad record as an error; Next returns it as a *BadRecord with a position and a
// Defect, and continues with the next record. Training pairs can therefore skip bad rows and
// count them, while evaluation sets reject them.
//
// # Formats
//
// A Format is one file of code and one call of Register. It detects its files and opens them as
// a RecordReader; all code that reads text, pairs or sets from records then supports it.
// lines.go, jsonl.go, csv.go and tsv.go are the formats that come with the package. Binary
// formats have a Magic and read any part of their files through File.At.
//
//	var _ = text.Register(&text.Format{Name: "blocks", Detect: …, Open: …})
package text
