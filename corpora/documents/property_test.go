package documents

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var extensionOf = map[Kind]string{Markdown: ".md", HTML: ".html", Text: ".txt", Code: ".go"}

// parts are what random documents are made of; W is a new word.
var parts = map[Kind][]string{
	Markdown: {"# W\n", "## W `W`\n", "### W ###\n", "\n", "\n\n", "W W W\n", "W. ", "W\n===\n", "W\n---\n", "```go\n# W\n```\n", "~~~\nW\n", "    W\n", "- W\n", "  - W\n", "1. W\n", "> W\n", "> # W\n",
		"| W | W |\n|---|---|\n| W | W |\n", "[W](http://x/y \"z\") ", "![W](i.png)", "*W* **W** ", "<!-- z -->", "<b>W</b>\n", "<div>\nW\n</div>\n", "<p align=center>W", "&amp; W ", "\\* W", "<http://W.x>", "---\n", "\r\n", "\t", "天地。", "é W ", "[W]: http://x\n", "[W][a] ", "[[W]] ", "[[z|W]] ", "![[W",
		"W  \nW\\\nW\n", strings.Repeat("W ", 60) + "\n"},
	HTML: {"<p>W", "</p>", "<h1>W</h1>", "<h2 id=a>W <b>W</b></h2>", "<h3>W", "<div>", "</div>", "W W\n", "<br>", "<li>W", "<ul>", "</ul>", "<pre>\nW\n  W\n</pre>", "<table><tr><td>W<td>W</table>", "<script>z</script>", "<style>z</style>", "<!-- z -->",
		"&amp;W ", "&nbsp;", "<nav>z</nav>", "<img alt=\"W\">", "<a href=x>W</a> ", "\r\n", "天地。", "<title>W</title>", strings.Repeat("W ", 60), "<", "</", "&#x41;"},
	Text: {"W ", "W. ", "W\n", "\n", "\n\n", "\r\n", "\t", "天地。", strings.Repeat("W ", 60), "é", "# W\n"},
	Code: {"func W() {\n", "}\n", "\tW := W()\n", "\n", "\t\tW\n", "// W W W.\n", "W", "\r\n", strings.Repeat("W ", 40) + "\n"},
}

// Every word of a document is in a passage, whose place is where it is in the file.
func TestPlaces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []Kind{Markdown, HTML, Text, Code} {
		for range 200 {
			var b strings.Builder
			var words []string
			for range 1 + rng.IntN(40) {
				part := parts[kind][rng.IntN(len(parts[kind]))]
				for n := strings.Count(part, "W"); n > 0; n-- {
					w := fmt.Sprintf("w%dx", len(words))
					words = append(words, w)
					part = strings.Replace(part, "W", w, 1)
				}
				b.WriteString(part)
			}
			o := Options{FileKind: kind, Split: append(Splits(), ByKind)[rng.IntN(5)], Chunk: 1 + rng.IntN(60)}
			if rng.IntN(2) == 0 {
				o.Overlap = rng.IntN(o.Chunk)
			}
			all := passagesOf(t, "x"+extensionOf[kind], b.String(), o)
			checkPlaces(t, b.String(), o, all)
			if o.Split == ByKind && kind != HTML && !strings.Contains(b.String(), "]:") && !strings.Contains(b.String(), "<http") { // what is in tags and the targets of links are not text
				if w := missingWord(words, all); w != "" {
					t.Fatalf("%s %+v: %q has lost %s: %v", kind, o, b.String(), w, all)
				}
			}
		}
	}
}

