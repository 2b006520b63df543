//go:build slow

package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/luminavec/luminavec/index/serve/page"
)

// A hundred thousand points in twenty clusters, moved and zoomed as a person would. The browser of
// the test draws without a graphics card, so the limit is on the work of the page's script in a frame, and the
// frames are reported.
func TestMapOf100000Points(t *testing.T) {
	const script = `
const n = 100000, data = {points: {x: [], y: [], cluster: [], labels: []}, clusters: []};
let seed = 1;
const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
for (let c = 0; c < 20; c++) data.clusters.push({id: c, name: "cluster " + c, x: random() * 10, y: random() * 10, size: n / 20});
for (let i = 0; i < n; i++) {
  const c = data.clusters[i % 20], r = Math.sqrt(-2 * Math.log(random() + 1e-9)) * .4, a = 6.283 * random();
  data.points.x.push(c.x + r * Math.cos(a)); data.points.y.push(c.y + r * Math.sin(a));
  data.points.cluster.push(i % 20); data.points.labels.push(i);
}
window.map = new PointMap(document.getElementById("map"), decodeMap(data), {painter: location.search.slice(1)});
window.frames = ms => new Promise(done => {
  const paint = [], gaps = [], start = performance.now();
  let last = 0;
  const painter = map.painter, draw = painter.draw.bind(painter);
  painter.draw = (...a) => { const t = performance.now(); draw(...a); paint.push(performance.now() - t); };
  const step = now => {
    if (last) gaps.push(now - last);
    last = now;
    const t = (now - start) / ms;
    map.pan(3 * Math.sin(20 * t), 3 * Math.cos(20 * t));
    map.zoom(t < .5 ? 1.01 : 1 / 1.01);
    if (t < 1) requestAnimationFrame(step);
    else { const mid = a => a.sort((x, y) => x - y)[a.length >> 1];
      const late = gaps.filter(g => g > 25).length, p95 = gaps.sort((x, y) => x - y)[gaps.length * .95 | 0]; done({kind: map.kind, paint: mid(paint), gap: mid(gaps), frames: gaps.length, late, p95}); }
  };
  requestAnimationFrame(step);
});
window.ready = true;`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><body style="margin:0"><div id="map" style="position:relative;height:100vh"></div><script type="module">%s%s</script>`, page.MapScript, script)
	}))
	defer server.Close()
	for _, query := range []string{"", "?canvas", "?webgl"} {
		t.Run("map"+query, func(t *testing.T) {
			b := openBrowser(t, 1280, 800)
			b.do(chromedp.Navigate(server.URL+"/"+query), chromedp.Poll[chromedp.Void]("window.ready"))
			type figures struct {
				Kind       string
				Paint, Gap float64
				Frames     int
				Late       int
				P95        float64
			}
			f := eval[figures](b, "frames(2000)")
			t.Logf("%s: %.1f ms of script a frame, %.1f ms between frames (median), 95%% within %.1f ms; %d frames in 2 s, %d late", f.Kind, f.Paint, f.Gap, f.P95, f.Frames, f.Late)
			if f.Paint > 16.7 {
				t.Errorf("the script takes %.1f ms a frame, more than 1/60 s", f.Paint)
			}
			b.shot("map" + query)
			if n := eval[int](b, "map.nearest(...[640, 400], 2000) >= 0 ? 1 : 0"); n != 1 {
				t.Error("no point is nearest")
			}
		})
	}
}
