//go:build slow

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Whoever opens the page and types a question sees the passage that answers it; text that is pasted into the
// page is searched from then on.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium: install the package chromium to test the page in a browser")
	}
	folder := t.TempDir()
	if err := write(folder); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()

	start := time.Now()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	wait := func(expression string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
			state, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.getElementById("status").textContent`))
			t.Fatalf("%s: %v; the page says %q", expression, err, state)
		}
	}
	ask := func(text string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[string](`question.focus(), question.value = ""`)); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.KeyEvent(text)); err != nil {
			t.Fatal(err)
		}
	}
	first := func() string {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#hits li").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	wait(`!document.getElementById("question").disabled`)
	for i, c := range []struct{ question, passage string }{
		{"how do plants make food?", "Photosynthesis"},
		{"I forgot my password", "To reset your password"},
		{"why do mortgages cost more?", "Central banks"},
		{"a recipe for tomato sauce", "Simmer the onions"},
	} {
		ask(c.question)
		if i == 0 {
			wait(`document.querySelector("#hits li")`)
			t.Logf("first answer after %v", time.Since(start).Round(time.Millisecond))
		}
		if got := first(); !strings.Contains(got, c.passage) {
			t.Errorf("%s: the first passage is %q, want %q", c.question, got, c.passage)
		}
	}
	const pasted = `text.value = "Whales are mammals that live in the sea.\n\nCopper conducts electricity well."; text.dispatchEvent(new Event("change")); passages`
	n, err := chromedp.Run(ctx, chromedp.Evaluate[int](pasted))
	if err != nil || n != 2 {
		t.Fatalf("%d passages were read, want 2: %v", n, err)
	}
	ask("animals of the ocean")
	if got := first(); !strings.Contains(got, "Whales") {
		t.Errorf("the first passage is %q, want that on whales", got)
	}
}
