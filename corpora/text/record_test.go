package text

import (
	"encoding/json"
	"testing"
)

func TestFieldFold(t *testing.T) {
	row := &Record{Names: []string{"ID", "Text", "TEXT", "text "}, Fields: []string{"1", "a", "b", "c"}}
	object := &Record{members: map[string]json.RawMessage{
		"ID": []byte(`"1"`), "Text": []byte(`"a"`), "TEXT": []byte(`"b"`), "text ": []byte(`"c"`),
	}}
	for name, want := range map[string]string{"ID": "1", "id": "1", "Text": "a", "text": "b", "text ": "c", "tex": ""} {
		for kind, r := range map[string]*Record{"row": row, "object": object} {
			value, ok := r.FieldFold(name)
			if ok != (want != "") || ok && value.Literal() != want {
				t.Errorf("%s, %q: %q, %v, want %q", kind, name, value.Literal(), ok, want)
			}
		}
	}
}
