package push

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-openapi/strfmt"
	client "github.com/weaviate/weaviate-go-client/v5/weaviate"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/auth"
	weaviatefault "github.com/weaviate/weaviate-go-client/v5/weaviate/fault"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/filters"
	"github.com/weaviate/weaviate-go-client/v5/weaviate/graphql"
	"github.com/weaviate/weaviate/entities/models"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// weaviate is a collection of Weaviate. Its ids are UUIDs made of ours, which are in the property key; the
// metadata is JSON in the property fields.
type weaviate struct {
	*client.Client
	at, class string
	metric    index.Metric
	loaded    bool
}

var className = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

func openWeaviate(ctx context.Context, u *url.URL, o Options) (Target, error) {
	if !className.MatchString(o.Table) {
		return nil, fault.Field("Table", "use letters, digits and _", "Weaviate's collections cannot be called %q", o.Table)
	}
	if o.Half {
		return nil, fault.Field("Half", "Weaviate has codes of its own", "Weaviate stores no vectors of 16-bit numbers")
	}
	p, err := port(u, 8080)
	if err != nil {
		return nil, err
	}
	t := &weaviate{at: fmt.Sprintf("%s:%d", u.Hostname(), p), class: strings.ToUpper(o.Table[:1]) + o.Table[1:]}
	if u.Hostname() == "" {
		t.at = fmt.Sprintf("localhost:%d", p)
	}
	config := client.Config{Host: t.at, Scheme: map[string]string{"weaviate": "http", "weaviates": "https"}[u.Scheme],
		Timeout: cmp.Or(o.Timeout, defaultTimeout)} // making the client asks for the version, without a context
	if key := os.Getenv("WEAVIATE_API_KEY"); key != "" {
		config.AuthConfig = auth.ApiKey{Value: key}
	}
	if t.Client, err = client.NewClient(config); err != nil {
		return nil, t.explain(err, "cannot connect to Weaviate at "+t.at)
	}
	if ready, err := t.Misc().ReadyChecker().Do(ctx); err != nil || !ready {
		if err == nil {
			err = fmt.Errorf("it is not ready")
		}
		return nil, t.explain(err, "cannot connect to Weaviate at "+t.at)
	}
	return t, nil
}

func (t *weaviate) Name() string {
	return fmt.Sprintf("collection %s of Weaviate at %s", t.class, t.at)
}

// Close implements Target. There is no connection to close.
func (t *weaviate) Close() error { return nil }

// explain says what to do about an error of the server.
func (t *weaviate) explain(err error, doing string) error {
	if err == nil {
		return nil
	}
	var server *weaviatefault.WeaviateClientError
	if !errors.As(err, &server) {
		return fault.New("check the address, and that the server runs", "%s: %w", doing, err)
	}
	message := server.Msg
	if server.DerivedFromError != nil {
		message = server.DerivedFromError.Error()
		if request := (*url.Error)(nil); errors.As(server.DerivedFromError, &request) {
			message = request.Err.Error() // without the path of the request
		}
	}
	var body models.ErrorResponse
	if json.Unmarshal([]byte(message), &body) == nil && len(body.Error) > 0 {
		message = body.Error[0].Message
	}
	switch code := server.StatusCode; {
	case !server.IsUnexpectedStatusCode:
		return fault.New("check the address, and that the server runs", "%s: %w", doing, fault.Mark(errors.New(message), errTemporary))
	case code == 429 || code >= 500 && code != 501:
		return fmt.Errorf("%s: %w", doing, fault.Mark(errors.New(message), errTemporary))
	case code == 401 || code == 403:
		return fault.New("the environment variable WEAVIATE_API_KEY has the key", "%s: %s", doing, message)
	}
	return fmt.Errorf("%s: %s", doing, message)
}

var weaviateDistance = [...]string{index.Cosine: "cosine", index.Dot: "dot", index.Euclidean: "l2-squared"}

// Prepare implements Target.
func (t *weaviate) Prepare(ctx context.Context, s Schema) error {
	found, err := t.load(ctx)
	if err != nil {
		return err
	}
	if found {
		if t.metric != s.Metric {
			return fault.Field("Table", "name another one, or delete it", "the collection %s of Weaviate has the metric %s, this one %s", t.class, t.metric, s.Metric)
		}
		return nil
	}
	yes, no := true, false
	word := func(name string) *models.Property {
		return &models.Property{Name: name, DataType: []string{"text"}, Tokenization: "word", IndexSearchable: &yes, IndexFilterable: &yes}
	}
	exact := func(name string, filter bool) *models.Property {
		return &models.Property{Name: name, DataType: []string{"text"}, Tokenization: "field", IndexSearchable: &no, IndexFilterable: &filter}
	}
	number := func(name string) *models.Property {
		return &models.Property{Name: name, DataType: []string{"int"}, IndexFilterable: &no}
	}
	err = t.Schema().ClassCreator().WithClass(&models.Class{
		Class: t.class, Description: "made by luminavec", Vectorizer: "none", VectorIndexType: "hnsw",
		VectorIndexConfig: map[string]any{"distance": weaviateDistance[s.Metric]},
		Properties: []*models.Property{exact("key", true), exact("path", true), word("title"), word("heading"), number("first_line"), number("last_line"),
			word("text"), exact("fields", false), exact("hash", false)},
	}).Do(ctx)
	t.metric, t.loaded = s.Metric, true
	return t.explain(err, "cannot create the collection "+t.class)
}

