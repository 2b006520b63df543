package push

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/index/fulltext"
	"github.com/luminavec/luminavec/index/fusion"
	"github.com/luminavec/luminavec/internal/fault"
)

// postgres is a table with a column of pgvector:
//
//	id text PRIMARY KEY, path, title, heading text, first_line, last_line integer, text text, fields jsonb, hash text,
//	embedding vector(n) or halfvec(n), words tsvector GENERATED
type postgres struct {
	conn   *pgx.Conn
	config *pgx.ConnConfig
	table  pgx.Identifier
	half   bool
	metric index.Metric // after Prepare or load
	dim    int
	loaded bool
}

// pgColumns are those that are written, in order.
const pgColumns = "id, path, title, heading, first_line, last_line, text, fields, hash, embedding"

// searched is how many characters of a text are searched for words: a tsvector has at most 1 MB, and one of a text of
// short and different words is larger than the text.
const searched = 200000

// headingMark joins the trail of headings, as the commands print it.
const headingMark = " › "

func openPostgres(ctx context.Context, address string, u *url.URL, o Options) (Target, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fault.New("for example: postgres://user@localhost:5432/documents", "the address of PostgreSQL is not valid: %s", withoutSecret(err.Error(), u))
	}
	t := &postgres{config: config, table: pgx.Identifier(strings.Split(o.Table, ".")), half: o.Half}
	if len(t.table) > 2 || slices.Contains(t.table, "") {
		return nil, fault.Field("Table", "a name, or schema.name", "is not the name of a table: %q", o.Table)
	}
	if err := t.connect(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// withoutSecret removes the password of the address from a message.
func withoutSecret(message string, u *url.URL) string {
	if password, ok := u.User.Password(); ok && password != "" {
		message = strings.ReplaceAll(message, password, "xxxxx")
		message = strings.ReplaceAll(message, url.QueryEscape(password), "xxxxx")
	}
	return message
}

func (t *postgres) Name() string {
	return fmt.Sprintf("table %s of PostgreSQL at %s", t.table.Sanitize(), t.server())
}

// server is the address of the server: host:port, or the file of its socket.
func (t *postgres) server() string {
	network, address := pgconn.NetworkAddress(t.config.Host, t.config.Port)
	if network == "unix" {
		return "the socket " + address
	}
	return address
}

// connect connects again if the connection was lost.
func (t *postgres) connect(ctx context.Context) (err error) {
	if t.conn != nil && !t.conn.IsClosed() {
		return nil
	}
	if t.conn, err = pgx.ConnectConfig(ctx, t.config); err != nil {
		return pgError(err, "cannot connect to PostgreSQL at "+t.server())
	}
	return nil
}

// lost says why a connection was lost. pgx repeats the address for every attempt.
func lost(err error) error {
	var network *net.OpError
	switch {
	case errors.As(err, &network):
		return fault.Mark(network.Err, errTemporary)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Mark(errors.New("the connection was lost"), errTemporary)
	}
	return err
}

// pgError says what to do about an error of the server.
func pgError(err error, doing string) error {
	if err == nil {
		return nil
	}
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		if pgconn.SafeToRetry(err) || pgconn.Timeout(err) || strings.Contains(err.Error(), "conn closed") {
			err = fault.Mark(err, errTemporary)
		}
		return fault.New("check the address, and that the server runs", "%s: %w", doing, lost(err))
	}
	hint := server.Hint
	switch class := server.Code[:min(2, len(server.Code))]; {
	case class == "08" || class == "53" || server.Code == "57P01" || server.Code == "57P02" || server.Code == "57P03" || class == "40":
		return fmt.Errorf("%s: %w", doing, fault.Mark(errors.New(server.Message), errTemporary))
	case class == "28":
		hint = "PGPASSWORD or ~/.pgpass has the password, and the address the user"
	case class == "3D":
		hint = "create the database first: createdb NAME"
	case server.Code == "42501":
		hint = "the user of the address needs the right to do this"
	}
	return fault.New(hint, "%s: %s", doing, server.Message)
}

// each runs f in a transaction.
func (t *postgres) tx(ctx context.Context, doing string, f func(pgx.Tx) error) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	return pgError(pgx.BeginFunc(ctx, t.conn, f), doing)
}

