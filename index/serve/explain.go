package serve

import (
	"context"
	"fmt"
	"net/http"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// Steps are the steps from a text to its vector, of one of two kinds of models.
type Steps struct {
	Static      *sentence.Explanation    `json:"static,omitempty" doc:"tokens, their vectors, Linear and ReLU, mean, projection, normalization"`
	Transformer *transformer.Explanation `json:"transformer,omitempty" doc:"tokens, attention and pooling"`
}

func (s *Steps) vector() []float32 {
	if s.Static != nil {
		return s.Static.Vector
	}
	return s.Transformer.Vector
}

// Explained is a comparison of a question with a passage, step by step.
type Explained struct {
	Query   Steps    `json:"query"`
	Passage *Steps   `json:"passage,omitempty" doc:"of the text that the model reads of a passage: its title, headings and text"`
	Dot     *float64 `json:"dot,omitempty" doc:"product of the two vectors"`
	Cosine  *float64 `json:"cosine,omitempty" doc:"the product divided by both lengths"`
}

// Example is the worked example: a model small enough to follow by hand.
type Example struct {
	Query     *sentence.Explanation   `json:"query"`
	Documents []*sentence.Explanation `json:"documents"`
	Dots      []float64               `json:"dots" doc:"product of the vector of the query with that of each document"`
}

type (
	explainInput struct {
		Named
		Body struct {
			Text  string `json:"text" minLength:"1" doc:"a question"`
			Label *int64 `json:"label,omitempty" minimum:"0" doc:"a passage to compare it with"`
		}
	}
	explainModelInput struct {
		ModelNamed
		Body struct {
			Text string `json:"text" minLength:"1"`
		}
	}
	exampleInput struct {
		Text string `query:"text" maxLength:"200" default:"am I you" doc:"a question in the words of the example"`
	}
)

// What is explained is printed in full, so that it must be short: in bytes, or in tokens of a transformer,
// whose attention is a matrix for each of its heads.
const (
	maxExplained = 16 << 10
	maxAttention = 128
)

func (s *Server) explainRoutes() {
	register(s, http.MethodPost, "/v1/collections/{name}/explain", "explain", aboutCollections, "Show step by step how a question and a passage become vectors", s.explain)
	register(s, http.MethodPost, "/v1/words/{name}/explain", "explain-model", aboutWords, "Show step by step how a text becomes a vector", func(ctx context.Context, in *explainModelInput) (*Explained, error) {
		m, done, err := s.shelf.Model(in.Name)
		if err != nil {
			return nil, err
		}
		defer done()
		x := &Explained{}
		x.Query, err = steps(ctx, m.Encoder, in.Body.Text, "body.text")
		return x, err
	})
	register(s, http.MethodGet, "/v1/example", "example", aboutWords, "The worked example: three documents and a question in a model that can be followed by hand", func(_ context.Context, in *exampleInput) (*Example, error) {
		return example(in.Text)
	})
}

func (s *Server) explain(ctx context.Context, in *explainInput) (*Explained, error) {
	if err := checkText(in.Body.Text); err != nil {
		return nil, err
	}
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	x := &Explained{}
	if x.Query, err = steps(ctx, c.Model(), in.Body.Text, "body.text"); err != nil || in.Body.Label == nil {
		return x, err
	}
	if _, _, err := c.DocumentOf(*in.Body.Label); err != nil {
		return nil, notFound(err)
	}
	stored, err := c.Collection.Passages([]int64{*in.Body.Label})
	if err != nil {
		return nil, err
	}
	m := c.PassageModel()
	if m == nil {
		return nil, refuse("body.label", "leave it out", "the server has only the model of questions of this collection", *in.Body.Label)
	}
	passage, err := steps(ctx, m, stored[0].Input(), "body.label")
	if err != nil {
		return nil, err
	}
	x.Passage = &passage
	dot, cosine := compare(x.Query.vector(), passage.vector())
	x.Dot, x.Cosine = &dot, &cosine
	return x, nil
}

func compare(a, b []float32) (dot, cosine float64) {
	dot = float64(kernel.Dot(a, b))
	if n := float64(kernel.Norm(a)) * float64(kernel.Norm(b)); n > 0 {
		cosine = dot / n
	}
	return dot, cosine
}

// steps explains a text, whose place in the request is location.
func steps(ctx context.Context, m sentence.Model, text, location string) (x Steps, err error) {
	if len(text) > maxExplained {
		return x, refuse(location, "", fmt.Sprintf("is too long to be explained: %d bytes, at most %d", len(text), maxExplained), nil)
	}
	switch m := m.(type) {
	case *sentence.Encoder:
		x.Static, err = m.Explain(text)
	case *transformer.Encoder:
		if n := len(m.Tokenizer().Tokens(text)); n > maxAttention {
			return x, refuse(location, "", fmt.Sprintf("is too long to be explained: %d tokens, at most %d", n, maxAttention), nil)
		}
		x.Transformer, err = m.Explain(ctx, text)
	default:
		err = fault.Mark(fault.New("", "this model cannot be explained"), errNotFound)
	}
	return x, err
}

// exampleDocuments are those of the exercise.
var exampleDocuments = []string{"how are you", "who are you", "who am I"}

func example(text string) (*Example, error) {
	m := sentence.WorkedExample()
	x := &Example{}
	var err error
	if x.Query, err = m.Explain(text); err != nil {
		return nil, err
	}
	for _, document := range exampleDocuments {
		d, err := m.Explain(document)
		if err != nil {
			return nil, err
		}
		x.Documents = append(x.Documents, d)
		dot, _ := compare(x.Query.Vector, d.Vector)
		x.Dots = append(x.Dots, dot)
	}
	return x, nil
}
