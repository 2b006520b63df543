//go:build slow

package page_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
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

// key presses a key.
func (b *browser) key(keys string) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys))
}

const (
	box     = "document.querySelector('#q')"
	results = "document.querySelectorAll('.result')"
	live    = "document.querySelector('#live').textContent"
)

// What is typed is searched without Enter, and one entry of the history is made of it.
func TestTyping(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes", box)
	if !eval[bool](b, box+" === document.activeElement") {
		t.Error("the box does not have the focus")
	}
	b.key("flour and water")
	b.wait(results + ".length > 2 && " + results + "[0].innerText.includes('Sourdough')")
	if n := eval[int](b, "document.querySelectorAll('.result mark').length"); n < 2 {
		t.Errorf("%d words are marked", n)
	}
	if got := eval[string](b, "[...document.querySelectorAll('.result .text')].find(e => e.querySelector('mark')).querySelector('mark').textContent"); !strings.EqualFold(got, "flour") && !strings.EqualFold(got, "water") {
		t.Errorf("marked %q", got)
	}
	if got := eval[string](b, "document.querySelector('.score').innerText.replace(/\\s+/g, ' ')"); !strings.Contains(got, "meaning") || !strings.Contains(got, "words") {
		t.Errorf("parts of the score: %q", got)
	}
	if got := eval[string](b, live); !strings.Contains(got, "results") {
		t.Errorf("a screen reader hears %q", got)
	}
	if got := eval[string](b, "location.search"); !strings.Contains(got, "q=flour+and+water") {
		t.Errorf("address %s", got)
	}
	// What an input method composes is not searched before it is finished, and its keys are its own.
	b.do(chromedp.Evaluate[chromedp.Void](box + ".select()"))
	compose := func(text string) {
		run(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
			return cdp.Call(ctx, t, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: int64(len(text)), SelectionEnd: int64(len(text))})
		})
	}
	compose("tid")
	b.do(chromedp.Sleep(300 * time.Millisecond))
	if got := eval[string](b, "location.search"); !strings.Contains(got, "flour") {
		t.Errorf("address during composition: %s", got)
	}
	run(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: "tides"})
	})
	b.wait(results + ".length > 0 && " + results + "[0].innerText.includes('Tides')")
	b.do(chromedp.NavigateBack())
	b.wait("!location.search.includes('q=') && " + box + ".value === '' && document.querySelector('.welcome')")
}

// An answer that is late does not replace the answer to a newer question, and its request is aborted.
func TestStaleAnswers(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	aborted := make(chan bool, 1)
	w.setFault(func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/query") {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(`"coffee"`)) {
				select {
				case <-r.Context().Done():
					aborted <- true
				case <-time.After(5 * time.Second):
					aborted <- false
				}
			}
		}
		return false
	})
	b.open(w, "?c=notes", box)
	b.key("coffee")
	b.wait("location.search.includes('q=coffee')")
	b.do(chromedp.Sleep(200*time.Millisecond), chromedp.Evaluate[chromedp.Void](box+".select()"))
	b.key("volcano")
	b.wait(results + ".length > 0 && " + results + "[0].innerText.includes('Volcanoes')")
	if !<-aborted {
		t.Error("the first request was not aborted")
	}
	b.do(chromedp.Sleep(300 * time.Millisecond))
	if got := eval[string](b, results+"[0].innerText"); !strings.Contains(got, "Volcanoes") {
		t.Errorf("shown: %s", got)
	}
}