func (t *postgres) typeOf(dim int) string {
	if t.half {
		return fmt.Sprintf("halfvec(%d)", dim)
	}
	return fmt.Sprintf("vector(%d)", dim)
}

// Prepare implements Target.
func (t *postgres) Prepare(ctx context.Context, s Schema) error {
	if s.Dim > 16000 {
		return fault.New("", "pgvector holds at most 16,000 dimensions, the collection has %d", s.Dim)
	}
	if err := t.extension(ctx); err != nil {
		return err
	}
	found, err := t.load(ctx)
	if err != nil {
		return err
	}
	if found {
		want := t.typeOf(s.Dim)
		if have := t.typeOf(t.dim); have != want || t.metric != s.Metric {
			return fault.Field("Table", "name another table, or drop this one",
				"%s holds %s with the metric %s, but the collection has %s with %s", t.table.Sanitize(), have, t.metric, want, s.Metric)
		}
		return nil
	}
	t.dim, t.metric, t.loaded = s.Dim, s.Metric, true
	config := pgConfig(s.Language)
	return t.tx(ctx, "cannot create the table "+t.table.Sanitize(), func(tx pgx.Tx) error {
		// The configuration is one of a fixed list.
		if _, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TABLE %s (id text PRIMARY KEY, path text NOT NULL, title text NOT NULL, heading text NOT NULL,
			first_line integer NOT NULL, last_line integer NOT NULL, text text NOT NULL, fields jsonb NOT NULL, hash text NOT NULL, embedding %s,
			words tsvector GENERATED ALWAYS AS (setweight(to_tsvector('%s', title || ' ' || heading), 'A') || to_tsvector('%[3]s', left(text, %[4]d))) STORED)`,
			t.table.Sanitize(), t.typeOf(s.Dim), config, searched)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE INDEX ON %s USING gin (words)", t.table.Sanitize())); err != nil {
			return err
		}
		note, err := json.Marshal(pgNote{Metric: s.Metric.String(), Words: config})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, fmt.Sprintf("COMMENT ON TABLE %s IS '%s'", t.table.Sanitize(), strings.ReplaceAll(string(note), "'", "''")))
		return err
	})
}

// pgNote is the comment of a table of ours.
type pgNote struct {
	Metric string `json:"luminavec_metric"`
	Words  string `json:"words"` // text search configuration
}

// extension makes sure that the server has pgvector.
func (t *postgres) extension(ctx context.Context) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	var installed bool
	if err := t.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')").Scan(&installed); err != nil || installed {
		return pgError(err, "cannot read the extensions")
	}
	if _, err := t.conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector"); err != nil {
		return fault.New("install pgvector (github.com/pgvector/pgvector) on the server; an administrator then runs: CREATE EXTENSION vector", "%w",
			pgError(err, "the database has no vectors"))
	}
	return nil
}

// load reads what the table holds, and reports whether it exists.
func (t *postgres) load(ctx context.Context) (found bool, err error) {
	if t.loaded {
		return true, nil
	}
	if err := t.connect(ctx); err != nil {
		return false, err
	}
	var kind, note string
	err = t.conn.QueryRow(ctx, `SELECT coalesce((SELECT format_type(atttypid, atttypmod) FROM pg_attribute
			WHERE attrelid = c.oid AND attname = 'embedding' AND NOT attisdropped), ''), coalesce(obj_description(c.oid, 'pg_class'), '')
		FROM pg_class c WHERE c.oid = to_regclass($1)`, t.table.Sanitize()).Scan(&kind, &note)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, pgError(err, "cannot read the table")
	}
	name, digits, _ := strings.Cut(strings.TrimSuffix(kind, ")"), "(")
	var n pgNote
	dim, numberErr := strconv.Atoi(digits)
	metric, metricErr := index.Metric(0), json.Unmarshal([]byte(note), &n)
	if metricErr == nil {
		metric, metricErr = index.ParseMetric(n.Metric)
	}
	if metricErr != nil || numberErr != nil || name != "vector" && name != "halfvec" {
		return false, fault.Field("Table", "name another table", "%s exists but was not made by this command", t.table.Sanitize())
	}
	t.half, t.dim, t.metric, t.loaded = name == "halfvec", dim, metric, true
	return true, nil
}

// Hashes implements Target.
func (t *postgres) Hashes(ctx context.Context, ids []string) (map[string]string, error) {
	if err := t.connect(ctx); err != nil {
		return nil, err
	}
	clean := map[string]string{} // ids as stored, to those of the caller
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = pgText(id)
		clean[list[i]] = id
	}
	rows, err := t.conn.Query(ctx, fmt.Sprintf("SELECT id, hash FROM %s WHERE id = ANY($1)", t.table.Sanitize()), list)
	if err != nil {
		return nil, pgError(err, "cannot read the table")
	}
	found := map[string]string{}
	var id, hash string
	_, err = pgx.ForEachRow(rows, []any{&id, &hash}, func() error {
		found[clean[id]] = hash
		return nil
	})
	return found, pgError(err, "cannot read the table")
}

// pgText is a text as PostgreSQL can hold it: without NUL.
func pgText(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }

// Upsert implements Target.
func (t *postgres) Upsert(ctx context.Context, rows []Row) error {
	return t.tx(ctx, "cannot store rows in "+t.table.Sanitize(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TEMPORARY TABLE luminavec_rows ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA`, pgColumns, t.table.Sanitize())); err != nil {
			return err
		}
		read, write := io.Pipe()
		go func() { write.CloseWithError(writeCSV(write, rows)) }()
		_, err := tx.Conn().PgConn().CopyFrom(ctx, read, "COPY luminavec_rows FROM STDIN (FORMAT csv, NULL '\\N')")
		read.Close()
		if err != nil {
			return err
		}
		var set []string
		for _, c := range strings.Split(pgColumns, ", ")[1:] {
			set = append(set, c+" = excluded."+c)
		}
		_, err = tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %[2]s FROM luminavec_rows ON CONFLICT (id) DO UPDATE SET %s",
			t.table.Sanitize(), pgColumns, strings.Join(set, ", ")))
		return err
	})
}

