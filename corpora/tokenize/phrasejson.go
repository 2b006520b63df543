package tokenize

import (
	"bytes"
	"encoding/json"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// Phrases are in tokenizer.json as "phrases" of the model: a list of lists, one for each
// pass. Hugging Face's library cannot join words, but it ignores unknown keys of
// the model (elsewhere they are errors), so it opens the file and finds the single
// words.

const (
	phrasesKey = ",\n    \"phrases\": "
	modelEnd   = "\n  }\n}" // the end of a tokenizer.json: the model is its last section
)

// appendPhrases appends lists to the model of a tokenizer.json.
func appendPhrases(file []byte, lists [][]string) ([]byte, error) {
	if len(lists) == 0 {
		return file, nil
	}
	var out bytes.Buffer
	out.Write(bytes.TrimSuffix(file, []byte(modelEnd)))
	out.WriteString(phrasesKey)
	text, err := plainjson.Marshal(lists, "  ")
	if err != nil {
		return nil, err
	}
	out.Write(bytes.ReplaceAll(text, []byte("\n"), []byte("\n    ")))
	out.WriteString(modelEnd)
	return out.Bytes(), nil
}

// cutPhrases undoes appendPhrases. A file with another layout is returned unchanged, without
// lists.
func cutPhrases(file []byte) (before []byte, lists [][]string) {
	if !bytes.HasSuffix(file, []byte("]"+modelEnd)) {
		return file, nil
	}
	at := bytes.LastIndex(file, []byte(phrasesKey))
	if at < 0 {
		return file, nil
	}
	text, ok := bytes.CutSuffix(file[at+len(phrasesKey):], []byte(modelEnd))
	if !ok || json.Unmarshal(text, &lists) != nil || len(lists) == 0 {
		return file, nil
	}
	return append(bytes.Clone(file[:at]), modelEnd...), lists
}
