package documents

import (
	"strings"
	"testing"
)

// What these passages are was written by hand.
func TestMarkdown(t *testing.T) {
	checkGolden(t, "a.md", `---
title: "Salt & Sea"
date: 2024-05-06
tags: [water, salt]
draft: false
weight: 3
author:
  name: Ames
---

# Salt & Sea

Intro with a [link](http://x.org/y "t") and `+"`code`"+`, *emphasis* &amp; \*stars\*, which is long enough to stand alone here.

## Install {#install}

<!-- a comment -->
Run this now, please, and do it with the greatest of care:

`+"```sh\n# not a heading\nmake install\n```"+`

### Linux ###

Nothing.

Setext
------

| a | b |
|---|---|
| 1 | 2 |

- one two three four five
- two six seven eight
  1. inner
`, Options{}, `
13-13 [Salt & Sea] date=2024-05-06 00:00:00 +0000 UTC(time.Time) tags=[water salt]([]string) draft=false(bool) weight=3(int64) author.name=Ames(string)
Intro with a link and code, emphasis & *stars*, which is long enough to stand alone here.
18-27 [Salt & Sea › Install] date=2024-05-06 00:00:00 +0000 UTC(time.Time) tags=[water salt]([]string) draft=false(bool) weight=3(int64) author.name=Ames(string)
Run this now, please, and do it with the greatest of care:

# not a heading
make install

Linux
Nothing.
32-38 [Salt & Sea › Setext] date=2024-05-06 00:00:00 +0000 UTC(time.Time) tags=[water salt]([]string) draft=false(bool) weight=3(int64) author.name=Ames(string)
| a | b |
| 1 | 2 |

- one two three four five
- two six seven eight
  1. inner
`)
}

func TestMarkdownForms(t *testing.T) {
	checkGolden(t, "toml.md", "+++\ntitle = \"T\"\nyear = 1999\n+++\nBody.\n", Options{}, "\n5-5 [T] year=1999(int64)\nBody.\n")
	checkGolden(t, "rule.md", "---\n\nNot front matter.\n\n---\n", Options{}, "\n3-3 [rule]\nNot front matter.\n")
	checkGolden(t, "two.md", "# One\n\nFirst text of the first part, long enough to be alone.\n\n# Two\n\nSecond text of the second part, long enough to be alone.\n", Options{}, `
3-3 [two › One]
First text of the first part, long enough to be alone.
7-7 [two › Two]
Second text of the second part, long enough to be alone.
`)
	checkGolden(t, "heads.md", "# Doc\n\n## Empty\n\n## Full\n\nSome words that are about what is full and not about what is empty.\n\n## Last\n", Options{}, `
3-9 [Doc]
Empty

Full
Some words that are about what is full and not about what is empty.

Last
`)
	checkGolden(t, "html.md", "<h1 align=\"center\">Big</h1>\n\n<p>Hello <b>there</b>,<br>you &lt;3 all.</p>\n\nText with <span>inline</span> HTML<br/>and a break.\n", Options{}, `
3-5 [Big]
Hello there,
you <3 all.

Text with inline HTML
and a break.
`)
	checkGolden(t, "crlf.md", "# T\r\n\r\nOne\r\ntwo.\r\n", Options{}, "\n3-4 [T]\nOne\ntwo.\n")
	checkGolden(t, "refs.md", "See [the manual][m] and [m].\n\n[m]: http://x.org\n", Options{}, "\n1-1 [refs]\nSee the manual and m.\n")
	checkGolden(t, "wiki.md", "See [[Other Note|that]], [[Page]] and ![[img.png]], but not [[ -f x ]] or [[\n", Options{}, "\n1-1 [wiki]\nSee that, Page and img.png, but not [[ -f x ]] or [[\n")
	checkGolden(t, "lines.md", "# T\n\none\n\n- two\n", Options{Split: Line}, "\n3-3 [T]\none\n5-5 [T]\n- two\n")
	checkGolden(t, "whole.md", "# T\n\none\n\n## U\n\ntwo\n", Options{Split: Whole}, "\n1-7 [T]\nT\none\n\nU\ntwo\n")
	checkGolden(t, "sections.md", "# T\n\none\n\n## U\n\ntwo\n\n## V\n\n### W\n\nthree\n", Options{Split: Section}, "\n3-3 [T]\none\n7-7 [T › U]\ntwo\n13-13 [T › V › W]\nthree\n")
	checkGolden(t, "cut.md", "# T\n\nOne two three. Four five six. Seven eight nine.\n", Options{Chunk: 6}, "\n3-3 [T]\nOne two three. Four five six.\n3-3 [T]\nSeven eight nine.\n")
	checkGolden(t, "overlap.md", "One two three. Four five six. Seven eight nine.\n", Options{Chunk: 6, Overlap: 3}, "\n1-1 [overlap]\nOne two three. Four five six.\n1-1 [overlap]\nFour five six. Seven eight nine.\n")
}

