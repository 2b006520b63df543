package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/collection/shards"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/index/serve/shelf"
	"github.com/luminavec/luminavec/internal/fault"
)

// Described is a collection or a word model in the list of them.
type Described struct {
	Name     string        `json:"name" doc:"as in the paths of this API"`
	Kind     string        `json:"kind" enum:"documents,words,model" doc:"a collection of documents, a model with vectors of words, or another model"`
	Passages int64         `json:"passages" doc:"of a collection; of a word model, its words"`
	Files    int64         `json:"files,omitempty" doc:"documents of a collection"`
	Dim      int           `json:"dim" doc:"values of a vector"`
	Model    string        `json:"model" doc:"its name for /v1/embeddings"`
	Language string        `json:"language,omitempty" doc:"of the search by words"`
	Metric   string        `json:"metric,omitempty"`
	Updated  string        `json:"updated,omitempty" doc:"time of the last change, RFC 3339"`
	Modes    []string      `json:"modes,omitempty" doc:"how passages can be found; the first is the default"`
	Fields   []shelf.Field `json:"fields,omitempty" doc:"metadata for conditions"`
	HasMap   bool          `json:"has_map,omitempty" doc:"whether a map was stored by 'search map'"`
	Writable bool          `json:"writable,omitempty" doc:"whether records can be added and deleted"`
	Shards   []string      `json:"shards,omitempty" doc:"where the passages are, if they are divided: folders and servers; only questions can then be asked"`
	Identity string        `json:"identity,omitempty" doc:"metric and models: vectors of collections with the same one can be compared"`
	Division string        `json:"division,omitempty" doc:"of a shard, which it is, such as 2/8, a colon, and a hash of what was divided; otherwise a colon and that"`
}

// Named is the name in a path.
type Named struct {
	Name string `path:"name" doc:"name of the collection"`
}

func (s *Server) describe(name string) (*Described, error) {
	if shards := s.sharded[name]; shards != nil {
		return shards.describe(), nil
	}
	c, done, err := s.collection(name)
	if err != nil {
		return nil, err
	}
	defer done()
	info := c.Info()
	d := &Described{Name: name, Kind: Documents, Passages: info.Passages, Files: info.Files, Dim: info.Dim, Model: name, Language: info.Language, Metric: info.Metric,
		Updated: info.Updated, Modes: []string{string(fusion.Dense)}, Writable: s.options.Writable && info.Format > 1, HasMap: c.HasMap(), Identity: c.Identity(), Division: shards.Division(c.Collection)}
	if c.FullText() != nil {
		d.Modes = []string{string(fusion.Hybrid), string(fusion.Dense), string(fusion.BM25)}
	}
	d.Fields, err = c.Fields()
	return d, err
}

func (s *Server) describeModel(name string) (*Described, error) {
	m, done, err := s.shelf.Model(name)
	if err != nil {
		return nil, err
	}
	defer done()
	d := &Described{Name: name, Kind: Transformer, Dim: m.Encoder.Dim(), Model: name}
	if m.Words != nil {
		d.Kind, d.Passages = Words, int64(m.Words.Len())
	}
	return d, nil
}

// Kinds of what is served.
const (
	Documents   = "documents"
	Words       = "words"
	Transformer = "model"
)

