//go:build slow

package page_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// open shows an address of the page and waits until an expression is true.
func (b *browser) open(w *world, address, until string) {
	b.Helper()
	b.do(chromedp.Navigate(w.URL + "/" + address))
	b.wait(until)
}

// wait waits until an expression is true.
func (b *browser) wait(expression string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(15*time.Second))); err != nil {
		b.shot("failed " + b.Name())
		b.Fatalf("%s: %v\n%s", expression, err, eval[string](b, "document.body.innerText.slice(0, 1500)"))
	}
}

// TestPictures takes pictures of all views, for people to look at.
func TestPictures(t *testing.T) {
	if os.Getenv("PAGE_SHOTS") == "" {
		t.Skip("PAGE_SHOTS names no folder for the pictures")
	}
	w := newWorld(t)
	views := []struct{ name, address, until string }{
		{"start", "?c=notes", "document.querySelector('.welcome')"},
		{"search", "?c=notes&q=why+does+the+sea+rise+twice+a+day", "document.querySelectorAll('.result').length > 2"},
		{"reader", "?c=manual&q=how+are+scores+combined&p=60", "document.querySelector('#reader .chosen')"},
		{"none", "?c=notes&q=moon&f.topic=kitchen&mode=bm25", "document.querySelector('.found .note')"},
		{"wrong", "?c=notes&q=moon&where=year+%3E%3D", "document.querySelector('.error')"},
		{"hostile", "?c=notes&q=hostile+scripts&p=0", "document.querySelector('#reader .chosen')"},
		{"words", "?c=words&word=king+-+man+%2B+woman", "document.querySelector('.strip')"},
		{"neighbors", "?c=words&word=paris", "document.querySelector('.strip')"},
		{"explain", "?c=notes&v=explain&s=8", "document.querySelector('.products')"},
		{"explain-step", "?c=notes&v=explain&s=3", "document.querySelector('.card.now')"},
		{"explain-model", "?c=notes&v=explain&on=model&ex=why+is+the+sea+salty", "document.querySelector('.card .strip')"},
		{"map", "?c=manual&v=map", "document.querySelector('.clusters')"},
	}
	only := os.Getenv("PAGE_VIEWS")
	for _, size := range []struct{ width, height int }{{1280, 860}, {800, 900}, {360, 740}} {
		b := openBrowser(t, size.width, size.height)
		for _, scheme := range []string{"light", "dark"} {
			b.media("prefers-color-scheme", scheme)
			for _, v := range views {
				if only != "" && !strings.Contains(only, v.name) {
					continue
				}
				b.open(w, v.address, v.until)
				b.do(chromedp.Sleep(250 * time.Millisecond))
				b.shot(v.name + "-" + map[int]string{1280: "wide", 800: "middle", 360: "phone"}[size.width] + "-" + scheme)
			}
		}
	}
}
