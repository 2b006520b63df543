package sets

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// Analogies is a test of relations between words, with one section per relation.
type Analogies struct {
	Name     string
	Sections []AnalogySection
}

// AnalogySection holds the questions of one relation: a is to b as c is to d.
type AnalogySection struct {
	Name      string
	Questions [][4]string
}

// Relation is the kind of a relation between words.
type Relation string

const (
	Semantic  Relation = "semantic"  // between meanings, as country and capital
	Syntactic Relation = "syntactic" // between forms, as singular and plural
	Unknown   Relation = "other"     // the name of the section does not say
)

// The names of published sections that are not recognized by a pattern: those of Google's set
// (Mikolov and others, 2013).
var semanticSections = []string{"capital-common-countries", "capital-world", "currency", "city-in-state", "family"}

// Patterns of published names: Google's gram1-adjective-to-adverb; the MSR set's JJ_JJR, NN_NNS
// and VBD_VBZ (Mikolov, Yih and Zweig, 2013); BATS's I01 [noun - plural_reg], D for derivation, E
// for encyclopedia and L for lexicography (Gladkova and others, 2016).
var (
	syntacticSection = regexp.MustCompile(`^(gram[^\pL]|(jj|nn|vb|rb)\w*-(jj|nn|vb|rb)|[id]\d\d([^\d\pL]|$)|syntactic|inflectional|derivational)`)
	semanticSection  = regexp.MustCompile(`^([el]\d\d([^\d\pL]|$)|semantic|encyclopedic|lexicographic)`)
)

// Relation returns the kind of relation that the name of the section stands for: one of a
// published set (Google's, MSR's, BATS), or one that starts with semantic or syntactic. Case does
// not matter, nor does whether words are joined by hyphens, underscores or spaces.
func (s *AnalogySection) Relation() Relation {
	name := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(s.Name))
	switch {
	case syntacticSection.MatchString(name):
		return Syntactic
	case semanticSection.MatchString(name), slices.Contains(semanticSections, name):
		return Semantic
	}
	return Unknown
}

// GoogleAnalogies returns the bundled analogies of Mikolov and others (2013):
// 19,544 questions in 14 sections.
func GoogleAnalogies() *Analogies {
	set, err := parseAnalogies(context.Background(), text.FromBytes("google-analogies", data.GoogleAnalogies))
	if err != nil {
		panic("sets: bundled analogies: " + err.Error()) // the file is part of the program
	}
	set.Name = "Google analogies"
	return set
}

// ReadAnalogies reads analogies in the layout of questions-words.txt: a line ": name" starts a
// section, and every other line is the four words of a question, separated by tabs, semicolons,
// commas or spaces. Lines that start with # and blank lines are skipped. Questions before the first
// section form a section named after the file; sections without questions are dropped. The file
// may be compressed.
func ReadAnalogies(ctx context.Context, path string) (*Analogies, error) {
	src, err := open(path)
	if err != nil {
		return nil, err
	}
	return parseAnalogies(ctx, src)
}

func parseAnalogies(ctx context.Context, src *text.Source) (*Analogies, error) {
	const hint = "a section begins with \": name\"; each other line is four words, as in: man king woman queen"
	set := &Analogies{Name: nameOf(src)}
	section := AnalogySection{Name: set.Name}
	end := func() {
		if len(section.Questions) > 0 {
			set.Sections = append(set.Sections, section)
		}
	}
	err := eachLine(ctx, src, func(at text.Position, line string) error {
		if name, ok := strings.CutPrefix(line, ":"); ok {
			if name = strings.TrimSpace(name); name == "" {
				return at.Errorf(hint, "the section has no name")
			}
			end()
			section = AnalogySection{Name: name}
			return nil
		}
		words := fields(line)
		if len(words) != 4 {
			return at.Errorf(hint, "expected four words but found %d: %.80q", len(words), line)
		}
		for _, w := range words {
			if w == "" {
				return at.Errorf(hint, "a word is missing in %.80q", line)
			}
		}
		section.Questions = append(section.Questions, [4]string(words))
		return nil
	})
	if err != nil {
		return nil, err
	}
	end()
	if len(set.Sections) == 0 {
		return nil, fault.New(hint, "%s holds no analogies", text.Describe(src.Names()[0]))
	}
	return set, nil
}
