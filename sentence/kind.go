package sentence

import "github.com/luminavec/luminavec/checkpoints"

// Kind is the kind of sentence models in config.json.
const Kind = "sentence"

func init() {
	checkpoints.RegisterKind(checkpoints.Kind{Name: Kind, Title: "Sentence encoder", Texts: true})
}
