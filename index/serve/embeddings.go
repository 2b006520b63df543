package serve

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/models"
)

// maxTexts is the number of texts of a request, as at OpenAI.
const maxTexts = 2048

// embedTexts is the input of /v1/embeddings: a text or texts. Tokens are read so that they can be refused.
type embedTexts struct {
	texts  []string
	tokens bool
}

// Schema implements huma.SchemaProvider.
func (embedTexts) Schema(huma.Registry) *huma.Schema {
	one, most := 1, maxTexts
	text := &huma.Schema{Type: huma.TypeString, MinLength: &one}
	ids := &huma.Schema{Type: huma.TypeArray, MinItems: &one, Items: &huma.Schema{Type: huma.TypeInteger}}
	return &huma.Schema{Description: "a text or a list of texts; lists of token ids are refused", AnyOf: []*huma.Schema{text,
		{Type: huma.TypeArray, MinItems: &one, MaxItems: &most, Items: text}, ids, {Type: huma.TypeArray, MinItems: &one, Items: ids}}}
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *embedTexts) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		e.texts = []string{""}
		return json.Unmarshal(data, &e.texts[0])
	}
	if json.Unmarshal(data, &e.texts) != nil {
		e.texts, e.tokens = nil, true
	}
	return nil
}

type embeddingsInput struct {
	Body struct {
		Input      embedTexts `json:"input"`
		Model      string     `json:"model,omitempty" doc:"name of a collection or model; may be left out if there is one only"`
		Format     string     `json:"encoding_format,omitempty" enum:"float,base64" default:"float" doc:"numbers, or float32 in little-endian order as base64"`
		Dimensions int        `json:"dimensions,omitempty" minimum:"1" doc:"only so many values, scaled to length 1; for models with truncatable (Matryoshka) vectors"`
		InputType  string     `json:"input_type,omitempty" enum:"document,query" doc:"what the texts are, for models that treat passages and questions differently; default: document"`
		User       string     `json:"user,omitempty" doc:"ignored"`
	}
}

// Embeddings are vectors of texts, as OpenAI returns them.
type Embeddings struct {
	Object string      `json:"object" enum:"list"`
	Data   []Embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  Usage       `json:"usage"`
}

// Embedding is the vector of a text.
type Embedding struct {
	Object string `json:"object" enum:"embedding"`
	Index  int    `json:"index"`
	// Embedding is []float32, or a string.
	Embedding any `json:"embedding" doc:"numbers, or base64; zeros if the model knows no word of the text"`
}

// Usage counts tokens.
type Usage struct {
	PromptTokens int `json:"prompt_tokens" doc:"tokens that the model knows"`
	TotalTokens  int `json:"total_tokens"`
}

// ModelList is the list of models, as OpenAI returns it.
type ModelList struct {
	Object string      `json:"object" enum:"list"`
	Data   []ModelItem `json:"data"`
}