func TestHTML(t *testing.T) {
	checkGolden(t, "a.html", `<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8"><title>The
 title</title><meta name="keywords" content="a, b"><style>p{}</style></head>
<body><nav><a href="/">Home</a></nav>
<h1>The title</h1>
<p>First   paragraph with <a href="x">a link</a>&nbsp;&amp; an entity, which is long enough to stand alone.
<h2>Part <b>two</b><a class="headerlink" href="#p">¶</a></h2>
<script>var x = "<p>no</p>";</script>
<ul><li>one<li>two</ul>
<pre>
  code
    more
</pre>
<table><tr><th>k<th>v<tr><td>1<td>2</table>
<img src="i.png" alt="a picture of a boat on the sea">
<footer>Imprint</footer></body></html>
`, Options{}, `
6-6 [The title] lang=de(string) keywords=[a b]([]string)
First paragraph with a link & an entity, which is long enough to stand alone.
9-15 [The title › Part two] lang=de(string) keywords=[a b]([]string)
- one
- two

  code
    more

k | v
1 | 2

a picture of a boat on the sea
`)
	checkGolden(t, "main.html", "<title>S</title><div>Menu</div><main><p>Body text.</p></main><div>Side</div>", Options{}, "\n1-1 [S]\nBody text.\n")
	checkGolden(t, "latin.html", "<meta charset=iso-8859-1>\n<title>Caf\xe9</title>\n<p>cr\xe8me\n", Options{}, "\n3-3 [Café]\ncrème\n")
	checkGolden(t, "chrome.html", "<nav>Only this</nav>", Options{}, "\n1-1 [chrome]\nOnly this\n")
	checkGolden(t, "site.html", "<title>What is x? - Site</title><h1>What Is x?</h1><p>It is.<h2><a href=#>§</a>Why</h2><p>So that the text is long enough to stand alone, and so on.", Options{}, "\n1-1 [What Is x?]\nIt is.\n\nWhy\nSo that the text is long enough to stand alone, and so on.\n")
	checkGolden(t, "frag.htm", "a<br>b<hr>c", Options{}, "\n1-1 [frag]\na\nb\n\nc\n")
}

func TestText(t *testing.T) {
	checkGolden(t, "a.txt", "One two.\n\nThree four\nfive.\n\n\nSix.\n", Options{}, "\n1-7 [a]\nOne two.\n\nThree four\nfive.\n\n\nSix.\n")
	checkGolden(t, "a.txt", "One two.\n\nThree four\nfive.\n\n\nSix.\n", Options{Split: Paragraph}, "\n1-1 [a]\nOne two.\n3-4 [a]\nThree four\nfive.\n7-7 [a]\nSix.\n")
	checkGolden(t, "a.txt", "One two.\n\nThree four\n", Options{Split: Line}, "\n1-1 []\nOne two.\n3-3 []\nThree four\n")
	checkGolden(t, "bom.txt", "\ufeffOne\n", Options{}, "\n1-1 [bom]\nOne\n")
	checkGolden(t, "wide.txt", "\xff\xfeO\x00n\x00e\x00\n\x00\xe9\x00", Options{}, "\n1-2 [wide]\nOne\né\n")
	checkGolden(t, "big.txt", "\xfe\xff\x00O\x00n\x00e", Options{}, "\n1-1 [big]\nOne\n")
	// A paragraph that does not fit begins the next passage.
	checkGolden(t, "p.txt", "a b c d.\n\ne f g h.\n\ni j k l. m n o p.\n\nq r s t.\n", Options{Chunk: 10}, "\n1-3 [p]\na b c d.\n\ne f g h.\n5-5 [p]\ni j k l. m n o p.\n7-7 [p]\nq r s t.\n")
}

