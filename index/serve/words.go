package serve

import (
	"context"
	"net/http"

	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Neighbors are words near to a word or a sum of words.
type Neighbors struct {
	Word      string     `json:"word" doc:"the word, or the sum"`
	Composed  int        `json:"composed,omitempty" doc:"number of character n-grams of which the vector of a word that is not in the vocabulary is made"`
	Neighbors []Neighbor `json:"neighbors" doc:"nearest first"`
}

// Neighbor is a word and its score.
type Neighbor struct {
	Word  string  `json:"word"`
	Score float32 `json:"score" doc:"cosine; of the method 3cosmul, its quotient"`
}

type (
	// ModelNamed is the name in a path.
	ModelNamed struct {
		Name string `path:"name" doc:"name of the model"`
	}
	neighborsInput struct {
		ModelNamed
		Word string `query:"word" required:"true" doc:"a word, or a sum such as king - man + woman"`
		K    int    `query:"k" minimum:"1" default:"10" doc:"number of words"`
	}
	analogyInput struct {
		ModelNamed
		Body struct {
			Positive []string `json:"positive" minItems:"1" maxItems:"100" doc:"words to add"`
			Negative []string `json:"negative,omitempty" maxItems:"100" doc:"words to subtract"`
			K        int      `json:"k,omitempty" minimum:"1" default:"10" doc:"number of words"`
			Method   string   `json:"method,omitempty" enum:"3cosadd,3cosmul" default:"3cosadd" doc:"how answers are scored: cosine with the sum, or quotient of the cosines"`
		}
	}
)

const aboutWords = "words"

func (s *Server) wordRoutes() {
	register(s, http.MethodGet, "/v1/words/{name}/neighbors", "neighbors", aboutWords, "Find the words nearest to a word or a sum of words", s.neighbors)
	register(s, http.MethodPost, "/v1/words/{name}/analogy", "analogy", aboutWords, "Add and subtract words", s.analogy)
}

// words returns a model that has vectors of words.
func (s *Server) words(name string) (*shelf.Model, func(), error) {
	m, done, err := s.shelf.Model(name)
	if err == nil && m.Words == nil {
		done()
		return nil, nil, fault.Mark(fault.New("use /v1/embeddings", "%q is a transformer, which has no vectors of single words", name), errNotFound)
	}
	return m, done, err
}

func (s *Server) neighbors(_ context.Context, in *neighborsInput) (*Neighbors, error) {
	if in.K > s.options.MaxK {
		return nil, tooMany("query.k", s.options.MaxK, in.K)
	}
	m, done, err := s.words(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	terms, sum, err := evaluate.ParseTerms(in.Word)
	if err != nil {
		return nil, refuse("query.word", fault.Hint(err), err.Error(), in.Word)
	}
	var found []evaluate.Neighbor
	n := &Neighbors{Word: in.Word}
	if sum {
		found, err = m.Words.Sum(terms, in.K)
	} else {
		n.Composed = m.Words.Composed(in.Word)
		found, err = m.Words.Neighbors(in.Word, in.K)
	}
	if err != nil { // a word without a vector
		return nil, refuse("query.word", fault.Hint(err), err.Error(), in.Word)
	}
	n.Neighbors = neighborsOf(found)
	return n, nil
}

func neighborsOf(found []evaluate.Neighbor) []Neighbor {
	list := make([]Neighbor, len(found))
	for i, f := range found {
		list[i] = Neighbor{f.Word, f.Score}
	}
	return list
}

func (s *Server) analogy(_ context.Context, in *analogyInput) (*Neighbors, error) {
	if err := s.checkK(in.Body.K); err != nil {
		return nil, err
	}
	m, done, err := s.words(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	terms := evaluate.Terms{Plus: in.Body.Positive, Minus: in.Body.Negative}
	find := m.Words.Sum
	if in.Body.Method == string(evaluate.Mul3Cos) {
		find = m.Words.Product
	}
	found, err := find(terms, in.Body.K)
	if err != nil {
		return nil, refuse("body", fault.Hint(err), err.Error(), nil)
	}
	return &Neighbors{Word: terms.String(), Neighbors: neighborsOf(found)}, nil
}
