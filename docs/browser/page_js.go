package main

import (
	"context"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
)

// A searcher finds the passages of a text that are nearest to a question.
type searcher struct {
	encoder  *sentence.Encoder
	passages []string
	index    index.Index
}

// main gives the page the functions luminavecRead(text) and luminavecSearch(question, count), calls its function
// luminavecReady, and waits for calls.
func main() {
	s := &searcher{}
	var err error
	if s.encoder, err = bundled.Open(context.Background()); err != nil {
		js.Global().Call("luminavecFailed", err.Error())
		return
	}
	js.Global().Set("luminavecRead", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if err := s.read(args[0].String()); err != nil {
			return map[string]any{"error": err.Error()}
		}
		return map[string]any{"passages": len(s.passages)}
	}))
	js.Global().Set("luminavecSearch", js.FuncOf(func(_ js.Value, args []js.Value) any {
		hits, err := s.search(args[0].String(), args[1].Int())
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return map[string]any{"hits": hits}
	}))
	js.Global().Call("luminavecReady")
	select {}
}

// read makes an index of the passages of text, which empty lines separate.
func (s *searcher) read(text string) error {
	ix, err := index.New(index.Options{Dim: s.encoder.Dim(), Kind: index.Flat})
	if err != nil {
		return err
	}
	var passages []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		vector, known, err := s.encode(p)
		if err != nil {
			return err
		}
		if known == 0 {
			continue // no words, or none that the model knows
		}
		if err := ix.Add(int64(len(passages)), vector); err != nil {
			return err
		}
		passages = append(passages, strings.TrimSpace(p))
	}
	s.passages, s.index = passages, ix
	return nil
}

// search returns the passages that are nearest to a question, the nearest first.
func (s *searcher) search(question string, count int) ([]any, error) {
	hits := []any{}
	vector, known, err := s.encode(question)
	if err != nil || known == 0 || s.index == nil {
		return hits, err
	}
	found, err := s.index.Search(vector, count, index.SearchOptions{})
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		hits = append(hits, map[string]any{"passage": s.passages[r.Label], "score": fmt.Sprintf("%.3f", r.Score)})
	}
	return hits, nil
}

func (s *searcher) encode(text string) (vector []float32, known int, err error) {
	vector = make([]float32, s.encoder.Dim())
	known, err = s.encoder.Encode(vector, text)
	return vector, known, err
}
