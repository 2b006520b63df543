package collection

import (
	"context"
	"strings"
	"unicode"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
)

// maxQuestions is the number of texts that stand for questions when an index is calibrated.
const maxQuestions = 128

// questions are texts of the kind that will be asked, evenly spread over the passages: headings,
// titles, or first sentences. The vectors of passages themselves would be found too easily.
type questions struct {
	texts     []string
	last      string
	every, at int
}

// add offers a passage.
func (q *questions) add(p *documents.Passage) {
	q.every = max(q.every, 1)
	if q.at++; q.at%q.every != 0 {
		return
	}
	text := p.Title
	if len(p.Heading) > 0 {
		text = p.Heading[len(p.Heading)-1]
	}
	if text == "" || text == q.last { // one title of many passages is one question
		text = firstSentence(p.Text)
	} else {
		q.last = text
	}
	if q.texts = append(q.texts, text); len(q.texts) == 2*maxQuestions { // keep every other one
		for i := range maxQuestions {
			q.texts[i] = q.texts[2*i+1]
		}
		q.texts = q.texts[:maxQuestions]
		q.every *= 2
	}
}

// firstSentence returns the beginning of a text, up to 20 words.
func firstSentence(text string) string {
	if i := strings.IndexFunc(text, func(r rune) bool { return r == '.' || r == '?' || r == '!' || r == '\n' }); i > 20 {
		text = text[:i]
	}
	words := 0
	for i, r := range text {
		if unicode.IsSpace(r) {
			if words++; words == 20 {
				return text[:i]
			}
		}
	}
	return text
}

// calibrateIndex measures how wide searches must be, by the questions.
func (w *writer) calibrateIndex(ctx context.Context) error {
	texts := w.questions.texts
	if step := float64(len(texts)) / maxQuestions; step > 1 { // evenly
		chosen := make([]string, maxQuestions)
		for i := range chosen {
			chosen[i] = texts[int(float64(i)*step)]
		}
		texts = chosen
	}
	if len(texts) < 100 || w.index.Options().Kind == index.LSH {
		return nil
	}
	vectors, known, err := w.asks.EncodeBatch(ctx, texts, w.threads)
	if err != nil {
		return err
	}
	dim, n := w.asks.Dim(), 0
	for i, k := range known {
		if k > 0 {
			copy(vectors[n*dim:(n+1)*dim], vectors[i*dim:(i+1)*dim])
			n++
		}
	}
	if n < 100 {
		return nil
	}
	if w.info.Rescored {
		w.asked = vectors[:n*dim]
		w.truth, err = w.index.SearchBatch(ctx, w.asked, 10, index.SearchOptions{})
		if err != nil {
			return err
		}
		vectors, n = w.asked, rescoredSample // what the index measures of itself does not matter
	}
	_, err = index.Calibrate(ctx, w.index, vectors[:n*dim])
	return err
}