// writeCSV writes rows for COPY. All values are quoted: \N without quotes is NULL.
func writeCSV(out io.Writer, rows []Row) error {
	w := bufio.NewWriter(out)
	for i := range rows {
		r := &rows[i]
		fields, err := json.Marshal(r.Fields)
		if err != nil {
			return err
		}
		for _, value := range []string{r.ID, r.Path, r.Title, strings.Join(r.Heading, headingMark), strconv.Itoa(r.FirstLine), strconv.Itoa(r.LastLine),
			r.Text, strings.ReplaceAll(string(fields), `\u0000`, "\ufffd"), r.Hash} {
			w.WriteString(`"` + strings.ReplaceAll(pgText(value), `"`, `""`) + `",`)
		}
		if r.Vector != nil {
			w.WriteString(`"` + vectorText(r.Vector) + `"` + "\n")
		} else {
			w.WriteString(`\N` + "\n")
		}
	}
	return w.Flush()
}

// vectorText is a vector as pgvector reads it.
func vectorText(v []float32) string {
	b := make([]byte, 0, 12*len(v))
	b = append(b, '[')
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(x), 'g', -1, 32)
	}
	return string(append(b, ']'))
}

// IDs implements Target.
func (t *postgres) IDs(ctx context.Context, visit func(id string) error) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	rows, err := t.conn.Query(ctx, "SELECT id FROM "+t.table.Sanitize())
	if err != nil {
		return pgError(err, "cannot read the table")
	}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { return visit(id) })
	return pgError(err, "cannot read the table")
}

// Delete implements Target.
func (t *postgres) Delete(ctx context.Context, ids []string) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	_, err := t.conn.Exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE id = ANY($1)", t.table.Sanitize()), ids)
	return pgError(err, "cannot delete rows")
}

// maxIndexed returns the most dimensions that pgvector's HNSW takes.
func (t *postgres) maxIndexed() int {
	if t.half {
		return 4000
	}
	return 2000
}

