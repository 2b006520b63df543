package tokenize

import (
	"bytes"
	"encoding/json"

	"github.com/luminavec/luminavec/internal/plainjson"
)

// The phrases stand in tokenizer.json as "phrases" of the model: a list of lists,
// one a pass. Hugging Face's library has nothing that could join words so. It
// passes over keys that it does not know there (elsewhere it fails on them), so it
// opens the file and finds the single words.

const (
	phrasesKey = ",\n    \"phrases\": "
	modelEnd   = "\n  }\n}" // of tokenizer.json as it is written: the model is last
)

// appendPhrases puts lists behind all else in the model of tokenizer.json.
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

// cutPhrases undoes appendPhrases. A file that was written another way comes back
// as it is, without lists.
func cutPhrases(file []byte) (before []byte, lists [][]string) {
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
