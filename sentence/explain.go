package sentence

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Explanation holds every number between a text and its vector. WriteTo prints it in
// small tables; its JSON form has the numbers in full.
type Explanation struct {
	Text    string           `json:"text"`
	Tokens  []ExplainedToken `json:"tokens"`
	Known   int              `json:"known"`   // tokens that have a vector; the mean is over these
	Unknown int              `json:"unknown"` // tokens without a vector, which are ignored
	// Composed is how many of the known tokens have no row in the table: their vectors
	// are means of character n-grams.
	Composed int `json:"composed,omitempty"`

	// Folded is what the layers are in one table, as 'embed export' writes it. Absent if the
	// encoder is a table already, or if its layers cannot be folded.
	Folded *Folding `json:"folded,omitempty"`

	Weights *Weights `json:"weights,omitempty"` // the weights of the layers, if small enough to follow by hand

	Pooling    Pooling   `json:"pooling"`
	Mean       []float32 `json:"mean,omitempty"`       // result of pooling Mean or SIF
	Pooled     []float32 `json:"pooled,omitempty"`     // result of another pooling
	Projection []float32 `json:"projection,omitempty"` // P·mean; absent without a projection
	Normalized []float32 `json:"normalized,omitempty"` // absent if the encoder does not normalize
	Vector     []float32 `json:"vector"`               // the result: the last of the three above
	Norm       float64   `json:"norm"`                 // the Euclidean length before normalization
}

// ExplainedToken is a token with the output of each layer. The vectors of an unknown
// token are absent, and so are those of layers that the encoder does not have.
type ExplainedToken struct {
	Text      string    `json:"text"`
	ID        int32     `json:"id"`    // row of the table; -1: none
	Start     int       `json:"start"` // bytes in the text
	End       int       `json:"end"`
	Embedding []float32 `json:"embedding,omitempty"`
	// NGrams are the character n-grams of a token without a row; Embedding is the
	// mean of those that have one. Absent in a model without n-grams.
	NGrams []tokenize.NGram `json:"ngrams,omitempty"`
	Linear []float32        `json:"linear,omitempty"` // W·e + b
	ReLU   []float32        `json:"relu,omitempty"`   // max(0, W·e + b)
	Weight float32          `json:"weight,omitempty"` // its weight with SIF; absent otherwise
	// Repeats is what an occurrence of a token counts that the text repeats, n^(x−1) with n occurrences
	// and Layers.Repeats x; absent if the model has none.
	Repeats float32   `json:"repeats,omitempty"`
	Folded  []float32 `json:"folded,omitempty"` // its row of the folded table: weight·P·max(0, W·e + b)
}

// Folding compares an encoder with its folded form; see Encoder.Fold.
type Folding struct {
	Vector     []float32 `json:"vector"`     // of the text, from the folded table
	Difference float64   `json:"difference"` // the largest between its values and those of the layers
	// Values and FoldedValues are the numbers that a table, the layers and their weights take, and
	// those of the folded table.
	Values       int64 `json:"values"`
	FoldedValues int64 `json:"folded_values"`
}

// Weights holds the matrices of an encoder.
type Weights struct {
	Linear     [][]float32 `json:"linear,omitempty"`     // W, [hidden, dim]
	Bias       []float32   `json:"bias,omitempty"`       // b, [hidden]
	Projection [][]float32 `json:"projection,omitempty"` // P, [out, hidden or dim]
}

// maxByHand is the maximum side of a matrix that an Explanation shows: larger ones cannot be
// followed with a pencil.
const maxByHand = 8

