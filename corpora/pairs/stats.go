package pairs

// Stats counts what was read.
type Stats struct {
	Rows         int64         // rows that are not blank, without headers
	Examples     int64         // good rows
	Skipped      []SkippedRows // bad rows, by reason
	Truncated    int64         // texts cut at MaxTokens
	Unknown      int64         // tokens for unknown text, such as [UNK], in the examples; they are ignored
	Bytes        int64         // bytes of text, after decompression
	Invalid      int64         // invalid UTF-8 bytes, and NUL bytes that became spaces
	NULs         int64         // these NUL bytes alone
	FirstInvalid string        // position of the first of them, "file:line: byte N"; "" if none
}

// SkippedRows counts the bad rows of one reason.
type SkippedRows struct {
	Reason string // "an empty text"
	Rows   int64
	First  string // the message of the first: "file:line: …"
}
