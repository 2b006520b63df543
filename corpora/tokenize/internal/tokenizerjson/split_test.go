package tokenizerjson

import (
	"encoding/json"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, test := range []struct{ file, rest, vocab, merges string }{
		{`{"model":{"vocab":{"a":0},"merges":["a b"]}}`, `{"model":{"vocab":null,"merges":null}}`, `{"a":0}`, `["a b"]`},
		{`{"model":{"merges":[],"x":1,"vocab":{}},"y":2}`, `{"model":{"merges":null,"x":1,"vocab":null},"y":2}`, `{}`, `[]`},
		{" {\n\"version\" : \"1.0\" , \"model\" : { \"vocab\" : { \"}\\\"\" : 0 } , \"n\" : -1 } } ", " {\n\"version\" : \"1.0\" , \"model\" : { \"vocab\" : null , \"n\" : -1 } } ", `{ "}\"" : 0 }`, ""},
		{`{"a":"\\","b":[{"model":{"vocab":1}}],"model":{"vocab":[["\\\\",0]]}}`, `{"a":"\\","b":[{"model":{"vocab":1}}],"model":{"vocab":null}}`, `[["\\\\",0]]`, ""},
		{`{"model":{"vocab":null}}`, `{"model":{"vocab":null}}`, "null", ""},
	} {
		rest, vocab, merges := Split([]byte(test.file))
		if string(rest) != test.rest || string(vocab) != test.vocab || string(merges) != test.merges {
			t.Errorf("%s: rest %s, vocab %s, merges %s", test.file, rest, vocab, merges)
		}
	}
	for _, file := range []string{
		``, `{}`, `[]`, `{"a":1}`, `{"model":1}`, `{"model":{}}`, `{"model":[{"vocab":{}}]}`,
		`{"model":{"vocab":{}},"model":{}}`, `{"model":{"vocab":{}},"Model":{}}`, `{"model":{"vocab":{},"vocab":{}}}`,
		`{"model":{"vocab":{},"Vocab":{}}}`, `{"model":{"vocab":{},"voc\u0061b":{}}}`, `{"model":{"Vocab":{}}}`,
		`{"model":{"vocab":{}`, `{"model":{"vocab":{}}`, `{"model":{"vocab":"}}`, `{"model":{"vocab":}}`, `{"model":{"vocab"}}`, `{"model":{"vocab":{},}}`, `{"model`,
	} {
		if rest, vocab, merges := Split([]byte(file)); string(rest) != file || vocab != nil || merges != nil {
			t.Errorf("%s: rest %s, vocab %s, merges %s", file, rest, vocab, merges)
		}
	}
}

// FuzzSplit: the parts together are the file, and a file that is JSON in the end was JSON before.
func FuzzSplit(f *testing.F) {
	f.Add([]byte(`{"version":"1.0","model":{"vocab":{"a":0,"\"b":1},"merges":["a b"]}}`))
	f.Add([]byte(`{"model":{"merges":[["a","b"]],"vocab":[["a",-1.5]]},"x":{"y":[1,{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rest, vocab, merges := Split(data)
		if valid := json.Valid(rest) && (vocab == nil || json.Valid(vocab)) && (merges == nil || json.Valid(merges)); valid != json.Valid(data) {
			t.Fatalf("%q: valid %v: rest %q, vocab %q, merges %q", data, valid, rest, vocab, merges)
		}
		var whole, split struct {
			Model struct{ Vocab, Merges json.RawMessage }
		}
		if json.Unmarshal(data, &whole) != nil || vocab == nil && merges == nil {
			return
		}
		if err := json.Unmarshal(rest, &split); err != nil {
			t.Fatal(err)
		}
		if vocab != nil && (string(whole.Model.Vocab) != string(vocab) || string(split.Model.Vocab) != "null") ||
			merges != nil && (string(whole.Model.Merges) != string(merges) || string(split.Model.Merges) != "null") {
			t.Fatalf("%q: vocab %q, merges %q, rest %q", data, vocab, merges, rest)
		}
	})
}