// Filters are made from the fields, also those with hostile values.
func TestFilters(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&q=water", results+".length > 3")
	b.do(chromedp.Click(chromedp.CSS(`#filters input[value="kitchen"]`)))
	b.wait("location.search.includes('f.topic=kitchen') && " + results + ".length > 0 && [...document.querySelectorAll('.result .place')].every(e => /bread|coffee/.test(e.textContent))")
	b.do(chromedp.Click(chromedp.CSS(`#filters input[value="ocean"]`)))
	b.wait("[...document.querySelectorAll('.result .place')].some(e => /tides/.test(e.textContent))")
	b.do(chromedp.Evaluate[chromedp.Void](`(e => { e.value = 2023; e.dispatchEvent(new Event("change")); })(document.querySelector('[aria-label="year, from"]'))`))
	b.wait(results + ".length > 0 && [...document.querySelectorAll('.result .place')].every(e => /coffee/.test(e.textContent))")
	b.do(chromedp.NavigateBack())
	b.wait("[...document.querySelectorAll('.result .place')].some(e => /tides/.test(e.textContent)) && document.querySelector('[aria-label=\"year, from\"]').value === ''")

	b.open(w, "?c=notes&q=water&f.topic="+url.QueryEscape("<script>window.pwned=2</script>"), results+".length > 0 && [...document.querySelectorAll('.result .place')].every(e => /hostile/.test(e.textContent))")
	b.open(w, "?c=notes&q=water&f.tags="+url.QueryEscape(`"><svg onload=window.pwned=3>`), results+".length > 0 && [...document.querySelectorAll('.result .place')].every(e => /hostile/.test(e.textContent))")

	b.open(w, "?c=notes&q=water&group=file", results+".length > 1 && new Set([...document.querySelectorAll('.result .place')].map(e => e.textContent.split(':')[0])).size === "+results+".length")
	b.open(w, "?c=notes&q=moon&where="+url.QueryEscape("year >="), "document.querySelector('.error')")
	if got := eval[string](b, "document.querySelector('.error').innerText + document.querySelector('#where').getAttribute('aria-invalid')"); !strings.Contains(got, "condition") || !strings.Contains(got, "character 8") || !strings.HasSuffix(got, "true") {
		t.Errorf("error: %s", got)
	}
	b.open(w, "?c=notes&q=moon&mode=bm25&f.topic=kitchen", "document.querySelector('.found .note a')")
	b.do(chromedp.Click(chromedp.CSS(".found .note a")))
	b.wait(results + ".length > 0")
}

func TestModes(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&q=tides", results+".length > 0")
	b.do(chromedp.Click(chromedp.CSS(`.segments input[value="bm25"]`)))
	b.wait("location.search.includes('mode=bm25') && " + results + ".length > 0 && [...document.querySelectorAll('.result .place')].every(e => /tides|moon/.test(e.textContent))")
	b.do(chromedp.Click(chromedp.CSS(`.segments input[value="dense"]`)))
	b.wait("location.search.includes('mode=dense') && " + results + ".length === 10")
	b.do(chromedp.Click(chromedp.CSS(".foot button")))
	b.wait(results + ".length === 20")
	b.do(chromedp.Evaluate[chromedp.Void](`(s => { s.value = "manual"; s.dispatchEvent(new Event("change")); })(document.querySelector("#collection"))`))
	b.wait("location.search.includes('c=manual') && [...document.querySelectorAll('.result .place')].every(e => !/testdata/.test(e.textContent)) && " + results + ".length > 3")
}

// The reader shows the whole document, scrolled to the passage, whose words are marked.
func TestReader(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 700)
	b.open(w, "?c=manual&q=recall+of+a+graph", results+".length > 0")
	b.do(chromedp.Click(chromedp.CSS(".result a.open")))
	b.wait("document.querySelector('#reader .chosen')")
	if got := eval[string](b, "document.querySelector('#reader .chosen .text').textContent.replace(/\\s+/g, ' ').slice(0, 40)"); got == "" {
		t.Error("the passage is empty")
	}
	if n := eval[int](b, "document.querySelectorAll('#reader .chosen mark').length"); n == 0 {
		t.Error("no word is marked in the reader")
	}
	total := eval[int](b, "fetch('v1/collections/manual/passages/' + new URLSearchParams(location.search).get('p')).then(r => r.json()).then(x => x.total)")
	if n := eval[int](b, "document.querySelectorAll('#reader section').length"); n != total || total < 5 {
		t.Errorf("the reader shows %d passages of %d", n, total)
	}
	if !eval[bool](b, "(r => r.top >= 0 && r.top < innerHeight * .6)(document.querySelector('#reader .chosen').getBoundingClientRect())") {
		t.Error("the passage is not in sight")
	}
	if !eval[bool](b, "document.querySelector('#reader').contains(document.activeElement)") {
		t.Error("the reader does not have the focus")
	}
	b.key(kb.Escape)
	b.wait("document.querySelector('#reader').hidden && document.activeElement.matches('.result a.open')")
	b.do(chromedp.NavigateBack())
	b.wait("!document.querySelector('#reader').hidden")
	b.do(chromedp.Reload())
	b.wait("document.querySelector('#reader .chosen mark')")
	b.do(chromedp.Click(chromedp.CSS(".reader-bar a")))
	b.wait("location.search.includes('like=') && " + results + ".length > 0 && document.querySelector('#reader').hidden")
	b.open(w, "?c=notes", "document.querySelector('.files button')")
	b.do(chromedp.Click(chromedp.CSS(".files button")))
	b.wait("document.querySelector('#reader .chosen')")
	b.open(w, "?c=notes&p=99999", "document.querySelector('#reader .error')")

	// A long document is shown in parts.
	b.open(w, "?c=records&p=700", "document.querySelector('#reader .chosen')")
	if got := eval[string](b, "document.querySelector('#reader .chosen .text').textContent"); !strings.Contains(got, "number 700 ") {
		t.Errorf("chosen: %s", got)
	}
	const first, last = "document.querySelector('#reader section .text').textContent.match(/\\d+/)[0]", "[...document.querySelectorAll('#reader section .text')].at(-1).textContent.match(/\\d+/)[0]"
	b.wait(first + " === '600' && " + last + " === '800'")
	b.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('.document > button').click()"))
	b.wait(first + " === '400'")
	b.do(chromedp.Evaluate[chromedp.Void]("[...document.querySelectorAll('.document > button')].at(-1).click()"))
	b.wait(last + " === '1000'")
	b.open(w, "?c=records&q=tides&f.size=100..200&f.day=2024-01-10..2024-01-20", results+".length > 2")
	if got := eval[string](b, "document.querySelector('[aria-label=\"day, from\"]').value + document.querySelector('[aria-label=\"size, to\"]').value"); got != "2024-01-10200" {
		t.Errorf("the filters show %s", got)
	}
}

