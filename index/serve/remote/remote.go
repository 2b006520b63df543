// Package remote asks collections that 'search serve' serves on other machines.
//
//	c, err := remote.Open(ctx, "http://host:8080/v1/collections/docs", remote.Options{})
//	answer, err := shards.Ask(ctx, []shards.Shard{{Name: c.Name(), Asker: c}, …}, question, shards.Options{})
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/index/filter"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// maxAnswer bounds the size of an answer.
const maxAnswer = 256 << 20

// Options say how a server is reached.
type Options struct {
	Token string // sent as Authorization: Bearer; default none
	// Client makes the requests. Default: one that follows no redirects, with 30 seconds for each.
	Client *http.Client
}

// Collection is a collection on another machine. It is safe for concurrent use.
type Collection struct {
	address string // ends with /v1/collections/NAME
	token   string
	client  *http.Client

	passages int64
	dim      int
	modes    []fusion.Mode
	identity string
	division string
}

// IsAddress reports whether a name is that of a collection on a server, and not of a folder.
func IsAddress(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// Open checks that the address, http://host:port/v1/collections/NAME, is that of a collection. If only the
// server is named and it has one collection, that one is meant.
func Open(ctx context.Context, address string, o Options) (*Collection, error) {
	const example = "for example: http://localhost:8080/v1/collections/docs"
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(example, "not the address of a collection: %q", address)
	}
	c := &Collection{token: o.Token, client: o.Client}
	if c.client == nil {
		c.client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if c.address = strings.TrimSuffix(u.String(), "/"); strings.Trim(u.Path, "/") == "" {
		name, err := c.only(ctx)
		if err != nil {
			return nil, err
		}
		c.address += "/v1/collections/" + url.PathEscape(name)
	}
	if !strings.Contains(c.address, "/v1/collections/") {
		return nil, fault.New(example, "not the address of a collection: %q", address)
	}
	var described struct {
		Kind     string        `json:"kind"`
		Passages int64         `json:"passages"`
		Dim      int           `json:"dim"`
		Modes    []fusion.Mode `json:"modes"`
		Identity string        `json:"identity"`
		Division string        `json:"division"`
	}
	if err := c.do(ctx, http.MethodGet, c.address, nil, &described); err != nil {
		return nil, err
	}
	if described.Kind != "documents" {
		return nil, fault.New("", "%s is not a collection of documents", c.address)
	}
	c.passages, c.dim, c.modes = described.Passages, described.Dim, described.Modes
	c.identity, c.division = described.Identity, described.Division
	return c, nil
}

// only returns the name of the collection of a server that has no other.
func (c *Collection) only(ctx context.Context) (string, error) {
	var list []struct {
		Name, Kind string
	}
	if err := c.do(ctx, http.MethodGet, c.address+"/v1/collections", nil, &list); err != nil {
		return "", err
	}
	var names []string
	for _, d := range list {
		if d.Kind == "documents" {
			names = append(names, d.Name)
		}
	}
	if len(names) != 1 {
		return "", fault.New("name one: "+c.address+"/v1/collections/NAME", "%s has %s%s", c.address, fault.Count(len(names), "collection"), listed(names))
	}
	return names[0], nil
}

func listed(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ": " + fault.Names(names)
}

// Name is the address of the collection.
func (c *Collection) Name() string { return c.address }

// Len is the number of passages when it was opened.
func (c *Collection) Len() int { return int(c.passages) }

// Dim is the number of values of a vector.
func (c *Collection) Dim() int { return c.dim }

// Modes says how passages can be found, the default first.
func (c *Collection) Modes() []fusion.Mode { return c.modes }

// Identity is that of the collection when it was opened; see [collection.Collection.Identity].
func (c *Collection) Identity() string { return c.identity }

// Division is that of the collection when it was opened; see package shards.
func (c *Collection) Division() string { return c.division }

// Counts says how rare the words of a question are in the collection.
func (c *Collection) Counts(ctx context.Context, text string) (*fulltext.Counts, error) {
	counts := &fulltext.Counts{}
	err := c.do(ctx, http.MethodPost, c.address+"/counts", map[string]string{"text": text}, counts)
	return counts, err
}

// do sends a request and reads the answer.
func (c *Collection) do(ctx context.Context, method, address string, body, into any) error {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return fault.New("", "not an address: %q", address)
	}
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		var op *net.OpError
		if errors.As(err, &op) { // repeats the address
			err = op.Err
		}
		return fault.New("check the address, and that 'search serve' runs there", "cannot ask %s: %w", address, err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the answer of %s: %w", address, err)
	case len(data) > maxAnswer:
		return fmt.Errorf("the answer of %s is longer than %d bytes", address, maxAnswer)
	case response.StatusCode != http.StatusOK:
		return problem(address, response, data)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fault.New("the address must be that of 'search serve'", "the answer of %s cannot be understood: it is not the JSON that was expected", address)
	}
	return nil
}

