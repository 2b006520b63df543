package push

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	client "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// qdrant is a collection of Qdrant. Its ids are UUIDs made of ours, which are in the payload.
type qdrant struct {
	*client.Client
	at, name string
	half     bool
	dim      int
	metric   index.Metric
}

var simpleName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// port returns the port of an address, or the usual one.
func port(u *url.URL, usual int) (int, error) {
	if u.Port() == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil || n < 1 || n > 65535 {
		return 0, fault.New("", "%q is not a port", u.Port())
	}
	return n, nil
}

func openQdrant(ctx context.Context, u *url.URL, o Options) (Target, error) {
	if !simpleName.MatchString(o.Table) {
		return nil, fault.Field("Table", "use letters, digits, - and _", "Qdrant's collections cannot be called %q", o.Table)
	}
	p, err := port(u, 6334)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if host == "" {
		host = "localhost"
	}
	c, err := client.NewClient(&client.Config{Host: host, Port: p, APIKey: os.Getenv("QDRANT_API_KEY"), UseTLS: u.Scheme == "qdrants", PoolSize: 1, SkipCompatibilityCheck: true})
	if err != nil {
		return nil, fmt.Errorf("cannot connect to Qdrant at %s: %w", u.Host, err)
	}
	t := &qdrant{Client: c, at: fmt.Sprintf("%s:%d", host, p), name: o.Table, half: o.Half}
	if _, err := c.HealthCheck(ctx); err != nil {
		c.Close()
		return nil, t.explain(err, "cannot connect to Qdrant at "+t.at)
	}
	return t, nil
}

func (t *qdrant) Name() string { return fmt.Sprintf("collection %s of Qdrant at %s", t.name, t.at) }

// explain says what to do about an error of the server.
func (t *qdrant) explain(err error, doing string) error {
	if err == nil {
		return nil
	}
	s := status.Convert(unwrapStatus(err))
	switch s.Code() {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted, codes.DeadlineExceeded:
		return fmt.Errorf("%s: %w", doing, fault.Mark(fault.New("check the address, and that the server runs; the port is that of gRPC, usually 6334", "%s", s.Message()), errTemporary))
	case codes.Unauthenticated, codes.PermissionDenied:
		return fault.New("the environment variable QDRANT_API_KEY has the key", "%s: %s", doing, s.Message())
	case codes.NotFound:
		return fault.Field("Table", "'search push' makes it", "%s: %s", doing, s.Message())
	}
	return fmt.Errorf("%s: %s", doing, s.Message())
}

// unwrapStatus returns the error in err that has a status of gRPC.
func unwrapStatus(err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if _, ok := e.(interface{ GRPCStatus() *status.Status }); ok {
			return e
		}
	}
	return err
}

var qdrantDistance = [...]client.Distance{index.Cosine: client.Distance_Cosine, index.Dot: client.Distance_Dot, index.Euclidean: client.Distance_Euclid}

// Prepare implements Target.
func (t *qdrant) Prepare(ctx context.Context, s Schema) error {
	found, err := t.load(ctx)
	if err != nil {
		return err
	}
	if found {
		if t.dim != s.Dim || t.metric != s.Metric {
			return fault.Field("Table", "name another one, or delete it", "the collection %s of Qdrant has %d dimensions and the metric %s, this one %d and %s", t.name, t.dim, t.metric, s.Dim, s.Metric)
		}
		return nil
	}
	t.dim, t.metric = s.Dim, s.Metric
	params := &client.VectorParams{Size: uint64(s.Dim), Distance: qdrantDistance[s.Metric]}
	if t.half {
		params.Datatype = client.Datatype_Float16.Enum()
	}
	err = t.CreateCollection(ctx, &client.CreateCollection{CollectionName: t.name, VectorsConfig: client.NewVectorsConfig(params)})
	return t.explain(err, "cannot create the collection "+t.name)
}

// load reads what the collection holds, and reports whether it exists.
func (t *qdrant) load(ctx context.Context) (found bool, err error) {
	if t.dim > 0 {
		return true, nil
	}
	if found, err = t.CollectionExists(ctx, t.name); err != nil || !found {
		return found, t.explain(err, "cannot read the collection "+t.name)
	}
	info, err := t.GetCollectionInfo(ctx, t.name)
	if err != nil {
		return false, t.explain(err, "cannot read the collection "+t.name)
	}
	params := info.GetConfig().GetParams().GetVectorsConfig().GetParams()
	metric := slices.Index(qdrantDistance[:], params.GetDistance())
	if params == nil || metric < 0 {
		return false, fault.Field("Table", "name another one", "the collection %s of Qdrant was not made by this command", t.name)
	}
	t.dim, t.metric = int(params.GetSize()), index.Metric(metric)
	return true, nil
}

// pointID is the UUID of a row.
func pointID(id string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(id)).String() }

func qdrantIDs(ids []string) []*client.PointId {
	list := make([]*client.PointId, len(ids))
	for i, id := range ids {
		list[i] = client.NewID(pointID(id))
	}
	return list
}

// Hashes implements Target.
func (t *qdrant) Hashes(ctx context.Context, ids []string) (map[string]string, error) {
	points, err := t.Get(ctx, &client.GetPoints{CollectionName: t.name, Ids: qdrantIDs(ids), WithPayload: client.NewWithPayloadInclude("id", "hash")})
	if err != nil {
		return nil, t.explain(err, "cannot read the collection "+t.name)
	}
	found := make(map[string]string, len(points))
	for _, p := range points {
		found[p.Payload["id"].GetStringValue()] = p.Payload["hash"].GetStringValue()
	}
	return found, nil
}

