package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection"
	"github.com/luminavec/luminavec/internal/fault"
)

// fields are the metadata of a record.
type fields map[string]any

// Schema implements huma.SchemaProvider.
func (fields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}, Description: "metadata: texts, which may be dates, numbers, true and false, and lists of these"}
}

// UnmarshalJSON implements json.Unmarshaler. Whole numbers stay exact.
func (f *fields) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode((*map[string]any)(f))
}

type record struct {
	ID     string `json:"id" minLength:"1" maxLength:"512" doc:"of the record; a record with this id is replaced"`
	Title  string `json:"title,omitempty"`
	Text   string `json:"text" minLength:"1"`
	Fields fields `json:"fields,omitempty"`
}

type (
	recordsInput struct {
		Named
		Body struct {
			Records []record `json:"records" minItems:"1" maxItems:"1000" doc:"records to add or replace, together"`
		}
	}
	recordInput struct {
		Named
		ID string `path:"id" maxLength:"1536" doc:"id of the record"`
	}
)

// Written says what a request has changed.
type Written struct {
	Added     []string `json:"added" doc:"ids"`
	Changed   []string `json:"changed" doc:"ids of records that had another text, title or fields"`
	Removed   []string `json:"removed" doc:"ids"`
	Unchanged []string `json:"unchanged" doc:"ids of records that are the same"`
}

func (s *Server) recordRoutes() {
	register(s, http.MethodPost, "/v1/collections/{name}/records", "put-records", aboutCollections, "Add records, or replace those with the same ids; they are on disk when the answer is sent", func(ctx context.Context, in *recordsInput) (*Written, error) {
		op, err := recordsOf(in.Body.Records)
		if err != nil {
			return nil, err
		}
		return s.write(ctx, in.Name, op)
	})
	register(s, http.MethodDelete, "/v1/collections/{name}/records/{id}", "delete-record", aboutCollections, "Remove a record", func(ctx context.Context, in *recordInput) (*Written, error) {
		done, err := s.write(ctx, in.Name, &write{remove: []string{in.ID}})
		if err == nil && len(done.Removed) == 0 {
			err = fault.Mark(fmt.Errorf("%s has no record %q", in.Name, in.ID), errNotFound)
		}
		return done, err
	})
}

func recordsOf(records []record) (*write, error) {
	op := &write{}
	for i := range records {
		r := &records[i]
		at := fmt.Sprintf("body.records[%d]", i)
		list, err := documents.FieldsOf(r.Fields)
		if err != nil {
			return nil, refuse(at+".fields", fault.Hint(err), err.Error(), nil)
		}
		put := collection.Record{ID: r.ID, Title: r.Title, Text: r.Text, Fields: list}
		var field *fault.FieldError
		if err := put.Validate(); errors.As(err, &field) {
			name := map[string]string{"ID": "id", "Text": "text"}[field.Field]
			return nil, refuse(at+"."+name, "", fault.Rename(err, map[string]string{field.Field: name}).Error(), nil)
		}
		if slices.ContainsFunc(op.put, func(p collection.Record) bool { return p.ID == r.ID }) {
			return nil, refuse(at+".id", "", "must not be that of another record of the request", r.ID)
		}
		op.put = append(op.put, put)
	}
	return op, nil
}

// write is a change that a request asks for, and what became of it.
type write struct {
	put    []collection.Record
	remove []string

	done   chan struct{}
	result *Written
	err    error
}

func (w *write) ids() []string {
	ids := slices.Clone(w.remove)
	for i := range w.put {
		ids = append(ids, w.put[i].ID)
	}
	return ids
}

// writer makes the changes of a collection. A change rewrites parts of the collection, whatever its size, so
// that those that arrive while one is made are made together by the next.
type writer struct {
	mu      sync.Mutex
	waiting []*write
	busy    bool // a request makes changes
}

// maxWrites is the number of changes of a collection that may wait.
const maxWrites = 1000