// load reads what the collection holds, and reports whether it exists.
func (t *weaviate) load(ctx context.Context) (found bool, err error) {
	if t.loaded {
		return true, nil
	}
	if found, err = t.Schema().ClassExistenceChecker().WithClassName(t.class).Do(ctx); err != nil || !found {
		return found, t.explain(err, "cannot read the collection "+t.class)
	}
	class, err := t.Schema().ClassGetter().WithClassName(t.class).Do(ctx)
	if err != nil {
		return false, t.explain(err, "cannot read the collection "+t.class)
	}
	config, _ := class.VectorIndexConfig.(map[string]any)
	for metric, name := range weaviateDistance {
		if config["distance"] == name {
			t.metric, t.loaded = index.Metric(metric), true
		}
	}
	ours := map[string]bool{}
	for _, p := range class.Properties {
		ours[p.Name] = true
	}
	if !t.loaded || !ours["key"] || !ours["hash"] || !ours["first_line"] {
		t.loaded = false
		return false, fault.Field("Table", "name another one", "the collection %s of Weaviate was not made by this command", t.class)
	}
	return true, nil
}

// where chooses rows by their ids.
func where(ids []string) *filters.WhereBuilder {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = pointID(id)
	}
	return filters.Where().WithPath([]string{"id"}).WithOperator(filters.ContainsAny).WithValueText(list...)
}

// get runs a query and returns its objects.
func (t *weaviate) get(ctx context.Context, doing string, b *graphql.GetBuilder) ([]map[string]any, error) {
	response, err := b.WithClassName(t.class).Do(ctx)
	if err != nil {
		return nil, t.explain(err, doing)
	}
	if len(response.Errors) > 0 {
		return nil, fmt.Errorf("%s: %s", doing, response.Errors[0].Message)
	}
	classes, _ := response.Data["Get"].(map[string]any)
	list, _ := classes[t.class].([]any)
	objects := make([]map[string]any, 0, len(list))
	for _, o := range list {
		if m, ok := o.(map[string]any); ok {
			objects = append(objects, m)
		}
	}
	return objects, nil
}

func fieldList(names ...string) (list []graphql.Field) {
	for _, n := range names {
		list = append(list, graphql.Field{Name: n})
	}
	return list
}

