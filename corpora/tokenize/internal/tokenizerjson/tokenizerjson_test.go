package tokenizerjson

import (
	"encoding/json"
	"fmt"
	"log"
	"testing"
)

func ExampleFile_Marshal() {
	f := File{
		AddedTokens: []AddedToken{{ID: 0, Content: "<s>", Special: true}},
		Model:       json.RawMessage(`{"type":"WordLevel"}`),
	}
	b, err := f.Marshal()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(b))
	// Output:
	// {"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":0,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":null,"model":{"type":"WordLevel"}}
}

// The list of added tokens must be there even if it is empty.
func TestMarshalWithoutTokens(t *testing.T) {
	b, err := File{}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]json.RawMessage
	if err := json.Unmarshal(b, &f); err != nil || string(f["added_tokens"]) != "[]" {
		t.Errorf("added_tokens is %s (%v)", f["added_tokens"], err)
	}
}
