package transformer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// A tokenizer turns texts into the ids of their tokens, with those that mark the ends.
type tokenizer struct {
	*tokenize.Tokenizer
	before, after []int32
}

// processor is the section post_processor of tokenizer.json.
type processor struct {
	Type       string
	Processors []processor
	Single     []map[string]struct {
		ID json.RawMessage `json:"id"`
	}
	Special map[string]struct {
		IDs []int32 `json:"ids"`
	} `json:"special_tokens"`
	Sep, CLS [2]json.RawMessage
}

// Tokenizer returns the tokenizer, with its vocabulary. It does not add the marks of a text's ends.
func (e *Encoder) Tokenizer() *tokenize.Tokenizer { return e.tokenizer.Tokenizer }

// openTokenizer reads tokenizer.json in dir. With lower, texts are lower-cased first.
func openTokenizer(dir string, lower bool) (*tokenizer, error) {
	path := filepath.Join(dir, "tokenizer.json")
	t, err := tokenize.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New("copy it from where the model is from; a model with only a vocab.txt must be saved again with a fast tokenizer", "%w", err)
	case err != nil:
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f struct {
		Processor *processor `json:"post_processor"`
	}
	if err := plainjson.Unmarshal(data, &f); err != nil {
		return nil, fault.New("the file is damaged", "%s: %w", path, err)
	}
	if lower {
		if t, err = lowered(path, data); err != nil {
			return nil, err
		}
	}
	k := &tokenizer{Tokenizer: t}
	if f.Processor != nil {
		if err := k.process(path, *f.Processor); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// lowered returns the tokenizer of a file, with lower-casing as the first step of its normalizer.
func lowered(path string, data []byte) (*tokenize.Tokenizer, error) {
	var f map[string]json.RawMessage
	if err := plainjson.Unmarshal(data, &f); err != nil {
		return nil, fault.New("the file is damaged", "%s: %w", path, err)
	}
	steps := []json.RawMessage{json.RawMessage(`{"type":"Lowercase"}`)}
	if own := f["normalizer"]; len(own) > 0 && string(own) != "null" {
		steps = append(steps, own)
	}
	normalizer, err := json.Marshal(map[string]any{"type": "Sequence", "normalizers": steps})
	if err != nil {
		return nil, err
	}
	f["normalizer"] = normalizer
	if data, err = json.Marshal(f); err != nil {
		return nil, err
	}
	return tokenize.Parse(path, data)
}

// process takes over the marks of a post-processor.
func (k *tokenizer) process(path string, p processor) error {
	damaged := func() error {
		return fault.New("the file is damaged", "%s: post_processor: %s is incomplete", path, p.Type)
	}
	switch p.Type {
	case "Sequence":
		for _, q := range p.Processors {
			if err := k.process(path, q); err != nil {
				return err
			}
		}
	case "ByteLevel": // changes offsets only
	case "BertProcessing", "RobertaProcessing":
		for _, mark := range []struct {
			part [2]json.RawMessage
			to   *[]int32
		}{{p.CLS, &k.before}, {p.Sep, &k.after}} {
			var id int32
			if json.Unmarshal(mark.part[1], &id) != nil {
				return damaged()
			}
			*mark.to = []int32{id}
		}
	case "TemplateProcessing":
		side := &k.before
		for _, piece := range p.Single {
			if _, ok := piece["Sequence"]; ok {
				side = &k.after
				continue
			}
			special, ok := piece["SpecialToken"]
			var name string
			if !ok || json.Unmarshal(special.ID, &name) != nil || len(p.Special[name].IDs) == 0 {
				return damaged()
			}
			*side = append(*side, p.Special[name].IDs...)
		}
	default:
		return fault.New("supported are TemplateProcessing, BertProcessing, RobertaProcessing and ByteLevel", "%s: post_processor %q is not supported", path, p.Type)
	}
	return nil
}

// encode appends the ids of a text, at most limit with the marks. It returns how many there would
// be without a limit.
func (k *tokenizer) encode(dst []int32, text string, limit int) (ids []int32, length int) {
	start := len(dst)
	dst = append(dst, k.before...)
	dst = k.Encode(dst, text)
	length = len(dst) - start + len(k.after)
	if length > limit {
		dst = dst[:start+max(0, limit-len(k.after))]
	}
	return append(dst, k.after...), length
}