// problem returns the error that a server has reported (RFC 9457).
func problem(address string, response *http.Response, data []byte) error {
	var p struct {
		Title, Detail, Hint, Type string
	}
	message := response.Status
	if json.Unmarshal(data, &p) == nil && p.Detail+p.Title != "" {
		if message = p.Detail; message == "" {
			message = p.Title
		}
	}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		p.Hint = "set the environment variable LUMINAVEC_TOKEN to the token of the server"
	case http.StatusNotFound:
		if p.Hint == "" {
			p.Hint = "check the name of the collection"
		}
	}
	err := fault.New(p.Hint, "%s: %s", address, message)
	if p.Type == "no-such-field" {
		err = fault.Mark(err, filter.ErrNoField)
	}
	return err
}

// Ask implements shards.Asker. The width of a search in a graph is what the server uses.
func (c *Collection) Ask(ctx context.Context, q collection.Question) (*collection.Answer, error) {
	type question struct {
		Text        string   `json:"text"`
		K           int      `json:"k,omitempty"`
		Mode        string   `json:"mode,omitempty"`
		Where       string   `json:"where,omitempty"`
		MinScore    *float64 `json:"min_score,omitempty"`
		GroupBy     string   `json:"group_by,omitempty"`
		DenseWeight float64  `json:"dense_weight,omitempty"`

		Counts *fulltext.Counts `json:"counts,omitempty"`
	}
	var a struct {
		Mode    string `json:"mode"`
		Results []struct {
			Score float64 `json:"score"`
			Parts struct {
				Dense *float64 `json:"dense"`
				BM25  *float64 `json:"bm25"`
			} `json:"parts"`
			Passage struct {
				Label     int64          `json:"label"`
				ID        string         `json:"id"`
				Path      string         `json:"path"`
				Title     string         `json:"title"`
				Heading   []string       `json:"heading"`
				FirstLine int            `json:"first_line"`
				LastLine  int            `json:"last_line"`
				Text      string         `json:"text"`
				Fields    map[string]any `json:"fields"`
			} `json:"passage"`
			More int `json:"more"`
		} `json:"results"`
		NoGoodMatch bool                  `json:"no_good_match"`
		Notes       []string              `json:"notes"`
		NoWord      bool                  `json:"no_word"`
		NoWords     bool                  `json:"no_words"`
		NoMeaning   bool                  `json:"no_meaning"`
		Unknown     []string              `json:"unknown_words"`
		Distances   bool                  `json:"distances"`
		Statistics  collection.Statistics `json:"statistics"`
		Failed      []struct {
			Shard, Error string
		} `json:"failed"`
	}
	body := question{q.Text, q.K, string(q.Mode), q.Where, q.MinScore, q.GroupBy, q.DenseWeight, q.Counts}
	if err := c.do(ctx, http.MethodPost, c.address+"/query", body, &a); err != nil {
		return nil, err
	}
	if a.NoWord {
		hint := ""
		if len(a.Notes) > 1 {
			hint = a.Notes[1]
		}
		return nil, fault.Mark(fault.New(hint, "%s", strings.Join(a.Notes[:min(1, len(a.Notes))], "")), collection.ErrNoWord)
	}
	answer := &collection.Answer{Mode: fusion.Mode(a.Mode), NoMatch: a.NoGoodMatch, NoWords: a.NoWords, NoMeaning: a.NoMeaning, Unknown: a.Unknown, Distances: a.Distances, Statistics: a.Statistics}
	for _, f := range a.Failed { // of shards that the server itself searches
		answer.Failed = append(answer.Failed, collection.ShardError{Name: c.address + ": " + f.Shard, Err: errors.New(f.Error)})
	}
	for _, r := range a.Results {
		m := collection.Match{Score: r.Score, Dense: r.Parts.Dense, BM25: r.Parts.BM25, More: r.More}
		p := r.Passage
		m.Label = p.Label
		m.Passage = documents.Passage{ID: p.ID, Path: p.Path, Title: p.Title, Heading: p.Heading, Text: p.Text, FirstLine: p.FirstLine, LastLine: p.LastLine}
		for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
			m.Fields = append(m.Fields, documents.Field{Name: name, Value: p.Fields[name]})
		}
		answer.Hits = append(answer.Hits, m)
	}
	return answer, nil
}