// Upsert implements Target.
func (t *qdrant) Upsert(ctx context.Context, rows []Row) error {
	points := make([]*client.PointStruct, len(rows))
	for i := range rows {
		payload, err := client.TryValueMap(payload(&rows[i]))
		if err != nil {
			return fmt.Errorf("%s: the metadata cannot be sent: %w", rows[i].ID, err)
		}
		points[i] = &client.PointStruct{Id: client.NewID(pointID(rows[i].ID)), Vectors: client.NewVectors(rows[i].Vector...), Payload: payload}
	}
	wait := true
	_, err := t.Client.Upsert(ctx, &client.UpsertPoints{CollectionName: t.name, Points: points, Wait: &wait})
	return t.explain(err, "cannot store rows in "+t.name)
}

// payload is a row without its vector.
func payload(r *Row) map[string]any {
	heading, fields := make([]any, len(r.Heading)), make(map[string]any, len(r.Fields))
	for i, h := range r.Heading {
		heading[i] = h
	}
	for name, v := range r.Fields {
		fields[name] = plain(v)
	}
	return map[string]any{"id": r.ID, "path": r.Path, "title": r.Title, "heading": heading, "first_line": int64(r.FirstLine), "last_line": int64(r.LastLine),
		"text": r.Text, "fields": fields, "hash": r.Hash}
}

// plain returns a value of metadata as JSON has it.
func plain(v any) any {
	switch v := v.(type) {
	case string, bool, int64, float64, nil:
		return v
	case []string:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	case interface{ MarshalText() ([]byte, error) }: // a time
		if text, err := v.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// IDs implements Target.
func (t *qdrant) IDs(ctx context.Context, visit func(id string) error) error {
	limit := uint32(1000)
	for request := (&client.ScrollPoints{CollectionName: t.name, Limit: &limit, WithPayload: client.NewWithPayloadInclude("id")}); ; {
		points, next, err := t.ScrollAndOffset(ctx, request)
		if err != nil {
			return t.explain(err, "cannot read the collection "+t.name)
		}
		for _, p := range points {
			if err := visit(p.Payload["id"].GetStringValue()); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		request.Offset = next
	}
}

// Delete implements Target.
func (t *qdrant) Delete(ctx context.Context, ids []string) error {
	wait := true
	_, err := t.Client.Delete(ctx, &client.DeletePoints{CollectionName: t.name, Points: client.NewPointsSelectorIDs(qdrantIDs(ids)), Wait: &wait})
	return t.explain(err, "cannot delete rows")
}

// Finish implements Target. Qdrant indexes by itself.
func (t *qdrant) Finish(context.Context) error { return nil }

// NeedsVector implements Target.
func (t *qdrant) NeedsVector() bool { return true }

// Modes implements Target. Qdrant scores words only with sparse vectors, which are not sent.
func (t *qdrant) Modes() []fusion.Mode { return []fusion.Mode{fusion.Dense} }

// Search implements Target.
func (t *qdrant) Search(ctx context.Context, q Query) ([]Hit, error) {
	found, err := t.load(ctx)
	if err == nil && !found {
		err = fault.Field("Table", "'search push' makes it", "Qdrant has no collection %s", t.name)
	}
	if err != nil {
		return nil, err
	}
	if len(q.Vector) != t.dim {
		return nil, fault.New("ask with the model of the collection that was sent", "the question's vector has %d dimensions, those of %s %d", len(q.Vector), t.name, t.dim)
	}
	limit := uint64(q.K)
	points, err := t.Query(ctx, &client.QueryPoints{CollectionName: t.name, Query: client.NewQuery(q.Vector...), Limit: &limit, WithPayload: client.NewWithPayload(true)})
	if err != nil {
		return nil, t.explain(err, "cannot search "+t.name)
	}
	hits := make([]Hit, len(points))
	for i, p := range points {
		score := float64(p.Score)
		if t.metric == index.Euclidean {
			score = -score
		}
		hits[i] = Hit{Row: rowOfPayload(p.Payload), Score: score, Dense: &score}
	}
	return best(hits, q.K), nil
}

func rowOfPayload(p map[string]*client.Value) Row {
	r := Row{ID: p["id"].GetStringValue(), Path: p["path"].GetStringValue(), Title: p["title"].GetStringValue(), Text: p["text"].GetStringValue(),
		Hash: p["hash"].GetStringValue(), FirstLine: int(p["first_line"].GetIntegerValue()), LastLine: int(p["last_line"].GetIntegerValue())}
	for _, v := range p["heading"].GetListValue().GetValues() {
		r.Heading = append(r.Heading, v.GetStringValue())
	}
	r.Fields = map[string]any{}
	for name, v := range p["fields"].GetStructValue().GetFields() {
		r.Fields[name] = goValue(v)
	}
	return r
}

func goValue(v *client.Value) any {
	switch v.GetKind().(type) {
	case *client.Value_StringValue:
		return v.GetStringValue()
	case *client.Value_IntegerValue:
		return v.GetIntegerValue()
	case *client.Value_DoubleValue:
		return v.GetDoubleValue()
	case *client.Value_BoolValue:
		return v.GetBoolValue()
	case *client.Value_ListValue:
		var list []string
		for _, x := range v.GetListValue().GetValues() {
			list = append(list, x.GetStringValue())
		}
		return list
	}
	return strings.TrimSpace(v.String())
}