// Explain encodes the text and keeps every intermediate number. A text without known tokens is
// not an error: the explanation lists its tokens.
func (e *Encoder) Explain(text string) (*Explanation, error) {
	x := &Explanation{Text: text, Tokens: []ExplainedToken{}, Weights: e.matrices(), Pooling: e.pooling}
	pooled := make([]float32, e.features().stride)
	blank := 0 // known tokens that stand for a space only
	b := e.scratch.Get().(*buffers)
	defer e.scratch.Put(b)
	tokens := e.tokenizer.Tokens(text)
	repeats := e.explainRepeats(tokens)
	for i, tok := range tokens {
		t := ExplainedToken{Text: tok.Text, ID: tok.ID, Start: tok.Start, End: tok.End}
		if tok.ID < 0 && e.grams != nil {
			t.NGrams = e.grams.Explain(tok.Text)
		}
		row, err := e.lookUp(b, []byte(tok.Text), tok.ID)
		if err != nil {
			return nil, err
		}
		if row == nil {
			t.ID = -1
			x.Unknown++
			x.Tokens = append(x.Tokens, t)
			continue
		}
		x.Known++
		if tok.ID >= 0 && e.blank != nil && e.blank[tok.ID] {
			blank++
		}
		if tok.ID < 0 {
			x.Composed++
		}
		t.Embedding = slices.Clone(row[:e.width.cols])
		feature := row
		if e.linear != nil {
			feature = make([]float32, e.linear.out().stride)
			e.linear.multiply(feature, row)
			addTo(feature, e.bias)
			t.Linear = slices.Clone(feature[:e.linear.rows])
			relu(feature)
			t.ReLU = slices.Clone(feature[:e.linear.rows])
		}
		if e.pooling == SIF {
			t.Weight = e.weight(tok.ID)
		}
		weight := e.weight(tok.ID)
		if repeats != nil {
			t.Repeats = repeats[i]
			weight *= t.Repeats
		}
		e.pool(pooled, feature, x.Known-1, weight)
		x.Tokens = append(x.Tokens, t)
	}
	if x.Unknown > 0 && x.Known == blank { // as in Encode
		clear(pooled)
		for i, t := range x.Tokens {
			x.Tokens[i] = ExplainedToken{Text: t.Text, ID: -1, Start: t.Start, End: t.End}
		}
		x.Known, x.Unknown = 0, len(x.Tokens)
	}
	e.finishPooling(pooled, x.Known)
	x.Vector = slices.Clone(pooled[:e.features().cols])
	if e.pooling == Mean || e.pooling == SIF {
		x.Mean = x.Vector
	} else {
		x.Pooled = x.Vector
	}
	if e.projection != nil {
		x.Projection = make([]float32, e.projection.rows)
		e.projection.multiply(x.Projection, pooled)
		x.Vector = x.Projection
	}
	if !finite(x.Vector) {
		return nil, errNotFinite
	}
	x.Norm = norm64(x.Vector)
	if e.normalize {
		x.Normalized = slices.Clone(x.Vector)
		normalize(x.Normalized)
		x.Vector = x.Normalized
	}
	return x, e.explainFolding(x)
}

// explainRepeats returns what each token counts because the text repeats it, nil if all count 1.
func (e *Encoder) explainRepeats(tokens []tokenize.Token) []float32 {
	r := Repeats{Power: e.repeats}
	if !r.Any() {
		return nil
	}
	ids, at := make([]int32, 0, len(tokens)), make([]int, 0, len(tokens))
	for i, t := range tokens {
		if t.ID >= 0 {
			ids, at = append(ids, t.ID), append(at, i)
		}
	}
	known, factors := make([]float32, len(ids)), make([]float32, len(tokens))
	for i := range known {
		known[i] = 1
	}
	r.Scale(known, ids)
	for i, k := range at {
		factors[k] = known[i]
	}
	return factors
}

// explainFolding folds the tokens of the text, and computes its vector from them.
func (e *Encoder) explainFolding(x *Explanation) error {
	if e.Folded() || e.linear != nil && e.grams != nil || e.keepsProjection() {
		return nil
	}
	dim := e.Dim()
	plain := &Encoder{pooling: e.pooling}
	if e.pooling == SIF {
		plain.pooling = Mean // the weights are in the rows
	}
	one := newMatrix(1, dim)
	pooled, known := make([]float32, one.stride), 0
	for i := range x.Tokens {
		t := &x.Tokens[i]
		if t.Embedding == nil {
			continue
		}
		row := memoryTable{newMatrix(1, e.width.cols)}
		copy(row.matrix.row(0), t.Embedding)
		var weights []float32
		if e.pooling == SIF && t.ID >= 0 {
			weights = []float32{t.Weight}
		}
		if err := e.foldInto(one, row, weights, 0, 1); err != nil {
			return err
		}
		t.Folded = slices.Clone(one.row(0)[:dim])
		plain.pool(pooled, one.row(0), known, cmp.Or(t.Repeats, 1))
		known++
	}
	plain.finishPooling(pooled, known)
	rows, width := e.table.size()
	f := &Folding{Vector: pooled[:dim:dim], FoldedValues: int64(rows) * int64(dim)}
	if e.normalize {
		normalize(f.Vector)
	}
	for i, v := range f.Vector {
		f.Difference = max(f.Difference, math.Abs(float64(v)-float64(x.Vector[i])))
	}
	f.Values = int64(rows) * int64(width.cols)
	for _, m := range []*matrix{e.linear, e.projection} {
		if m != nil {
			f.Values += int64(m.rows) * int64(m.cols)
		}
	}
	if e.linear != nil {
		f.Values += int64(e.linear.rows)
	}
	f.Values += int64(len(e.weights))
	x.Folded = f
	return nil
}

