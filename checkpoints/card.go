package checkpoints

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// cardData is what the text of a model card is made from.
type cardData struct {
	config       Config
	title        string
	tokens       int
	params       int64
	phrases      int // that the tokenizer joins
	ngrams       int // that have rows
	kind         Kind
	layers       bool        // Linear, ReLU or a projection follow the table
	folds        bool        // a text's vector is the mean of rows of one table, once layers and weights are folded into it
	layout       layout      // how the table is stored
	opens        bool        // sentence-transformers opens the folder
	pooling      string      // what the pooling does
	pythonPool   string      // the same in Python
	subwords     bool        // what the tokenizer makes
	pads         bool        // its file tells programs to pad texts
	truncates    bool        // … to truncate them
	unknown      int32       // id of its token for unknown text; -1: none
	method       [][2]string // how the model was trained
	settings     [][2]string // of the trainer
	sources      string
	earlier      []earlierText
	duration     string
	frequentText string
	version      int
	validation   []Metric              // of this model
	quantized    map[string]*Quantized // the tables that are quantized, by name
	state        bool                  // the folder has training/
}

// earlierText is a text that the model was trained on earlier.
type earlierText struct {
	sources  string
	rawWords int64
}

// writeCard writes README.md, the model card: what the model is, how to use it, and how it was
// made.
func writeCard(w io.Writer, c *Checkpoint) error {
	d := cardData{
		config:   c.Config,
		title:    title(c.Config),
		tokens:   c.Vocabulary.Len(),
		phrases:  phrasesOf(c.Tokenizer),
		kind:     KindOf(c.Config.Kind),
		layers:   c.Config.Encoder.Hidden > 0 || c.Config.Encoder.Project > 0,
		sources:  codes(c.Config.Corpus.Sources, 8),
		pooling:  poolingStep(c.Config.Encoder),
		subwords: c.Tokenizer.Subwords(), pads: c.Tokenizer.Pads(), truncates: c.Tokenizer.Truncates(),
		unknown: c.Tokenizer.Unknown(),
		version: c.Config.Format,

		quantized: map[string]*Quantized{},
		state:     c.State != nil || len(c.Log) > 0,
	}
	for name, t := range c.Tensors {
		if t.Quantized != nil {
			d.quantized[name] = t.Quantized
		}
	}
	if c.NGrams != nil {
		d.ngrams = c.NGrams.Rows()
	}
	for _, e := range c.Config.Earlier {
		d.earlier = append(d.earlier, earlierText{codes(e.Sources, 8), e.RawWords})
	}
	switch c.Config.Encoder.Pooling {
	case "", "mean", sif:
		d.folds = c.Config.Encoder.Repeats == 0
	}
	d.layout, d.opens = layoutOf(c)
	d.pythonPool, d.method = pythonPooling(c.Config.Encoder, d.layout), d.kind.card(c)
	d.params = c.Parameters()
	var frequent []string
	for _, id := range c.Vocabulary.ByCount() {
		frequent = append(frequent, c.Vocabulary.Token(id))
	}
	d.frequentText = codes(frequent, 12)
	if v := c.Config.Validation; v != nil {
		if at := v.Kept(); at != nil {
			d.validation = at.Metrics
		}
	}
	settings, err := flatten(c.Config.Options)
	if err != nil {
		return err
	}
	d.settings = settings
	if s := c.Config.Progress.Seconds; s > 0 && s < 1e9 {
		d.duration = time.Duration(s * float64(time.Second)).Round(time.Second).String()
	}
	_, err = io.WriteString(w, d.text())
	return err
}

// title returns the title of the card, such as "CBOW word vectors, 100 dimensions".
func title(c Config) string {
	return fmt.Sprintf("%s, %d dimensions", KindOf(c.Kind).Title, c.VectorDim())
}

// code returns s as a code span, whatever s contains.
func code(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '`':
			return '\''
		case r == '|': // would end a table cell
			return '¦'
		case r < ' ':
			return ' '
		}
		return r
	}, s)
	return "`" + s + "`"
}

// codes lists the first n of a list of code spans.
func codes(list []string, n int) string {
	var out []string
	for _, s := range list[:min(n, len(list))] {
		out = append(out, code(s))
	}
	if len(list) > n {
		out = append(out, fmt.Sprintf("and %s more", group(int64(len(list)-n))))
	}
	return strings.Join(out, ", ")
}

// flatten turns the options, a JSON object of any depth, into rows sorted by name.
func flatten(options json.RawMessage) ([][2]string, error) {
	if len(options) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(options))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	var rows [][2]string
	var walk func(name string, v any)
	walk = func(name string, v any) {
		if object, ok := v.(map[string]any); ok {
			for _, key := range slices.Sorted(maps.Keys(object)) {
				full := key
				if name != "" {
					full = name + "." + key
				}
				walk(full, object[key])
			}
			return
		}
		var text strings.Builder
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil { // v was decoded from JSON
			text.WriteString(err.Error())
		}
		rows = append(rows, [2]string{code(name), code(strings.TrimSpace(text.String()))})
	}
	walk("", v)
	return rows, nil
}

// group formats n with commas between groups of three digits.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent formats a fraction.
func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 1, 64) + "%" }

// number formats a measurement.
func number(f float64) string { return strconv.FormatFloat(f, 'g', 5, 64) }

// phrasesOf returns the number of phrases that a tokenizer joins into one word.
func phrasesOf(t *tokenize.Tokenizer) int {
	n := 0
	for _, pass := range t.Phrases() {
		n += len(pass)
	}
	return n
}