// Finish implements Target.
func (t *postgres) Finish(ctx context.Context) error {
	if t.dim > t.maxIndexed() {
		return nil
	}
	name := t.table[len(t.table)-1] + "_embedding"
	kind := "vector"
	if t.half {
		kind = "halfvec"
	}
	return t.tx(ctx, "cannot index the vectors", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s USING hnsw (embedding %s_%s_ops)",
			pgx.Identifier{name}.Sanitize(), t.table.Sanitize(), kind, [...]string{index.Cosine: "cosine", index.Dot: "ip", index.Euclidean: "l2"}[t.metric]))
		if err == nil {
			_, err = tx.Exec(ctx, "ANALYZE "+t.table.Sanitize())
		}
		return err
	})
}

// NeedsVector implements Target.
func (t *postgres) NeedsVector() bool { return false }

// Modes implements Target.
func (t *postgres) Modes() []fusion.Mode { return fusion.Modes() }

// candidates is the minimum number of rows that each half of a search contributes.
const candidates = 100

// sampled is the number of rows from which the statistics of scores are taken.
const sampled = 2000

// Search implements Target. With fusion.Hybrid, the best rows by each score are ranked by both, each
// as its z-score among a sample of the rows (package fusion). PostgreSQL has no BM25: the score of the words is the
// sum of ts_rank of each, which grows less with every occurrence and falls with the length of the text, weighted by how rare the word is.
func (t *postgres) Search(ctx context.Context, q Query) (hits []Hit, err error) {
	if found, err := t.load(ctx); err != nil || !found {
		if err == nil {
			err = fault.Field("Table", "'search push' makes it", "no table %s in the database", t.table.Sanitize())
		}
		return nil, err
	}
	if q.Vector != nil && len(q.Vector) != t.dim {
		return nil, fault.New("ask with the model of the collection that was sent", "the question's vector has %d dimensions, those of %s %d", len(q.Vector), t.table.Sanitize(), t.dim)
	}
	n := max(candidates, q.K)
	err = t.tx(ctx, "cannot search the table", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL hnsw.ef_search = %d", min(1000, 2*n))); err != nil {
			return err
		}
		hits, err = t.search(ctx, tx, q, n)
		return err
	})
	return hits, err
}

func (t *postgres) search(ctx context.Context, tx pgx.Tx, q Query, n int) ([]Hit, error) {
	var note pgNote
	var count int64
	var comment string
	if err := tx.QueryRow(ctx, "SELECT obj_description(oid, 'pg_class'), greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass($1)", t.table.Sanitize()).Scan(&comment, &count); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(comment), &note); err != nil || !slices.Contains(pgConfigs(), note.Words) {
		return nil, fault.New("send the collection again to a new table", "the comment of %s was changed", t.table.Sanitize())
	}
	kind, distance := t.typeOf(t.dim), [...]string{index.Cosine: "<=>", index.Dot: "<#>", index.Euclidean: "<->"}[t.metric]
	near := fmt.Sprintf("embedding %s $1::%s", distance, kind)
	similarity := [...]string{index.Cosine: "1 - (" + near + ")", index.Dot: "-(" + near + ")", index.Euclidean: "-(" + near + ")"}[t.metric]
	terms, weights, err := t.terms(ctx, tx, note.Words, q.Text, count)
	if err != nil {
		return nil, err
	}
	const rank = "(SELECT coalesce(sum(weight * ts_rank(words, term, 1)), 0) FROM unnest($2::text[]::tsquery[], $3::float8[]) AS q (term, weight))"
	var vector *string
	if q.Vector != nil {
		v := vectorText(q.Vector)
		vector = &v
	}
	byMeaning := fmt.Sprintf("(SELECT id FROM %s WHERE embedding IS NOT NULL ORDER BY %s LIMIT %d)", t.table.Sanitize(), near, n)
	byWords := fmt.Sprintf("(SELECT id FROM %s WHERE words @@ $4::tsquery ORDER BY %s DESC, id LIMIT %d)", t.table.Sanitize(), rank, n)
	if q.Vector == nil && q.Mode == fusion.Hybrid {
		q.Mode = fusion.BM25
	}
	from := byMeaning + " UNION " + byWords
	switch q.Mode {
	case fusion.Dense:
		from = byMeaning
	case fusion.BM25:
		from = byWords
	}
	// All parameters are used whatever the mode, so that each has a type.
	any := strings.Join(terms, " | ")
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT id, path, title, heading, first_line, last_line, text, fields, hash, %s, %s FROM %s WHERE id IN (%s) AND ($4::tsquery IS NOT NULL)",
		similarity, rank, t.table.Sanitize(), from), vector, terms, weights, any)
	if err != nil {
		return nil, err
	}
	hits, err := pgx.CollectRows(rows, scanHit)
	if err != nil {
		return nil, err
	}
	var dense, lexical fusion.Stats
	if q.Mode == fusion.Hybrid {
		share := min(100, 100*float64(sampled)/float64(max(count, 1)))
		err := tx.QueryRow(ctx, fmt.Sprintf("SELECT coalesce(avg(d), 0), coalesce(stddev_pop(d), 0), coalesce(avg(w), 0), coalesce(stddev_pop(w), 0) FROM (SELECT %s d, %s w FROM %s TABLESAMPLE SYSTEM (%g)) s",
			similarity, rank, t.table.Sanitize(), share), vector, terms, weights).Scan(&dense.Mean, &dense.Deviation, &lexical.Mean, &lexical.Deviation)
		if err != nil {
			return nil, err
		}
	}
	for i := range hits {
		h := &hits[i]
		switch q.Mode {
		case fusion.Dense:
			h.Score, h.Words = value(h.Dense), nil
		case fusion.BM25:
			h.Score, h.Dense = value(h.Words), nil
		default:
			z := dense.Mean
			if h.Dense != nil {
				z = *h.Dense
			}
			h.Score = fusion.Combine(dense.Z(z), lexical.Z(value(h.Words)), q.DenseWeight)
		}
	}
	return best(hits, q.K), nil
}

