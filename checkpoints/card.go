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
	"text/template"
	"time"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// cardData is the data of the template cardText.
type cardData struct {
	Config       Config
	Title        string
	Tokens       int
	Params       int64
	Phrases      int // that the tokenizer joins
	NGrams       int // that have rows
	Kind         Kind
	Layers       bool        // Linear, ReLU or a projection follow the table
	Static       bool        // a text's vector is the mean of rows of the table, weighted or not
	Pooling      string      // what the pooling does
	PythonPool   string      // the same in Python
	Subwords     bool        // what the tokenizer makes; it leaves no text unknown, or has a token for that
	Method       [][2]string // how the model was trained
	Settings     [][2]string // of the trainer
	Sources      string
	Earlier      []earlierText
	Duration     string
	FrequentText string
	Version      int
	Validation   []Metric // of this model
}

// earlierText is a text of an earlier training of the model.
type earlierText struct {
	Sources  string
	RawWords int64
}

// writeCard writes README.md, the model card: what the model is, how to use it, and
// how it was made.
func writeCard(w io.Writer, c *Checkpoint) error {
	d := cardData{
		Config:   c.Config,
		Title:    title(c.Config),
		Tokens:   c.Vocabulary.Len(),
		Phrases:  phrasesOf(c.Tokenizer),
		Kind:     KindOf(c.Config.Kind),
		Layers:   c.Config.Encoder.Hidden > 0 || c.Config.Encoder.Project > 0,
		Sources:  codes(c.Config.Corpus.Sources, 8),
		Pooling:  poolingStep(c.Config.Encoder.Pooling),
		Subwords: c.Tokenizer.Subwords(),
		Version:  FormatVersion,
	}
	if c.NGrams != nil {
		d.NGrams = c.NGrams.Rows()
	}
	for _, e := range c.Config.Earlier {
		d.Earlier = append(d.Earlier, earlierText{codes(e.Sources, 8), e.RawWords})
	}
	switch c.Config.Encoder.Pooling {
	case "", "mean", sif:
		d.Static = !d.Layers
	}
	d.PythonPool, d.Method = pythonPooling(c.Config.Encoder.Pooling), d.Kind.card(c)
	d.Params = c.Parameters()
	var frequent []string
	for _, id := range c.Vocabulary.ByCount() {
		frequent = append(frequent, c.Vocabulary.Token(id))
	}
	d.FrequentText = codes(frequent, 12)
	if v := c.Config.Validation; v != nil {
		at := v.Last
		if v.Model == KeepBest {
			at = v.Best
		}
		if at != nil {
			d.Validation = at.Metrics
		}
	}
	settings, err := flatten(c.Config.Options)
	if err != nil {
		return err
	}
	d.Settings = settings
	if s := c.Config.Progress.Seconds; s > 0 && s < 1e9 {
		d.Duration = time.Duration(s * float64(time.Second)).Round(time.Second).String()
	}
	return cardTemplate.Execute(w, d)
}

// title names the model, as "CBOW word vectors, 100 dimensions".
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

// codes lists the first n of many code spans.
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

var cardTemplate = template.Must(template.New("card").Funcs(template.FuncMap{
	"group":   func(n any) string { i, _ := strconv.ParseInt(fmt.Sprint(n), 10, 64); return group(i) },
	"percent": func(f float64) string { return strconv.FormatFloat(100*f, 'f', 1, 64) + "%" },
	"number":  func(f float64) string { return strconv.FormatFloat(f, 'g', 5, 64) },
	"code":    code,
}).Parse(cardText))

// phrasesOf returns the number of phrases that a tokenizer joins into one word.
func phrasesOf(t *tokenize.Tokenizer) int {
	n := 0
	for _, pass := range t.Phrases() {
		n += len(pass)
	}
	return n
}