func TestCode(t *testing.T) {
	const code = `package x

// F does this.
func F() {
	a := 1

	b := 2
}

// G does that.
func G() {
	c := 3
}
`
	checkGolden(t, "x.go", code, Options{}, "\n1-13 [x.go]\n"+strings.TrimSpace(code)+"\n")
	checkGolden(t, "x.go", code, Options{Chunk: 20}, "\n1-8 [x.go]\n"+code[:strings.Index(code, "\n// G")]+"10-13 [x.go]\n"+strings.TrimSpace(code[strings.Index(code, "// G"):])+"\n")
	checkGolden(t, "x.go", code, Options{Chunk: 8}, "\n1-1 [x.go]\npackage x\n3-4 [x.go]\n// F does this.\nfunc F() {\n5-8 [x.go › func F() {]\n\ta := 1\n\n\tb := 2\n}\n10-11 [x.go]\n// G does that.\nfunc G() {\n12-13 [x.go › func G() {]\n\tc := 3\n}\n")
}

func TestRecords(t *testing.T) {
	checkGolden(t, "a.jsonl", `{"_id": "d1", "title": "T", "text": "One.\nTwo.", "year": 2020, "pi": 3.5, "ok": true, "tags": ["a", "b"], "when": "2020-01-02", "none": null, "o": {"x": 1}}

{"_id": 7, "title": "", "text": "", "year": 12345678901234567890}
{"_id": "d3", "title": "Only", "text": ""}
`, Options{}, `
1-1 id=d1 [T] year=2020(int64) pi=3.5(float64) ok=true(bool) tags=[a b]([]string) when=2020-01-02 00:00:00 +0000 UTC(time.Time)
One.
Two.
4-4 id=d3 []
Only
`)
	checkGolden(t, "a.csv", "id,body,n,code\n1,\"a\nb\",2.5,007\n2,c,,x\n", Options{}, "\n2-3 id=1 [] n=2.5(float64) code=007(string)\na\nb\n4-4 id=2 [] code=x(string)\nc\n")
	checkGolden(t, "a.tsv", "x\ty\tz\nq\tr\ts\n", Options{Text: "y", Title: "x", Keep: []string{"z"}}, "\n2-2 [q] z=s(string)\nr\n")
	checkGolden(t, "n.csv", "1,a\n2,b\n", Options{Text: "2", ID: "1"}, "\n1-1 id=1 []\na\n2-2 id=2 []\nb\n")
	checkGolden(t, "nested.jsonl", `{"meta": {"id": 3, "t": "x"}, "body": {"en": ["p", "q"]}}`, Options{Text: "body.en", ID: "meta.id", Keep: []string{"meta.t"}}, "\n1-1 id=3 [] meta.t=x(string)\np\n\nq\n")
}