// A document cannot run a script or add markup, wherever its text is shown.
func TestHostileDocument(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&q=hostile+scripts", results+".length > 0")
	b.do(chromedp.Evaluate[chromedp.Void]("[...document.querySelectorAll('.result')].find(e => /hostile.md/.test(e.innerText)).querySelector('a.open').click()"))
	b.wait("document.querySelector('#reader .chosen')")
	b.shot("hostile")
	text := eval[string](b, "document.querySelector('#reader').textContent")
	for _, want := range []string{"<img src=x onerror=window.pwned=1>", "<script>window.pwned=2</script>", `"><svg onload=window.pwned=3>`, "<b>Hostile</b>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the reader does not show %s", want)
		}
	}
	if got := eval[[]string](b, "[...document.querySelectorAll('#reader mark')].map(m => m.textContent.toLowerCase())"); !slices.Contains(got, "hostile") {
		t.Errorf("marked: %q", got) // behind letters beyond the basic plane, so that a wrong unit shows
	}
	b.open(w, "?c=notes&q=plain+text+scripts", results+".length > 0 && [...document.querySelectorAll('.result .text')].some(e => e.textContent.includes('<script>window.pwned=4</script>'))")
	for _, place := range []string{"?c=notes&v=explain&on=model&ex=" + url.QueryEscape("<img src=x onerror=window.pwned=9>"), "?c=words&word=" + url.QueryEscape("<script>window.pwned=9</script>"), "?c=" + url.QueryEscape("<svg onload=window.pwned=9>")} {
		b.open(w, place, "document.querySelector('.card, .error, .note')")
	}
	if eval[bool](b, "'pwned' in window || !!document.querySelector('main script, main img, main iframe, main svg, #reader script')") {
		t.Error("a document added markup")
	}
	if !eval[bool](b, "(() => { try { document.createElement('div').innerHTML = '<b>x</b>'; return false; } catch { return true; } })()") {
		t.Error("the browser accepts innerHTML: Trusted Types are not enforced")
	}
	if !eval[bool](b, "fetch('https://example.org').then(() => false, () => true)") {
		t.Error("the page may ask other servers")
	}
}