// Time is bounded for texts on which parsers are slow.
func TestHard(t *testing.T) {
	const size = 150 << 10
	for kind, units := range map[Kind][]string{
		Markdown: {"[", "![", "[[", "[[a]]", "[[a|", "> ", "- ", "* ", "1. ", "<!--a\n", "a <!--a\n", "<![CDATA[ ", "<?", "*a_ ", "**a *", "`a``", "\\``", "[ (](", "]([\n", "<>", "<a ", "&", "#\n", "# a\n", "| a ", "|-", "~~~\n", "```\n", "[a]: b\n", "[a]:\n", "  ", "\t", "=\n", "a\n=\n", "- - ", "\n\n", "<div>", "a", "---\na: ", "*", "_", "\\"},
		HTML:     {"<", "<div>", "<a b=c ", "<!--", "</", "&", "&amp", "<h1>", "<title>", "<nav>", "<script>", "<table><tr><td>", "<p", "a", " ", "<main>", "<li>", "<svg>", "<b hidden>", "\x00"},
		Text:     {"a", " ", "a ", "\n", ". ", "天", "a\n\n"},
		Code:     {"a", " ", "a\n", "\n", "\t\n", "}\n", "a\n\n"},
	} {
		for _, unit := range units {
			content := strings.Repeat(unit, size/len(unit))
			started := time.Now()
			o := Options{FileKind: kind}
			checkPlaces(t, content, o, passagesOf(t, "x"+extensionOf[kind], content, o))
			if d := time.Since(started); d > 20*time.Second {
				t.Errorf("%s %q takes %v", kind, unit, d)
			} else if d > time.Second/2 {
				t.Logf("%s %q takes %v", kind, unit, d)
			}
		}
	}
}

// Front matter that is nested deeply, or grows by references, is text or has no such values.
func TestHardFrontMatter(t *testing.T) {
	bomb := "a0: &a0 [x]\n"
	for i := range 30 {
		bomb += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
	}
	for _, text := range []string{
		"---\n" + strings.Repeat("[", 60000) + "\n---\n", "---\n" + bomb + "---\n", "---\n" + strings.Repeat("- ", 30000) + "\n---\n", "+++\n" + strings.Repeat("a.", 20000) + "a=1\n+++\n",
		"+++\n[" + strings.Repeat("a.", 20000) + "a]\n+++\n", "---\n" + strings.Repeat("{a: ", 15000) + "\n---\n", "+++\na=" + strings.Repeat("{a=", 15000) + "\n+++\n", "+++\n" + strings.Repeat("a . ", 10000) + "a=1\n+++\n",
		"---\n" + strings.Repeat("? ", 30000) + "\n---\n", "---\n" + strings.Repeat("a: \n ", 10000) + "\n---\n", "+++\n" + strings.Repeat("[[a]]\n", 8000) + "+++\n",
	} {
		started := time.Now()
		all := passagesOf(t, "x.md", text+"\nThe end.\n", Options{})
		if w := missingWord([]string{"The end."}, all); w != "" || time.Since(started) > 20*time.Second {
			t.Errorf("%.20q takes %v and loses %q", text, time.Since(started), w)
		}
		if d := time.Since(started); d > time.Second {
			t.Logf("%.20q takes %v", text, d)
		}
	}
}

func fuzz(f *testing.F, kind Kind) {
	for _, part := range parts[kind] {
		f.Add(part+part, 20)
	}
	f.Fuzz(func(t *testing.T, content string, chunk int) {
		if len(content) > 1<<13 || chunk < 1 || chunk > 1000 || strings.Contains(content, "\x1f\x8b") || strings.Contains(content, "BZh") || strings.HasPrefix(content, "\xff\xfe") || strings.HasPrefix(content, "\xfe\xff") {
			return
		}
		o := Options{FileKind: kind, Chunk: chunk}
		all := passagesOf(t, "x"+extensionOf[kind], content, o)
		if kind == HTML && strings.ToValidUTF8(content, "") != content { // in another encoding
			return
		}
		checkPlaces(t, content, o, all)
	})
}

func FuzzMarkdown(f *testing.F) { fuzz(f, Markdown) }
func FuzzHTML(f *testing.F)     { fuzz(f, HTML) }
func FuzzText(f *testing.F)     { fuzz(f, Text) }
func FuzzCode(f *testing.F)     { fuzz(f, Code) }
