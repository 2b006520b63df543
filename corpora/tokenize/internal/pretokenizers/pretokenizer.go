// Package pretokenizers splits text into the words of a subword tokenizer: its first two
// stages. The normalizers (package normalizers) change the text; the pre-tokenizers cut
// it. What a model then cuts into tokens is in the alphabet of that model: "the" is "the"
// to BERT, "Ġthe" to a byte-level model and "▁the" after Metaspace.
//
//	text ──► normalizers ──► pre-tokenizer ──► … ──► words
//	         Step, Step      stage             stage
//
// Parse reads the "normalizer" and "pre_tokenizer" sections of a tokenizer.json. To
// add a pre-tokenizer, implement cutStep in a new file and register the
// type with one line.
package pretokenizers

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
)

// PreTokenizer splits text into words. It does not change once made; workers do the work.
type PreTokenizer struct {
	bert   *normalizers.BertOptions // BertNormalizer and BertPreTokenizer, for which BertWords is fast
	normal []normalizers.Step
	cuts   []cutStep
	// Mark is a character before which every word is also cut, except after
	// another mark. 0: none. It is for models that would otherwise get a whole text
	// as one word, see [PreTokenizer.Uncut].
	Mark   rune
	traced bool // finding the words needs positions

	byteLevels int // steps of this type
}

// Worker cuts text. It owns buffers: each goroutine needs its own.
type Worker interface {
	// Each calls emit with each word of text and, if the worker was made with
	// places, the bytes of text that it stands for. The word is valid until emit returns.
	// Each byte that is not UTF-8 is read as U+FFFD.
	Each(text []byte, emit func(word []byte, start, end int))
	// Place returns where bytes start to end of the word emitted last stand in the
	// text, relative to the start of the word.
	Place(start, end int) (first, past int)
}

// NewWorker returns a worker. It is faster without places.
func (p *PreTokenizer) NewWorker(places bool) Worker {
	if p.bert != nil {
		return newBertWords(*p.bert)
	}
	return p.NewPipeline(places)
}

// Steps returns p without the fast path for BERT, so that NewWorker returns a [Pipeline].
func (p *PreTokenizer) Steps() *PreTokenizer {
	if p.bert == nil {
		return p
	}
	return &PreTokenizer{normal: p.bert.Steps(), cuts: bertCuts()}
}

// Uncut reports whether p leaves every text in one piece.
func (p *PreTokenizer) Uncut() bool {
	for _, step := range p.cuts {
		if m, ok := step.(*metaspaceStep); !ok || m.split {
			return false
		}
	}
	return p.bert == nil
}

// maxSteps limits the number of steps and the depth of nested sequences.
const maxSteps = 64

// maxByteLevels limits the number of steps that make characters of bytes: each doubles what the
// one before it made.
const maxByteLevels = 4

// kinds holds, by type, what makes the steps of a JSON object.
var kinds = map[string]func(data json.RawMessage) ([]cutStep, error){}

// register makes Parse accept a type.
func register(kind string, parse func(data json.RawMessage) ([]cutStep, error)) { kinds[kind] = parse }

// Parse reads the normalizer and the pre_tokenizer of a tokenizer.json,
// each of which may be empty or null.
func Parse(normalizer, preTokenizer json.RawMessage) (*PreTokenizer, error) {
	var normal, pre struct {
		Type string `json:"type"`
	}
	if len(normalizer) > 0 {
		if err := json.Unmarshal(normalizer, &normal); err != nil {
			return nil, fmt.Errorf("normalizer: %w", err)
		}
	}
	if len(preTokenizer) > 0 {
		if err := json.Unmarshal(preTokenizer, &pre); err != nil {
			return nil, fmt.Errorf("pre_tokenizer: %w", err)
		}
	}
	p := &PreTokenizer{}
	var err error
	if normal.Type == "BertNormalizer" && pre.Type == "BertPreTokenizer" {
		o, err := normalizers.ParseBert(normalizer)
		if err != nil {
			return nil, fmt.Errorf("normalizer: %w", err)
		}
		p.bert = &o
		return p, nil
	}
	if p.normal, err = normalizers.Parse(normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if err = normalizers.CheckGrowth(p.normal); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	if err = p.appendCuts(preTokenizer, 0); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	return p, nil
}

func (p *PreTokenizer) appendCuts(data json.RawMessage, depth int) error {
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	var j struct {
		Type          string            `json:"type"`
		Pretokenizers []json.RawMessage `json:"pretokenizers"`
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	if depth > maxSteps || len(p.cuts) > maxSteps {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	if j.Type == "Sequence" {
		for _, part := range j.Pretokenizers {
			if err := p.appendCuts(part, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	parse := kinds[j.Type]
	if parse == nil {
		return fmt.Errorf("type %q is not supported", j.Type)
	}
	steps, err := parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", j.Type, err)
	}
	for _, step := range steps {
		if m, ok := step.(*metaspaceStep); ok && m.first && len(p.cuts)+len(p.normal) > 0 {
			p.traced = true // whether a part is the first shows by its position only
		}
		if _, ok := step.(*byteLevelStep); ok {
			if p.byteLevels++; p.byteLevels > maxByteLevels {
				return fmt.Errorf("ByteLevel: more than %d steps of this type", maxByteLevels)
			}
		}
		p.cuts = append(p.cuts, step)
	}
	return nil
}

// oneCharacter reports whether s is a single character.
func oneCharacter(s string) bool { return utf8.RuneCountInString(s) == 1 }