func TestMoreKinds(t *testing.T) {
	checkGolden(t, "a.json", "[\n  {\"id\": 1,\n   \"text\": \"one\"},\n  {\"id\": 2, \"text\": \"two\"}\n]\n", Options{}, "\n2-3 id=1 []\none\n4-4 id=2 []\ntwo\n")
	checkGolden(t, "l.json", "{\"id\": 1, \"text\": \"one\"}\n{\"id\": 2, \"text\": \"two\"}\n", Options{}, "\n1-1 id=1 []\none\n2-2 id=2 []\ntwo\n")
	checkGolden(t, "c.json", "[{\"a\": 1, \"b\": 2}]\n", Options{}, "\n1-1 [c.json]\n[{\"a\": 1, \"b\": 2}]\n")
	checkGolden(t, "d.json", "{\n  \"a\": 1\n}\n", Options{}, "\n1-3 [d.json]\n{\n  \"a\": 1\n}\n")
	checkGolden(t, "n.ipynb", `{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "\n", "Some text that is long enough to be a passage alone."]},
  {"cell_type": "code", "source": "# x\nprint(1)", "outputs": [{"text": "no"}]},
  {"cell_type": "markdown", "source": ["## Two\n", "More text that is long enough to be a passage alone."]}
 ],
 "metadata": {}
}`, Options{}, `
3-4 [Title]
Some text that is long enough to be a passage alone.

# x
print(1)
5-5 [Title › Two]
More text that is long enough to be a passage alone.
`)
	checkGolden(t, "r.rst", "=====\nTitle\n=====\n\nFirst text that is long enough to be a passage alone.\n\nPart\n----\n\nSecond text that is long enough to be a passage alone.\n\n::\n\n  a\n  --\n", Options{}, `
5-5 [Title]
First text that is long enough to be a passage alone.
10-15 [Title › Part]
Second text that is long enough to be a passage alone.

::

  a
  --
`)
	checkGolden(t, "a.adoc", "= Doc\n\n== Part\n\nText.\n", Options{}, "\n5-5 [Doc › Part]\nText.\n")
	checkGolden(t, "a.org", "* Doc\n** Part\nText.\n", Options{}, "\n3-3 [Doc › Part]\nText.\n")
	checkGolden(t, "a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nworld.\n", Options{}, "\n3-7 [a]\nHello\nworld.\n")
}

func TestNameTitle(t *testing.T) {
	for name, want := range map[string]string{"npm-ci.md": "npm ci", "docs/using_it.html.gz": "using it", "guide/README.md": "guide", "README.md": "README", "a/index.html": "a", "posts/2024-05-06-salt-and-sea.md": "salt and sea",
		"2024-05-06.md": "2024 05 06", ".env": ".env", "-": "", "a\nb\xff.txt": "a b\uFFFD", "x.tar.md": "x.tar", "v1.2": "v1"} {
		if got := NameTitle(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// What generators of sites add to Markdown is not text, except in code, and positions stay the same.
func TestDirectives(t *testing.T) {
	checkGolden(t, "site.md", `---
title: Start
---
import Tabs from '@theme/Tabs';

{{< youtube abc >}}
:::tip Good to know
Windows users need [WSL]({{< ref "wsl.md" >}}) to run the program, and {% include x %} time.
:::

!!! warning "Careful"

import is a word; `+"`{{< ref >}}`"+` is code.

`+"```\n:::note\nimport x from 'y'\n{{< kept >}}\n```"+`
`, Options{}, `
7-18 [Start]
Good to know
Windows users need WSL to run the program, and time.

"Careful"

import is a word; {{< ref >}} is code.

:::note
import x from 'y'
{{< kept >}}
`)
}

// Front matter of other programs than Jekyll and Hugo's usual one.
func TestFrontMatter(t *testing.T) {
	checkGolden(t, "a.md", "{\n  \"title\": \"Made by Hugo\",\n  \"year\": 2020\n}\n\nThe text.\n", Options{}, `
6-6 [Made by Hugo] year=2020(int64)
The text.
`)
	checkGolden(t, "a.md", "---\ntitle: Part 2: the end\nyear: 2020\ntags:\n  - a: [\n---\n\nThe text.\n", Options{}, `
8-8 [Part 2: the end] year=2020(int64)
The text.
`)
	checkGolden(t, "a.md", "---\nA line: with a colon\nand a paragraph: [\n---\n\nThe text.\n", Options{}, `
6-6 [a › A line: with a colon and a paragraph: []
The text.
`)
	checkGolden(t, "a.md", "{\nsome code\n}\n", Options{}, `
1-3 [a]
{
some code
}
`)
}