// Describe describes all collections and models, without those that were deleted.
func (s *Server) Describe() ([]Described, error) {
	list := []Described{}
	add := func(d *Described, err error) error {
		if err == nil {
			list = append(list, *d)
		} else if !errors.Is(err, shelf.ErrDeleted) {
			return err
		}
		return nil
	}
	for _, name := range s.shelf.Collections() {
		if err := add(s.describe(name)); err != nil {
			return nil, err
		}
	}
	for _, shards := range s.options.Sharded {
		list = append(list, *shards.describe())
	}
	for _, name := range s.shelf.Models() {
		if err := add(s.describeModel(name)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

type question struct {
	Text        string   `json:"text" minLength:"1" doc:"the question"`
	K           int      `json:"k,omitempty" minimum:"1" default:"10" doc:"number of results"`
	Mode        string   `json:"mode,omitempty" enum:"hybrid,dense,bm25" doc:"by meaning and words, by meaning (dense) or by words (bm25); default: hybrid"`
	Where       string   `json:"where,omitempty" doc:"condition on metadata, for example: year >= 2020 and lang = \"en\""`
	MinScore    *float64 `json:"min_score,omitempty" doc:"leave out passages with a lower score"`
	GroupBy     string   `json:"group_by,omitempty" enum:"file" doc:"only the best passage of each document"`
	DenseWeight *float64 `json:"dense_weight,omitempty" exclusiveMinimum:"0" maximum:"1" doc:"weight of the meaning in the mode hybrid"`

	Counts *fulltext.Counts `json:"counts,omitempty" doc:"weigh words by these counts, the sums of several collections; default: those of this collection"`
}

// Answer is the answer to a question.
type Answer struct {
	Mode        string         `json:"mode"`
	Results     []shelf.Result `json:"results" doc:"best first"`
	NoGoodMatch bool           `json:"no_good_match" doc:"the results are no nearer than passages are to unrelated texts"`
	Notes       []string       `json:"notes" doc:"for example words that no passage has"`

	Unknown    []string               `json:"unknown_words,omitempty" doc:"words of the question that no passage has"`
	NoWord     bool                   `json:"no_word,omitempty" doc:"the question has no word that the mode can use; the notes say why"`
	NoWords    bool                   `json:"no_words,omitempty" doc:"the question has only very common words, which are not searched for"`
	NoMeaning  bool                   `json:"no_meaning,omitempty" doc:"the model does not know any word of the question"`
	Distances  bool                   `json:"distances,omitempty" doc:"scores are distances, of which smaller ones are better"`
	Statistics *collection.Statistics `json:"statistics,omitempty" doc:"how the scores of all passages are distributed, to rank the answers of several collections together"`
	Failed     []FailedShard          `json:"failed,omitempty" doc:"shards that did not answer: the results are without their passages"`
}

// FailedShard is a part of a collection that did not answer.
type FailedShard struct {
	Shard string `json:"shard" doc:"folder or address"`
	Error string `json:"error"`
}

type (
	queryInput struct {
		Named
		Body question
	}
	countsInput struct {
		Named
		Body struct {
			Text string `json:"text" minLength:"1" doc:"the question"`
		}
	}
	passageInput struct {
		Named
		Label  int64 `path:"label" minimum:"0" doc:"number of the passage"`
		Before int   `query:"before" minimum:"0" maximum:"100" doc:"number of passages before it in its document"`
		After  int   `query:"after" minimum:"0" maximum:"100" doc:"number of passages after it"`
	}
	documentInput struct {
		Named
		Path  string `query:"path" required:"true" doc:"path of the document, as passages have it"`
		From  int    `query:"from" minimum:"0" doc:"number of passages to skip"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"number of passages"`
	}
	filesInput struct {
		Named
		From  int    `query:"from" minimum:"0" doc:"number of files to skip"`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"number of files"`
		Under string `query:"under" doc:"only files whose paths start like this"`
	}
	similarInput struct {
		Named
		Body struct {
			Label   *int64    `json:"label,omitempty" minimum:"0" doc:"a passage"`
			Text    string    `json:"text,omitempty" doc:"or a text"`
			Vector  []float32 `json:"vector,omitempty" minItems:"1" maxItems:"65536" doc:"or a vector of the dimensions of the collection"`
			K       int       `json:"k,omitempty" minimum:"1" default:"10" doc:"number of results"`
			GroupBy string    `json:"group_by,omitempty" enum:"file" doc:"only the best passage of each document, without that of the passage"`
		}
	}
)

// Passages are passages of a document that follow each other.
type Passages struct {
	Path     string          `json:"path"`
	From     int             `json:"from" doc:"place of the first in the document, from 0"`
	At       int             `json:"at" doc:"place of the passage that was asked for, or from"`
	Total    int64           `json:"total" doc:"number of passages of the document"`
	Passages []shelf.Passage `json:"passages"`
}

// Files is a part of the list of documents.
type Files struct {
	Total int    `json:"total"`
	From  int    `json:"from"`
	Files []File `json:"files" doc:"sorted by path"`
}

// File is a document.
type File struct {
	Path     string `json:"path"`
	Kind     string `json:"kind,omitempty" doc:"markdown, html, text, code or records"`
	Passages int64  `json:"passages"`
	Bytes    int64  `json:"bytes" doc:"of its text"`
	Modified string `json:"modified,omitempty" doc:"RFC 3339"`
}

const aboutCollections = "collections"

func (s *Server) collectionRoutes() {
	register(s, http.MethodGet, "/v1/collections", "list-collections", aboutCollections, "List collections and models", func(context.Context, *struct{}) ([]Described, error) {
		return s.Describe()
	})
	register(s, http.MethodGet, "/v1/collections/{name}", "get-collection", aboutCollections, "Describe a collection", func(_ context.Context, in *Named) (*Described, error) {
		return s.describe(in.Name)
	})
	register(s, http.MethodPost, "/v1/collections/{name}/query", "query", aboutCollections, "Find the passages that answer a question", s.query)
	register(s, http.MethodPost, "/v1/collections/{name}/counts", "count-words", aboutCollections, "Count the passages that have the words of a question", s.counts)
	register(s, http.MethodPost, "/v1/collections/{name}/similar", "similar", aboutCollections, "Find passages similar to a passage, a text or a vector", s.similar)
	register(s, http.MethodGet, "/v1/collections/{name}/passages/{label}", "get-passage", aboutCollections, "Read a passage and those around it", s.passage)
	register(s, http.MethodGet, "/v1/collections/{name}/document", "get-document", aboutCollections, "Read the passages of a document", s.document)
	register(s, http.MethodGet, "/v1/collections/{name}/files", "list-files", aboutCollections, "List the documents of a collection", s.files)
}

// checkK returns an error for a number of results above the limit.
func (s *Server) checkK(k int) error {
	if k > s.options.MaxK {
		return tooMany("body.k", s.options.MaxK, k)
	}
	return nil
}

func tooMany(location string, most, got int) error {
	return refuse(location, "", fmt.Sprintf("must be at most %d, got %d", most, got), got)
}

func checkText(text string) error {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsControl(r) }) {
		return refuse("body.text", "use at least one word", "must not be empty", text)
	}
	return nil
}

func (s *Server) query(ctx context.Context, in *queryInput) (*Answer, error) {
	q := in.Body
	if err := s.checkK(q.K); err != nil {
		return nil, err
	}
	if err := checkText(q.Text); err != nil {
		return nil, err
	}
	ask := collection.Question{Text: q.Text, K: q.K, Mode: fusion.Mode(q.Mode), Where: q.Where, MinScore: q.MinScore, GroupBy: q.GroupBy, Counts: q.Counts}
	if q.DenseWeight != nil {
		ask.DenseWeight = *q.DenseWeight
	}
	if shards := s.sharded[in.Name]; shards != nil {
		return shards.query(ctx, ask)
	}
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	found, err := c.Ask(ctx, ask)
	return answerOf(ask, modesOf(c), c, found, err)
}

// answerOf returns an answer as the server sends it. The words of the question are marked as by c.
func answerOf(q collection.Question, modes []fusion.Mode, c *shelf.Collection, found *collection.Answer, err error) (*Answer, error) {
	if errors.Is(err, collection.ErrNoWord) { // not a fault of who types a question
		a := &Answer{Mode: string(cmp.Or(q.Mode, modes[0])), Results: []shelf.Result{}, NoGoodMatch: true, NoWord: true, Notes: []string{err.Error()}}
		if hint := fault.Hint(err); hint != "" {
			a.Notes = append(a.Notes, hint)
		}
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	a := &Answer{Mode: string(found.Mode), Results: c.Results(q.Text, found.Hits), NoGoodMatch: found.NoMatch, Notes: []string{}, Unknown: found.Unknown,
		NoWords: found.NoWords, NoMeaning: found.NoMeaning, Distances: found.Distances, Statistics: &found.Statistics}
	if len(found.Unknown) > 0 {
		a.Notes = append(a.Notes, "no passage has "+fault.Names(found.Unknown))
	}
	switch {
	case found.NoMeaning && found.Mode == fusion.Hybrid:
		a.Notes = append(a.Notes, "the model does not know any word of the question: only words are compared")
	case found.NoWords && found.Mode == fusion.Hybrid:
		a.Notes = append(a.Notes, "the question has only very common words: only the meaning is compared")
	}
	for _, f := range found.Failed {
		a.Failed = append(a.Failed, FailedShard{f.Name, f.Err.Error()})
		a.Notes = append(a.Notes, "the results are without "+f.Error())
	}
	return a, nil
}

func (s *Server) counts(ctx context.Context, in *countsInput) (*fulltext.Counts, error) {
	if err := checkText(in.Body.Text); err != nil {
		return nil, err
	}
	if divided := s.sharded[in.Name]; divided != nil {
		return shards.Count(ctx, divided.Shards, in.Body.Text, divided.Timeout), ctx.Err()
	}
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	return c.Counts(ctx, in.Body.Text)
}

func (s *Server) similar(ctx context.Context, in *similarInput) (*Answer, error) {
	q := in.Body
	if err := s.checkK(q.K); err != nil {
		return nil, err
	}
	given := 0
	for _, is := range []bool{q.Label != nil, q.Text != "", q.Vector != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, refuse("body", "", "must have a label, a text or a vector, and one of them only", nil)
	}
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	var labels []int64
	var texts []string
	if q.Label != nil {
		if _, _, err := c.DocumentOf(*q.Label); err != nil {
			return nil, notFound(err)
		}
		labels = []int64{*q.Label}
	} else if q.Vector == nil {
		if err := checkText(q.Text); err != nil {
			return nil, err
		}
		texts = []string{q.Text}
	}
	var found *collection.Answer
	if q.Vector != nil {
		found, err = c.Near(ctx, q.Vector, q.K, q.GroupBy != "")
	} else {
		found, err = c.Similar(ctx, labels, texts, q.K, q.GroupBy != "")
	}
	if err != nil {
		return nil, err
	}
	return &Answer{Mode: string(found.Mode), Results: c.Results("", found.Hits), Notes: []string{}}, nil
}

// notFound marks an error as one that a client may read.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Mark(err, errNotFound)
	}
	return err
}

func (s *Server) passage(_ context.Context, in *passageInput) (*Passages, error) {
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	f, at, err := c.DocumentOf(in.Label)
	if err != nil {
		return nil, notFound(err)
	}
	from := max(0, at-in.Before)
	p, err := part(c, f, from, at+in.After+1-from)
	if err != nil {
		return nil, err
	}
	p.At = at
	return p, nil
}

// part returns n passages of a document from one on.
func part(c *shelf.Collection, f *collection.File, from, n int) (*Passages, error) {
	labels := f.Labels()
	from = min(from, len(labels))
	stored, err := c.Collection.Passages(labels[from:][:min(n, len(labels)-from)])
	if err != nil {
		return nil, err
	}
	p := &Passages{Path: f.Path, From: from, At: from, Total: int64(len(labels)), Passages: make([]shelf.Passage, len(stored))}
	for i := range stored {
		p.Passages[i] = shelf.PassageOf(&stored[i])
	}
	return p, nil
}

func (s *Server) document(_ context.Context, in *documentInput) (*Passages, error) {
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	f, err := c.Document(in.Path)
	if err != nil {
		return nil, notFound(err)
	}
	return part(c, f, in.From, in.Limit)
}

func (s *Server) files(_ context.Context, in *filesInput) (*Files, error) {
	c, done, err := s.collection(in.Name)
	if err != nil {
		return nil, err
	}
	defer done()
	all, err := c.Documents()
	if err != nil {
		return nil, err
	}
	list := &Files{From: in.From, Files: []File{}}
	for i := range all {
		f := &all[i]
		if !strings.HasPrefix(f.Path, in.Under) {
			continue
		}
		if list.Total++; list.Total <= in.From || len(list.Files) == in.Limit {
			continue
		}
		file := File{Path: f.Path, Kind: f.Kind, Passages: f.Passages, Bytes: f.Text}
		if !f.Modified.IsZero() {
			file.Modified = f.Modified.UTC().Format(time.RFC3339)
		}
		list.Files = append(list.Files, file)
	}
	if in.From > math.MaxInt32 {
		list.From = list.Total
	}
	return list, nil
}