func (e *Encoder) matrices() *Weights {
	small := func(m *matrix) bool { return m == nil || m.rows <= maxByHand && m.cols <= maxByHand }
	if e.linear == nil && e.projection == nil || !small(e.linear) || !small(e.projection) {
		return nil
	}
	w := &Weights{}
	if e.linear != nil {
		w.Linear = e.linear.unpadded()
		w.Bias = slices.Clone(e.bias[:e.linear.rows])
	}
	if e.projection != nil {
		w.Projection = e.projection.unpadded()
	}
	return w
}

// The tables fit a terminal of 80 columns: a margin of 2, a label of at most 12,
// and then either all numbers or as many as there is room for before the norm;
// a number has at most 10 characters (-1.234e-05).
const (
	terminalColumns = 80
	labelColumns    = 12
	normColumns     = len("  …  -1.234e-05") - len("…") + 1
	shownTokens     = 24
)

// WriteTo prints the explanation for people: one table per layer, at most 80 columns wide.
// Vectors that do not fit are truncated and followed by their norm, and tokens after the first
// 24 are only counted; the JSON form has everything.
func (x *Explanation) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "text        \"%s\"\n", clipTo(x.Text, terminalColumns-len(`text        ""`)))
	x.writeTokens(&b)
	if x.Weights != nil {
		x.Weights.write(&b)
	}
	shown := x.Tokens[:min(len(x.Tokens), shownTokens)]
	layer := func(title string, pick func(*ExplainedToken) []float32) {
		var labels []string
		var rows [][]float32
		for i := range shown {
			if v := pick(&shown[i]); v != nil {
				labels, rows = append(labels, shown[i].Text), append(rows, v)
			}
		}
		writeTable(&b, title, labels, rows)
	}
	title := "embedding   e = the token's row of the table"
	if x.Composed > 0 {
		title += ", or the mean of its n-grams' rows"
	}
	layer(title, func(t *ExplainedToken) []float32 { return t.Embedding })
	layer("linear      W·e + b", func(t *ExplainedToken) []float32 { return t.Linear })
	layer("ReLU        max(0, W·e + b)", func(t *ExplainedToken) []float32 { return t.ReLU })
	if x.Pooling == SIF {
		layer("weight      a/(a+p): the rarer a token, the nearer to 1", func(t *ExplainedToken) []float32 {
			if t.Embedding == nil {
				return nil
			}
			return []float32{t.Weight}
		})
	}
	if x.repeated() {
		layer("repeats     an occurrence of a token that the text repeats counts less", func(t *ExplainedToken) []float32 {
			if t.Embedding == nil {
				return nil
			}
			return []float32{t.Repeats}
		})
	}
	if x.Known == 0 {
		fmt.Fprintf(&b, "\n%-12sno known token: the vector is zero\n", poolingNames[x.Pooling])
	} else {
		writeTable(&b, x.poolingTitle(), []string{"m"}, [][]float32{append(x.Mean, x.Pooled...)})
		if x.Projection != nil {
			writeTable(&b, "projection  p = P·m", []string{"p"}, [][]float32{x.Projection})
		}
		if x.Normalized != nil {
			writeTable(&b, fmt.Sprintf("normalized  divided by the length %.4g", x.Norm), []string{"v"}, [][]float32{x.Normalized})
		}
	}
	x.writeFolding(&b, layer)
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// writeFolding prints what folding changes.
func (x *Explanation) writeFolding(b *strings.Builder, layer func(title string, pick func(*ExplainedToken) []float32)) {
	if x.Folded == nil {
		return
	}
	title := "folded      t = the token's row after all layers"
	if x.Pooling == SIF {
		title += ", times its weight"
	}
	layer(title, func(t *ExplainedToken) []float32 { return t.Folded })
	if x.Known > 0 {
		writeTable(b, "from t      the vector of the text, from these rows alone", []string{"v"}, [][]float32{x.Folded.Vector})
	}
	fmt.Fprintf(b, "\nfolding     changes the vector by up to %.2g; %d numbers become %d\n", x.Folded.Difference, x.Folded.Values, x.Folded.FoldedValues)
}

// poolingNames are the names of the layer, as printed beside the tables.
var poolingNames = map[Pooling]string{Mean: "mean", SIF: "mean", Max: "maximum", First: "first", Last: "last"}