// rare is the number of rows up to which those with a word are counted.
const rare = 20000

// terms returns the words of a question as queries, and the weight of each: the logarithm of how rare it is.
func (t *postgres) terms(ctx context.Context, tx pgx.Tx, config, question string, count int64) (terms []string, weights []float64, err error) {
	var words []string
	if err := tx.QueryRow(ctx, fmt.Sprintf("SELECT tsvector_to_array(to_tsvector('%s', $1))", config), pgText(question)).Scan(&words); err != nil {
		return nil, nil, err
	}
	terms, weights = []string{}, []float64{}
	for _, w := range words {
		term := "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(w) + "'"
		var have float64
		if err := tx.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM (SELECT FROM %s WHERE words @@ $1::tsquery LIMIT %d) s", t.table.Sanitize(), rare), term).Scan(&have); err != nil {
			return nil, nil, err
		}
		if have > 0 {
			terms, weights = append(terms, term), append(weights, math.Log(1+max(float64(count), have)/have))
		}
	}
	return terms, weights, nil
}

func value(x *float64) float64 {
	if x == nil {
		return 0
	}
	return *x
}

func scanHit(row pgx.CollectableRow) (h Hit, err error) {
	var heading string
	var fields []byte
	var rank float64
	if err := row.Scan(&h.ID, &h.Path, &h.Title, &heading, &h.FirstLine, &h.LastLine, &h.Text, &fields, &h.Hash, &h.Dense, &rank); err != nil {
		return h, err
	}
	if heading != "" {
		h.Heading = strings.Split(heading, headingMark)
	}
	h.Words = &rank
	return h, json.Unmarshal(fields, &h.Fields)
}

// best sorts hits and returns the first k.
func best(hits []Hit, k int) []Hit {
	slices.SortStableFunc(hits, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return hits[:min(k, len(hits))]
}

// Close implements Target.
func (t *postgres) Close() error {
	if t.conn == nil {
		return nil
	}
	return t.conn.Close(context.WithoutCancel(context.Background()))
}

// pgLanguages are the text search configurations of PostgreSQL.
var pgLanguages = map[string]string{"ar": "arabic", "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
	"fr": "french", "hi": "hindi", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese",
	"ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish"}

// pgConfig returns the configuration for a language of [fulltext.Languages]. The others have no stems.
func pgConfig(language string) string {
	if language != fulltext.NoLanguage && pgLanguages[language] != "" {
		return pgLanguages[language]
	}
	return "simple"
}

func pgConfigs() []string {
	list := []string{"simple"}
	for _, c := range pgLanguages {
		list = append(list, c)
	}
	return list
}