// The page is usable with the keyboard alone.
func TestKeyboard(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&q=moon", results+".length > 2")
	b.do(chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"))
	b.shortcut("/")
	b.wait(box + " === document.activeElement")
	b.key(kb.ArrowDown)
	b.wait("document.activeElement === " + results + "[0].querySelector('a.open')")
	if got := eval[string](b, "getComputedStyle(document.activeElement).outlineStyle"); got != "solid" {
		t.Errorf("the focus is not visible: outline %s", got)
	}
	b.key("j")
	b.wait("document.activeElement === " + results + "[1].querySelector('a.open')")
	b.key(kb.ArrowUp)
	b.key(kb.Enter)
	b.wait("document.querySelector('#reader .chosen')")
	b.key(kb.Escape)
	b.wait("document.querySelector('#reader').hidden && document.activeElement === " + results + "[0].querySelector('a.open')")
	b.key("m")
	b.wait("location.search.includes('mode=dense')")
	b.wait(results + ".length > 2")
	b.key("?")
	b.wait("document.querySelector('#help').open")
	b.shot("help")
	b.key(kb.Escape)
	b.wait("!document.querySelector('#help').open")
	b.key("j")
	b.key("s")
	b.wait("location.search.includes('like=')")
	b.wait("document.querySelector('.status').textContent.includes('Similar')")
	b.key("3")
	b.wait("document.body.dataset.view === 'explain' && document.querySelector('.card')")
	b.key(kb.ArrowRight)
	b.wait("location.search.includes('s=2')")
	if n := eval[int](b, "[...document.querySelectorAll('a, button, input, select')].filter(e => !e.closest('[hidden], dialog') && !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"); n != 0 {
		t.Errorf("%d controls have no name", n)
	}
}

// Errors are shown, and the page recovers by itself.
func TestErrors(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	const token = "a-token-of-the-test"
	w.setFault(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/v1") || r.Header.Get("Authorization") == "Bearer "+token {
			return false
		}
		rw.Header().Set("Content-Type", "application/problem+json")
		rw.WriteHeader(http.StatusUnauthorized)
		io.WriteString(rw, `{"status":401,"title":"Unauthorized"}`)
		return true
	})
	b.open(w, "?c=notes&q=moon", "document.querySelector('#token').open")
	b.shot("token")
	b.key("wrong" + kb.Enter)
	b.wait("document.querySelector('#token').open && document.querySelector('#token').textContent.includes('not accepted')")
	b.key(token + kb.Enter)
	b.wait(results + ".length > 2")
	b.do(chromedp.Reload()) // the tab keeps the token
	b.wait(results + ".length > 2")
	if !eval[bool](b, "!document.cookie && !location.href.includes('token')") {
		t.Error("the token is in a cookie or in the address")
	}

	// Busy: once more after the time that the server names.
	busy := 1
	w.setFault(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/query") || busy == 0 {
			return false
		}
		busy--
		rw.Header().Set("Retry-After", "1")
		rw.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	b.open(w, "?c=notes&q=bread", results+".length > 2")

	for _, c := range []struct {
		status      int
		kind, body  string
		want, retry string
	}{
		{500, "application/problem+json", `{"status":500,"title":"Internal Server Error","detail":"the log of the server says why"}`, "the log of the server says why", ""},
		{429, "text/plain", "busy", "The server is busy", ""},
		{502, "text/html", "<h1>Bad gateway</h1>", "The server failed", ""},
		{200, "text/html", "<h1>Log in</h1>", "not JSON", ""},
		{422, "application/problem+json", `{"status":422,"detail":"body.k: must be at most 1000","hint":"ask for less"}`, "Hint: ask for less", ""},
	} {
		w.setFault(func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/query") {
				return false
			}
			rw.Header().Set("Content-Type", c.kind)
			rw.Header().Set("Retry-After", "0.1")
			rw.WriteHeader(c.status)
			io.WriteString(rw, c.body)
			return true
		})
		b.open(w, "?c=notes&q=bread", "document.querySelector('.error')")
		if got := eval[string](b, "document.querySelector('.error').innerText"); !strings.Contains(got, c.want) {
			t.Errorf("status %d: %s", c.status, got)
		}
		w.setFault(nil)
		b.do(chromedp.Click(chromedp.CSS(".error button")))
		b.wait(results + ".length > 2")
	}

	// Gone, and back.
	w.setFault(func(rw http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) })
	b.do(chromedp.Evaluate[chromedp.Void](box + ".focus(), " + box + ".select()"))
	b.key("coffee")
	b.wait("!document.querySelector('#banner').hidden && document.querySelector('#banner').textContent.includes('does not answer')")
	b.shot("gone")
	w.setFault(nil)
	b.wait("document.querySelector('#banner').hidden && " + results + ".length > 0 && " + results + "[0].innerText.includes('coffee')")
	b.open(w, "?c=nothing", "document.querySelector('.note') && document.querySelector('.note').textContent.includes('no collection')")
}