// repeated reports whether tokens that the text repeats count less.
func (x *Explanation) repeated() bool {
	return slices.ContainsFunc(x.Tokens, func(t ExplainedToken) bool { return t.Repeats > 0 })
}

// poolingTitle describes the pooling.
func (x *Explanation) poolingTitle() string {
	times := ""
	if x.repeated() {
		times = "repeats times "
	}
	text := map[Pooling]string{
		Mean:  fmt.Sprintf("m = the sum of %sthese rows, divided by %d", times, x.Known),
		SIF:   fmt.Sprintf("m = the sum of weight times %srow, divided by %d", times, x.Known),
		Max:   "m = the largest number of each column",
		First: "m = the row of the first token",
		Last:  "m = the row of the last token",
	}[x.Pooling]
	return fmt.Sprintf("%-12s%s", poolingNames[x.Pooling], text)
}

func (x *Explanation) writeTokens(b *strings.Builder) {
	composed := ""
	if x.Composed > 0 {
		composed = fmt.Sprintf(" (%d composed of n-grams)", x.Composed)
	}
	fmt.Fprintf(b, "\ntokens      %d known%s, %d unknown\n", x.Known, composed, x.Unknown)
	shown := x.Tokens[:min(len(x.Tokens), shownTokens)]
	wide := 0
	for _, t := range shown {
		wide = max(wide, columns(clip(t.Text)))
	}
	for _, t := range shown {
		id := "unknown"
		switch {
		case t.ID >= 0:
			id = fmt.Sprintf("id %d", t.ID)
		case t.Embedding != nil:
			var known []string
			for _, gram := range t.NGrams {
				if gram.Row >= 0 {
					known = append(known, gram.Text)
				}
			}
			id = fmt.Sprintf("mean of %d of %d n-grams: ", len(known), len(t.NGrams))
			id += clipTo(strings.Join(known, " "), terminalColumns-4-wide-len(id))
		}
		fmt.Fprintf(b, "  %s  %s\n", pad(clip(t.Text), wide), id)
	}
	if more := len(x.Tokens) - len(shown); more > 0 {
		fmt.Fprintf(b, "  … and %d more, which are used but not shown\n", more)
	}
}

func (w *Weights) write(b *strings.Builder) {
	var labels []string
	var rows [][]float32
	add := func(name string, m [][]float32) {
		for i, row := range m {
			if i > 0 {
				name = ""
			}
			labels, rows = append(labels, name), append(rows, row)
		}
	}
	add("W", w.Linear)
	if w.Bias != nil {
		add("b", [][]float32{w.Bias})
	}
	add("P", w.Projection)
	writeTable(b, "weights", labels, rows)
}

// writeTable prints a title and one line per row, numbers aligned to the right.
// It prints nothing when there are no rows.
func writeTable(b *strings.Builder, title string, labels []string, rows [][]float32) {
	if len(rows) == 0 {
		return
	}
	label, number, longest := 0, 1, 0
	for i, row := range rows {
		label = max(label, columns(clip(labels[i])))
		longest = max(longest, len(row))
		for _, v := range row {
			number = max(number, len(format(v)))
		}
	}
	all := 2+label+longest*(2+number) <= terminalColumns
	fits := min((terminalColumns-2-label-normColumns)/(2+number), longest)
	fmt.Fprintf(b, "\n%s\n", title)
	if !all {
		fmt.Fprintf(b, "            (first %d of %d numbers, then the norm)\n", fits, longest)
	}
	for i, row := range rows {
		fmt.Fprintf(b, "  %s", pad(clip(labels[i]), label))
		shown := row
		if !all {
			shown = row[:min(len(row), fits)]
		}
		for _, v := range shown {
			fmt.Fprintf(b, "  %*s", number, format(v))
		}
		if !all {
			fmt.Fprintf(b, "  …  %.4g", norm64(row))
		}
		b.WriteByte('\n')
	}
}

// format writes a number with four significant digits; -0 is printed as 0.
func format(v float32) string {
	if v == 0 {
		v = 0
	}
	return fmt.Sprintf("%.4g", v)
}

func norm64(v []float32) float64 {
	var s float64
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

// clip returns a token as a label.
func clip(s string) string { return clipTo(s, labelColumns) }

// clipTo truncates s to limit columns and replaces characters that a terminal does not
// print.
func clipTo(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if !unicode.IsGraphic(r) {
			r = unicode.ReplacementChar
		}
		if n += runeColumns(r); n > limit-1 && columns(s) > limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns returns the number of terminal columns that a character takes: 2 for the wide
// characters of East Asia, 0 for accents on the letter before.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
