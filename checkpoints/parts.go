package checkpoints

import "strings"

// PartBytes is how many bytes of a model folder belong to one part of it.
type PartBytes struct {
	Part  string `json:"part"` // as in Parts
	Bytes int64  `json:"bytes"`
}

// Names of the parts of a model folder.
const (
	PartTable     = "table"          // the rows of the tokens
	PartNGrams    = "n-grams"        // the rows of the character n-grams, and their buckets
	PartLayers    = "layers"         // Linear, projection and token weights
	PartTokenizer = "tokenizer"      // tokenizer.json, vocab.tsv and spellings.tsv
	PartState     = "training state" // training/state.safetensors
	PartLog       = "log"            // training/log.jsonl and the plots
	PartOther     = "other"          // config.json, the card and the headers of tensors
)

// Parts returns the bytes of each part of a model that has some, in the order of the constants.
// sizes are those of its files by name; their sum is that of the parts.
func Parts(c *Checkpoint, sizes map[string]int64) []PartBytes {
	bytes := map[string]int64{}
	left := sizes[ModelFile]
	for name, t := range c.Tensors {
		part := PartLayers
		switch {
		case strings.HasPrefix(name, "embedding."):
			part = PartTable
		case strings.HasPrefix(name, "ngrams."):
			part = PartNGrams
		}
		n := min(t.Bytes(), left)
		bytes[part] += n
		left -= n
	}
	for name, n := range sizes {
		switch name {
		case ModelFile:
			bytes[PartOther] += left // its header
		case TokenizerFile, VocabularyFile, SpellingFile:
			bytes[PartTokenizer] += n
		case NGramFile:
			bytes[PartNGrams] += n
		case StateFile:
			bytes[PartState] += n
		case LogFile, CurveSVGFile, CurvePNGFile:
			bytes[PartLog] += n
		default:
			bytes[PartOther] += n
		}
	}
	var parts []PartBytes
	for _, part := range []string{PartTable, PartNGrams, PartLayers, PartTokenizer, PartState, PartLog, PartOther} {
		if bytes[part] > 0 {
			parts = append(parts, PartBytes{part, bytes[part]})
		}
	}
	return parts
}
