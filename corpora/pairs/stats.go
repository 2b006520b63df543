package pairs

// Stats counts what was read.
type Stats struct {
	Rows         int64         // that are not blank, without headers
	Examples     int64         // good ones
	Skipped      []SkippedRows // the others, by reason
	Truncated    int64         // texts cut at MaxTokens
	Bytes        int64         // of text, after decompression
	Invalid      int64         // invalid UTF-8 bytes, and NUL bytes
	FirstInvalid string        // where the first of them is: "file:line: byte N"; "" if none
}

// SkippedRows counts the bad rows of one reason.
type SkippedRows struct {
	Reason string // "an empty text"
	Rows   int64
	First  string // the message of the first: "file:line: …"
}
