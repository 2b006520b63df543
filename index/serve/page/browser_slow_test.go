//go:build slow

package page_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// A browser is a tab of a headless Chromium.
type browser struct {
	*testing.T
	ctx context.Context
}

// openBrowser starts Chromium with a window of the given size, and skips the test without one.
func openBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium: install the package chromium to test the page in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.WindowSize(width, height), chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("enable-unsafe-swiftshader", true), chromedp.Flag("font-render-hinting", "none"))
	allocated, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	b := &browser{t, ctx}
	b.do(chromedp.EmulateViewport(int64(width), int64(height)))
	return b
}

// do runs actions and fails the test if one of them fails.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// media sets a media feature such as prefers-color-scheme.
func (b *browser) media(name, value string) {
	b.Helper()
	run(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}})
	})
}

// run runs an action and returns its value.
func run[T any](b *browser, a chromedp.Action[T]) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// eval evaluates an expression, and waits for its promise if it is one.
func eval[T any](b *browser, script string) T {
	b.Helper()
	return run(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// shortcut presses a key as a person does: if the page handles it, it is not typed.
func (b *browser) shortcut(key string) {
	b.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		run(b, func(ctx context.Context, t *chromedp.Target) (cdp.Empty, error) {
			return cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key})
		})
	}
}

// shot writes a picture of the window into the folder that PAGE_SHOTS names, for people to look at.
func (b *browser) shot(name string) {
	b.Helper()
	folder := os.Getenv("PAGE_SHOTS")
	if folder == "" {
		return
	}
	picture := run(b, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(folder, strings.Trim(notLetters.ReplaceAllString(name, "-"), "-")+".png"), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

var notLetters = regexp.MustCompile(`[^a-z0-9]+`)
