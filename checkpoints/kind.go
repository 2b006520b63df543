package checkpoints

import "fmt"

// VectorsKind is the Config.Kind of a model that was imported and not trained.
const VectorsKind = "vectors"

// Kind describes a kind of model: what this package and the commands need to know about models
// they did not train. A model of an unregistered kind is read as word vectors.
type Kind struct {
	Name     string // Config.Kind
	Title    string // the first words of the model card, as "CBOW word vectors"
	Texts    bool   // it embeds texts and was trained on examples; otherwise it embeds words and was trained on lines of text
	Imported bool   // not trained by this program

	// Card returns rows of the model card, each a name and a text, that describe how the model
	// was trained. It is called when a model is written. nil: the card names only the
	// objective.
	Card func(c *Checkpoint) [][2]string
}

// Token returns the name for an entry of the vocabulary: "word" or "token".
func (k Kind) Token() string {
	if k.Texts {
		return "token"
	}
	return "word"
}

// Example returns the name for a unit of the training text: "line" or "example".
func (k Kind) Example() string {
	if k.Texts {
		return "example"
	}
	return "line"
}

var kinds = map[string]Kind{}

func init() {
	RegisterKind(Kind{Name: VectorsKind, Title: "Imported word vectors", Imported: true})
}

// RegisterKind adds a kind of model; a package calls it from init. The package that
// reads a kind and the one that trains it may each register a part: the first its
// title and what it embeds, the second its Card. RegisterKind panics if the name is
// empty or a part is registered twice.
func RegisterKind(k Kind) {
	have := kinds[k.Name]
	if k.Name == "" || have.Title != "" && k.Title != "" || have.Card != nil && k.Card != nil {
		panic(fmt.Sprintf("checkpoints: kind %q is registered twice or has no name", k.Name))
	}
	if k.Title == "" {
		k.Title = have.Title
	}
	if k.Card == nil {
		k.Card = have.Card
	}
	k.Texts, k.Imported = k.Texts || have.Texts, k.Imported || have.Imported
	kinds[k.Name] = k
}

// KindOf returns the kind of that name. An unregistered kind has only its name and a title.
func KindOf(name string) Kind {
	k := kinds[name]
	k.Name = name
	if k.Title == "" {
		k.Title = "Embedding model (" + code(name) + ")"
	}
	return k
}

// card returns the rows of the model card.
func (k Kind) card(c *Checkpoint) [][2]string {
	if k.Card == nil {
		return [][2]string{{"objective", code(k.Name)}}
	}
	return k.Card(c)
}