// Hashes implements Target.
func (t *weaviate) Hashes(ctx context.Context, ids []string) (map[string]string, error) {
	objects, err := t.get(ctx, "cannot read the collection "+t.class,
		t.GraphQL().Get().WithFields(fieldList("key", "hash")...).WithWhere(where(ids)).WithLimit(len(ids)))
	if err != nil {
		return nil, err
	}
	found := make(map[string]string, len(objects))
	for _, o := range objects {
		found[text(o["key"])] = text(o["hash"])
	}
	return found, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Upsert implements Target. Weaviate stores a batch row by row: after an error some rows may be
// stored, whole.
func (t *weaviate) Upsert(ctx context.Context, rows []Row) error {
	objects := make([]*models.Object, len(rows))
	for i := range rows {
		r := &rows[i]
		fields := make(map[string]any, len(r.Fields))
		for name, v := range r.Fields {
			fields[name] = plain(v)
		}
		encoded, err := json.Marshal(fields)
		if err != nil {
			return fmt.Errorf("%s: the metadata cannot be sent: %w", r.ID, err)
		}
		objects[i] = &models.Object{Class: t.class, ID: strfmt.UUID(pointID(r.ID)), Vector: r.Vector, Properties: map[string]any{
			"key": r.ID, "path": r.Path, "title": r.Title, "heading": strings.Join(r.Heading, headingMark), "first_line": r.FirstLine, "last_line": r.LastLine,
			"text": r.Text, "fields": string(encoded), "hash": r.Hash}}
	}
	responses, err := t.Batch().ObjectsBatcher().WithObjects(objects...).Do(ctx)
	if err != nil {
		return t.explain(err, "cannot store rows in "+t.class)
	}
	for i, r := range responses {
		if r.Result != nil && r.Result.Errors != nil && len(r.Result.Errors.Error) > 0 {
			return fmt.Errorf("cannot store rows in %s: %s: %s", t.class, rows[min(i, len(rows)-1)].ID, r.Result.Errors.Error[0].Message)
		}
	}
	return nil
}

// IDs implements Target.
func (t *weaviate) IDs(ctx context.Context, visit func(id string) error) error {
	after := ""
	for {
		fields := append(fieldList("key"), graphql.Field{Name: "_additional", Fields: fieldList("id")})
		get := t.GraphQL().Get().WithFields(fields...).WithLimit(1000)
		if after != "" {
			get = get.WithAfter(after)
		}
		objects, err := t.get(ctx, "cannot read the collection "+t.class, get)
		if err != nil || len(objects) == 0 {
			return err
		}
		for _, o := range objects {
			if err := visit(text(o["key"])); err != nil {
				return err
			}
			additional, _ := o["_additional"].(map[string]any)
			after = text(additional["id"])
		}
	}
}

// Delete implements Target.
func (t *weaviate) Delete(ctx context.Context, ids []string) error {
	_, err := t.Batch().ObjectsBatchDeleter().WithClassName(t.class).WithWhere(where(ids)).Do(ctx)
	return t.explain(err, "cannot delete rows")
}

// Finish implements Target. Weaviate indexes by itself.
func (t *weaviate) Finish(context.Context) error { return nil }

// NeedsVector implements Target.
func (t *weaviate) NeedsVector() bool { return false }

// Modes implements Target.
func (t *weaviate) Modes() []fusion.Mode { return fusion.Modes() }

// searchable are the properties that BM25 reads, with their weights.
var searchable = []string{"text", "title^3", "heading^3"}

// Search implements Target, with Weaviate's own BM25 and its own fusion of relative scores for fusion.Hybrid.
func (t *weaviate) Search(ctx context.Context, q Query) ([]Hit, error) {
	found, err := t.load(ctx)
	if err == nil && !found {
		err = fault.Field("Table", "'search push' makes it", "Weaviate has no collection %s", t.class)
	}
	if err != nil {
		return nil, err
	}
	// The client quotes the question as Go does, which for control characters is not GraphQL.
	question := strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, q.Text)
	if q.Mode == fusion.Hybrid && q.Vector == nil {
		q.Mode = fusion.BM25
	}
	get := t.GraphQL().Get().WithLimit(q.K)
	extra := "score"
	switch q.Mode {
	case fusion.Dense:
		get, extra = get.WithNearVector(t.GraphQL().NearVectorArgBuilder().WithVector(models.C11yVector(q.Vector))), "distance"
	case fusion.BM25:
		get = get.WithBM25(t.GraphQL().Bm25ArgBuilder().WithQuery(question).WithProperties(searchable...))
	default:
		get = get.WithHybrid(t.GraphQL().HybridArgumentBuilder().WithQuery(question).WithVector(models.C11yVector(q.Vector)).
			WithAlpha(float32(q.DenseWeight)).WithFusionType(graphql.RelativeScore).WithProperties(searchable))
	}
	fields := append(fieldList("key", "path", "title", "heading", "first_line", "last_line", "text", "fields", "hash"),
		graphql.Field{Name: "_additional", Fields: fieldList(extra)})
	objects, err := t.get(ctx, "cannot search "+t.class, get.WithFields(fields...))
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, len(objects))
	for i, o := range objects {
		first, _ := o["first_line"].(float64)
		last, _ := o["last_line"].(float64)
		h := Hit{Row: Row{ID: text(o["key"]), Path: text(o["path"]), Title: text(o["title"]), FirstLine: int(first), LastLine: int(last), Text: text(o["text"]), Hash: text(o["hash"])}}
		if heading := text(o["heading"]); heading != "" {
			h.Heading = strings.Split(heading, headingMark)
		}
		if err := json.Unmarshal([]byte(text(o["fields"])), &h.Fields); err != nil {
			return nil, fmt.Errorf("%s: the metadata of %s is not JSON", t.class, h.ID)
		}
		additional, _ := o["_additional"].(map[string]any)
		switch q.Mode {
		case fusion.Dense:
			distance, _ := additional["distance"].(float64)
			h.Score = -distance // of Dot and Euclidean
			if t.metric == index.Cosine {
				h.Score = 1 - distance
			}
			dense := h.Score
			h.Dense = &dense
		default:
			h.Score, _ = strconv.ParseFloat(text(additional["score"]), 64)
			if q.Mode == fusion.BM25 {
				words := h.Score
				h.Words = &words
			}
		}
		hits[i] = h
	}
	return best(hits, q.K), nil
}