func TestWords(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=words", box)
	b.key("king - man + woman")
	b.wait("document.querySelector('.equation .answer') && document.querySelector('.equation .answer').textContent === 'queen'")
	b.wait("document.querySelectorAll('.strip').length === 5")
	if got := eval[string](b, "document.querySelector('.equation').textContent"); got != "king−man+woman≈queen" {
		t.Errorf("equation %q", got)
	}
	// The arithmetic of the page agrees with the server.
	if got, want := eval[string](b, "document.querySelector('.formula').textContent.split('= ').pop()"), eval[string](b, "document.querySelector('.neighbors .number').textContent"); !strings.HasPrefix(got, want[:4]) {
		t.Errorf("the cosine is %s in the arithmetic, %s in the list", got, want)
	}
	b.key(kb.ArrowDown + kb.ArrowDown + kb.Enter)
	b.wait("document.querySelector('.equation').textContent === 'princess'")
	b.open(w, "?c=words&word=xyzzy", "document.querySelector('.error')")
	b.open(w, "?c=words&v=explain&on=model&ex=king+queen", "document.querySelectorAll('.card').length >= 3")
}

// The worked example: the numbers of the exercise.
func TestExplain(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&v=explain", "document.querySelector('.card.now')")
	if got := eval[string](b, "[...document.querySelectorAll('.pills a')].map(a => a.textContent).join()"); got != "Tokens,Vectors,Linear,ReLU,Mean,Projection,Dot products" {
		t.Errorf("steps %s", got)
	}
	visible := "[...document.querySelectorAll('.card')].filter(c => !c.hidden).length"
	for step := 1; step <= 7; step++ {
		b.wait(fmt.Sprintf("%s === %d", visible, step))
		if step < 7 {
			b.do(chromedp.Click(chromedp.CSS(".step-buttons .primary")))
		}
	}
	// am I you: 62/9, 44/9 and 42/9.
	if got := eval[[]string](b, "[...document.querySelectorAll('.products tbody tr')].map(r => r.children[1].textContent + ' ' + r.children[4].textContent)"); !slices.Equal(got, []string{"who am I 6.889", "how are you 4.889", "who are you 4.667"}) {
		t.Errorf("dot products %q", got)
	}
	cell := `document.querySelector('#step-3 .side-by-side > div:last-child td[tabindex]')`
	b.do(chromedp.Evaluate[chromedp.Void](cell + ".focus()"))
	if got := eval[string](b, cell+".closest('.matrix-box').querySelector('.formula').textContent"); got != "am, row 1 of W: 1·1 + 1·0 + 0·1 + 0·0 + 0 = 1" {
		t.Errorf("formula %q", got)
	}
	b.key(kb.ArrowLeft)
	b.wait(visible + " === 6")
	b.open(w, "?c=notes&v=explain&ex=who+is+she+xyz", "document.querySelector('.tokens .unknown')")
	b.open(w, "?c=notes&v=explain&on=model&ex=why+does+the+sea+rise", "document.querySelectorAll('.card .strip').length > 5 && [...document.querySelectorAll('.first')].some(e => e.textContent.startsWith('Σ'))")
	b.open(w, "?c=notes&v=explain&on=model&ex=%F0%9F%8C%8A", "document.querySelector('.card, .error')")
}

// At the width of a phone nothing is cut off, in either color scheme.
func TestPhone(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 360, 740)
	for _, scheme := range []string{"light", "dark"} {
		b.media("prefers-color-scheme", scheme)
		for address, until := range map[string]string{
			"?c=notes": "document.querySelector('.files li')", "?c=notes&q=flour": results + ".length > 0", "?c=notes&q=flour&p=0": "document.querySelector('#reader .chosen')",
			"?c=words&word=king+-+man+%2B+woman": "document.querySelector('.strip')", "?c=notes&v=explain&s=7": "document.querySelector('.products')",
		} {
			b.open(w, address, until)
			if got := eval[int](b, "document.documentElement.scrollWidth"); got > 360 {
				t.Errorf("%s is %d pixels wide", address, got)
			}
		}
		// The contrast of text, as WCAG 2.1 computes it.
		low := eval[[]string](b, `(() => {
  const of = c => { const [r, g, b] = c.match(/[\d.]+/g).map(Number).map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$|transparent/.test(c) && c.startsWith("rgb(")) return c; } return getComputedStyle(document.body).backgroundColor; };
  return [...document.querySelectorAll("a, p, h2, small, th, button, .place")].filter(e => e.textContent.trim() && e.checkVisibility() && !e.disabled && !e.closest("dialog")).map(e => {
    const a = of(getComputedStyle(e).color), b = of(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    return ratio < 4.5 ? e.tagName + " " + e.className + " " + e.textContent.slice(0, 20) + " " + ratio.toFixed(2) : ""; }).filter(Boolean); })()`)
		if len(low) > 0 {
			t.Errorf("%s: low contrast: %q", scheme, low)
		}
	}
	b.open(w, "?c=notes&q=flour", results+".length > 0")
	b.do(chromedp.Click(chromedp.CSS(".filters-toggle")))
	b.wait("document.querySelector('#filters').checkVisibility()")
	b.media("prefers-reduced-motion", "reduce")
	b.do(chromedp.Click(chromedp.CSS(".result a.open")))
	b.wait("document.querySelector('#reader .chosen')")
	if got := eval[string](b, "getComputedStyle(document.querySelector('#reader')).animationName"); got != "none" {
		t.Errorf("the reader moves: %s", got)
	}
}