func (s *Server) write(ctx context.Context, name string, op *write) (*Written, error) {
	if !s.options.Writable {
		return nil, problem(http.StatusForbidden, fault.New("start the server so that collections are writable", "the collections of this server cannot be changed"))
	}
	c, done, err := s.collection(name)
	if err != nil {
		return nil, err
	}
	format := c.Info().Format
	if done(); format < collection.FormatVersion {
		return nil, problem(http.StatusForbidden, fault.New("build it again", "%s has format %d, which cannot be changed", name, format))
	}
	s.writersMu.Lock()
	w := s.writers[name]
	if w == nil {
		w = &writer{}
		s.writers[name] = w
	}
	s.writersMu.Unlock()
	op.done = make(chan struct{})
	w.mu.Lock()
	if len(w.waiting) >= maxWrites {
		w.mu.Unlock()
		s.metrics.shed.Inc()
		p := problem(http.StatusTooManyRequests, fault.New("try again later", "too many changes of the collection wait"))
		p.retry = true
		return nil, p
	}
	w.waiting = append(w.waiting, op)
	lead := !w.busy
	w.busy = true
	w.mu.Unlock()
	if lead { // what has begun is finished, whatever becomes of the request
		go s.lead(context.WithoutCancel(ctx), name, w)
	}
	select {
	case <-op.done:
		return op.result, op.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lead makes the changes that wait, until there is none.
func (s *Server) lead(ctx context.Context, name string, w *writer) {
	for {
		w.mu.Lock()
		var batch, rest []*write
		taken := map[string]bool{}
		for _, op := range w.waiting { // changes of one record follow each other
			ids := op.ids()
			if slices.ContainsFunc(ids, func(id string) bool { return taken[id] }) {
				rest = append(rest, op)
			} else {
				batch = append(batch, op)
			}
			for _, id := range ids {
				taken[id] = true
			}
		}
		w.waiting = rest
		if len(batch) == 0 {
			w.busy = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		if err := s.commit(ctx, name, batch); err != nil && len(batch) > 1 { // one of them may be the reason
			for _, op := range batch {
				op.err = s.commit(ctx, name, []*write{op})
			}
		} else {
			batch[0].err = err
		}
		if err := s.shelf.Refresh(ctx, name); err != nil {
			s.log.Error("cannot open a collection after a change", "name", name, "error", err.Error())
		}
		for _, op := range batch {
			close(op.done)
		}
	}
}

// busyFor is how long a change waits for another program.
const busyFor = 5 * time.Second

// commit makes changes together.
func (s *Server) commit(ctx context.Context, name string, batch []*write) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Recovered(r)
		}
	}()
	var put []collection.Record
	var remove []string
	for _, op := range batch {
		put, remove = append(put, op.put...), append(remove, op.remove...)
	}
	var changes *collection.Changes
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		changes, err = collection.WriteRecords(ctx, s.shelf.Dir(name), put, remove, collection.ChangeOptions{})
		if !errors.Is(err, collection.ErrBusy) || time.Since(start) > busyFor {
			break
		}
	}
	if err != nil {
		return err
	}
	happened := map[string]string{}
	for what, ids := range map[string][]string{"added": changes.Added, "changed": changes.Changed, "removed": changes.Removed} {
		for _, id := range ids {
			happened[id] = what
		}
	}
	for _, op := range batch {
		op.err, op.result = nil, &Written{Added: []string{}, Changed: []string{}, Removed: []string{}, Unchanged: []string{}}
		for i := range op.put {
			list := &op.result.Unchanged
			switch happened[op.put[i].ID] {
			case "added":
				list = &op.result.Added
			case "changed":
				list = &op.result.Changed
			}
			*list = append(*list, op.put[i].ID)
		}
		for _, id := range op.remove {
			if happened[id] == "removed" {
				op.result.Removed = append(op.result.Removed, id)
			}
		}
	}
	return nil
}
