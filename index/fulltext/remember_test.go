package fulltext

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2/analysis"
	unicodetokens "github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
)

func show(stream analysis.TokenStream) string {
	var b strings.Builder
	for _, t := range stream {
		fmt.Fprintf(&b, "%q %d-%d #%d type %d\n", t.Term, t.Start, t.End, t.Position, t.Type)
	}
	return b.String()
}

// Bleve is the oracle of words.
func TestWords(t *testing.T) {
	slow := unicodetokens.NewUnicodeTokenizer()
	quick := &words{Tokenizer: slow}
	check := func(text string) {
		t.Helper()
		if got, want := show(quick.Tokenize([]byte(text))), show(slow.Tokenize([]byte(text))); got != want {
			t.Errorf("%q:\n%sbleve:\n%s", text, got, want)
		}
	}
	for _, text := range []string{"", "a", "don't 3,141.59 e.g. a_b 1a2 x.1 :a: __ U.S.A. 1'2 a'b'c 12:30 a,b\r\nC#", "naïve 3", "日本語"} {
		check(text)
	}
	r := rand.New(rand.NewPCG(1, 2))
	const some = "aZz09_.',;:-\"\r\n\t \x00\x7f$"
	for range 20000 {
		var b strings.Builder
		for range r.IntN(14) {
			if r.IntN(20) == 0 {
				b.WriteByte(byte(r.IntN(128)))
			} else {
				b.WriteByte(some[r.IntN(len(some))])
			}
		}
		check(b.String())
		if t.Failed() {
			break
		}
	}
}

// A quick analyser has the terms of the plain one, in every language, also of words that it has seen.
func TestQuick(t *testing.T) {
	texts := []string{
		"The readers' houses were burning; Anna's house was not. parseFile and max_size, HTTPServer",
		"L'homme et les chevaux d'une maison où l'on parlait français",
		"Die Häuser der größten Städte, Mädchen und Übungen", "красивые дома и улицы городов",
		"क्या किताबें अच्छी हैं", "日本語の文章 and 漢字", "کتاب\u200cها را می\u200cخوانند", "الكتب والمكتبات الكبيرة",
		"İSTANBUL'un evleri güzeldi", "as casas das mulheres grandes", "e\u0301tudes e\u0301tudes naïve",
		strings.Repeat("x", 200) + " " + strings.Repeat("x", 201),
	}
	for _, name := range Languages() {
		a, err := analyserOf(name)
		if err != nil {
			t.Fatal(err)
		}
		q := a.quick()
		for range 2 {
			for _, text := range texts {
				if got, want := show(q.tokens(text)), show(a.tokens(text)); got != want {
					t.Errorf("%s: %q:\n%splain:\n%s", name, text, got, want)
				}
			}
		}
	}
}

// Bleve is the oracle of frequencies.
func TestFrequencies(t *testing.T) {
	made, err := analyserOf("en")
	if err != nil {
		t.Fatal(err)
	}
	quick := made.quick()
	for _, text := range []string{"", "the", "dogs and dog and a DOG, maxSize max_size naïve naïve"} {
		want := analysis.TokenFrequency(made.tokens(text), nil, fieldOptions)
		got := frequencies(quick.tokens(text))
		if len(got) != len(want) {
			t.Errorf("%q: %d terms, want %d", text, len(got), len(want))
		}
		for term, f := range want {
			if g := got[term]; g == nil || string(g.Term) != term || g.Frequency() != f.Frequency() {
				t.Errorf("%q: %q: %+v, want %+v", text, term, g, f)
			}
		}
	}
}