func TestMap(t *testing.T) {
	w := newWorld(t)
	b := openBrowser(t, 1280, 860)
	b.open(w, "?c=notes&v=map", "document.querySelectorAll('.clusters button').length > 0 && document.querySelector('.map-area canvas')")
	if got := eval[string](b, "document.querySelector('.map-area').dataset.painter"); got != "canvas" && got != "webgl" {
		t.Errorf("the map is drawn by %q", got)
	}
	if got := eval[string](b, "document.querySelector('.map-area canvas:last-child').ariaLabel"); !strings.Contains(got, "clusters") {
		t.Errorf("the map is called %q", got)
	}
	frame := eval[[]float64](b, "(r => [r.left, r.top, r.right, r.bottom])(document.querySelector('.map-area').getBoundingClientRect())")
	left, top, right, bottom := frame[0], frame[1], frame[2], frame[3]

	// Around everything: all points are selected and listed. The buttons lie on the upper right corner.
	b.do(chromedp.Click(chromedp.CSS(".map-tools [aria-pressed]")))
	b.wait("document.querySelector('.map-area').dataset.lasso === 'true'")
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, left+3, top+3, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	for _, p := range [][2]float64{{right - 3, top + 3}, {right - 3, bottom - 3}, {left + 3, bottom - 3}, {left + 3, top + 10}} {
		b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, p[0], p[1], chromedp.ButtonLeft))
	}
	b.shot("lasso")
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, left+3, top+10, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.wait("document.querySelectorAll('.picked li').length === 20")
	total := eval[int](b, "fetch('v1/collections').then(r => r.json()).then(l => l.find(c => c.name === 'notes').passages)")
	if got := eval[string](b, "document.querySelector('.map-side .status').textContent"); got != fmt.Sprintf("%d passages selected", total) {
		t.Errorf("after the lasso: %q", got)
	}
	// The card of a point, which is found by moving over the map; clicking it opens the passage.
	found := false
	for y := top + 20; y < bottom && !found; y += 12 {
		for x := left + 20; x < right-220 && !found; x += 12 {
			b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
			if found = eval[bool](b, "document.querySelector('.map-area canvas:last-child').style.cursor === 'pointer'"); found {
				b.do(chromedp.Sleep(600 * time.Millisecond))
				b.shot("card")
				b.do(chromedp.MouseClickXY(x, y))
			}
		}
	}
	b.wait("document.querySelector('#reader .chosen')")
	b.key(kb.Escape)
	b.wait("document.querySelector('#reader').hidden")
	b.do(chromedp.Click(chromedp.CSS(".picked a")))
	b.wait("document.querySelector('#reader .chosen')")
	b.key(kb.Escape)
	b.wait("document.querySelector('#reader').hidden")

	// A cluster, by keys.
	b.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('.map-area canvas:last-child').focus()"))
	b.key(kb.Escape + "n" + kb.Enter)
	b.wait("document.querySelectorAll('.picked li').length > 0 && document.querySelector('.map-side h2').textContent !== 'Selection'")
	b.key("+" + kb.ArrowLeft + "0" + kb.Escape)
	b.wait("document.querySelectorAll('.clusters button').length > 0")

	// A question is a point, and its answers are listed.
	b.shortcut("/")
	b.key("flour and water")
	b.wait("document.querySelector('.picked') && /Sourdough/.test(document.querySelector('.picked').innerText)")
	b.do(chromedp.Sleep(500 * time.Millisecond))
	b.shot("question on the map")
	b.do(chromedp.Reload())
	b.wait("document.querySelector('.picked') && /Sourdough/.test(document.querySelector('.picked').innerText)")
	b.open(w, "?c=notes&v=map&q=moon", "document.querySelector('.picked')")
}