// ModelItem is a model of the list.
type ModelItem struct {
	ID      string `json:"id"`
	Object  string `json:"object" enum:"model"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	Dim     int    `json:"dim"`
}

type embedInput struct {
	Body struct {
		Inputs     embedTexts `json:"inputs"`
		Normalize  *bool      `json:"normalize,omitempty" doc:"whether vectors are scaled to length 1; default: true"`
		Truncate   bool       `json:"truncate,omitempty" doc:"ignored: of a text that is too long for a model the beginning is used"`
		Direction  string     `json:"truncation_direction,omitempty" enum:"Right,right" doc:"which end of a long text is left out"`
		Dimensions int        `json:"dimensions,omitempty" minimum:"1" doc:"only so many values"`
		Model      string     `json:"model,omitempty" doc:"name of a collection or model; may be left out if there is one only"`
		Prompt     string     `json:"prompt_name,omitempty" enum:"document,query" doc:"what the texts are; default: document"`
	}
}

const aboutModels = "models"

func (s *Server) embeddingRoutes() {
	register(s, http.MethodPost, "/v1/embeddings", "embeddings", aboutModels, "Compute vectors of texts", s.embeddings)
	register(s, http.MethodPost, "/embed", "embed", aboutModels, "Compute vectors of texts, as text-embeddings-inference does", func(ctx context.Context, in *embedInput) ([][]float32, error) {
		q := &in.Body
		vectors, _, _, err := s.encode(ctx, "body.inputs", &q.Inputs, q.Model, q.Prompt, q.Dimensions)
		if q.Normalize == nil || *q.Normalize {
			for _, v := range vectors {
				sentence.Shorten(v, len(v), true)
			}
		}
		return vectors, err
	})
	register(s, http.MethodGet, "/v1/models", "list-models", aboutModels, "List the models", func(context.Context, *struct{}) (*ModelList, error) {
		list := &ModelList{Object: "list", Data: []ModelItem{}}
		for _, name := range s.modelNames() {
			if item, err := s.modelItem(name); err == nil {
				list.Data = append(list.Data, *item)
			}
		}
		return list, nil
	})
	register(s, http.MethodGet, "/v1/models/{name}", "get-model", aboutModels, "Describe a model", func(_ context.Context, in *ModelNamed) (*ModelItem, error) {
		return s.modelItem(in.Name)
	})
}

func (s *Server) modelNames() []string { return append(s.shelf.Models(), s.shelf.Collections()...) }

func (s *Server) modelItem(name string) (*ModelItem, error) {
	item := &ModelItem{ID: name, Object: "model", OwnedBy: "luminavec"}
	m, _, done, err := s.model(name, "query")
	if err != nil {
		return nil, err
	}
	defer done()
	item.Dim = m.Dim()
	if c, done, err := s.shelf.Collection(name); err == nil {
		defer done()
		if at, err := time.Parse(time.RFC3339, c.Info().Created); err == nil {
			item.Created = at.Unix()
		}
	}
	return item, nil
}

// model returns what encodes texts of a type, "" for any, and its name.
func (s *Server) model(name, inputType string) (m sentence.Model, is string, done func(), err error) {
	all := s.modelNames()
	if name == "" {
		if len(all) != 1 {
			return nil, "", nil, refuse("body.model", "the models are "+fault.Names(all), "must name one of several models", nil)
		}
		name = all[0]
	}
	if found, done, err := s.shelf.Model(name); err == nil {
		switch m = found.Encoder; inputType {
		case "query":
			m = models.ForQueries(m)
		case "document":
			m = models.ForDocuments(m)
		}
		return m, name, done, nil
	}
	c, done, err := s.shelf.Collection(name)
	if err != nil {
		p := problem(http.StatusNotFound, fault.New("the models are "+fault.Names(all), "no such model: %q", name))
		code := "model_not_found"
		p.OpenAI = &openAIProblem{Code: &code}
		return nil, "", nil, p
	}
	if m = c.Model(); inputType != "query" {
		if m = c.PassageModel(); m == nil {
			done()
			return nil, "", nil, refuse("body.input_type", "set it to query, or serve the folder of the model of passages too", "the server has only the model of questions of this collection", inputType)
		}
	}
	return m, name, done, nil
}

func (s *Server) embeddings(ctx context.Context, in *embeddingsInput) (*Embeddings, error) {
	q := &in.Body
	vectors, known, name, err := s.encode(ctx, "body.input", &q.Input, q.Model, q.InputType, q.Dimensions)
	if err != nil {
		return nil, err
	}
	e := &Embeddings{Object: "list", Model: name, Data: make([]Embedding, len(vectors))}
	for i, v := range vectors {
		e.Data[i] = Embedding{Object: "embedding", Index: i, Embedding: v}
		if q.Format == "base64" {
			e.Data[i].Embedding = encode(v)
		}
		e.Usage.PromptTokens += known[i]
	}
	e.Usage.TotalTokens = e.Usage.PromptTokens
	return e, nil
}

// encode returns the vectors of texts, whose place in the request is location, the numbers of tokens that the
// model knows, and its name.
func (s *Server) encode(ctx context.Context, location string, input *embedTexts, model, inputType string, dimensions int) (vectors [][]float32, known []int, name string, err error) {
	if input.tokens {
		return nil, nil, "", refuse(location, "send texts; LangChain's OpenAIEmbeddings does so with check_embedding_ctx_length=False",
			"must be texts: token ids belong to the tokenizer of another model", nil)
	}
	for i, text := range input.texts {
		if strings.TrimSpace(text) == "" {
			return nil, nil, "", refuse(fmt.Sprintf("%s[%d]", location, i), "", "must not be empty", text)
		}
	}
	m, name, done, err := s.model(model, inputType)
	if err != nil {
		return nil, nil, "", err
	}
	defer done()
	dim := m.Dim()
	if dimensions > dim {
		return nil, nil, "", refuse("body.dimensions", "", fmt.Sprintf("must be at most %d, the dimensions of the model, got %d", dim, dimensions), dimensions)
	}
	all, known, err := m.EncodeBatch(ctx, input.texts, 0)
	if err != nil {
		return nil, nil, "", err
	}
	vectors = make([][]float32, len(input.texts))
	for i := range vectors {
		if vectors[i] = all[i*dim:][:dim]; dimensions > 0 && dimensions < dim {
			vectors[i] = sentence.Shorten(vectors[i], dimensions, true)
		}
	}
	return vectors, known, name, nil
}

// encode returns float32 values as base64 of their bytes in little-endian order.
func encode(v []float32) string {
	data := make([]byte, 0, 4*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(data)
}
