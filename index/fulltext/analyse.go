package fulltext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/ar"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/lang/ckb"
	"github.com/blevesearch/bleve/v2/analysis/lang/da"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/es"
	"github.com/blevesearch/bleve/v2/analysis/lang/fa"
	"github.com/blevesearch/bleve/v2/analysis/lang/fi"
	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hi"
	"github.com/blevesearch/bleve/v2/analysis/lang/hr"
	"github.com/blevesearch/bleve/v2/analysis/lang/hu"
	"github.com/blevesearch/bleve/v2/analysis/lang/it"
	"github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/analysis/lang/no"
	"github.com/blevesearch/bleve/v2/analysis/lang/pl"
	"github.com/blevesearch/bleve/v2/analysis/lang/pt"
	"github.com/blevesearch/bleve/v2/analysis/lang/ro"
	"github.com/blevesearch/bleve/v2/analysis/lang/ru"
	"github.com/blevesearch/bleve/v2/analysis/lang/sv"
	"github.com/blevesearch/bleve/v2/analysis/lang/tr"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	unicodetokens "github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/registry"
	"golang.org/x/text/unicode/norm"

	"github.com/luminavec/luminavec/internal/fault"
)

// NoLanguage is the language of texts in no particular language: words are compared in lower case,
// without stems and stop words.
const NoLanguage = "none"

// language is a language with an analyser of bleve.
type language struct {
	name, title string
	analyser    string
	stop        string // name of its stop words; "" if it has none
}

var languages = []language{
	{"ar", "Arabic", ar.AnalyzerName, ar.StopName},
	{"cjk", "Chinese, Japanese or Korean", cjk.AnalyzerName, ""},
	{"ckb", "Sorani", ckb.AnalyzerName, ckb.StopName},
	{"da", "Danish", da.AnalyzerName, da.StopName},
	{"de", "German", de.AnalyzerName, de.StopName},
	{"en", "English", en.AnalyzerName, en.StopName},
	{"es", "Spanish", es.AnalyzerName, es.StopName},
	{"fa", "Persian", fa.AnalyzerName, fa.StopName},
	{"fi", "Finnish", fi.AnalyzerName, fi.StopName},
	{"fr", "French", fr.AnalyzerName, fr.StopName},
	{"hi", "Hindi", hi.AnalyzerName, hi.StopName},
	{"hr", "Croatian", hr.AnalyzerName, hr.StopName},
	{"hu", "Hungarian", hu.AnalyzerName, hu.StopName},
	{"it", "Italian", it.AnalyzerName, it.StopName},
	{"nl", "Dutch", nl.AnalyzerName, nl.StopName},
	{"no", "Norwegian", no.AnalyzerName, no.StopName},
	{"pl", "Polish", pl.AnalyzerName, pl.StopName},
	{"pt", "Portuguese", pt.AnalyzerName, pt.StopName},
	{"ro", "Romanian", ro.AnalyzerName, ro.StopName},
	{"ru", "Russian", ru.AnalyzerName, ru.StopName},
	{"sv", "Swedish", sv.AnalyzerName, sv.StopName},
	{"tr", "Turkish", tr.AnalyzerName, tr.StopName},
}

// Languages returns the names of the languages, ISO 639 codes and "cjk", sorted, and NoLanguage.
func Languages() []string {
	names := make([]string, 0, len(languages)+1)
	for _, l := range languages {
		names = append(names, l.name)
	}
	return append(names, NoLanguage)
}

// LanguageTitle returns the English name of a language of Languages.
func LanguageTitle(name string) string {
	for _, l := range languages {
		if l.name == name {
			return l.title
		}
	}
	return "no particular language"
}

// analyser turns a text into terms.
type analyser struct{ analysis.DefaultAnalyzer }

// maxTerm is the maximum number of bytes of a word. The rest of a longer one is ignored.
const maxTerm = 128

func analyserOf(name string) (analyser, error) {
	cache := registry.NewCache()
	if name == NoLanguage {
		tokens, err := cache.TokenizerNamed(unicodetokens.Name)
		if err != nil {
			return analyser{}, err
		}
		lower, err := cache.TokenFilterNamed(lowercase.Name)
		if err != nil {
			return analyser{}, err
		}
		return analyser{analysis.DefaultAnalyzer{Tokenizer: tokens, TokenFilters: []analysis.TokenFilter{normalize{}, lower}}}, nil
	}
	at := slices.IndexFunc(languages, func(l language) bool { return l.name == name })
	if at < 0 {
		return analyser{}, fault.Field("Language", "", "must be one of %s, got %q", strings.Join(Languages(), ", "), name)
	}
	made, err := cache.AnalyzerNamed(languages[at].analyser)
	if err != nil {
		return analyser{}, err
	}
	a := *made.(*analysis.DefaultAnalyzer)
	if len(a.CharFilters) > 0 { // of Persian: shorter, so that the places of words would be wrong
		a.CharFilters = []analysis.CharFilter{joiners{}}
	}
	a.TokenFilters = append([]analysis.TokenFilter{normalize{}}, a.TokenFilters...)
	return analyser{a}, nil
}

