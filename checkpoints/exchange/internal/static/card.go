package static

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/luminavec/luminavec/checkpoints"
)

// hubName is the name of a model on a hub, which the front matter of a card may refer to.
var hubName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$`)

// plainWord is a value that YAML reads as a text without quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.+-]*$`)

// card writes README.md.
func (m *Model) card(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	library := "model2vec"
	if !m.model2vec {
		library = "sentence-transformers"
	}
	line("---")
	line("library_name: %s", library)
	line("pipeline_tag: sentence-similarity")
	if l := m.Config.License; plainWord.MatchString(l) {
		line("license: %s", strings.ToLower(l))
	}
	if hubName.MatchString(m.Config.Origin) {
		line("base_model: %s", m.Config.Origin)
	}
	line("tags:\n- luminavec\n- static-embeddings")
	if m.model2vec {
		line("- model2vec")
	}
	if m.modules {
		line("- sentence-transformers")
	}
	line("---\n")
	line("# %s, %d dimensions\n", checkpoints.KindOf(m.Config.Kind).Title, m.Config.Dim)
	line("%d tokens, float32, exported by LuminaVec%s. The vector of a text is the mean of the rows of its tokens%s.",
		m.Vocabulary.Len(), spaced(m.Config.Version), ending(m.Config.Encoder.Normalize, ", scaled to length 1"))
	line("Layers and token weights of the model are part of the rows. Texts of any length are read to their end.\n")
	line("```python")
	if m.modules {
		line("from sentence_transformers import SentenceTransformer\n")
		line("vectors = SentenceTransformer(\"FOLDER\").encode([\"It's dangerous to go alone!\"])")
	}
	if m.model2vec {
		line("%sfrom model2vec import StaticModel\n", ending(m.modules, "\n"))
		line("vectors = StaticModel.from_pretrained(\"FOLDER\").encode([\"It's dangerous to go alone!\"], max_length=None)")
	}
	line("```\n")
	if m.model2vec {
		line("`max_length=None` is for versions of model2vec before 0.10, which ignore the key of config.json and read 512 tokens.")
	}
	line("With LuminaVec: `embed import FOLDER -o MODEL`.\n")
	line("## Where it comes from\n")
	line("| | |\n|---|---|")
	row := func(name, value string) {
		if value != "" {
			line("| %s | %s |", name, strings.NewReplacer("|", "¦", "\n", " ", "`", "'").Replace(value))
		}
	}
	row("origin", m.Config.Origin)
	row("license", cmp.Or(m.Config.License, "not recorded"))
	row("text", strings.Join(m.Config.Corpus.Sources, ", "))
	if v := m.Config.Validation; v != nil {
		if at := v.Kept(); at != nil {
			for _, metric := range at.Metrics {
				if !metric.Undefined {
					row(metric.Name+" of "+metric.Set, fmt.Sprintf("%.5g", metric.Value))
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func spaced(version string) string {
	if version == "" {
		return ""
	}
	return " " + version
}

func ending(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

// FrontMatter returns the fields of the YAML at the start of a card whose values are a text or a
// list of texts, of which it returns the first.
func FrontMatter(card string) map[string]string {
	fields := map[string]string{}
	lines := strings.Split(strings.ReplaceAll(card, "\r\n", "\n"), "\n")
	if lines[0] != "---" {
		return fields
	}
	key := ""
	for _, line := range lines[1:] {
		if line == "---" {
			return fields
		}
		value := strings.TrimSpace(line)
		if item, ok := strings.CutPrefix(value, "- "); ok {
			value = item
		} else if name, text, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			key, value = name, strings.TrimSpace(text)
		} else {
			continue
		}
		value = strings.Trim(value, `"'`)
		if len(value) > 0 && len(value) < 200 && fields[key] == "" && !strings.ContainsAny(value, "{}[]|>") {
			fields[key] = value
		}
	}
	return map[string]string{} // without an end, it is not front matter
}
