package collection

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index/collection/internal/parts"
	"github.com/luminavec/luminavec/index/filter"
)

// placeTable adds the places of passages to their fields, unless these have the same names.
type placeTable struct {
	filter.Table
	c *Collection
}

var places = []string{"path", "folder", "ext", "id", "title", "heading"}

// placesOfFiles are the places that all passages of a file share.
var placesOfFiles = map[string]func(name string) string{
	"path":   func(name string) string { return name },
	"folder": path.Dir,
	"ext":    func(name string) string { return strings.TrimPrefix(path.Ext(name), ".") },
}

func (t placeTable) own() map[string]bool {
	own := map[string]bool{}
	for _, f := range t.Table.Fields() {
		own[f.Name] = true
	}
	return own
}

func (t placeTable) Fields() []filter.Field {
	all, own := t.Table.Fields(), t.own()
	for _, name := range places {
		if !own[name] {
			all = append(all, filter.Field{Name: name, Kind: filter.String})
		}
	}
	return all
}

func (t placeTable) Values(ctx context.Context, field string, visit func(label int64, value string)) error {
	if !slices.Contains(places, field) || t.own()[field] {
		return t.Table.Values(ctx, field, visit)
	}
	if ofFile := placesOfFiles[field]; ofFile != nil {
		files, err := t.c.Files()
		if err != nil {
			return err
		}
		for i := range files {
			value := ofFile(files[i].Path)
			for _, label := range files[i].Labels() {
				visit(label, value)
			}
		}
		return ctx.Err()
	}
	place := func(label int64, p *documents.Passage) {
		switch field {
		case "id":
			if p.ID != "" {
				visit(label, p.ID)
			}
		case "title":
			if p.Title != "" {
				visit(label, p.Title)
			}
		case "heading":
			for _, h := range p.Heading {
				visit(label, h)
			}
		}
	}
	if t.c.store == nil {
		return nil // format 1 has none of these
	}
	return t.c.store.eachPlace(ctx, func(r *parts.Row) { place(r.Label, &r.Passage) })
}