// joiners replaces zero-width non-joiners by as many spaces as they have bytes.
type joiners struct{}

func (joiners) Filter(text []byte) []byte {
	return []byte(strings.ReplaceAll(string(text), "\u200c", "   "))
}

// normalize composes accents (NFC), shortens words of more than maxTerm bytes, and adds the parts
// of names such as parseFile and max_size.
type normalize struct{}

func (normalize) Filter(in analysis.TokenStream) analysis.TokenStream {
	out := in
	for i, t := range in {
		if len(t.Term) > maxTerm {
			cut := maxTerm
			for cut > 0 && !utf8.RuneStart(t.Term[cut]) {
				cut--
			}
			t.Term = t.Term[:cut]
		}
		if !norm.NFC.IsNormal(t.Term) {
			t.Term = norm.NFC.Bytes(t.Term)
		}
		cuts := nameParts(t.Term)
		if cuts == nil {
			if len(out) != len(in) || &out[0] != &in[0] {
				out = append(out, t)
			}
			continue
		}
		if &out[0] == &in[0] {
			out = append(make(analysis.TokenStream, 0, len(in)+8), in[:i]...)
		}
		whole := *t
		whole.Term = slices.Clone(t.Term) // filters change terms in place
		out = append(out, &whole)
		same := len(t.Term) == t.End-t.Start
		for _, c := range cuts {
			part := *t
			part.Term = slices.Clone(t.Term[c[0]:c[1]])
			if same {
				part.Start, part.End = t.Start+c[0], t.Start+c[1]
			}
			out = append(out, &part)
		}
	}
	return out
}

// nameParts returns the parts of a name, as ranges of bytes, or nil if the word is not one: parts
// end at underscores and where a lower case letter is followed by a capital. Each has at least two
// letters.
func nameParts(term []byte) [][2]int {
	inner := false
	for i := 1; i < len(term) && !inner; i++ {
		inner = term[i] == '_' || term[i] >= 'A' && term[i] <= 'Z' && term[i-1] >= 'a' && term[i-1] <= 'z'
	}
	if !inner {
		return nil
	}
	var parts [][2]int
	from := 0
	end := func(to int) {
		if to-from >= 2 {
			parts = append(parts, [2]int{from, to})
		}
		from = to
	}
	for i := range term {
		switch {
		case term[i] == '_':
			end(i)
			from = i + 1
		case i > from && term[i] >= 'A' && term[i] <= 'Z' && term[i-1] >= 'a' && term[i-1] <= 'z':
			end(i)
		}
	}
	end(len(term))
	if len(parts) < 2 && !slices.Contains(term, '_') {
		return nil
	}
	return parts
}

// tokens analyses a text. It does not keep it.
func (a *analyser) tokens(text string) analysis.TokenStream {
	return a.Analyze([]byte(text)) // a copy: filters change it in place
}

// minWords is the number of words that a sample needs for its language to be detected.
const minWords = 5

// minStopWords is the number of different stop words of a language that a sample needs: one alone may
// be a name or a variable.
const minStopWords = 2

// DetectLanguage returns the language of a sample of texts, a name of Languages: by its script, and
// by the stop words that occur in it. A stop word of several languages counts less for each.
// It returns NoLanguage if no language has enough.
func DetectLanguage(sample string) string {
	if len(sample) > 1<<20 {
		sample = strings.ToValidUTF8(sample[:1<<20], "")
	}
	if name := byScript(sample); name != "" {
		return name
	}
	cache := registry.NewCache()
	weight := map[string]float64{}
	var lists []analysis.TokenMap
	for _, l := range languages {
		list := analysis.TokenMap{}
		if l.stop != "" {
			if m, err := cache.TokenMapNamed(l.stop); err == nil {
				list = m
			}
		}
		lists = append(lists, list)
		for word := range list {
			weight[word]++
		}
	}
	words := strings.FieldsFunc(strings.ToLower(sample), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' })
	votes, seen := make([]float64, len(languages)), make([]map[string]bool, len(languages))
	for _, word := range words {
		n := weight[word]
		if n == 0 {
			continue
		}
		for i, list := range lists {
			if list[word] {
				votes[i] += 1 / n
				if seen[i] == nil {
					seen[i] = map[string]bool{}
				}
				if len(seen[i]) < minStopWords {
					seen[i][word] = true
				}
			}
		}
	}
	best := 0
	for i := range votes {
		if len(seen[i]) >= minStopWords && (votes[i] > votes[best] || len(seen[best]) < minStopWords) {
			best = i
		}
	}
	if len(words) < minWords || len(seen[best]) < minStopWords || votes[best] < 0.04*float64(len(words)) {
		return NoLanguage
	}
	return languages[best].name
}

// byScript returns the language of a script that only one of the languages is written in, or "".
func byScript(sample string) string {
	var letters, han, hindi int
	for _, r := range sample {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			han++
		case unicode.Is(unicode.Devanagari, r):
			hindi++
		}
	}
	switch {
	case 4*han > letters: // a word of Latin script has more letters
		return "cjk"
	case 2*hindi > letters:
		return "hi"
	}
	return ""
}
